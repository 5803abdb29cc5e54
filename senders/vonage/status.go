package vonage

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
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

// read reads an answer of success, in which all may have failed.
func read(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Messages []part `json:"messages"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || len(answer.Messages) == 0 || slices.ContainsFunc(answer.Messages, part.unreadable) {
		e := resp.Refusal() // for its code
		e.Class, e.Fault, e.Err = phoneauth.Ambiguous, phoneauth.FaultSender, errAnswer
		return phoneauth.Receipt{Sender: name}, e
	}
	var failed *phoneauth.SendError
	accepted := false
	for _, p := range answer.Messages {
		if p.Status == "0" {
			accepted = true
			continue
		}
		e := p.failure()
		if failed == nil || rank[e.Class] > rank[failed.Class] {
			failed = e
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
	failed.RetryAfter = httpsend.RetryAfter(resp.Header)
	return phoneauth.Receipt{Sender: name}, failed
}

func (p part) unreadable() bool { return p.Status == "" || len(p.Status) > 3 }
