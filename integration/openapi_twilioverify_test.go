package integration_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

const (
	twilioVerifications = "/v2/Services/{ServiceSid}/Verifications"
	twilioVerification  = twilioVerifications + "/{Sid}"
	twilioService       = "VA0123456789abcdef0123456789abcdef"
)

// twilioExample returns an example answer of the description, and its SID.
func twilioExample(t *testing.T, d *description, status int, name string) (answer []byte, sid string) {
	t.Helper()
	example := d.post.Responses.Status(status).Value.Content.Get("application/json").Examples[name].Value.Value
	answer, err := json.Marshal(example)
	require.NoError(t, err)
	return answer, example.(map[string]any)["sid"].(string)
}

func twilioVerifyConfig(baseURL string) twilioverify.Config {
	return twilioverify.Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef", AuthToken: "token", ServiceSID: twilioService,
		Channels: []string{"sms", "whatsapp", "voice"}, BaseURL: baseURL,
		TemplateSIDs: map[phoneauth.Purpose]string{"transfer": "HJ0123456789abcdef0123456789abcdef"},
	}
}

// TestTwilioVerifyDescription: requests and answers are those of Twilio's own description of
// Verify, whose example answers the sender reads.
func TestTwilioVerifyDescription(t *testing.T) {
	t.Parallel()
	d := describe(t, "twilio_verify_v2.json", twilioVerifications, "/")
	answer, sid := twilioExample(t, d, http.StatusCreated, "createVerification")
	s, err := twilioverify.New(twilioVerifyConfig(d.serve(t, http.StatusCreated, answer)))
	require.NoError(t, err)
	for _, channel := range []string{"", "sms", "whatsapp", "voice"} {
		for _, addr := range []string{"203.0.113.7", "2001:db8::1"} {
			r, err := s.Send(t.Context(), phoneauth.Message{
				To: phoneauth.StoredPhone(cairo), Code: "012345", Purpose: "transfer", Locale: "pt-BR", Channel: channel,
				AttemptID: "0123456789abcdef", ClientAddr: netip.MustParseAddr(addr), AndroidHash: "FA+9qCX9VSu",
			})
			require.NoError(t, err, channel)
			assert.Equal(t, phoneauth.Receipt{ID: sid, Sender: "twilioverify"}, r)
		}
	}

	path := strings.Replace(twilioVerifications, "{ServiceSid}", twilioService, 1)
	good := url.Values{"To": {cairo}, "Channel": {"sms"}, "CustomCode": {"012345"}, "TemplateSid": {"HJ0123456789abcdef0123456789abcdef"}}
	without := func(field string) string {
		form := maps.Clone(good)
		form.Del(field)
		return form.Encode()
	}
	odd := maps.Clone(good)
	odd.Set("TemplateSid", "HJ1")
	d.tells(t, form{path, good.Encode()}, map[string]form{
		"no number":       {path, without("To")},
		"no channel":      {path, without("Channel")},
		"an odd template": {path, odd.Encode()},
		"an odd service":  {strings.Replace(path, twilioService, "VA1", 1), good.Encode()},
	})
	d.notices(t, map[string]form{"no credentials": {path, good.Encode()}})
}

// TestTwilioVerifyApproval: so is what tells that a code was verified.
func TestTwilioVerifyApproval(t *testing.T) {
	t.Parallel()
	d := describe(t, "twilio_verify_v2.json", twilioVerification, "/")
	answer, _ := twilioExample(t, d, http.StatusOK, "approveVerificationWithPn")
	s, err := twilioverify.New(twilioVerifyConfig(d.serve(t, http.StatusOK, answer)))
	require.NoError(t, err)
	const sid = "VE0123456789abcdef0123456789abcdef"
	require.NoError(t, s.Verified(t.Context(), phoneauth.Receipt{ID: sid}))
	path := strings.NewReplacer("{ServiceSid}", twilioService, "{Sid}", sid).Replace(twilioVerification)
	d.tells(t, form{path, "Status=approved"}, map[string]form{
		"no status":     {path, "x=y"},
		"an odd status": {path, "Status=verified"},
	})
	d.notices(t, map[string]form{"no credentials": {path, "Status=approved"}})
}
