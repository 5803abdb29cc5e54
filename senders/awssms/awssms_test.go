package awssms_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/spoken"
)

// provider answers every request with id-1, and keeps the last one.
func provider(t *testing.T) (url string, last func() (operation, body string)) {
	t.Helper()
	var operation, body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		operation, body = r.Header.Get("X-Amz-Target"), string(b)
		io.WriteString(w, accepts("id-1").Body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() (string, string) { return operation, body }
}

func message() phoneauth.Message {
	return phoneauth.Message{
		To: phoneauth.StoredPhone("+201061797840"), Body: "012345 & ça", Code: "012345", Purpose: phoneauth.PurposeSignIn,
		Service: "A<B", Locale: "de", AttemptID: "attempt-0000001_", ExpiresAt: time.Now().Add(5*time.Minute + 500*time.Millisecond),
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	url, last := provider(t)
	text, err := awssms.New(awssms.Config{
		AWS: where(url+"/", nil), From: "Acme", ConfigurationSet: "set", ProtectConfiguration: "protect", MaxPrice: "0.05",
		CountryParameters: map[string]string{"IN_ENTITY_ID": "1", "IN_TEMPLATE_ID": "2"}, Feedback: true,
	})
	require.NoError(t, err)
	conf := notifyConfig(url, nil)
	conf.ConfigurationSet, conf.Feedback = "set", true
	notify, err := awssms.NewNotify(conf)
	require.NoError(t, err)
	voice, err := awssms.NewVoice(awssms.VoiceConfig{
		AWS: where(url, nil), From: "+14155552345", ConfigurationSet: "set", ProtectConfiguration: "protect", MaxPricePerMinute: "0.2", Feedback: true,
	})
	require.NoError(t, err)
	for _, c := range []struct {
		sender    phoneauth.SMSSender
		name      string
		operation string
		want      string
	}{
		{text, "awssms", "SendTextMessage", `{"DestinationPhoneNumber":"+201061797840","OriginationIdentity":"Acme","MessageBody":"012345 & ça","MessageType":"TRANSACTIONAL",
			"ConfigurationSetName":"set","ProtectConfigurationId":"protect","MaxPrice":"0.05","DestinationCountryParameters":{"IN_ENTITY_ID":"1","IN_TEMPLATE_ID":"2"},
			"Context":{"sender":"awssms","attempt":"attempt-0000001_"},"TimeToLive":300,"MessageFeedbackEnabled":true}`},
		{notify, "awssms-notify", "SendNotifyTextMessage", `{"DestinationPhoneNumber":"+201061797840","NotifyConfigurationId":"nc-1","TemplateId":"sign-in-en",
			"TemplateVariables":{"code":"012345","brand":"A<B","minutes":"5"},
			"ConfigurationSetName":"set","Context":{"sender":"awssms-notify","attempt":"attempt-0000001_"},"TimeToLive":300,"MessageFeedbackEnabled":true}`},
		{voice, "awssms-voice", "SendVoiceMessage", `{"DestinationPhoneNumber":"+201061797840","OriginationIdentity":"+14155552345","MessageBodyTextType":"SSML","VoiceId":"VICKI",
			"MessageBody":"<speak><break time=\"1s\"/>Hier ist A&lt;B.<break time=\"1s\"/>Ihr Code lautet: null, eins, zwei, drei, vier, fünf.<break time=\"1s\"/>Noch einmal, Ihr Code lautet: null, eins, zwei, drei, vier, fünf.</speak>",
			"ConfigurationSetName":"set","ProtectConfigurationId":"protect","MaxPricePerMinute":"0.2",
			"Context":{"sender":"awssms-voice","attempt":"attempt-0000001_"},"TimeToLive":300,"MessageFeedbackEnabled":true}`},
	} {
		r, err := c.sender.Send(t.Context(), message())
		require.NoError(t, err)
		assert.Equal(t, phoneauth.Receipt{ID: "id-1", Sender: c.name}, r)
		operation, body := last()
		assert.Equal(t, "PinpointSMSVoiceV2."+c.operation, operation)
		assert.JSONEq(t, c.want, body)

		require.NoError(t, c.sender.(phoneauth.Verifier).Verified(t.Context(), r))
		operation, body = last()
		assert.Equal(t, "PinpointSMSVoiceV2.PutMessageFeedback", operation)
		assert.JSONEq(t, `{"MessageId":"id-1","MessageFeedbackStatus":"RECEIVED"}`, body)
	}
}

// TestFeedbackIsOff: nothing is told unless the host wants it.
func TestFeedbackIsOff(t *testing.T) {
	t.Parallel()
	url, last := provider(t)
	s, err := awssms.New(awssms.Config{AWS: where(url, nil), From: "Acme"})
	require.NoError(t, err)
	require.NoError(t, s.Verified(t.Context(), phoneauth.Receipt{ID: "id-1"}))
	with, err := awssms.New(awssms.Config{AWS: where(url, nil), From: "Acme", Feedback: true})
	require.NoError(t, err)
	require.NoError(t, with.Verified(t.Context(), phoneauth.Receipt{}), "no id")
	operation, _ := last()
	assert.Empty(t, operation)
}

// TestFeedbackFails: an error of a feedback is one of AWS.
func TestFeedbackFails(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, exception(400, "ResourceNotFoundException", "").Body)
	}))
	t.Cleanup(srv.Close)
	s, err := awssms.New(awssms.Config{AWS: where(srv.URL, nil), From: "Acme", Feedback: true})
	require.NoError(t, err)
	assert.EqualError(t, s.Verified(t.Context(), phoneauth.Receipt{ID: "id-1"}), "phoneauth: send: temporary, sender (ResourceNotFoundException)")
}

// TestNoCredentials: credentials that cannot be had are the sender's fault, and their error is
// not passed on.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	url, last := provider(t)
	c := where(url, nil)
	c.Config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("canary")
	})
	s, err := awssms.New(awssms.Config{AWS: c, From: "Acme"})
	require.NoError(t, err)
	_, err = s.Send(t.Context(), message())
	assert.EqualError(t, err, "phoneauth: send: temporary, sender: request cannot be made")
	operation, _ := last()
	assert.Empty(t, operation)
}

// TestTemplateOfEveryLanguage: a template without a Locale serves the languages that no other has.
func TestTemplateOfEveryLanguage(t *testing.T) {
	t.Parallel()
	url, last := provider(t)
	c := notifyConfig(url, nil)
	c.Templates = []awssms.Template{template("english", phoneauth.PurposeSignIn, "en", ""), template("any", phoneauth.PurposeSignIn, "", "")}
	s, err := awssms.NewNotify(c)
	require.NoError(t, err)
	for locale, want := range map[string]string{"en-GB": "english", "fr": "any", "": "any"} {
		m := message()
		m.Locale = locale
		_, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		_, body := last()
		assert.Contains(t, body, `"TemplateId":"`+want+`"`, locale)
	}
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	url, last := provider(t)
	s, err := awssms.New(awssms.Config{AWS: where(url, nil), From: "Acme"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		expires time.Time
		want    string
	}{
		"a notice":       {time.Time{}, ""},
		"nearly expired": {time.Now().Add(time.Second), `"TimeToLive":5`},
		"a long life":    {time.Now().Add(1000 * time.Hour), `"TimeToLive":259200`},
	} {
		m := message()
		m.ExpiresAt = c.expires
		_, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		_, body := last()
		assert.Equal(t, c.want != "", strings.Contains(body, "TimeToLive"), name)
		assert.Contains(t, body, c.want, name)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	bad := awssms.AWS{BaseURL: "https://user:canary@h"}
	good := where("", nil)
	both := []string{"AWS.Config must have a Region", "AWS.Config must have Credentials"}
	_, err := awssms.New(awssms.Config{})
	sendertest.Faults(t, err, "awssms: config: ", append(both, "From is required")...)
	_, err = awssms.New(awssms.Config{AWS: bad, From: "x"})
	sendertest.Faults(t, err, "awssms: config: ", append(both, "AWS.BaseURL must be")...)
	_, err = awssms.NewNotify(awssms.NotifyConfig{})
	sendertest.Faults(t, err, "awssms: notify: config: ", append(both, "NotifyConfiguration is required", "Templates are required")...)
	_, err = awssms.NewNotify(awssms.NotifyConfig{AWS: good, NotifyConfiguration: "nc-1", Templates: []awssms.Template{
		{}, {ID: "1", Purpose: "p", Code: "c", Locale: "!"}, {ID: "1", Purpose: "p", Code: "c", Locale: "en"}, {ID: "2", Purpose: "p", Code: "c", Locale: "EN"},
	}})
	sendertest.Faults(t, err, "awssms: notify: config: ", "Templates[0]: ID, Purpose and Code", "Templates[1].Locale is no", "Templates[3] is the second")
	_, err = awssms.NewVoice(awssms.VoiceConfig{AWS: good, Phrases: map[string]spoken.Phrase{"de": {}}})
	sendertest.Faults(t, err, "awssms: voice: config: ", "From is required", `phrases["de"].Greeting must`)
}

func TestSendersPrintTheirNames(t *testing.T) {
	t.Parallel()
	s, err := awssms.New(awssms.Config{AWS: where("", nil), From: "canary"})
	require.NoError(t, err)
	assert.Equal(t, "awssms awssms awssms", fmt.Sprintf("%v %+v %#v", s, s, s))
}
