package twilio

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
)

// outcome is what a code of Twilio's stands for. The class is that of a message that was
// not taken; a delivery report has the fault alone.
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
// (https://www.twilio.com/docs/api/errors).
var outcomes = map[int]outcome{
	21265: nobody, // To is a short code
	21610: nobody, // opted out
	21614: nobody, // To is no mobile number
	21635: nobody, // To is a landline
	30005: nobody, // unknown handset

	21211: elsewhere, // invalid To, which a newer numbering plan may have
	21214: elsewhere, // To cannot be reached
	21215: elsewhere, // calls to this region are not enabled
	21216: elsewhere, // To is blocked by Twilio
	21217: elsewhere, // To does not appear to be valid
	21219: elsewhere, // To is not verified for calls of a trial account
	21408: elsewhere, // region not enabled
	21606: elsewhere, // From cannot send to this destination
	21608: elsewhere, // To is not verified for a trial account
	21612: elsewhere, // no way from From to To
	21659: elsewhere, // From is a short code of another country
	30003: elsewhere, // handset not reached
	30004: elsewhere, // blocked by the carrier or the owner
	30006: elsewhere, // landline, or carrier not reached
	30007: elsewhere, // filtered, often by the carrier

	10004: ours, // too many calls at once
	14107: ours, // rate of sending
	20003: ours, // credentials
	20429: ours, // too many requests
	21210: ours, // From is not verified for calls
	21611: ours, // queue of From is full
	30001: ours, // queue overflow
	30002: ours, // account suspended
	30036: ours, // waited too long in Twilio's queue

	30008: {phoneauth.Ambiguous, ""}, // unknown
}

// classify gives e the code of Twilio's, if there is one, and what it stands for, if that
// is known. What only the status of HTTP says of a code that is not known stays.
func classify(e *phoneauth.SendError, code int) {
	if code <= 0 {
		return
	}
	e.Code = strconv.Itoa(code)
	if o, ok := outcomes[code]; ok {
		e.Class, e.Fault = o.class, o.fault
	}
}

// fault returns that of a delivery report with this code.
func fault(code string) phoneauth.SendFault {
	n, _ := strconv.Atoi(code)
	return outcomes[n].fault
}
