package twilioverify

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
	unclear   = outcome{phoneauth.Temporary, ""}
)

// outcomes are those of the codes that mean something to us
// (https://www.twilio.com/docs/api/errors).
var outcomes = map[int]outcome{
	21610: nobody, // opted out

	21211: elsewhere, // invalid To, which a newer numbering plan may have
	21408: elsewhere, // region not enabled
	21612: elsewhere, // no way to To
	21614: elsewhere, // To is no mobile number, but may be called
	60203: elsewhere, // five sends to this number that nobody completed
	60205: elsewhere, // a landline gets no SMS, but may be called
	60212: elsewhere, // too many at once to this number
	60220: elsewhere, // China needs a registration
	60238: elsewhere, // blocked by Twilio, such as a country
	60410: elsewhere, // Fraud Guard blocks the prefix
	60605: elsewhere, // region not enabled in Verify
	30003: elsewhere, // handset not reached
	30004: elsewhere, // blocked by the carrier or the owner
	30005: elsewhere, // unknown handset
	30006: elsewhere, // landline, or carrier not reached
	30007: elsewhere, // filtered, often by the carrier
	63003: elsewhere, // not on WhatsApp
	63024: elsewhere, // not on WhatsApp

	20003: ours, // credentials
	20404: ours, // no such service
	20429: ours, // too many requests
	60204: ours, // the service may not have codes of its own
	30001: ours, // queue overflow
	30002: ours, // account suspended

	60200: unclear, // invalid parameter
	60223: unclear, // channel disabled
	60228: unclear, // no such template

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
