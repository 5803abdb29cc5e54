package infobip

import (
	"regexp"

	"github.com/phoneauth/phoneauth"
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

// outcome is what a name stands for. The class is that of a message that was not taken; a
// delivery report has the fault alone.
type outcome struct {
	class phoneauth.SendClass
	fault phoneauth.SendFault
}

var (
	nobody    = outcome{phoneauth.Permanent, phoneauth.FaultDestination}
	elsewhere = outcome{phoneauth.Temporary, phoneauth.FaultDestination}
	ours      = outcome{phoneauth.Temporary, phoneauth.FaultSender}
)

// outcomes are those of the names that mean something to us.
var outcomes = map[string]outcome{
	"EC_UNKNOWN_SUBSCRIBER":                  nobody,
	"EC_TELESERVICE_NOT_PROVISIONED":         nobody,
	"EC_DEST_ADDRESS_UNABLE_TO_RECEIVE_SMS":  nobody,
	"EC_DESTINATION_NOT_SMS_PROVISIONED":     nobody,
	"EC_DEACTIVATED_LIST":                    nobody,
	"EC_CONTENT_BLOCKED":                     nobody, // its owner answered STOP
	"REJECTED_NETWORK":                       elsewhere,
	"REJECTED_PREFIX_MISSING":                elsewhere,
	"REJECTED_DND":                           elsewhere,
	"REJECTED_DESTINATION":                   elsewhere,
	"REJECTED_DESTINATION_BLOCKLISTED":       elsewhere,
	"REJECTED_DESTINATION_NOT_REGISTERED":    elsewhere,
	"REJECTED_FLOODING_FILTER":               elsewhere,
	"MISSING_TO":                             elsewhere,
	"SIGNALS_BLOCKED":                        elsewhere,
	"UNDELIVERABLE_REJECTED_OPERATOR":        elsewhere,
	"EC_INVALID_DESTINATION_ADDRESS":         elsewhere,
	"EC_INVALID_REQUEST_DESTINATION":         elsewhere,
	"EC_BLACKLISTED_DESTINATIONADDRESS":      elsewhere,
	"EC_DEST_ADDRESS_BLACKLISTED":            elsewhere,
	"EC_DEST_ADDRESS_SUSPENDED":              elsewhere,
	"EC_DESTINATION_BLOCKED_BY_OPERATOR":     elsewhere,
	"EC_DESTINATION_FLOODING":                elsewhere,
	"EC_DESTINATION_TXT_FLOODING":            elsewhere,
	"EC_IMSI_BLACKLISTED":                    elsewhere,
	"EC_INTERACTION_NOT_SUPPORTED":           elsewhere,
	"EC_OPERATOR_NOT_FOUND":                  elsewhere,
	"EC_CONTENT_BLOCKED_BY_OPERATOR":         elsewhere,
	"EC_REJECTED_SPAM_BY_OPERATOR":           elsewhere,
	"EC_SC_BLOCKED_FOR_END_USER":             elsewhere,
	"EC_SMS_REJECTED_BY_MOBILE_OPERATOR":     elsewhere,
	"EC_SIGNALS_BLOCKED":                     elsewhere,
	"EC_ACCOUNT_NOT_PROVISIONED_FOR_CHANNEL": elsewhere, // the network has no route in the account
	"REJECTED_NOT_ENOUGH_CREDITS":            ours,
	"REJECTED_PREPAID_PACKAGE_EXPIRED":       ours,
	"REJECTED_ROUTE_NOT_AVAILABLE":           ours, // the account has none at all
	"REJECTED_SENDER":                        ours,
	"REJECTED_SOURCE":                        ours,
	"REJECTED_SYSTEM_ERROR":                  ours,
	"UNDELIVERABLE_REJECTED_PLATFORM":        ours,
	"EC_ACCOUNT_ACCESS_DENIED":               ours,
	"EC_LIMIT_REACHED":                       ours,
	"EC_QUOTA_REACHED":                       ours,
	"EC_10DLC_LIMIT_REACHED":                 ours,
	"EC_MONTHLY_LIMIT_REACHED":               ours,
	"EC_SIGNALS_HARD_LIMIT_REACHED":          ours,
	"EC_NOTSUBMITTEDTOGMSC":                  ours, // given up at Infobip
}

// whose returns whose fault a report is. Errors of the group "handset" are those of the phone
// and of its network, such as EC_ABSENT_SUBSCRIBER.
func whose(s, e status) phoneauth.SendFault {
	for _, name := range []string{e.code(), s.code()} {
		if o, ok := outcomes[name]; ok {
			return o.fault
		}
	}
	if e.GroupID == groupHandset {
		return phoneauth.FaultDestination
	}
	return ""
}
