package infobip

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "infobip"

// request is the body of a POST to /sms/3/messages.
type request struct {
	Messages []message `json:"messages"`
}

type message struct {
	Sender       string        `json:"sender"`
	Destinations []destination `json:"destinations"`
	Content      content       `json:"content"`
	Options      *options      `json:"options,omitempty"`
	Webhooks     *webhooks     `json:"webhooks,omitempty"`
}

type destination struct {
	To string `json:"to"`
}

type content struct {
	Text string `json:"text"`
}

type options struct {
	Regional regional `json:"regional"`
}

type regional struct {
	IndiaDLT indiaDLT `json:"indiaDlt"`
}

type indiaDLT struct {
	ContentTemplateID string `json:"contentTemplateId"`
	PrincipalEntityID string `json:"principalEntityId"`
}

type webhooks struct {
	Delivery     *delivery `json:"delivery,omitempty"`
	ContentType  string    `json:"contentType"`
	CallbackData string    `json:"callbackData,omitempty"`
}

type delivery struct {
	URL string `json:"url"`
}

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Infobip's id of the message. m.AttemptID travels as callbackData. m.Channel is not looked
// at. The package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: name}
	if !s.Supports(m) {
		return failed, httpsend.Unsupported()
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, request{[]message{s.message(m)}}, func(req *http.Request) {
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

func (s *Sender) message(m phoneauth.Message) message {
	out := message{
		Sender:       s.from,
		Destinations: []destination{{strings.TrimPrefix(m.To.E164(), "+")}},
		Content:      content{string(m.Body)},
	}
	if s.registered(m) {
		out.Options = &options{regional{indiaDLT{s.india.template(m), s.india.EntityID}}}
	}
	if s.delivery != "" || m.AttemptID != "" {
		out.Webhooks = &webhooks{ContentType: "application/json", CallbackData: m.AttemptID}
		if s.delivery != "" {
			out.Webhooks.Delivery = &delivery{s.delivery}
		}
	}
	return out
}

// maxID is the longest id that is passed on; Infobip's have some 20 digits, or 36
// characters.
const maxID = 128

// accepted reads an answer of success. One that cannot be read is success even so.
func accepted(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Messages []struct {
			MessageID string `json:"messageId"`
			Status    status `json:"status"`
		} `json:"messages"`
	}
	_ = json.Unmarshal(resp.Body, &answer)
	if len(answer.Messages) != 1 {
		return phoneauth.Receipt{Sender: name}, nil
	}
	sent := answer.Messages[0]
	if sent.Status.failed() {
		e := &phoneauth.SendError{Class: phoneauth.Temporary, Code: sent.Status.code(), RetryAfter: httpsend.RetryAfter(resp.Header)}
		if o, ok := outcomes[e.Code]; ok {
			e.Class, e.Fault = o.Class, o.Fault
		}
		return phoneauth.Receipt{Sender: name}, e
	}
	if len(sent.MessageID) > maxID {
		sent.MessageID = ""
	}
	return phoneauth.Receipt{ID: sent.MessageID, Sender: name}, nil
}

// refusal reads an answer of another status. Its description is not passed on: it may quote
// the number. Infobip has an old and a new kind of answer.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		ErrorCode    string `json:"errorCode"`
		RequestError struct {
			ServiceException struct {
				MessageID string `json:"messageId"`
			} `json:"serviceException"`
		} `json:"requestError"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	for _, code := range []string{said.ErrorCode, said.RequestError.ServiceException.MessageID} {
		if named.MatchString(code) {
			e.Code = code
			if resp.Status == http.StatusForbidden { // a scope of the key, an address that is not listed
				e.Fault = phoneauth.FaultSender
			}
			break
		}
	}
	return e
}
