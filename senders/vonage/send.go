package vonage

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "vonage"

// Send posts m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is
// Vonage's id of the message, or of the first part of one that is too long for a single
// SMS; each part has delivery receipts of its own. m.Channel is not looked at. The
// package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	ctx, cancel := httpsend.Deadline(ctx)
	defer cancel()
	req, err := s.request(ctx, m)
	if err != nil {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Err: errors.New("request cannot be made")}
	}
	resp, err := httpsend.Do(s.client, req)
	if err != nil {
		return phoneauth.Receipt{}, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return phoneauth.Receipt{}, resp.Refusal()
	}
	return outcome(resp)
}

func (s *Sender) request(ctx context.Context, m phoneauth.Message) (*http.Request, error) {
	form := maps.Clone(s.fixed)
	form.Set("to", strings.TrimPrefix(m.To.E164(), "+"))
	form.Set("text", string(m.Body))
	form.Set("type", "text") // in which Vonage replaces what GSM-7 has not
	if _, encoding := phoneauth.Segments(string(m.Body)); encoding == phoneauth.UCS2 {
		form.Set("type", "unicode")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "phoneauth")
	return req, nil
}
