package twilio

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/spoken"
)

// voiceName is Receipt.Sender and Delivery.Sender of calls.
const voiceName = "twilio-voice"

// VoiceConfig is the configuration of a [Voice].
type VoiceConfig struct {
	// AccountSID, AuthToken, APIKey and APISecret are those of [Config].
	AccountSID string
	// AuthToken is the auth token of the account. Either it or an API key is required.
	AuthToken phoneauth.Secret
	// APIKey is the SID of an API key. It needs APISecret.
	APIKey string
	// APISecret is the secret of APIKey.
	APISecret phoneauth.Secret
	// From is the number to call from, in E.164: one of the account, or one that it has
	// verified as caller id. Required.
	From string
	// Ring is how long a phone rings, from 5 s to 60 s. 0 means 25 s, which is less than most
	// voicemails wait.
	Ring time.Duration
	// Phrases are further languages of the calls, or other words for those of
	// [spoken.Phrases], by language tag. Nil means those.
	Phrases map[string]spoken.Phrase
	// StatusCallback is the URL to which Twilio reports what happened to each call; see
	// [Callbacks]. Empty means no reports.
	StatusCallback string
	// BaseURL is the address of the API, as in [Config].
	BaseURL string
	// Client makes the requests, as in [Config]. Nil means a client of its own.
	Client *http.Client
}

// Voice calls people and says their code, digit by digit, twice, in their language if Twilio
// has a voice for it. It is safe for concurrent use, and prints without its credentials.
type Voice struct {
	url            string
	user, password string
	fixed          url.Values // what every call has
	speaker        *spoken.Speaker
	client         *http.Client
}

var (
	_ phoneauth.SMSSender = (*Voice)(nil)
	_ phoneauth.Supporter = (*Voice)(nil)
)

// voices are the languages of Say that spoken has phrases for, and some more for phrases of
// the host (https://www.twilio.com/docs/voice/twiml/say/text-speech). The value is a voice
// where the language has no default.
var voices = map[string]string{
	"en-US": "", "en-GB": "", "en-AU": "", "en-IN": "", "fr-FR": "", "fr-CA": "", "es-ES": "", "es-MX": "", "es-US": "",
	"pt-BR": "", "pt-PT": "", "de-DE": "", "it-IT": "", "arb": "Polly.Zeina", "hi-IN": "Polly.Aditi",
	"da-DK": "", "ja-JP": "", "ko-KR": "", "nl-NL": "", "nb-NO": "", "pl-PL": "", "ro-RO": "", "ru-RU": "", "sv-SE": "", "tr-TR": "", "cmn-CN": "Polly.Zhiyu",
}

// tags are the voices as language tags, with the default first; Twilio has its own names for
// Arabic and Chinese.
var tags = []string{
	"en-US", "en-GB", "en-AU", "en-IN", "fr-FR", "fr-CA", "es-ES", "es-MX", "es-US", "pt-BR", "pt-PT", "de-DE", "it-IT", "ar", "hi-IN",
	"da-DK", "ja-JP", "ko-KR", "nl-NL", "nb-NO", "pl-PL", "ro-RO", "ru-RU", "sv-SE", "tr-TR", "zh-CN",
}

var ownNames = map[string]string{"ar": "arb", "zh-CN": "cmn-CN"}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// NewVoice returns a Voice, or every fault of c at once. It does not connect.
func NewVoice(c VoiceConfig) (*Voice, error) {
	var faults []error
	fault := func(wrong bool, text string) {
		if wrong {
			faults = append(faults, errors.New("twilio: voice: config: "+text))
		}
	}
	base, user, password := account{c.AccountSID, c.AuthToken, c.APIKey, c.APISecret, c.BaseURL}.check(fault)
	fault(!e164.MatchString(c.From), "From must be a number in E.164")
	fault(c.Ring != 0 && (c.Ring < 5*time.Second || c.Ring > time.Minute), "Ring must be from 5 s to 60 s")
	fault(c.StatusCallback != "" && !absolute(c.StatusCallback), "StatusCallback must be an absolute http or https URL without credentials")
	speaker, err := spoken.New(c.Phrases, tags...)
	if err != nil {
		fault(true, err.Error())
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if c.Ring == 0 {
		c.Ring = 25 * time.Second
	}
	v := &Voice{
		url:  fmt.Sprintf("%s/2010-04-01/Accounts/%s/Calls.json", base, c.AccountSID),
		user: user, password: password,
		fixed: url.Values{
			"From":      {c.From},
			"Timeout":   {strconv.Itoa(int(c.Ring / time.Second))},
			"TimeLimit": {"120"}, // 10 digits twice take some 40 s
		},
		speaker: speaker,
		client:  httpsend.Client(c.Client),
	}
	if c.StatusCallback != "" {
		v.fixed.Set("StatusCallback", c.StatusCallback)
		v.fixed.Set("StatusCallbackMethod", http.MethodPost)
		v.fixed.Set("StatusCallbackEvent", "completed")
	}
	return v, nil
}

// maxTwiML is how many characters Twilio takes.
const maxTwiML = 4000

// Supports reports whether m can be said: it has a code, and so is no notice, and its words
// are not too long.
func (v *Voice) Supports(m phoneauth.Message) bool {
	return v.speaker.Supports(m) && len(twiML(v.speaker.Call(m))) <= maxTwiML
}

// Send calls m.To, within 10 s if ctx has no deadline: it returns when Twilio has accepted the
// call, and does not wait for an answer. Receipt.ID is Twilio's SID of the call. m.Body and
// m.Channel are not looked at. The package documentation says which error is of what class.
func (v *Voice) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	failed := phoneauth.Receipt{Sender: voiceName}
	if !v.Supports(m) {
		return failed, httpsend.Unsupported()
	}
	form := maps.Clone(v.fixed)
	form.Set("To", m.To.E164())
	form.Set("Twiml", twiML(v.speaker.Call(m)))
	resp, err := httpsend.PostForm(ctx, v.client, v.url, form, func(req *http.Request) {
		req.SetBasicAuth(v.user, v.password)
	})
	switch {
	case err != nil:
		return failed, err
	case !resp.OK():
		return failed, refusal(resp)
	}
	r, err := accepted(resp)
	r.Sender = voiceName
	return r, err
}

// twiML writes a call: each part, with a pause before it.
func twiML(c spoken.Call) string {
	name := c.Voice
	if own := ownNames[name]; own != "" {
		name = own
	}
	say := `<Pause length="1"/><Say language="` + name + `">`
	if voice := voices[name]; voice != "" {
		say = `<Pause length="1"/><Say language="` + name + `" voice="` + voice + `">`
	}
	var b strings.Builder
	b.WriteString("<Response>")
	for _, part := range c.Parts {
		b.WriteString(say)
		_ = xml.EscapeText(&b, []byte(part)) // a strings.Builder has no errors
		b.WriteString("</Say>")
	}
	b.WriteString("</Response>")
	return b.String()
}

// String returns "twilio-voice".
func (v *Voice) String() string { return voiceName }

// GoString returns what String does.
func (v *Voice) GoString() string { return v.String() }

// LogValue returns what String does.
func (v *Voice) LogValue() slog.Value { return slog.StringValue(v.String()) }
