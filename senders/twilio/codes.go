package twilio

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of the codes that mean something to us
// (https://www.twilio.com/docs/api/errors).
var outcomes = map[int]outcome.Outcome{
	21265: outcome.Nobody, // To is a short code
	21610: outcome.Nobody, // opted out
	21614: outcome.Nobody, // To is no mobile number
	21635: outcome.Nobody, // To is a landline
	30005: outcome.Nobody, // unknown handset

	21211: outcome.Elsewhere, // invalid To, which a newer numbering plan may have
	21214: outcome.Elsewhere, // To cannot be reached
	21215: outcome.Elsewhere, // calls to this region are not enabled
	21216: outcome.Elsewhere, // To is blocked by Twilio
	21217: outcome.Elsewhere, // To does not appear to be valid
	21219: outcome.Elsewhere, // To is not verified for calls of a trial account
	21408: outcome.Elsewhere, // region not enabled
	21606: outcome.Elsewhere, // From cannot send to this destination
	21608: outcome.Elsewhere, // To is not verified for a trial account
	21612: outcome.Elsewhere, // no way from From to To
	21659: outcome.Elsewhere, // From is a short code of another country
	30003: outcome.Elsewhere, // handset not reached
	30004: outcome.Elsewhere, // blocked by the carrier or the owner
	30006: outcome.Elsewhere, // landline, or carrier not reached
	30007: outcome.Elsewhere, // filtered, often by the carrier

	10004: outcome.Ours, // too many calls at once
	14107: outcome.Ours, // rate of sending
	20003: outcome.Ours, // credentials
	20429: outcome.Ours, // too many requests
	21210: outcome.Ours, // From is not verified for calls
	21611: outcome.Ours, // queue of From is full
	30001: outcome.Ours, // queue overflow
	30002: outcome.Ours, // account suspended
	30036: outcome.Ours, // waited too long in Twilio's queue

	30008: outcome.Unknown, // unknown
}

// classify gives e the code of Twilio's, if there is one, and what it stands for, if that
// is known. What only the status of HTTP says of a code that is not known stays.
func classify(e *phoneauth.SendError, code int) {
	if code <= 0 {
		return
	}
	e.Code = strconv.Itoa(code)
	if o, ok := outcomes[code]; ok {
		e.Class, e.Fault = o.Class, o.Fault
	}
}

// fault returns that of a delivery report with this code.
func fault(code string) phoneauth.SendFault {
	n, _ := strconv.Atoi(code)
	return outcomes[n].Fault
}
