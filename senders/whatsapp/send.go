package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "whatsapp"

// maxCode is how long a variable of an authentication template may be.
const maxCode = 15

// Supports reports whether there is a template for m: one with a code for m.Purpose if m has a code,
// else one for notices. A message with Details is not supported, because an authentication template
// has no place for them.
func (s *Sender) Supports(m phoneauth.Message) bool {
	_, ok := s.template(m)
	return ok
}

func (s *Sender) template(m phoneauth.Message) (Template, bool) {
	t, ok := s.templates.Choose(m)
	return t, ok && t.Notice == (m.Code == "") && len(m.Code) <= maxCode && m.Details == ""
}

// The request; the fields are those of the Cloud API
// (https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages).
type (
	message struct {
		Product   string   `json:"messaging_product"`
		Recipient string   `json:"recipient_type"`
		To        string   `json:"to"`
		Type      string   `json:"type"`
		Template  template `json:"template"`
		Reference string   `json:"biz_opaque_callback_data,omitempty"`
	}
	template struct {
		Name       string      `json:"name"`
		Language   language    `json:"language"`
		Components []component `json:"components,omitempty"`
	}
	language struct {
		Policy string `json:"policy"`
		Code   string `json:"code"`
	}
	component struct {
		Type       string      `json:"type"`
		SubType    string      `json:"sub_type,omitempty"`
		Index      string      `json:"index,omitempty"`
		Parameters []parameter `json:"parameters"`
	}
	parameter struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
)

// Send posts the template for m with m.Code, within 10 s if ctx has no deadline. m.Body and
// m.Channel are not looked at. Receipt.ID is WhatsApp's id of the message, "wamid.…". The package
// documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t, ok := s.template(m)
	if !ok {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	request := message{
		Product: "whatsapp", Recipient: "individual", To: strings.TrimPrefix(m.To.E164(), "+"), Type: "template",
		Template:  template{Name: t.Name, Language: language{"deterministic", t.Language}},
		Reference: m.AttemptID,
	}
	if !t.Notice {
		code := []parameter{{"text", string(m.Code)}}
		request.Template.Components = []component{
			{Type: "body", Parameters: code},
			{Type: "button", SubType: "url", Index: "0", Parameters: code}, // also for "copy code" and one-tap
		}
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, request, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("User-Agent", "phoneauth/0.1.0") // Meta's description wants a version
	})
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	return phoneauth.Receipt{ID: accepted(resp), Sender: name}, nil
}

// maxID is the longest id that is passed on; WhatsApp's have some 60 characters.
const maxID = 256

// accepted returns the id in an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) string {
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	_ = json.Unmarshal(resp.Body, &answer)
	if len(answer.Messages) != 1 || len(answer.Messages[0].ID) > maxID {
		return ""
	}
	return answer.Messages[0].ID
}

// refusal reads an answer of another status. Its message is not passed on: it may quote the number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Error struct {
			Code *int `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(resp.Body, &said) == nil {
		classify(e, said.Error.Code)
	}
	return e
}
