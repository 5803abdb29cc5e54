package vonage

import (
	"encoding/json"
	"regexp"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// rank says which class stands for a text whose parts failed in different ways.
var rank = map[phoneauth.SendClass]int{phoneauth.Temporary: 0, phoneauth.Permanent: 1, phoneauth.Ambiguous: 2}

// outcomes are those of the statuses
// (https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms).
var outcomes = map[json.Number]outcome.Outcome{
	"1":  outcome.Ours,      // throttled
	"2":  outcome.Ours,      // missing parameter
	"3":  outcome.Unclear,   // invalid parameter, but see badNumber
	"4":  outcome.Ours,      // invalid credentials
	"5":  outcome.Perhaps,   // internal error, "whilst processing this message"
	"6":  outcome.Elsewhere, // invalid message, such as an unknown prefix
	"7":  outcome.Nobody,    // number barred
	"8":  outcome.Ours,      // account barred
	"9":  outcome.Ours,      // no credit
	"10": outcome.Ours,      // too many connections
	"11": outcome.Ours,      // account not enabled
	"12": outcome.Unclear,   // message too long
	"14": outcome.Ours,      // invalid signature
	"15": outcome.Elsewhere, // invalid sender address, mostly for North America
	"22": outcome.Unclear,   // invalid network code
	"23": outcome.Ours,      // invalid callback URL
	"29": outcome.Elsewhere, // demo account, number not listed
	"32": outcome.Ours,      // signature and secret
	"33": outcome.Nobody,    // number deactivated
}

// badNumber matches the error text of a status 3 that is about the number, not about
// From, say.
var badNumber = regexp.MustCompile(`(?i)['"]to['"]|\bto (address|number|param)|\bparam(eter)?:? to\b`)

// failure returns what a part stands for that was not accepted.
func (p part) failure() *phoneauth.SendError {
	o, ok := outcomes[p.Status]
	switch {
	case !ok:
		o = outcome.Unknown
	case p.Status == "3" && badNumber.MatchString(p.ErrorText):
		o = outcome.Elsewhere
	}
	return &phoneauth.SendError{Class: o.Class, Fault: o.Fault, Code: string(p.Status)}
}

// fault returns that of a delivery receipt with this err-code
// (https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts). Not known are
// 1 (unknown), 8 (network error), 10 (illegal message) and 99 (general error).
func fault(code string) phoneauth.SendFault {
	switch code {
	case "2", "3", "7", // absent for now, for good, busy
		"4", "9", "13", "14", "15", // barred by the user, opted out, age, carrier, no prepaid credit
		"5", "11", "12", // portability, no route, unreachable
		"6", "50", "51", "52", "53", "54": // filters of a carrier or a country
		return phoneauth.FaultDestination
	case "16": // gateway quota exceeded
		return phoneauth.FaultSender
	}
	return ""
}
