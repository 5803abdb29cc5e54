package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "telegram"

// The bounds of ttl. Telegram's documentation had 60 s to 24 h, and later 30 s to 1 h: these are good
// by both.
const (
	minTTL = time.Minute
	maxTTL = time.Hour
)

// Supports reports whether the Gateway can send m: a code of 4 to 8 digits. A notice has no code,
// and a message of the Gateway has no place for Details.
func (s *Sender) Supports(m phoneauth.Message) bool {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	return len(m.Code) >= 4 && len(m.Code) <= 8 && !strings.ContainsFunc(string(m.Code), notDigit) && m.Details == ""
}

// request is that of sendVerificationMessage (https://core.telegram.org/gateway/api).
type request struct {
	To       string `json:"phone_number"`
	Code     string `json:"code"`
	From     string `json:"sender_username,omitempty"`
	Callback string `json:"callback_url,omitempty"`
	Payload  string `json:"payload,omitempty"`
	TTL      int    `json:"ttl,omitempty"` // seconds
}

// Send sends m.Code, within 10 s if ctx has no deadline. The message lives until m.ExpiresAt, from 1
// minute to 1 hour. m.Body, m.Locale and m.Channel are not looked at. Receipt.ID is Telegram's
// request_id. The package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if !s.Supports(m) {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	r := request{To: m.To.E164(), Code: string(m.Code), From: s.from, Callback: s.callback, Payload: m.AttemptID}
	until := m.ExpiresAt
	if until.IsZero() {
		until = time.Now().Add(maxTTL)
	} else {
		r.TTL = int(min(max(time.Until(until), minTTL), maxTTL).Round(time.Second) / time.Second)
	}
	id, err := s.call(ctx, "/sendVerificationMessage", r)
	if err != nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	s.codes.put(id, string(m.Code), time.Now(), until)
	return phoneauth.Receipt{ID: id, Sender: name}, nil
}

var errForgotten = errors.New("telegram: the code of the message is not remembered")

// Verified tells Telegram that the code of r was typed in, so that its rate of conversion is right.
// The Sender remembers the codes of 10,000 messages, until they expire. The error says that it does
// not remember the code, or is a *phoneauth.SendError.
func (s *Sender) Verified(ctx context.Context, r phoneauth.Receipt) error {
	code := s.codes.take(r.ID, time.Now())
	if code == "" {
		return errForgotten
	}
	_, err := s.call(ctx, "/checkVerificationStatus", map[string]string{"request_id": r.ID, "code": code})
	return err
}

// maxID is the longest id that is passed on; Telegram's have some 20 characters.
const maxID = 128

var errAnswer = errors.New("the answer cannot be read")

// call makes one request and returns the request_id of the answer.
func (s *Sender) call(ctx context.Context, method string, v any) (string, error) {
	resp, err := httpsend.PostJSON(ctx, s.client, s.url+method, v, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+s.token)
	})
	if err != nil {
		return "", err
	}
	var answer struct {
		OK     *bool  `json:"ok"`
		Error  string `json:"error"`
		Result struct {
			ID string `json:"request_id"`
		} `json:"result"`
	}
	unread := json.Unmarshal(resp.Body, &answer) != nil || answer.OK == nil
	switch {
	case !resp.OK() || !unread && !*answer.OK:
		return "", refusal(resp, answer.Error)
	case unread:
		e := resp.Refusal() // for its code
		e.Class, e.Fault, e.Err = phoneauth.Ambiguous, phoneauth.FaultSender, errAnswer
		return "", e
	case len(answer.Result.ID) > maxID:
		return "", nil
	}
	return answer.Result.ID, nil
}
