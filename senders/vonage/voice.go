package vonage

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/spoken"
)

// voiceName is Receipt.Sender and Delivery.Sender of calls.
const voiceName = "vonage-voice"

// VoiceConfig is the configuration of a [Voice].
type VoiceConfig struct {
	// ApplicationID is a Vonage application with the capability voice: a UUID. Required.
	ApplicationID string
	// PrivateKey is the private key of the application: RSA, in PEM. Required.
	PrivateKey phoneauth.Secret
	// From is the number to call from, in E.164, which is linked to the application. Required.
	From string
	// Ring is how long a phone rings, from 5 s to 60 s. 0 means 25 s, which is less than most
	// voicemails wait.
	Ring time.Duration
	// Phrases are further languages of the calls, or other words for those of
	// [spoken.Phrases], by language tag. Nil means those.
	Phrases map[string]spoken.Phrase
	// EventURL is the URL to which Vonage reports what happened to each call; see
	// [Callbacks]. Empty means the event URL of the application.
	EventURL string
	// BaseURL is the address of the API, for tests and for regions such as
	// "https://api-eu.vonage.com". Empty means "https://api.nexmo.com".
	BaseURL string
	// Client makes the requests, as in [Config]. Nil means a client of its own.
	Client *http.Client
}

// Voice calls people and says their code, digit by digit, twice, in their language if Vonage
// has a voice for it. It is safe for concurrent use, and prints without its credentials.
type Voice struct {
	url         string
	application string
	key         *rsa.PrivateKey
	from, event string
	ring        int // seconds
	speaker     *spoken.Speaker
	client      *http.Client
}

var (
	_ phoneauth.SMSSender = (*Voice)(nil)
	_ phoneauth.Supporter = (*Voice)(nil)
)

// voices are the languages of talk that spoken has phrases for, and some more for phrases of
// the host (https://developer.vonage.com/en/voice/voice-api/concepts/text-to-speech).
var voices = []string{
	"en-US", "en-GB", "en-AU", "en-IN", "fr-FR", "fr-CA", "es-ES", "es-MX", "es-US", "pt-BR", "pt-PT", "de-DE", "it-IT", "ar", "hi-IN",
	"da-DK", "id-ID", "ja-JP", "ko-KR", "nl-NL", "nb-NO", "pl-PL", "ro-RO", "ru-RU", "sv-SE", "th-TH", "tr-TR", "uk-UA", "vi-VN",
}

var (
	uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	e164 = regexp.MustCompile(`^\+?[1-9][0-9]{6,14}$`)
)

// NewVoice returns a Voice, or every fault of c at once. It does not connect.
func NewVoice(c VoiceConfig) (*Voice, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("vonage: voice: config: "+text))
		}
	}
	fault(!uuid.MatchString(c.ApplicationID), "ApplicationID must be a UUID")
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(c.PrivateKey))
	fault(err != nil, "PrivateKey must be an RSA key in PEM")
	fault(!e164.MatchString(c.From), "From must be a number in E.164")
	fault(c.Ring != 0 && (c.Ring < 5*time.Second || c.Ring > time.Minute), "Ring must be from 5 s to 60 s")
	fault(c.EventURL != "" && !absolute(c.EventURL), "EventURL must be an absolute http or https URL")
	speaker, err := spoken.New(c.Phrases, voices...)
	if err != nil {
		fault(true, err.Error())
	}
	base, ok := httpsend.BaseURL(c.BaseURL, "https://api.nexmo.com")
	fault(!ok, httpsend.BadBaseURL)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if c.Ring == 0 {
		c.Ring = 25 * time.Second
	}
	return &Voice{
		url:         base + "/v1/calls",
		application: c.ApplicationID,
		key:         key,
		from:        strings.TrimPrefix(c.From, "+"),
		event:       c.EventURL,
		ring:        int(c.Ring / time.Second),
		speaker:     speaker,
		client:      httpsend.Client(c.Client),
	}, nil
}

// callRequest is the body of a POST to /v1/calls.
type callRequest struct {
	To          []endpoint `json:"to"`
	From        endpoint   `json:"from"`
	NCCO        []talk     `json:"ncco"`
	EventURL    []string   `json:"event_url,omitempty"`
	EventMethod string     `json:"event_method,omitempty"`
	// MachineDetection hangs up on a voicemail, which would keep the code.
	MachineDetection string `json:"machine_detection"`
	LengthTimer      int    `json:"length_timer"`
	RingingTimer     int    `json:"ringing_timer"`
}

type endpoint struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type talk struct {
	Action   string `json:"action"`
	Text     string `json:"text"`
	Language string `json:"language"`
}

// Supports reports whether m can be said: it has a code, and so is no notice, and its words
// are not too long.
func (v *Voice) Supports(m phoneauth.Message) bool { return v.speaker.Supports(m) }

// Send calls m.To, within 10 s if ctx has no deadline: it returns when Vonage has accepted the
// call, and does not wait for an answer. Receipt.ID is Vonage's UUID of the call. m.Body and
// m.Channel are not looked at. The package documentation says which error is of what class.
func (v *Voice) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: voiceName}
	if !v.Supports(m) {
		return failed, httpsend.Unsupported()
	}
	token, err := v.token(time.Now())
	if err != nil { // it may quote the key
		return failed, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender}
	}
	resp, err := httpsend.PostJSON(ctx, v.client, v.url, v.call(m), func(req *http.Request) {
		req.Header.Set("Authorization", "Bearer "+token)
	})
	switch {
	case err != nil:
		return failed, err
	case !resp.OK():
		return failed, voiceRefusal(resp)
	}
	var answer struct {
		UUID string `json:"uuid"`
	}
	_ = json.Unmarshal(resp.Body, &answer) // an answer that cannot be read is success even so
	if len(answer.UUID) > maxID {
		answer.UUID = ""
	}
	return phoneauth.Receipt{ID: answer.UUID, Sender: voiceName}, nil
}

func (v *Voice) call(m phoneauth.Message) callRequest {
	c := callRequest{
		To:               []endpoint{{"phone", strings.TrimPrefix(m.To.E164(), "+")}},
		From:             endpoint{"phone", v.from},
		MachineDetection: "hangup",
		LengthTimer:      120, // seconds; 10 digits twice take some 40
		RingingTimer:     v.ring,
	}
	if v.event != "" {
		c.EventURL, c.EventMethod = []string{v.event}, http.MethodPost
	}
	words := v.speaker.Call(m)
	for _, part := range words.Parts {
		c.NCCO = append(c.NCCO, talk{"talk", part, words.Voice})
	}
	return c
}

// token returns the JWT of one request
// (https://developer.vonage.com/en/getting-started/concepts/authentication).
func (v *Voice) token(now time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"application_id": v.application,
		"iat":            now.Unix(),
		"exp":            now.Add(time.Minute).Unix(),
		"jti":            rand.Text(),
	}).SignedString(v.key)
}

// voiceRefusal reads an answer of another status. Its texts are not passed on: they quote the
// number. Vonage names the parameters that it does not take, and has no codes.
func voiceRefusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	var said struct {
		InvalidParameters []struct {
			Name string `json:"name"`
		} `json:"invalid_parameters"`
	}
	_ = json.Unmarshal(resp.Body, &said)
	for _, p := range said.InvalidParameters {
		if resp.Status == http.StatusBadRequest && (p.Name == "to" || strings.HasPrefix(p.Name, "to[") || strings.HasPrefix(p.Name, "to.")) {
			e.Fault = phoneauth.FaultDestination
		}
	}
	return e
}

// String returns "vonage-voice".
func (v *Voice) String() string { return voiceName }

// GoString returns what String does.
func (v *Voice) GoString() string { return v.String() }

// LogValue returns what String does.
func (v *Voice) LogValue() slog.Value { return slog.StringValue(v.String()) }
