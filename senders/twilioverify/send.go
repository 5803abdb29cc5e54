package twilioverify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/languages"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "twilioverify"

// locales are the languages of Twilio's default texts
// (https://www.twilio.com/docs/verify/supported-languages).
var locales = languages.New(
	"en", "en-GB", "af", "ar", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "id", "it",
	"ja", "kn", "ko", "lt", "mr", "ms", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sv", "te", "th", "tl", "tr",
	"uk", "vi", "zh", "zh-CN", "zh-HK",
)

// Supports reports whether Verify can send m: a code of 4 to 10 characters, by one of
// Config.Channels. A notice has no code, and a text of Verify has no place for Details.
func (s *Sender) Supports(m phoneauth.Message) bool {
	return len(m.Code) >= 4 && len(m.Code) <= 10 && m.Details == "" && slices.Contains(s.channels, s.channel(m))
}

func (s *Sender) channel(m phoneauth.Message) string { return cmp.Or(m.Channel, s.channels[0]) }

// Send starts a verification with m.Code, within 10 s if ctx has no deadline. m.Body is not looked
// at. Receipt.ID is Twilio's SID of the verification, which is the same when a code is sent again.
// The package documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if !s.Supports(m) {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	channel := s.channel(m)
	form := url.Values{"To": {m.To.E164()}, "Channel": {channels[channel]}, "CustomCode": {string(m.Code)}}
	set := func(field, value string) {
		if value != "" {
			form.Set(field, value)
		}
	}
	set("Locale", locales.Nearest(m.Locale))
	if m.ClientAddr.IsValid() {
		set("DeviceIp", m.ClientAddr.WithZone("").String())
	}
	if channel == "sms" {
		set("AppHash", m.AndroidHash)
	}
	if channel != "whatsapp" {
		set("TemplateSid", s.templates[m.Purpose])
	}
	if m.AttemptID != "" {
		tags, _ := json.Marshal(map[string]string{"attempt": m.AttemptID}) // of strings, never fails
		form.Set("Tags", string(tags))
	}
	resp, err := httpsend.PostForm(ctx, s.client, s.url, form, s.authorize)
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	var verification struct {
		SID string `json:"sid"`
	}
	_ = json.Unmarshal(resp.Body, &verification) // what cannot be read is success even so
	if len(verification.SID) > maxID {
		verification.SID = ""
	}
	return phoneauth.Receipt{ID: verification.SID, Sender: name}, nil
}

func (s *Sender) authorize(req *http.Request) { req.SetBasicAuth(s.user, s.password) }

// maxID is the longest id that is passed on; Twilio's have 34 characters.
const maxID = 128

// refusal reads an answer of another status. Its message is not passed on: it may quote the number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	classify(e, said.Code)
	return e
}

var errReceipt = errors.New("twilioverify: the receipt has no SID of a verification")

// Verified approves the verification of r at Twilio, so that it counts as converted, and a next one
// for the number starts with all its sends. Twilio answers 404 when the verification has ended. The
// error is a *phoneauth.SendError, or says that r is of no verification.
func (s *Sender) Verified(ctx context.Context, r phoneauth.Receipt) error {
	if !verificationSID.MatchString(r.ID) {
		return errReceipt
	}
	resp, err := httpsend.PostForm(ctx, s.client, s.url+"/"+r.ID, url.Values{"Status": {"approved"}}, s.authorize)
	if err != nil {
		return err
	}
	if !resp.OK() {
		return refusal(resp)
	}
	return nil
}
