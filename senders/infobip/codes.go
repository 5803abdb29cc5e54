package infobip

import (
	"regexp"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// status is how Infobip says what became of a message, and why.
type status struct {
	GroupID int    `json:"groupId"`
	ID      int    `json:"id"`
	Name    string `json:"name"`
}

// The groups of a status, and the group of an error that is about the phone
// (https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes).
const (
	groupUndeliverable = 2
	groupDelivered     = 3
	groupExpired       = 4
	groupRejected      = 5

	groupHandset = 1
)

// failed reports whether the message was given up.
func (s status) failed() bool {
	return s.GroupID == groupUndeliverable || s.GroupID == groupExpired || s.GroupID == groupRejected
}

// named is what the names of codes look like.
var named = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,63}$`)

// code returns the name, which says more than the number: statuses and errors have the same
// numbers.
func (s status) code() string {
	if named.MatchString(s.Name) {
		return s.Name
	}
	return ""
}

// outcomes are those of the names that mean something to us.
var outcomes = map[string]outcome.Outcome{
	"EC_UNKNOWN_SUBSCRIBER":                  outcome.Nobody,
	"EC_TELESERVICE_NOT_PROVISIONED":         outcome.Nobody,
	"EC_DEST_ADDRESS_UNABLE_TO_RECEIVE_SMS":  outcome.Nobody,
	"EC_DESTINATION_NOT_SMS_PROVISIONED":     outcome.Nobody,
	"EC_DEACTIVATED_LIST":                    outcome.Nobody,
	"EC_CONTENT_BLOCKED":                     outcome.Nobody, // its owner answered STOP
	"REJECTED_NETWORK":                       outcome.Elsewhere,
	"REJECTED_PREFIX_MISSING":                outcome.Elsewhere,
	"REJECTED_DND":                           outcome.Elsewhere,
	"REJECTED_DESTINATION":                   outcome.Elsewhere,
	"REJECTED_DESTINATION_BLOCKLISTED":       outcome.Elsewhere,
	"REJECTED_DESTINATION_NOT_REGISTERED":    outcome.Elsewhere,
	"REJECTED_FLOODING_FILTER":               outcome.Elsewhere,
	"MISSING_TO":                             outcome.Elsewhere,
	"SIGNALS_BLOCKED":                        outcome.Elsewhere,
	"UNDELIVERABLE_REJECTED_OPERATOR":        outcome.Elsewhere,
	"EC_INVALID_DESTINATION_ADDRESS":         outcome.Elsewhere,
	"EC_INVALID_REQUEST_DESTINATION":         outcome.Elsewhere,
	"EC_BLACKLISTED_DESTINATIONADDRESS":      outcome.Elsewhere,
	"EC_DEST_ADDRESS_BLACKLISTED":            outcome.Elsewhere,
	"EC_DEST_ADDRESS_SUSPENDED":              outcome.Elsewhere,
	"EC_DESTINATION_BLOCKED_BY_OPERATOR":     outcome.Elsewhere,
	"EC_DESTINATION_FLOODING":                outcome.Elsewhere,
	"EC_DESTINATION_TXT_FLOODING":            outcome.Elsewhere,
	"EC_IMSI_BLACKLISTED":                    outcome.Elsewhere,
	"EC_INTERACTION_NOT_SUPPORTED":           outcome.Elsewhere,
	"EC_OPERATOR_NOT_FOUND":                  outcome.Elsewhere,
	"EC_CONTENT_BLOCKED_BY_OPERATOR":         outcome.Elsewhere,
	"EC_REJECTED_SPAM_BY_OPERATOR":           outcome.Elsewhere,
	"EC_SC_BLOCKED_FOR_END_USER":             outcome.Elsewhere,
	"EC_SMS_REJECTED_BY_MOBILE_OPERATOR":     outcome.Elsewhere,
	"EC_SIGNALS_BLOCKED":                     outcome.Elsewhere,
	"EC_ACCOUNT_NOT_PROVISIONED_FOR_CHANNEL": outcome.Elsewhere, // the network has no route in the account
	"REJECTED_NOT_ENOUGH_CREDITS":            outcome.Ours,
	"REJECTED_PREPAID_PACKAGE_EXPIRED":       outcome.Ours,
	"REJECTED_ROUTE_NOT_AVAILABLE":           outcome.Ours, // the account has none at all
	"REJECTED_SENDER":                        outcome.Ours,
	"REJECTED_SOURCE":                        outcome.Ours,
	"REJECTED_SYSTEM_ERROR":                  outcome.Ours,
	"UNDELIVERABLE_REJECTED_PLATFORM":        outcome.Ours,
	"EC_ACCOUNT_ACCESS_DENIED":               outcome.Ours,
	"EC_LIMIT_REACHED":                       outcome.Ours,
	"EC_QUOTA_REACHED":                       outcome.Ours,
	"EC_10DLC_LIMIT_REACHED":                 outcome.Ours,
	"EC_MONTHLY_LIMIT_REACHED":               outcome.Ours,
	"EC_SIGNALS_HARD_LIMIT_REACHED":          outcome.Ours,
	"EC_NOTSUBMITTEDTOGMSC":                  outcome.Ours, // given up at Infobip
}

// whose returns whose fault a report is. Errors of the group "handset" are those of the phone
// and of its network, such as EC_ABSENT_SUBSCRIBER.
func whose(s, e status) phoneauth.SendFault {
	for _, name := range []string{e.code(), s.code()} {
		if o, ok := outcomes[name]; ok {
			return o.Fault
		}
	}
	if e.GroupID == groupHandset {
		return phoneauth.FaultDestination
	}
	return ""
}
