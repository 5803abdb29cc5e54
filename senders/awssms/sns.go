package awssms

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// envelope is what Amazon SNS posts
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type envelope struct {
	Type, MessageId, Token, TopicArn, Subject, Message, SubscribeURL, Timestamp, SignatureVersion, Signature, SigningCertURL string
}

// The types of an envelope.
const (
	notification = "Notification"
	subscribe    = "SubscriptionConfirmation"
	unsubscribe  = "UnsubscribeConfirmation"
)

// signed is the text that SNS signs: names and values in the order of the names.
func (e *envelope) signed() string {
	var b strings.Builder
	add := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	add("Message", e.Message)
	add("MessageId", e.MessageId)
	switch e.Type {
	case notification:
		if e.Subject != "" {
			add("Subject", e.Subject)
		}
	default:
		add("SubscribeURL", e.SubscribeURL)
	}
	add("Timestamp", e.Timestamp)
	if e.Type != notification {
		add("Token", e.Token)
	}
	add("TopicArn", e.TopicArn)
	add("Type", e.Type)
	return b.String()
}

// maxAge is how old a message may be, and leeway how far our clocks may differ. SNS tries
// again for up to an hour.
const (
	maxAge = time.Hour
	leeway = time.Minute
)

// fresh reports whether the Timestamp is neither too long ago nor to come.
func (e *envelope) fresh(now time.Time) bool {
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	return err == nil && at.After(now.Add(-maxAge)) && at.Before(now.Add(leeway))
}

// arn matches the ARN of a topic: its partition and region are in it.
var arn = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$`)

// host returns the host of SNS in the region of the topic. Only AWS can serve there.
func host(topicArn string) string {
	m := arn.FindStringSubmatch(topicArn)
	if m == nil {
		return ""
	}
	suffix := "amazonaws.com"
	if m[1] == "aws-cn" {
		suffix += ".cn"
	}
	return "sns." + m[2] + "." + suffix
}

// ofSNS returns raw as a URL of SNS in the region of the topic: https, on the port of https.
func ofSNS(raw, topicArn string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	want := host(topicArn)
	if err != nil || want == "" || u.Scheme != "https" || u.Host != want || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	return u, true
}

// certPath is the path of a certificate.
var certPath = regexp.MustCompile(`^/SimpleNotificationService-[0-9a-f]{32}\.pem$`)

// errAbsent is that SNS could not be asked; what it signed may still be right.
var errAbsent = errors.New("awssms: SNS cannot be reached")

// maxCerts is how many certificates are kept; a region has one or two.
const maxCerts = 16

// certs fetches the certificates of SNS, and keeps them. It is safe for concurrent use.
type certs struct {
	client *http.Client

	mu   sync.Mutex
	keys map[string]*x509.Certificate
}

// verify reports whether e has a right signature of version 2. The error is errAbsent if the
// certificate cannot be had now.
func (c *certs) verify(ctx context.Context, e *envelope, now time.Time) (bool, error) {
	signature, err := base64.StdEncoding.Strict().DecodeString(e.Signature)
	if err != nil || e.SignatureVersion != "2" || !e.fresh(now) {
		return false, nil
	}
	u, ok := ofSNS(e.SigningCertURL, e.TopicArn)
	if !ok || !certPath.MatchString(u.Path) || u.RawQuery != "" {
		return false, nil
	}
	cert, err := c.get(ctx, u.String())
	if cert == nil {
		return false, err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return false, nil
	}
	digest := sha256.Sum256([]byte(e.signed()))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil, nil
}

// get returns the certificate at url, or nil if there is none.
func (c *certs) get(ctx context.Context, url string) (*x509.Certificate, error) {
	c.mu.Lock()
	cert := c.keys[url]
	c.mu.Unlock()
	if cert != nil {
		return cert, nil
	}
	status, body, err := c.fetch(ctx, url)
	if err != nil || status >= 500 || status == http.StatusTooManyRequests {
		return nil, errAbsent
	}
	block, _ := pem.Decode(body)
	if status != http.StatusOK || block == nil {
		return nil, nil
	}
	if cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) >= maxCerts {
		clear(c.keys)
	}
	c.keys[url] = cert
	return cert, nil
}

// maxFetched is how much of an answer of SNS is read; a certificate has 2 KiB.
const maxFetched = 16 << 10

// fetch gets url within 5 s, and follows no redirect.
func (c *certs) fetch(ctx context.Context, url string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxFetched))
	return resp.StatusCode, body, err
}

func newCerts(client *http.Client) *certs {
	return &certs{client: httpsend.Client(client), keys: map[string]*x509.Certificate{}}
}
