package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/messagebird"
	"github.com/phoneauth/phoneauth/senders/plivo"
	"github.com/phoneauth/phoneauth/senders/telnyx"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/vonage"
)

// TestByProvider: each kind opens with its variables, mounts its handler where it can, and
// says which variable is missing without its value.
func TestByProvider(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const secret = "hunter2-0123456789abcdef0123456789abcdef"
	env := map[string]string{
		"CALLBACK_URL": "https://auth.example.com/",
		"AWS_REGION":   "eu-west-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SNS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:x",
		"INFOBIP_BASE_URL": "https://x.api.infobip.com", "INFOBIP_API_KEY": secret, "INFOBIP_CALLBACK_PASSWORD": secret,
		"MESSAGEBIRD_ACCESS_KEY": secret, "MESSAGEBIRD_SIGNING_KEY": secret,
		"PLIVO_AUTH_ID": "MA" + strings.Repeat("0", 18), "PLIVO_AUTH_TOKEN": secret,
		"TELNYX_API_KEY": secret, "TELNYX_PUBLIC_KEY": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": secret,
		"VONAGE_APPLICATION_ID": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "VONAGE_SIGNATURE_SECRET": secret,
		"VONAGE_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}
	missing := ""
	around := surroundings{func(name string) string {
		if name == missing {
			return ""
		}
		return env[name]
	}, io.Discard, &net.TCPAddr{Port: 8080}, quiet}
	for kind, c := range map[string]struct {
		want     any
		required []string
	}{
		"aws":         {new(awssms.Sender), []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}},
		"awsvoice":    {new(awssms.Voice), []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}},
		"infobip":     {new(infobip.Sender), []string{"INFOBIP_BASE_URL", "INFOBIP_API_KEY"}},
		"messagebird": {new(messagebird.Sender), []string{"MESSAGEBIRD_ACCESS_KEY"}},
		"plivo":       {new(plivo.Sender), []string{"PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN"}},
		"telnyx":      {new(telnyx.Sender), []string{"TELNYX_API_KEY"}},
		"twiliovoice": {new(twilio.Voice), []string{"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"}},
		"vonagevoice": {new(vonage.Voice), []string{"VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY"}},
	} {
		missing = ""
		s, err := openSenders(kind+":+14155552345", around)
		require.NoError(t, err, kind)
		assert.IsType(t, c.want, s.SMSSender, kind)
		assert.Contains(t, s.callbacks, "/"+kind)
		for _, missing = range c.required {
			_, err := openSenders(kind+":+14155552345", around)
			require.ErrorContains(t, err, missing+" ", "%s", kind)
			assert.NotContains(t, err.Error(), secret)
		}
		missing = ""
		_, err = openSenders(kind+":", around)
		assert.ErrorContains(t, err, "unknown kind of sender", kind)
		assert.Contains(t, usage, kind+":FROM")
	}
	assert.Len(t, byProvider, 8, "every kind is tested: %v", slices.Sorted(maps.Keys(byProvider)))
	s, err := openSenders("plivo:+14155552345,telnyx:+14155552345,plivo:+14155552346", around)
	require.NoError(t, err)
	for _, path := range []string{"/plivo", "/telnyx", "/plivo-2"} {
		assert.Contains(t, s.callbacks, path)
	}
}
