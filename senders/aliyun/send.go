package aliyun

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "aliyun"

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
	return t, ok && len(m.Code) <= maxCode && templates.Fits(m, t.values())
}

// Send calls SendSms with the template for m and its variables, within 10 s if ctx has no deadline.
// m.Body and m.Channel are not looked at. Receipt.ID is Alibaba Cloud's BizId. The package
// documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t, ok := s.template(m)
	if !ok {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	now := time.Now()
	query := url.Values{
		"PhoneNumbers": {strings.TrimPrefix(m.To.E164(), "+")}, "SignName": {s.signName}, "TemplateCode": {t.Code},
	}
	if len(t.Variables) > 0 {
		filled := map[string]string{}
		for variable, value := range t.Variables {
			filled[variable] = templates.Fill(value, m, now)
		}
		parameters, _ := json.Marshal(filled) // of strings, never fails
		query.Set("TemplateParam", string(parameters))
	}
	if m.AttemptID != "" {
		query.Set("OutId", m.AttemptID)
	}
	canonical := canonicalQuery(query)
	headers := map[string]string{
		"host":                  s.host,
		"x-acs-action":          "SendSms",
		"x-acs-version":         "2017-05-25",
		"x-acs-date":            now.UTC().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": rand.Text(),
		"x-acs-content-sha256":  emptyHash,
	}
	signature := authorization(s.id, s.secret, canonical, headers)
	resp, err := httpsend.Post(ctx, s.client, s.base+"/?"+canonical, "", func(r *http.Request) {
		for header, value := range headers {
			if header != "host" { // which is that of the URL
				r.Header.Set(header, value)
			}
		}
		r.Header.Set("Authorization", signature)
		r.Header.Set("Accept", "application/json")
	})
	if err != nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	return read(resp)
}

// maxID is the longest id that is passed on; Alibaba Cloud's have some 20 characters.
const maxID = 128

var errAnswer = errors.New("the answer cannot be read")

// read reads an answer, which may be a refusal with status 200. Its message is not passed on where it
// refuses: it may quote the number.
func read(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Code  string
		BizID string `json:"BizId"`
	}
	err := json.Unmarshal(resp.Body, &answer)
	switch {
	case !resp.OK():
		e := resp.Refusal()
		classify(e, answer.Code)
		return phoneauth.Receipt{Sender: name}, e
	case err != nil || answer.Code == "":
		e := resp.Refusal() // for its code
		e.Class, e.Fault, e.Err = phoneauth.Ambiguous, phoneauth.FaultSender, errAnswer
		return phoneauth.Receipt{Sender: name}, e
	case answer.Code != "OK":
		e := &phoneauth.SendError{Class: phoneauth.Temporary, Code: "not OK", RetryAfter: httpsend.RetryAfter(resp.Header)}
		classify(e, answer.Code)
		return phoneauth.Receipt{Sender: name}, e
	}
	if len(answer.BizID) > maxID {
		answer.BizID = ""
	}
	return phoneauth.Receipt{ID: answer.BizID, Sender: name}, nil
}
