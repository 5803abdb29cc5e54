package twilio

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/httpsend"
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
		return phoneauth.Receipt{}, err
	case !resp.OK():
		return phoneauth.Receipt{}, refusal(resp)
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
		return phoneauth.Receipt{}, e
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
	var fault struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(resp.Body, &fault)
	classify(e, fault.Code)
	return e
}

// classify gives e the code of Twilio's, if there is one, and its class, if it is known.
func classify(e *phoneauth.SendError, code int) {
	if code <= 0 {
		return
	}
	e.Code = strconv.Itoa(code)
	if class, ok := classes[code]; ok {
		e.Class = class
	}
}

// classes are those of the codes that mean something to us
// (https://www.twilio.com/docs/api/errors).
var classes = map[int]phoneauth.SendClass{
	21211: phoneauth.Permanent, // invalid To
	21217: phoneauth.Permanent, // To does not appear to be valid
	21265: phoneauth.Permanent, // To is a short code
	21610: phoneauth.Permanent, // opted out
	21614: phoneauth.Permanent, // To is no mobile number
	21635: phoneauth.Permanent, // To is a landline
	30005: phoneauth.Permanent, // unknown handset
	30006: phoneauth.Permanent, // landline, or carrier not reached

	14107: phoneauth.Temporary, // rate of sending
	20429: phoneauth.Temporary, // too many requests
	21408: phoneauth.Temporary, // region not enabled
	21611: phoneauth.Temporary, // queue of From is full
	21612: phoneauth.Temporary, // no way from From to To
	30001: phoneauth.Temporary, // queue overflow
	30002: phoneauth.Temporary, // account suspended
	30003: phoneauth.Temporary, // handset not reached
	30004: phoneauth.Temporary, // blocked
	30007: phoneauth.Temporary, // filtered
	30008: phoneauth.Ambiguous, // unknown
}
