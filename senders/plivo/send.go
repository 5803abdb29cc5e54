package plivo

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "plivo"

// request is the body of a POST to Message/.
type request struct {
	Src           string `json:"src,omitempty"`
	PowerpackUUID string `json:"powerpack_uuid,omitempty"`
	Dst           string `json:"dst"`
	Text          string `json:"text"`
	Type          string `json:"type"`
	URL           string `json:"url,omitempty"`
	Method        string `json:"method,omitempty"`
	// Log is false so that Plivo does not keep the text, which has the code in it.
	Log bool `json:"log"`
}

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Plivo's UUID of the message. Plivo is asked to keep no text and no number in its logs.
// m.Channel is not looked at. The package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: name}
	out := request{
		Src: s.from, PowerpackUUID: s.powerpack,
		Dst: m.To.E164(), Text: string(m.Body), Type: "sms", URL: s.callback,
	}
	if out.URL != "" {
		out.Method = http.MethodPost
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, out, func(req *http.Request) {
		req.SetBasicAuth(s.user, s.password)
	})
	switch {
	case err != nil:
		return failed, err
	case !resp.OK():
		return failed, refusal(resp)
	}
	return accepted(resp), nil
}

// maxID is the longest id that is passed on; Plivo's have 36 characters.
const maxID = 128

// accepted reads an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) phoneauth.Receipt {
	var message struct {
		MessageUUID []string `json:"message_uuid"`
	}
	_ = json.Unmarshal(resp.Body, &message)
	if len(message.MessageUUID) == 0 || len(message.MessageUUID[0]) > maxID {
		return phoneauth.Receipt{Sender: name}
	}
	return phoneauth.Receipt{ID: message.MessageUUID[0], Sender: name}
}

// badNumber matches the error of a 400 that is about the number, and not about From, say.
// Plivo's refusals have a text, and no code.
var badNumber = regexp.MustCompile(`(?i)\bdst\b|\bdestination\b|\binvalid_number\b`)

// refusal reads an answer of another status. Its text is not passed on: it quotes the
// number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Error json.RawMessage `json:"error"` // a text, or an object of fields and texts
	}
	_ = json.Unmarshal(resp.Body, &said)
	if resp.Status == http.StatusBadRequest && badNumber.Match(said.Error) {
		e.Fault = phoneauth.FaultDestination
	}
	return e
}
