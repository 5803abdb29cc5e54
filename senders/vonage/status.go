package vonage

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/httpsend"
)

// part is what Vonage says of one SMS of a text.
type part struct {
	ID        string      `json:"message-id"`
	Status    json.Number `json:"status"` // a string of digits
	ErrorText string      `json:"error-text"`
}

// maxID is the longest id that is passed on; Vonage's have 16 or 36 characters.
const maxID = 128

var errAnswer = errors.New("the answer cannot be read")

// outcome reads an answer of success, in which all may have failed.
func outcome(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Messages []part `json:"messages"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || len(answer.Messages) == 0 || slices.ContainsFunc(answer.Messages, part.unreadable) {
		e := resp.Refusal() // for its code
		e.Class, e.Err = phoneauth.Ambiguous, errAnswer
		return phoneauth.Receipt{}, e
	}
	var failed *phoneauth.SendError
	accepted := false
	for _, p := range answer.Messages {
		if p.Status == "0" {
			accepted = true
			continue
		}
		class := p.class()
		if failed == nil {
			failed = &phoneauth.SendError{Class: class, Code: string(p.Status), RetryAfter: httpsend.RetryAfter(resp.Header)}
		}
		if rank[class] > rank[failed.Class] {
			failed.Class, failed.Code = class, string(p.Status)
		}
	}
	if failed == nil {
		id := answer.Messages[0].ID
		if len(id) > maxID {
			id = ""
		}
		return phoneauth.Receipt{ID: id, Sender: name}, nil
	}
	if accepted {
		failed.Class = phoneauth.Ambiguous // a part has gone
	}
	return phoneauth.Receipt{}, failed
}

func (p part) unreadable() bool { return p.Status == "" || len(p.Status) > 3 }

// rank says which class stands for a text whose parts failed in different ways.
var rank = map[phoneauth.SendClass]int{phoneauth.Temporary: 0, phoneauth.Permanent: 1, phoneauth.Ambiguous: 2}

// classes are those of the statuses
// (https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms).
var classes = map[json.Number]phoneauth.SendClass{
	"1":  phoneauth.Temporary, // throttled
	"2":  phoneauth.Temporary, // missing parameter
	"3":  phoneauth.Temporary, // invalid parameter, but see badNumber
	"4":  phoneauth.Temporary, // invalid credentials
	"5":  phoneauth.Ambiguous, // internal error, "whilst processing this message"
	"6":  phoneauth.Permanent, // invalid message, such as an unknown prefix
	"7":  phoneauth.Permanent, // number barred
	"8":  phoneauth.Temporary, // account barred
	"9":  phoneauth.Temporary, // no credit
	"10": phoneauth.Temporary, // too many connections
	"11": phoneauth.Temporary, // account not enabled
	"12": phoneauth.Temporary, // message too long
	"14": phoneauth.Temporary, // invalid signature
	"15": phoneauth.Temporary, // invalid sender address
	"22": phoneauth.Temporary, // invalid network code
	"23": phoneauth.Temporary, // invalid callback URL
	"29": phoneauth.Temporary, // demo account, number not listed
	"32": phoneauth.Temporary, // signature and secret
	"33": phoneauth.Permanent, // number deactivated
}

// badNumber matches the error text of a status 3 that is about the number, not about
// From, say: a wrong From must not stop the next sender.
var badNumber = regexp.MustCompile(`(?i)['"]to['"]|\bto (address|number|param)|\bparam(eter)?:? to\b`)

func (p part) class() phoneauth.SendClass {
	class, ok := classes[p.Status]
	switch {
	case !ok:
		return phoneauth.Ambiguous
	case p.Status == "3" && badNumber.MatchString(p.ErrorText):
		return phoneauth.Permanent
	}
	return class
}
