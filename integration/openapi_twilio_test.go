package integration_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

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
