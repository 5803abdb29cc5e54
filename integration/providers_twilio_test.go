package integration_test

import (
	"encoding/xml"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/senders/twilio"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

// elements reads XML into its parts, without the declaration, which TwiML need not have.
func elements(t *testing.T, text string) (all []xml.Token) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if token == nil {
			assert.ErrorContains(t, err, "EOF")
			return all
		}
		if _, declaration := token.(xml.ProcInst); !declaration {
			all = append(all, xml.CopyToken(token))
		}
	}
}

// TestTwilioLibrary: what the senders of texts, of calls and of Verify ask of Twilio is what
// Twilio's own library asks, at the same hosts, and both read the same of the answers. Forms are
// compared as fields and TwiML as XML, because the library writes spaces and quotes in another way,
// and puts an XML declaration before TwiML.
func TestTwilioLibrary(t *testing.T) {
	t.Parallel()
	const (
		account, key = "AC0123456789abcdef0123456789abcdef", "SK0123456789abcdef0123456789abcdef"
		messaging    = "MG0123456789abcdef0123456789abcdef"
		template     = "HJ0123456789abcdef0123456789abcdef"
		approved     = "VE0123456789abcdef0123456789abcdef"
		from, report = "+14155552345", "https://acme.example/twilio?a=1&b=ç"
		text         = "<#> 012345 هو رمز & ça+1=%\n\n@acme.example #012345"
		company      = `Tom & "Jerry's" <Co>`
	)
	path := "/2010-04-01/Accounts/" + account
	verifications := "/v2/Services/" + twilioService + "/Verifications"
	url, take := fakeProviders(t, map[string]providerAnswer{
		path + "/Messages.json":        {201, `{"sid":"SM1","status":"queued","error_code":null}`},
		path + "/Calls.json":           {201, `{"sid":"CA1","status":"queued"}`},
		verifications:                  {201, `{"sid":"` + approved + `","status":"pending"}`},
		verifications + "/" + approved: {200, `{"sid":"` + approved + `","status":"approved"}`},
	})

	call := map[string]any{"to": cairo, "from": from, "timeout": 25, "timeLimit": 120, "statusCallback": report, "statusCallbackMethod": "POST", "statusCallbackEvent": []string{"completed"}}
	spoken := func(language, voice string, parts ...string) map[string]any {
		said := map[string]any{"language": language, "voice": voice, "parts": parts}
		maps.Copy(said, call)
		return said
	}
	verification := func(channel string, more map[string]any) map[string]any {
		asked := map[string]any{"to": cairo, "channel": channel, "customCode": "012345", "locale": "ar", "deviceIp": "2001:db8::1", "tags": `{"attempt":"0123456789abcdef"}`}
		maps.Copy(asked, more)
		return asked
	}
	theirs := integration.SendByLibraries(t, "twilio.mjs", map[string]any{
		"base": url, "account": account, "token": "token", "key": key, "secret": "secret", "service": twilioService, "approved": approved,
		"texts": map[string]any{
			"text 1, from a number":  map[string]any{"to": cairo, "from": from, "body": text, "statusCallback": report},
			"text 2, from a service": map[string]any{"to": cairo, "messagingServiceSid": messaging, "body": text},
		},
		"calls": map[string]any{
			"voice, ar": spoken("arb", "Polly.Zeina", "معكم "+company+".", "رمزكم هو: صفر, واحد, اثنان, ثلاثة, أربعة, خمسة.", "مرة أخرى، رمزكم هو: صفر, واحد, اثنان, ثلاثة, أربعة, خمسة."),
			"voice, fr": spoken("fr-FR", "", "Ici "+company+".", "Votre code est : zéro, un, deux, trois, quatre, cinq.", "Je répète, votre code est : zéro, un, deux, trois, quatre, cinq."),
		},
		"verifications": map[string]any{
			"sms":      verification("sms", map[string]any{"appHash": "FA+9qCX9VSu", "templateSid": template}),
			"voice":    verification("call", map[string]any{"templateSid": template}),
			"whatsapp": verification("whatsapp", nil),
		},
	})
	want := take()
	require.Len(t, want, 8)

	client := toFake(t, url)
	texts, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "token", From: from, StatusCallback: report, Client: client})
	require.NoError(t, err)
	service, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "token", MessagingServiceSID: messaging, Client: client})
	require.NoError(t, err)
	voice, err := twilio.NewVoice(twilio.VoiceConfig{AccountSID: account, APIKey: key, APISecret: "secret", From: from, StatusCallback: report, Client: client})
	require.NoError(t, err)
	verify, err := twilioverify.New(twilioverify.Config{
		AccountSID: account, APIKey: key, APISecret: "secret", ServiceSID: twilioService, Channels: []string{"sms", "whatsapp", "voice"},
		TemplateSIDs: map[phoneauth.Purpose]string{phoneauth.PurposeSignIn: template}, Client: client,
	})
	require.NoError(t, err)

	ours := map[string]string{}
	for _, one := range []struct {
		name, channel, locale string
		sender                phoneauth.SMSSender
	}{
		{"text 1, from a number", "", "ar", texts},
		{"text 2, from a service", "", "ar", service},
		{"voice, ar", "", "ar-EG", voice},
		{"voice, fr", "", "fr", voice},
		{"sms", "sms", "ar", verify},
		{"voice", "voice", "ar", verify},
		{"whatsapp", "whatsapp", "ar", verify},
	} {
		r, err := one.sender.Send(t.Context(), phoneauth.Message{
			To: phoneauth.StoredPhone(cairo), Body: text, Code: "012345", Purpose: phoneauth.PurposeSignIn, Service: company, Locale: one.locale, Channel: one.channel,
			AttemptID: "0123456789abcdef", ClientAddr: netip.MustParseAddr("2001:db8::1"), AndroidHash: "FA+9qCX9VSu",
		})
		require.NoError(t, err, one.name)
		ours[one.name] = r.ID
	}
	require.NoError(t, verify.Verified(t.Context(), phoneauth.Receipt{ID: approved, Sender: "twilioverify"}))
	ours["approved"] = approved
	assert.Equal(t, theirs, ours, "the ids")

	got := take()
	for _, all := range [][]asked{want, got} {
		for _, one := range all {
			if said, ok := one.body["Twiml"]; ok {
				one.body["Twiml"] = elements(t, said.([]string)[0])
			}
		}
	}
	assert.Equal(t, want, got)
}
