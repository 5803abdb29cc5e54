package awssms_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/callbacktest"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

// request is what SNS posts about an event with these fields; "sender" is in its context.
func request(t *testing.T, by *sns, fields map[string]string) envelope {
	t.Helper()
	inner := map[string]any{}
	for name, value := range fields {
		switch name {
		case "sender":
			inner["context"] = map[string]any{"sender": value, "attempt": "attempt-0000001_"}
		case "isFinal":
			inner[name] = value == "true"
		default:
			inner[name] = value
		}
	}
	message, err := json.Marshal(inner)
	require.NoError(t, err)
	return by.notification(string(message))
}

func TestCallbacktest(t *testing.T) {
	t.Parallel()
	aws, other := newSNS(t), newSNS(t)
	event := func(kind string, more ...string) map[string]string {
		fields := map[string]string{"eventType": kind, "eventVersion": "1.0", "messageId": "M1", "destinationPhoneNumber": "+201061797840", "isFinal": "true", "sender": "awssms"}
		for i := 0; i+1 < len(more); i += 2 {
			fields[more[i]] = more[i+1]
		}
		return fields
	}
	inbound := func(from, text string) map[string]string {
		return map[string]string{"originationNumber": from, "destinationNumber": "+14155552345", "messageKeyword": "STOP", "messageBody": text, "inboundMessageId": "I1"}
	}
	said := func(sender string, status phoneauth.DeliveryStatus, code string, fault phoneauth.SendFault) phoneauth.Delivery {
		return phoneauth.Delivery{ID: "M1", Sender: sender, Status: status, Code: code, Fault: fault}
	}
	out := phoneauth.Delivery{ID: "I1", Sender: "awssms", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone("+201061797840")}
	nobody := out
	nobody.Phone = phoneauth.Phone{}
	callbacktest.Run(t, callbacktest.Provider{
		New:    aws.handler,
		Signed: func(fields map[string]string) *http.Request { return aws.post(t, request(t, aws, fields)) },
		Unsigned: func(fields map[string]string) *http.Request {
			return aws.send(t, request(t, aws, fields))
		},
		Forged:    func(fields map[string]string) *http.Request { return other.post(t, request(t, other, fields)) },
		SignsBody: true,
		MaxAge:    time.Hour,
		Secrets:   []string{"no secret is configured"},
		NoFaults:  true, // none is the sender's
		Says: []callbacktest.Say{
			{Name: "queued", Fields: event("TEXT_QUEUED", "isFinal", "false")},
			{Name: "delivered", Fields: event("TEXT_DELIVERED"), Want: said("awssms", phoneauth.Delivered, "", "")},
			{Name: "accepted by the carrier", Fields: event("TEXT_SUCCESSFUL"), Want: said("awssms", phoneauth.Delivered, "", "")},
			{Name: "accepted, and more to come", Fields: event("TEXT_SUCCESSFUL", "isFinal", "false")},
			{Name: "by a template", Fields: event("TEXT_DELIVERED", "sender", "awssms-notify"), Want: said("awssms-notify", phoneauth.Delivered, "", "")},
			{Name: "of somebody else", Fields: event("TEXT_DELIVERED", "sender", "x"), Want: said("awssms", phoneauth.Delivered, "", "")},
			{Name: "protected", Fields: event("TEXT_PROTECT_BLOCKED"), Want: said("awssms", phoneauth.Undelivered, "TEXT_PROTECT_BLOCKED", phoneauth.FaultDestination)},
			{Name: "too late", Fields: event("TEXT_TTL_EXPIRED"), Want: said("awssms", phoneauth.Undelivered, "TEXT_TTL_EXPIRED", "")},
			{Name: "nobody knows", Fields: event("TEXT_UNKNOWN")},
			{Name: "a call", Fields: event("VOICE_COMPLETED", "sender", "awssms-voice"), Want: said("awssms-voice", phoneauth.Delivered, "", "")},
			{Name: "a busy phone", Fields: event("VOICE_BUSY", "sender", "awssms-voice"), Want: said("awssms-voice", phoneauth.Undelivered, "VOICE_BUSY", phoneauth.FaultDestination)},
			{Name: "no id", Fields: map[string]string{"eventType": "TEXT_DELIVERED"}},
			{Name: "stop", Fields: inbound("+201061797840", " Stop\n"), Want: out},
			{Name: "of a short code", Fields: inbound("12345", "STOP"), Want: nobody},
			{Name: "another text", Fields: inbound("+201061797840", "do not stop")},
			{Name: "nothing"},
		},
	})
}

// answer returns the status of the answer to r, and what was reported.
func answer(t *testing.T, by *sns, r *http.Request) (status int, got []phoneauth.Delivery) {
	t.Helper()
	h, err := by.handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, got
}

const delivered = `{"eventType":"TEXT_DELIVERED","messageId":"M1"}`

// TestEnvelopes: what only envelopes of SNS can be.
func TestEnvelopes(t *testing.T) {
	t.Parallel()
	aws := newSNS(t)
	good := aws.notification(delivered)
	cert := func(url string) envelope { return good.with("SigningCertURL", url) }
	for name, c := range map[string]struct {
		envelope envelope
		status   int
	}{
		"right":                      {good, 204},
		"with a subject":             {good.with("Subject", "x"), 204},
		"no JSON within":             {aws.notification("text"), 204},
		"unsubscribed":               {aws.subscription().with("Type", "UnsubscribeConfirmation"), 204},
		"another topic":              {good.with("TopicArn", topic+"2"), 403},
		"no topic":                   {good.with("TopicArn", ""), 403},
		"version 1":                  {good.with("SignatureVersion", "1"), 403},
		"to come":                    {good.with("Timestamp", time.Now().Add(2*time.Minute).UTC().Format(time.RFC3339)), 403},
		"no time":                    {good.with("Timestamp", "soon"), 403},
		"a type nobody knows":        {good.with("Type", "Else").with("SubscribeURL", "x").with("Token", "x"), 400},
		"no type":                    {good.with("Type", ""), 400},
		"a certificate by http":      {cert(strings.Replace(certURL, "https", "http", 1)), 403},
		"of a stranger":              {cert("https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"), 403},
		"of a bucket":                {cert("https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"), 403},
		"of another region":          {cert(strings.Replace(certURL, "eu-west-1", "us-east-1", 1)), 403},
		"of another port":            {cert(strings.Replace(certURL, ".com/", ".com:444/", 1)), 403},
		"with a user":                {cert(strings.Replace(certURL, "https://", "https://x@", 1)), 403},
		"another path":               {cert("https://sns.eu-west-1.amazonaws.com/cert.pem"), 403},
		"with a query":               {cert(certURL + "?x"), 403},
		"a certificate there is not": {cert(strings.Replace(certURL, "0123", "ffff", 1)), 403},
		"no certificate":             {cert(""), 403},
	} {
		status, got := answer(t, aws, aws.post(t, c.envelope))
		assert.Equal(t, c.status, status, name)
		assert.Equal(t, name == "right" || name == "with a subject", len(got) == 1, name)
	}
	for _, url := range aws.fetched {
		assert.True(t, strings.HasPrefix(url, "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-"), "%s was fetched", url)
	}
}

// TestSHA1: version 1 is not taken, though it is signed rightly.
func TestSHA1(t *testing.T) {
	t.Parallel()
	aws := newSNS(t)
	e := aws.notification(delivered).with("SignatureVersion", "1")
	var text strings.Builder
	for _, name := range []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"} {
		text.WriteString(name + "\n" + e[name] + "\n")
	}
	digest := sha1.Sum([]byte(text.String()))
	signature, err := rsa.SignPKCS1v15(nil, aws.key, crypto.SHA1, digest[:])
	require.NoError(t, err)
	for _, version := range []string{"1", "2"} {
		status, _ := answer(t, aws, aws.send(t, e.with("SignatureVersion", version).with("Signature", base64.StdEncoding.EncodeToString(signature))))
		assert.Equal(t, http.StatusForbidden, status, version)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sns, envelope) envelope
		status int
		calls  bool
	}{
		"right":        {func(_ *sns, e envelope) envelope { return e }, 204, true},
		"SNS is ill":   {func(s *sns, e envelope) envelope { s.answers[confirm] = 500; return e }, 503, true},
		"SNS refuses":  {func(s *sns, e envelope) envelope { s.answers[confirm] = 403; return e }, 503, true},
		"a stranger's": {func(_ *sns, e envelope) envelope { return e.with("SubscribeURL", "https://evil.example/") }, 403, false},
		"of another region": {func(_ *sns, e envelope) envelope {
			return e.with("SubscribeURL", strings.Replace(confirm, "eu", "us", 1))
		}, 403, false},
		"of another's topic": {func(_ *sns, e envelope) envelope {
			return e.with("TopicArn", strings.Replace(topic, "1234", "9999", 1))
		}, 403, false},
	} {
		aws := newSNS(t)
		e := c.change(aws, aws.subscription())
		status, got := answer(t, aws, aws.post(t, e))
		assert.Equal(t, c.status, status, name)
		assert.Empty(t, got, name)
		if c.calls {
			assert.Equal(t, []string{certURL, confirm}, aws.fetched, name)
		} else {
			assert.NotContains(t, aws.fetched, e["SubscribeURL"], name)
		}
	}
	aws := newSNS(t)
	status, _ := answer(t, aws, aws.send(t, aws.subscription().with("Signature", "AAAA")))
	assert.Equal(t, http.StatusForbidden, status)
	assert.NotContains(t, aws.fetched, confirm, "nobody else can have an address confirmed")
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	now := time.Now()
	for name, c := range map[string]struct {
		from, until time.Time
		change      func(*sns)
		status      int
	}{
		"right":         {now.Add(-time.Hour), now.Add(time.Hour), func(*sns) {}, 204},
		"expired":       {now.Add(-2 * time.Hour), now.Add(-time.Hour), func(*sns) {}, 403},
		"not yet valid": {now.Add(time.Hour), now.Add(2 * time.Hour), func(*sns) {}, 403},
		"no PEM":        {now, now, func(s *sns) { s.cert = []byte("<html>") }, 403},
		"no X.509":      {now, now, func(s *sns) { s.cert = []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") }, 403},
		"a redirect":    {now, now, func(s *sns) { s.answers[certURL] = 302 }, 403},
		"SNS is ill":    {now, now, func(s *sns) { s.answers[certURL] = 500 }, 503},
		"SNS is busy":   {now, now, func(s *sns) { s.answers[certURL] = 429 }, 503},
		"SNS is gone":   {now, now, func(s *sns) { s.down = true }, 503},
	} {
		aws := certified(t, key, c.from, c.until)
		c.change(aws)
		status, _ := answer(t, aws, aws.post(t, aws.notification(delivered)))
		assert.Equal(t, c.status, status, name)
	}

	aws := newSNS(t)
	h, err := aws.handler(func(context.Context, phoneauth.Delivery) {})
	require.NoError(t, err)
	for range 3 {
		h.ServeHTTP(httptest.NewRecorder(), aws.post(t, aws.notification(delivered)))
	}
	assert.Len(t, aws.fetched, 1, "a certificate is kept")
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	h, err := awssms.Callbacks(awssms.CallbackConfig{}, nil)
	assert.Nil(t, h)
	sendertest.Faults(t, err, "awssms: callbacks: ", "TopicARNs are required", "report is required")
	for _, bad := range []string{"canary", "arn:aws:sqs:eu-west-1:123456789012:x", "arn:aws:sns:evil.example/x:123456789012:x", "arn:aws:sns:eu-west-1:123456789012:x/canary"} {
		_, err = awssms.Callbacks(awssms.CallbackConfig{TopicARNs: []string{topic, bad}}, func(context.Context, phoneauth.Delivery) {})
		sendertest.Faults(t, err, "awssms: callbacks: ", "TopicARNs[1] must be")
	}
	_, err = awssms.Callbacks(awssms.CallbackConfig{TopicARNs: []string{"arn:aws-cn:sns:cn-north-1:123456789012:x", "arn:aws-us-gov:sns:us-gov-west-1:123456789012:x.fifo"}}, func(context.Context, phoneauth.Delivery) {})
	assert.NoError(t, err)
}
