package twilioverify

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of the codes that mean something to us
// (https://www.twilio.com/docs/api/errors).
var outcomes = map[int]outcome.Outcome{
	21610: outcome.Nobody, // opted out

	21211: outcome.Elsewhere, // invalid To, which a newer numbering plan may have
	21408: outcome.Elsewhere, // region not enabled
	21612: outcome.Elsewhere, // no way to To
	21614: outcome.Elsewhere, // To is no mobile number, but may be called
	60203: outcome.Elsewhere, // five sends to this number that nobody completed
	60205: outcome.Elsewhere, // a landline gets no SMS, but may be called
	60212: outcome.Elsewhere, // too many at once to this number
	60220: outcome.Elsewhere, // China needs a registration
	60238: outcome.Elsewhere, // blocked by Twilio, such as a country
	60410: outcome.Elsewhere, // Fraud Guard blocks the prefix
	60605: outcome.Elsewhere, // region not enabled in Verify
	30003: outcome.Elsewhere, // handset not reached
	30004: outcome.Elsewhere, // blocked by the carrier or the owner
	30005: outcome.Elsewhere, // unknown handset
	30006: outcome.Elsewhere, // landline, or carrier not reached
	30007: outcome.Elsewhere, // filtered, often by the carrier
	63003: outcome.Elsewhere, // not on WhatsApp
	63024: outcome.Elsewhere, // not on WhatsApp

	20003: outcome.Ours, // credentials
	20404: outcome.Ours, // no such service
	20429: outcome.Ours, // too many requests
	60204: outcome.Ours, // the service may not have codes of its own
	30001: outcome.Ours, // queue overflow
	30002: outcome.Ours, // account suspended

	60200: outcome.Unclear, // invalid parameter
	60223: outcome.Unclear, // channel disabled
	60228: outcome.Unclear, // no such template

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
