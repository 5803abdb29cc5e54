package msg91

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "msg91"

// Supports reports whether there is a template for m.Purpose that has the code and the details of m,
// and nothing that m has not.
func (s *Sender) Supports(m phoneauth.Message) bool {
	_, ok := s.template(m)
	return ok
}

func (s *Sender) template(m phoneauth.Message) (Template, bool) {
	t, ok := s.templates.Choose(m)
	return t, ok && templates.Fits(m, t.values())
}

// request is that of the flow API (https://docs.msg91.com/sms/send-sms).
type request struct {
	TemplateID string              `json:"template_id"`
	ShortURL   string              `json:"short_url"`
	Recipients []map[string]string `json:"recipients"`
}

// Send posts the template for m with its variables, within 10 s if ctx has no deadline. m.Body and
// m.Channel are not looked at. Receipt.ID is MSG91's request id. The package documentation says
// which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t, ok := s.template(m)
	if !ok {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	recipient := map[string]string{"mobiles": strings.TrimPrefix(m.To.E164(), "+")}
	for variable, value := range t.Variables {
		recipient[variable] = templates.Fill(value, m, time.Now())
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, request{t.ID, "0", []map[string]string{recipient}}, func(r *http.Request) {
		r.Header.Set("authkey", s.key)
	})
	if err != nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	return read(resp)
}

// maxID is the longest id that is passed on; MSG91's have 24 characters.
const maxID = 128

var errAnswer = errors.New("the answer cannot be read")

// text is a JSON string or number. Anything else is "".
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	_ = json.Unmarshal(b, &s)
	_ = json.Unmarshal(b, &n)
	*t = text(cmp.Or(s, n.String()))
	return nil
}

// read reads an answer, which may be a refusal with status 200. Its message is not passed on where it
// refuses: it may quote the number.
func read(resp *httpsend.Response) (phoneauth.Receipt, error) {
	var answer struct {
		Type     text `json:"type"`
		Message  text `json:"message"`
		Status   text `json:"status"`
		HasError bool `json:"hasError"`
		Code     text `json:"code"`
		APIError text `json:"apiError"`
	}
	err := json.Unmarshal(resp.Body, &answer)
	code := string(cmp.Or(answer.APIError, answer.Code))
	switch refused := answer.Type == "error" || answer.Status == "fail" || answer.HasError; {
	case !resp.OK() || refused:
		e := resp.Refusal()
		if resp.OK() {
			e.Class, e.Fault, e.Code = phoneauth.Temporary, "", "error"
		}
		classify(e, code)
		return phoneauth.Receipt{Sender: name}, e
	case err != nil || answer.Type != "success":
		e := resp.Refusal() // for its code
		e.Class, e.Fault, e.Err = phoneauth.Ambiguous, phoneauth.FaultSender, errAnswer
		return phoneauth.Receipt{Sender: name}, e
	}
	if len(answer.Message) > maxID {
		answer.Message = ""
	}
	return phoneauth.Receipt{ID: string(answer.Message), Sender: name}, nil
}
