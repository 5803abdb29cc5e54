package integration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
		for _, body := range texts {
			r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: body})
			require.NoError(t, err, name)
			assert.Equal(t, phoneauth.Receipt{ID: sid.(string), Sender: "twilio"}, r, name)
		}
	}

	// The description would notice.
	for name, path := range map[string]string{
		"no account":     strings.Replace(twilioPath, "{AccountSid}", "ACx", 1),
		"no credentials": strings.Replace(twilioPath, "{AccountSid}", account, 1),
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("To=%2B201061797840&Body=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, err := d.validate(r)
		assert.Error(t, err, name)
	}
}

// texts that senders are tried with.
var texts = []phoneauth.Secret{
	"012345 is your Acme sign-in code. Never share it.",
	"<#> 012345 هو رمز الدخول & ça = été\n@acme.example #012345",
	phoneauth.Secret(strings.Repeat("0123456789", 60)),
}
