package tencent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "tencent"

// maxCode is how long a code may be in a template for codes.
const maxCode = 6

// Supports reports whether there is a template for m.Purpose that has the code and the details of m,
// and nothing that m has not. A code has at most 6 characters.
func (s *Sender) Supports(m phoneauth.Message) bool {
	_, ok := s.template(m)
	return ok
}

func (s *Sender) template(m phoneauth.Message) (Template, bool) {
	t, ok := s.templates.Choose(m)
	return t, ok && len(m.Code) <= maxCode && templates.Fits(m, t.Variables)
}

// request is that of SendSms (https://www.tencentcloud.com/document/product/382/34859).
type request struct {
	PhoneNumbers []string `json:"PhoneNumberSet"`
	AppID        string   `json:"SmsSdkAppId"`
	TemplateID   string   `json:"TemplateId"`
	SignName     string   `json:"SignName,omitempty"`
	Variables    []string `json:"TemplateParamSet,omitempty"`
	Reference    string   `json:"SessionContext,omitempty"`
}

// contentType is signed, so it is the one of the example.
const contentType = "application/json; charset=utf-8"

// Send calls SendSms with the template for m and its variables, within 10 s if ctx has no deadline.
// m.Body and m.Channel are not looked at. Receipt.ID is Tencent Cloud's SerialNo. The package
// documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t, ok := s.template(m)
	if !ok {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	now := time.Now()
	var filled []string
	for _, value := range t.Variables {
		filled = append(filled, templates.Fill(value, m, now))
	}
	body, _ := json.Marshal(request{ // of strings, never fails
		PhoneNumbers: []string{m.To.E164()}, AppID: s.config.AppID, TemplateID: t.ID, SignName: s.config.SignName,
		Variables: filled, Reference: m.AttemptID,
	})
	signed := signer{s.config.SecretID, s.secret, "sms"}.authorization([]header{{"content-type", contentType}, {"host", s.host}}, string(body), now)
	resp, err := httpsend.Post(ctx, s.client, s.url, string(body), func(r *http.Request) {
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Authorization", signed)
		r.Header.Set("X-TC-Action", "SendSms")
		r.Header.Set("X-TC-Version", "2021-01-11")
		r.Header.Set("X-TC-Timestamp", strconv.FormatInt(now.Unix(), 10))
		r.Header.Set("X-TC-Region", s.config.Region)
	})
	if err != nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	return read(resp)
}

// maxID is the longest id that is passed on; Tencent Cloud's have some 35 characters.
const maxID = 128

var errAnswer = errors.New("the answer cannot be read")

// read reads an answer, which may be a refusal with status 200. Its message is not passed on where it
// refuses: it may quote the number.
func read(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Response struct {
			Error  *struct{ Code string }
			Status []struct {
				Code     string
				SerialNo string
			} `json:"SendStatusSet"`
		}
	}
	err := json.Unmarshal(resp.Body, &answer)
	refused := answer.Response.Error
	refusal := func(code string) error {
		e := &phoneauth.SendError{Class: phoneauth.Temporary, Code: "not Ok", RetryAfter: httpsend.RetryAfter(resp.Header)}
		if !resp.OK() {
			e = resp.Refusal()
		}
		classify(e, code)
		return e
	}
	switch {
	case err == nil && refused != nil:
		return phoneauth.Receipt{Sender: name}, refusal(refused.Code)
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, refusal("")
	case err != nil || len(answer.Response.Status) != 1 || answer.Response.Status[0].Code == "":
		e := resp.Refusal() // for its code
		e.Class, e.Fault, e.Err = phoneauth.Ambiguous, phoneauth.FaultSender, errAnswer
		return phoneauth.Receipt{Sender: name}, e
	}
	status := answer.Response.Status[0]
	if status.Code != "Ok" {
		return phoneauth.Receipt{Sender: name}, refusal(status.Code)
	}
	if len(status.SerialNo) > maxID {
		status.SerialNo = ""
	}
	return phoneauth.Receipt{ID: status.SerialNo, Sender: name}, nil
}
