package messagebird

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "messagebird"

// request is the body of a POST to /messages.
type request struct {
	Originator string   `json:"originator"`
	Body       string   `json:"body"`
	Recipients []string `json:"recipients"`
	Type       string   `json:"type"`
	DataCoding string   `json:"datacoding"`
	Reference  string   `json:"reference"`
	ReportURL  string   `json:"reportUrl,omitempty"`
}

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// MessageBird's id of the message. m.AttemptID travels as its reference. m.Channel is not
// looked at. The package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: name}
	out := request{
		Originator: s.from,
		Body:       string(m.Body),
		Recipients: []string{strings.TrimPrefix(m.To.E164(), "+")},
		Type:       "sms",
		DataCoding: "plain", // in which MessageBird replaces what GSM-7 has not
		// MessageBird reports only what has a reference.
		Reference: cmp.Or(m.AttemptID, "phoneauth"),
		ReportURL: s.report,
	}
	if _, encoding := phoneauth.Segments(out.Body); encoding == phoneauth.UCS2 {
		out.DataCoding = "unicode"
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
	return accepted(resp), nil
}

// maxID is the longest id that is passed on; MessageBird's have 32 characters.
const maxID = 128

// accepted reads an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) phoneauth.Receipt {
	var message struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(resp.Body, &message)
	if len(message.ID) > maxID {
		message.ID = ""
	}
	return phoneauth.Receipt{ID: message.ID, Sender: name}
}

// refusal reads an answer of another status. Its descriptions are not passed on: they quote
// the number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Errors []apiError `json:"errors"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	if len(said.Errors) > 0 {
		said.Errors[0].classify(e)
	}
	return e
}
