package messagebird

import (
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// apiError is one of the errors of an answer.
type apiError struct {
	Code      int    `json:"code"`
	Parameter string `json:"parameter"`
}

// outcomes are those of the codes (https://developers.messagebird.com/api#api-errors).
var outcomes = map[int]outcome.Outcome{
	2:  outcome.Ours,    // request not allowed: the access key
	9:  outcome.Unclear, // a parameter is missing, but see recipient
	10: outcome.Unclear, // a parameter is invalid, but see recipient
	20: outcome.Ours,    // not found
	21: outcome.Unclear, // bad request
	25: outcome.Ours,    // balance
	98: outcome.Ours,    // no such API
	99: outcome.Perhaps, // internal error
}

// classify gives e the code of MessageBird's, if there is one, and what it stands for, if
// that is known.
func (a apiError) classify(e *phoneauth.SendError) {
	if a.Code <= 0 || a.Code > 9999 {
		return
	}
	e.Code = strconv.Itoa(a.Code)
	o, ok := outcomes[a.Code]
	if !ok {
		return
	}
	if o == outcome.Unclear && strings.HasPrefix(a.Parameter, "recipient") { // or "recipients"
		o = outcome.Elsewhere
	}
	e.Class, e.Fault = o.Class, o.Fault
}

// reasons are the faults of the statusReasons of a report
// (https://developers.messagebird.com/api/sms-messaging/#status-reasons).
var reasons = map[string]phoneauth.SendFault{
	"unknown subscriber":     phoneauth.FaultDestination,
	"unavailable subscriber": phoneauth.FaultDestination,
	"incorrect number":       phoneauth.FaultDestination,
	"opted out":              phoneauth.FaultDestination,
	"carrier rejected":       phoneauth.FaultDestination,
	"received network error": phoneauth.FaultDestination,
	"insufficient balance":   phoneauth.FaultSender,
	"capacity limit reached": phoneauth.FaultSender,
}

// code returns the statusErrorCode of a report if it is a number, else the status.
func code(statusErrorCode, status string) string {
	if n, err := strconv.ParseUint(statusErrorCode, 10, 16); err == nil && n > 0 {
		return strconv.FormatUint(n, 10)
	}
	return status
}
