package vonageverify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/languages"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "vonageverify"

// locales are the languages that Vonage's own SDKs list.
var locales = languages.New(
	"en-us", "en-gb", "es-es", "es-mx", "es-us", "it-it", "fr-fr", "de-de", "ru-ru", "hi-in", "pt-br", "pt-pt", "id-id",
)

// Supports reports whether Verify can send m: a code of 4 to 10 characters, by one of
// Config.Channels. A notice has no code, and a text of Verify has no place for Details.
func (s *Sender) Supports(m phoneauth.Message) bool {
	return len(m.Code) >= 4 && len(m.Code) <= 10 && m.Details == "" && slices.Contains(s.config.Channels, s.channel(m))
}

func (s *Sender) channel(m phoneauth.Message) string { return cmp.Or(m.Channel, s.config.Channels[0]) }

// The request; the fields are those of Verify v2 (https://developer.vonage.com/en/api/verify.v2).
type (
	request struct {
		Brand          string     `json:"brand"`
		Workflow       []workflow `json:"workflow"`
		Code           string     `json:"code"`
		Locale         string     `json:"locale,omitempty"`
		ChannelTimeout int        `json:"channel_timeout"`
		ClientRef      string     `json:"client_ref,omitempty"`
		TemplateID     string     `json:"template_id,omitempty"`
	}
	workflow struct {
		Channel   string `json:"channel"`
		To        string `json:"to"`
		From      string `json:"from,omitempty"`
		AppHash   string `json:"app_hash,omitempty"`
		EntityID  string `json:"entity_id,omitempty"`
		ContentID string `json:"content_id,omitempty"`
	}
)

// Send starts a verification with m.Code, within 10 s if ctx has no deadline. m.Body is not looked
// at. Receipt.ID is Vonage's request_id. The package documentation says which error is of what
// class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if !s.Supports(m) {
		return phoneauth.Receipt{Sender: name}, httpsend.Unsupported()
	}
	way := workflow{Channel: s.channel(m), To: strings.TrimPrefix(m.To.E164(), "+")}
	switch way.Channel {
	case "sms":
		way.From, way.EntityID, way.ContentID = strings.TrimPrefix(s.config.From, "+"), s.config.EntityID, s.config.ContentID
		way.AppHash = m.AndroidHash
	case "whatsapp":
		way.From = s.config.WhatsAppFrom
	}
	token, err := s.token(time.Now())
	if err != nil {
		return phoneauth.Receipt{Sender: name}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "signing failed"}
	}
	resp, err := httpsend.PostJSON(ctx, s.client, s.url, request{
		Brand: s.config.Brand, Workflow: []workflow{way}, Code: string(m.Code), Locale: locales.Nearest(m.Locale),
		ChannelTimeout: s.timeout, ClientRef: m.AttemptID, TemplateID: s.templates[m.Purpose],
	}, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case !resp.OK():
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	var accepted struct {
		ID string `json:"request_id"`
	}
	_ = json.Unmarshal(resp.Body, &accepted) // what cannot be read is success even so
	if len(accepted.ID) > maxID {
		accepted.ID = ""
	}
	return phoneauth.Receipt{ID: accepted.ID, Sender: name}, nil
}

// maxID is the longest id that is passed on; Vonage's have 36 characters.
const maxID = 128

// tokenLife is how long a token is good; it is used at once.
const tokenLife = 5 * time.Minute

// token returns the JWT of the application
// (https://developer.vonage.com/en/getting-started/concepts/authentication#json-web-tokens).
func (s *Sender) token(now time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"application_id": s.config.ApplicationID,
		"iat":            now.Unix(),
		"exp":            now.Add(tokenLife).Unix(),
		"jti":            rand.Text(),
	}).SignedString(s.key)
}

// problemName matches the fragment of a problem's type, which Vonage's errors have as a code.
var problemName = regexp.MustCompile(`^[a-z][a-z-]{0,40}$`)

// refusal reads an answer of another status. Its texts are not passed on: they may quote the number.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		Type    string `json:"type"`
		Invalid []struct {
			Name string `json:"name"`
		} `json:"invalid_parameters"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	if u, err := url.Parse(said.Type); err == nil && problemName.MatchString(u.Fragment) {
		e.Code = u.Fragment
	}
	switch resp.Status {
	case http.StatusConflict: // a request to this number is open
		e.Fault = phoneauth.FaultDestination
	case http.StatusUnprocessableEntity:
		for _, p := range said.Invalid {
			if last := p.Name[strings.LastIndexByte(p.Name, '.')+1:]; last == "to" {
				e.Fault = phoneauth.FaultDestination
			}
		}
	}
	return e
}
