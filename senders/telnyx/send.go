package telnyx

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "telnyx"

// request is the body of a POST to /v2/messages.
type request struct {
	From               string `json:"from,omitempty"`
	MessagingProfileID string `json:"messaging_profile_id,omitempty"`
	To                 string `json:"to"`
	Text               string `json:"text"`
	Type               string `json:"type"`
	WebhookURL         string `json:"webhook_url,omitempty"`
}

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Telnyx's id of the message. m.Channel is not looked at. The package documentation says
// which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: name}
	out := request{
		From: s.from, MessagingProfileID: s.profile,
		To: m.To.E164(), Text: string(m.Body), Type: "SMS", WebhookURL: s.webhook,
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, out, func(req *http.Request) {
		req.Header.Set("Authorization", s.authorization)
	})
	switch {
	case err != nil:
		return failed, err
	case !resp.OK():
		return failed, refusal(resp)
	}
	return accepted(resp)
}

// message is what Telnyx says of a message, in an answer and in a report.
type message struct {
	ID     string     `json:"id"`
	To     recipients `json:"to"`
	Errors []apiError `json:"errors"`
}

// maxID is the longest id that is passed on; Telnyx's have 36 characters.
const maxID = 128

// accepted reads an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Data message `json:"data"`
	}
	_ = json.Unmarshal(resp.Body, &answer)
	if status := answer.Data.To.status(); failed(status) { // at once
		e := &phoneauth.SendError{Class: phoneauth.Ambiguous, Code: status, RetryAfter: httpsend.RetryAfter(resp.Header)}
		classify(e, answer.Data.Errors)
		return phoneauth.Receipt{Sender: name}, e
	}
	if len(answer.Data.ID) > maxID {
		answer.Data.ID = ""
	}
	return phoneauth.Receipt{ID: answer.Data.ID, Sender: name}, nil
}

// refusal reads an answer of another status. Its details are not passed on: they quote the
// number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Errors []apiError `json:"errors"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	classify(e, said.Errors)
	return e
}
