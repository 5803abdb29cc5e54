package integration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

const twilioPath = "/2010-04-01/Accounts/{AccountSid}/Messages.json"

// TestTwilioDescription: requests and answers are those of Twilio's own description of
// its API, whose example answers the sender reads.
func TestTwilioDescription(t *testing.T) {
	t.Parallel()
	d := describe(t, "twilio_api_v2010.json", twilioPath, "/")
	example := d.post.Responses.Status(http.StatusCreated).Value.Content.Get("application/json").Examples["create"].Value.Value
	answer, err := json.Marshal(example)
	require.NoError(t, err)
	sid := example.(map[string]any)["sid"]

	const account = "AC0123456789abcdef0123456789abcdef"
	for name, c := range map[string]twilio.Config{
		"a number":        {AccountSID: account, AuthToken: "token", From: "+14155552345"},
		"a name":          {AccountSID: account, AuthToken: "token", From: "Acme", StatusCallback: "https://acme.example/twilio"},
		"a service":       {AccountSID: account, AuthToken: "token", MessagingServiceSID: "MG0123456789abcdef0123456789abcdef"},
		"a key, and both": {AccountSID: account, APIKey: "SK0123456789abcdef0123456789abcdef", APISecret: "secret", From: "+14155552345", MessagingServiceSID: "MG0123456789abcdef0123456789abcdef"},
	} {
		c.BaseURL = d.serve(t, http.StatusCreated, answer)
		s, err := twilio.New(c)
		require.NoError(t, err, name)
		sends(t, s, phoneauth.Receipt{ID: sid.(string), Sender: "twilio"}, name)
	}
	d.notices(t, map[string]form{
		"no account":     {strings.Replace(twilioPath, "{AccountSid}", "ACx", 1), "To=%2B201061797840&Body=x"},
		"no credentials": {strings.Replace(twilioPath, "{AccountSid}", account, 1), "To=%2B201061797840&Body=x"},
	})
}

const twilioCalls = "/2010-04-01/Accounts/{AccountSid}/Calls.json"

// TestTwilioCalls: calls are those of Twilio's own description of its API, too.
func TestTwilioCalls(t *testing.T) {
	t.Parallel()
	d := describe(t, "twilio_api_v2010.json", twilioCalls, "/")
	example := d.post.Responses.Status(http.StatusCreated).Value.Content.Get("application/json").Examples["createWithTwiml"].Value.Value
	answer, err := json.Marshal(example)
	require.NoError(t, err)
	sid := example.(map[string]any)["sid"]

	const account = "AC0123456789abcdef0123456789abcdef"
	for _, c := range []twilio.VoiceConfig{{}, {StatusCallback: "https://acme.example/twilio", Ring: 20 * time.Second}} {
		c.AccountSID, c.AuthToken, c.From = account, "token", "+14155552345"
		c.BaseURL = d.serve(t, http.StatusCreated, answer)
		v, err := twilio.NewVoice(c)
		require.NoError(t, err)
		for _, locale := range []string{"en", "ar", "hi"} {
			r, err := v.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(cairo), Code: "012345", Service: "Acme & Co", Locale: locale})
			require.NoError(t, err)
			require.Equal(t, phoneauth.Receipt{ID: sid.(string), Sender: "twilio-voice"}, r)
		}
	}
	const good = "To=%2B201061797840&From=%2B14155552345&Twiml=x"
	path := strings.Replace(twilioCalls, "{AccountSid}", account, 1)
	for name, c := range map[string]struct{ path, body, password string }{
		"":                   {path, good, "token"},
		"no credentials":     {path, good, ""},
		"no account":         {strings.Replace(twilioCalls, "{AccountSid}", "ACx", 1), good, "token"},
		"no number to call":  {path, "From=%2B14155552345&Twiml=x", "token"},
		"a time in words":    {path, good + "&Timeout=soon", "token"},
		"an odd way to post": {path, good + "&StatusCallbackMethod=SHOUT", "token"},
	} {
		r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(account, c.password)
		_, err := d.validate(r)
		assert.Equal(t, name != "", err != nil, "%q: %v", name, err)
	}
}
