package twilio_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/heard"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/spoken"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

func voiceConfig(baseURL string, client *http.Client) twilio.VoiceConfig {
	return twilio.VoiceConfig{AccountSID: account, AuthToken: token, From: "+14155552345", BaseURL: baseURL, Client: client}
}

// twiML is the part of TwiML that a call may have.
type twiML struct {
	XMLName xml.Name `xml:"Response"`
	Pauses  []struct {
		Length string `xml:"length,attr"`
	} `xml:"Pause"`
	Says []struct {
		Language string `xml:"language,attr"`
		Voice    string `xml:"voice,attr"`
		Text     string `xml:",chardata"`
	} `xml:"Say"`
}

// told returns what a call tells: its language, the digits of each time, and what
// is approved, which is said in English.
func told(twiml string) (string, error) {
	var r twiML
	if err := xml.Unmarshal([]byte(twiml), &r); err != nil {
		return "", err
	}
	if len(r.Says) == 0 || len(r.Pauses) != len(r.Says) {
		return "", errors.New("a pause belongs before each part")
	}
	all := []string{r.Says[0].Language}
	for _, say := range r.Says {
		if say.Language != all[0] {
			return "", errors.New("one call has one language")
		}
		if what := heard.Part(say.Text); what != "" {
			all = append(all, what)
		}
	}
	return strings.Join(all, "|"), nil
}

func TestVoiceSendertest(t *testing.T) {
	t.Parallel()
	languages := map[string]string{"en-GB": "en-GB", "pt-BR": "pt-BR", "ar-EG": "arb", "zh-Hant-TW": "cmn-CN"}
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return twilio.NewVoice(voiceConfig(baseURL, client))
		},
		Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(account + ":" + token))},
		Read: func(r *http.Request) (to, body string, err error) {
			user, password, _ := r.BasicAuth()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/2010-04-01/Accounts/"+account+"/Calls.json":
				return "", "", errors.New("404")
			case user != account || password != token:
				return "", "", errors.New("401")
			case r.PostFormValue("From") != "+14155552345":
				return "", "", errors.New("21210")
			}
			body, err = told(r.PostFormValue("Twiml"))
			return r.PostFormValue("To"), body, err
		},
		Wants: func(m phoneauth.Message) string {
			if m.Code == "" {
				return ""
			}
			all := []string{languages[m.Locale]}
			if all[0] == "" {
				all[0] = "en-US"
			}
			if m.Details != "" {
				all = append(all, m.Details)
			}
			return strings.Join(append(all, string(m.Code), string(m.Code)), "|")
		},
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Status: http.StatusCreated, Body: `{"sid":"` + id + `","status":"queued","to":"+201061797840"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "invalid number", Answer: fault(400, 21211), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "21211"},
			{Name: "region off", Answer: fault(400, 21215), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "21215"},
			{Name: "From is not verified", Answer: fault(400, 21210), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "21210"},
			{Name: "bad credentials", Answer: fault(401, 20003), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "20003"},
			{Name: "too many calls", Answer: fault(429, 10004, "Retry-After", "2"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "10004", RetryAfter: 2 * time.Second},
			{Name: "a failure", Answer: fault(500, 20500), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "20500"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

func TestCall(t *testing.T) {
	t.Parallel()
	var form map[string][]string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		form = r.PostForm
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"sid":"CA0123456789abcdef0123456789abcdef","status":"queued"}`)
	}))
	t.Cleanup(srv.Close)
	c := voiceConfig(srv.URL+"/", nil)
	c.StatusCallback, c.Ring = "https://acme.example/twilio", 20*time.Second
	c.Phrases = map[string]spoken.Phrase{"ja": {Greeting: "%sです。", Approves: "承認: %s。", Code: "コードは", Again: "もう一度、コードは"}}
	v, err := twilio.NewVoice(c)
	require.NoError(t, err)
	for locale, twiml := range map[string]string{
		"en": `<Response><Pause length="1"/><Say language="en-US">This is A&lt;B&amp;C.</Say><Pause length="1"/><Say language="en-US">Your code is: zero, one, two.</Say><Pause length="1"/><Say language="en-US">Once more, your code is: zero, one, two.</Say></Response>`,
		"hi": `<Response><Pause length="1"/><Say language="hi-IN" voice="Polly.Aditi">यह A&lt;B&amp;C है।</Say><Pause length="1"/><Say language="hi-IN" voice="Polly.Aditi">आपका कोड है: शून्य, एक, दो.</Say><Pause length="1"/><Say language="hi-IN" voice="Polly.Aditi">एक बार फिर, आपका कोड है: शून्य, एक, दो.</Say></Response>`,
		"ja": `<Response><Pause length="1"/><Say language="ja-JP">A&lt;B&amp;Cです。</Say><Pause length="1"/><Say language="ja-JP">コードは 0, 1, 2.</Say><Pause length="1"/><Say language="ja-JP">もう一度、コードは 0, 1, 2.</Say></Response>`,
	} {
		r, err := v.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012", Service: "A<B&C", Locale: locale})
		require.NoError(t, err)
		assert.Equal(t, phoneauth.Receipt{ID: "CA0123456789abcdef0123456789abcdef", Sender: "twilio-voice"}, r)
		assert.Equal(t, map[string][]string{
			"From": {"+14155552345"}, "To": {"+201061797840"}, "Timeout": {"20"}, "TimeLimit": {"120"}, "Twiml": {twiml},
			"StatusCallback": {"https://acme.example/twilio"}, "StatusCallbackMethod": {"POST"}, "StatusCallbackEvent": {"completed"},
		}, form)
	}
	assert.False(t, v.Supports(phoneauth.Message{Code: "012345", Details: strings.Repeat("&", 900)}), "longer than TwiML may be")
}

func TestVoiceConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config twilio.VoiceConfig
		want   []string
	}{
		{twilio.VoiceConfig{}, []string{"AccountSID must be", "AuthToken, or APIKey and APISecret, are required", "From must be"}},
		{twilio.VoiceConfig{AccountSID: account, AuthToken: "canary", From: "Acme", Ring: time.Hour, StatusCallback: "canary", BaseURL: "https://user:canary@h"}, []string{
			"From must be", "Ring must be", "StatusCallback must be", "BaseURL must be",
		}},
		{twilio.VoiceConfig{AccountSID: account, APIKey: key, From: "+14155552345", Phrases: map[string]spoken.Phrase{"de": {}}}, []string{"APISecret is required", `phrases["de"].Greeting must`}},
	} {
		v, err := twilio.NewVoice(c.config)
		assert.Nil(t, v)
		sendertest.Faults(t, err, "twilio: voice: config: ", c.want...)
	}
	c := twilio.VoiceConfig{AuthToken: "canary", APISecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "canary")
}

func ExampleNewVoice() {
	voice, err := twilio.NewVoice(twilio.VoiceConfig{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthToken:  "from the environment",
		From:       "+14155552345",
	})
	fmt.Println(voice, err)
	fmt.Println(voice.Supports(phoneauth.Message{Purpose: phoneauth.NoticePasswordChanged}))
	// Output:
	// twilio-voice <nil>
	// false
}
