package telnyx

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// apiError is one of the errors of an answer or a report.
type apiError struct {
	Code   code `json:"code"`
	Source struct {
		Pointer string `json:"pointer"` // "/to"
	} `json:"source"`
}

// code is a string of digits, or a number.
type code string

// UnmarshalJSON takes anything; what is no code is looked at later.
func (c *code) UnmarshalJSON(b []byte) error {
	*c = code(strings.Trim(string(b), `"`))
	return nil
}

// outcomes are those of the codes that mean something to us
// (https://developers.telnyx.com/docs/messaging/messages/error-codes).
var outcomes = map[code]outcome.Outcome{
	"40300": outcome.Nobody, // its owner answered STOP

	"40001": outcome.Elsewhere, // landline, or cannot be reached from here
	"40002": outcome.Elsewhere, // a carrier's filter, for now
	"40003": outcome.Elsewhere, // a carrier's filter, for good
	"40004": outcome.Elsewhere, // rejected by the destination
	"40006": outcome.Elsewhere, // the destination's server is down
	"40008": outcome.Elsewhere, // not taken by the carrier
	"40012": outcome.Elsewhere, // invalid destination number
	"40310": outcome.Elsewhere, // invalid to

	"10009": outcome.Ours, // credentials
	"10010": outcome.Ours, // permissions of the key
	"10011": outcome.Ours, // too many requests
	"20100": outcome.Ours, // funds
	"40011": outcome.Ours, // rate, past Telnyx
	"40013": outcome.Ours, // invalid source number
	"40014": outcome.Ours, // waited too long in Telnyx's queue
	"40305": outcome.Ours, // invalid from
	"40312": outcome.Ours, // messaging profile disabled
	"40318": outcome.Ours, // queue full
	"40333": outcome.Ours, // spend limit of the messaging profile
}

// codes are numbers of five digits.
var codes = regexp.MustCompile(`^[0-9]{4,6}$`)

// classify gives e the code of the first of the errors, if it has one, and what it stands
// for, if that is known. An unknown one that points at the number is the destination's.
func classify(e *phoneauth.SendError, all []apiError) {
	if len(all) == 0 || !codes.MatchString(string(all[0].Code)) {
		return
	}
	first := all[0]
	e.Code = string(first.Code)
	o, known := outcomes[first.Code]
	switch {
	case known:
		e.Class, e.Fault = o.Class, o.Fault
	case first.Source.Pointer == "/to" && e.Class == phoneauth.Temporary && e.Fault == "":
		e.Fault = phoneauth.FaultDestination
	}
}

// recipients are whom a message went to: one, as we send it.
type recipients []struct {
	Status string `json:"status"`
}

// UnmarshalJSON reads a list. In reports of incoming texts it may be of another form, which
// is of no interest.
func (r *recipients) UnmarshalJSON(b []byte) error {
	var list []struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(b, &list) == nil {
		*r = list
	}
	return nil
}

func (r recipients) status() string {
	if len(r) != 1 {
		return ""
	}
	return r[0].Status
}

// failed reports whether a message with this status was given up.
func failed(status string) bool {
	return status == "sending_failed" || status == "delivery_failed" || status == "expired"
}
