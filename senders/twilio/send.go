package twilio

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "twilio"

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Twilio's SID of the message. m.Channel is not looked at. The package documentation
// says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	form := maps.Clone(s.fixed)
	form.Set("To", m.To.E164())
	form.Set("Body", string(m.Body))
	resp, err := httpsend.PostForm(ctx, s.client, s.url, form, func(req *http.Request) {
		req.SetBasicAuth(s.user, s.password)
	})
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	return accepted(resp)
}

// accepted reads an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var message struct {
		SID       string `json:"sid"`
		Status    string `json:"status"`
		ErrorCode int    `json:"error_code"`
	}
	_ = json.Unmarshal(resp.Body, &message)
	if message.Status == "failed" || message.Status == "undelivered" {
		e := &phoneauth.SendError{
			Class:      phoneauth.Ambiguous,
			Code:       message.Status,
			RetryAfter: httpsend.RetryAfter(resp.Header),
		}
		classify(e, message.ErrorCode)
		return phoneauth.Receipt{Sender: name}, e
	}
	if len(message.SID) > maxID {
		message.SID = ""
	}
	return phoneauth.Receipt{ID: message.SID, Sender: name}, nil
}

// maxID is the longest id that is passed on; Twilio's have 34 characters.
const maxID = 128

// refusal reads an answer of another status. Its message is not passed on: it quotes the
// number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	classify(e, said.Code)
	return e
}
