package telnyx

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
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

// outcome is what a code stands for. The class is that of a message that was not taken; a
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

// outcomes are those of the codes that mean something to us
// (https://developers.telnyx.com/docs/messaging/messages/error-codes).
var outcomes = map[code]outcome{
	"40300": nobody, // its owner answered STOP

	"40001": elsewhere, // landline, or cannot be reached from here
	"40002": elsewhere, // a carrier's filter, for now
	"40003": elsewhere, // a carrier's filter, for good
	"40004": elsewhere, // rejected by the destination
	"40006": elsewhere, // the destination's server is down
	"40008": elsewhere, // not taken by the carrier
	"40012": elsewhere, // invalid destination number
	"40310": elsewhere, // invalid to

	"10009": ours, // credentials
	"10010": ours, // permissions of the key
	"10011": ours, // too many requests
	"20100": ours, // funds
	"40011": ours, // rate, past Telnyx
	"40013": ours, // invalid source number
	"40014": ours, // waited too long in Telnyx's queue
	"40305": ours, // invalid from
	"40312": ours, // messaging profile disabled
	"40318": ours, // queue full
	"40333": ours, // spend limit of the messaging profile
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
		e.Class, e.Fault = o.class, o.fault
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
