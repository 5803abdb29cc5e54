package awssms_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/callback"
)

const (
	topic   = "arn:aws:sns:eu-west-1:123456789012:sms-events"
	certURL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
	confirm = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=2336412f37"
)

// sns plays Amazon SNS: it signs, and serves its certificate.
type sns struct {
	key  *rsa.PrivateKey
	cert []byte // in PEM

	mu       sync.Mutex
	fetched  []string          // what was asked for
	answers  map[string]int    // statuses other than 200, by URL
	down     bool              // nothing is answered
	signings map[string]string // signatures by text, which are slow to make
}

func newSNS(t *testing.T) *sns {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return certified(t, key, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
}

func certified(t *testing.T, key *rsa.PrivateKey, from, until time.Time) *sns {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &sns{key: key, cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), answers: map[string]int{}, signings: map[string]string{}}
}

// RoundTrip answers as https://sns.eu-west-1.amazonaws.com does.
func (s *sns) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched = append(s.fetched, r.URL.String())
	if s.down {
		return nil, errors.New("no route")
	}
	status, body := http.StatusNotFound, ""
	switch r.URL.String() {
	case certURL:
		status, body = http.StatusOK, string(s.cert)
	case confirm:
		status = http.StatusOK
	}
	if other := s.answers[r.URL.String()]; other != 0 {
		status = other
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

func (s *sns) handler(report callback.Report) (http.Handler, error) {
	return awssms.Callbacks(awssms.CallbackConfig{TopicARNs: []string{topic}, Client: &http.Client{Transport: s}}, report)
}

type envelope map[string]string

// notification is what SNS posts for a message, before it is signed.
func (s *sns) notification(message string) envelope {
	return envelope{
		"Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Message": message,
		"Timestamp": time.Now().UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z"), "SignatureVersion": "2", "SigningCertURL": certURL,
	}
}

func (s *sns) subscription() envelope {
	e := s.notification("You have chosen to subscribe to the topic.")
	e["Type"], e["Token"], e["SubscribeURL"] = "SubscriptionConfirmation", "2336412f37", confirm
	return e
}

// with returns e with one value of another.
func (e envelope) with(name, value string) envelope {
	e = maps.Clone(e)
	e[name] = value
	return e
}

// sign signs as the documentation of Amazon SNS says.
func (s *sns) sign(t *testing.T, e envelope) envelope {
	t.Helper()
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if e["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		if value, ok := e[name]; ok {
			text.WriteString(name + "\n" + value + "\n")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signings[text.String()] == "" {
		digest := sha256.Sum256([]byte(text.String()))
		signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
		require.NoError(t, err)
		s.signings[text.String()] = base64.StdEncoding.EncodeToString(signature)
	}
	return e.with("Signature", s.signings[text.String()])
}

// post is a request with e, signed.
func (s *sns) post(t *testing.T, e envelope) *http.Request {
	t.Helper()
	return s.send(t, s.sign(t, e))
}

// send is a request with e as it is.
func (s *sns) send(t *testing.T, e envelope) *http.Request {
	t.Helper()
	body, err := json.Marshal(e)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/aws", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	r.Header.Set("X-Amz-Sns-Message-Type", e["Type"])
	return r
}
