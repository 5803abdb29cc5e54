package vonage

import (
	"encoding/json"
	"regexp"

	"github.com/phoneauth/phoneauth"
)

// rank says which class stands for a text whose parts failed in different ways.
var rank = map[phoneauth.SendClass]int{phoneauth.Temporary: 0, phoneauth.Permanent: 1, phoneauth.Ambiguous: 2}

// outcome is what a status stands for.
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

// outcomes are those of the statuses
// (https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms).
var outcomes = map[json.Number]outcome{
	"1":  ours,                                         // throttled
	"2":  ours,                                         // missing parameter
	"3":  unclear,                                      // invalid parameter, but see badNumber
	"4":  ours,                                         // invalid credentials
	"5":  {phoneauth.Ambiguous, phoneauth.FaultSender}, // internal error, "whilst processing this message"
	"6":  elsewhere,                                    // invalid message, such as an unknown prefix
	"7":  nobody,                                       // number barred
	"8":  ours,                                         // account barred
	"9":  ours,                                         // no credit
	"10": ours,                                         // too many connections
	"11": ours,                                         // account not enabled
	"12": unclear,                                      // message too long
	"14": ours,                                         // invalid signature
	"15": elsewhere,                                    // invalid sender address, mostly for North America
	"22": unclear,                                      // invalid network code
	"23": ours,                                         // invalid callback URL
	"29": elsewhere,                                    // demo account, number not listed
	"32": ours,                                         // signature and secret
	"33": nobody,                                       // number deactivated
}

// badNumber matches the error text of a status 3 that is about the number, not about
// From, say.
var badNumber = regexp.MustCompile(`(?i)['"]to['"]|\bto (address|number|param)|\bparam(eter)?:? to\b`)

// failure returns what a part stands for that was not accepted.
func (p part) failure() *phoneauth.SendError {
	o, ok := outcomes[p.Status]
	switch {
	case !ok:
		o = outcome{phoneauth.Ambiguous, ""}
	case p.Status == "3" && badNumber.MatchString(p.ErrorText):
		o = elsewhere
	}
	return &phoneauth.SendError{Class: o.class, Fault: o.fault, Code: string(p.Status)}
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
