// Package webhook hands messages to an HTTP endpoint of the host's own, which sends
// them.
//
// A message is one POST with a JSON object of strings: time (RFC 3339, UTC,
// milliseconds), to (E.164), body, code ("" in notices) and purpose. It is never posted
// twice. What the endpoint answers counts as:
//
//	2xx                       accepted; {"id": "…"} in the answer becomes Receipt.ID
//	422                       Permanent, destination: no texts to this number, by nobody
//	401, 402, 404, 405, 407,  Temporary, sender: the set-up, the balance, too much at
//	408, 429, 501, and 503    once; Retry-After is in RetryAfter
//	with a Retry-After
//	3xx                       Temporary, sender: redirects are not followed
//	other 4xx                 Temporary, of no known fault
//	other 5xx                 Ambiguous, sender: it may have failed after it accepted
//
// An endpoint that serves some numbers only says so: with {"fault": "destination"} as its
// answer, any refusal but 422 is the destination's fault and keeps its class. senders/failover
// then asks the next sender, and thinks no worse of this one. {"fault": "sender"} says the
// opposite.
//
// Without an answer, a message is Temporary if its request certainly did not leave (no
// such host, connection refused, TLS), else Ambiguous (reset, timeout). Both are the
// sender's fault.
//
// # Signature
//
// With Config.Secret, each request carries the header
//
//	Phoneauth-Signature: t=1535670238,v1=5257a869…
//
// t is the Unix time in seconds; v1 is, in lower-case hex, the HMAC-SHA256 under the
// secret of t, a full stop, and the body as received, byte for byte. An endpoint
// computes it anew, compares in constant time, and refuses a t more than 5 minutes off;
// other keys than t and v1 it ignores.
//
// # Delivery reports
//
// An endpoint that learns what became of a message may post that to the handler of
// [Callbacks].
//
// # Tested against
//
// Real HTTP servers on loopback, HTTP/2 and TLS among them, with every failure they can
// have.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/internal/record"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "webhook"

// minSecret is the hash length of HMAC-SHA256, below which RFC 2104, 3, advises against.
const minSecret = 32

// Config is the configuration of a [Sender].
type Config struct {
	// URL is the address to post to, http or https. Use https except on loopback or in a
	// network of your own, because the requests contain codes. Credentials in the URL
	// become an Authorization header. No error shows the URL. Required.
	URL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
	// Secret is the key that signs the requests, of at least 32 bytes. Empty means that
	// requests are not signed.
	Secret phoneauth.Secret
}

// Sender posts messages to one URL. It is safe for concurrent use, and prints without
// its URL and secret.
type Sender struct {
	url    string
	client *http.Client
	secret []byte
}

var _ phoneauth.SMSSender = (*Sender)(nil)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	var faults []error
	switch {
	case c.URL == "":
		faults = append(faults, errors.New("webhook: config: URL is required"))
	case !absolute(c.URL):
		faults = append(faults, errors.New("webhook: config: URL must be an absolute http or https URL"))
	}
	if n := len(c.Secret); n > 0 && n < minSecret {
		faults = append(faults, fmt.Errorf("webhook: config: Secret must be at least %d bytes, has %d", minSecret, n))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Sender{url: c.URL, client: httpsend.Client(c.Client), secret: []byte(c.Secret)}, nil
}

// Send posts m, within 10 s if ctx has no deadline. Its errors are
// *phoneauth.SendError, with the code "HTTP 503" or the like when there was an answer;
// the package documentation says which is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	now := time.Now()
	body, err := record.JSON(m, now)
	if err != nil {
		return phoneauth.Receipt{Sender: name}, &phoneauth.SendError{Class: phoneauth.Temporary, Err: errors.New("message cannot be written")}
	}
	resp, err := httpsend.Post(ctx, s.client, s.url, string(body), func(req *http.Request) {
		req.Header.Set("Content-Type", "application/json")
		if len(s.secret) > 0 {
			req.Header.Set("Phoneauth-Signature", signature(s.secret, body, now))
		}
	})
	if err != nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	if !resp.OK() {
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	var answer struct{ ID id }
	_ = json.Unmarshal(resp.Body, &answer) // an answer that cannot be read is a success too
	return phoneauth.Receipt{ID: string(answer.ID), Sender: name}, nil
}

// refusal returns the error of an answer that accepts nothing, whose fault the endpoint may
// name.
func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	if resp.Status == http.StatusUnprocessableEntity {
		e.Class, e.Fault = phoneauth.Permanent, phoneauth.FaultDestination
		return e
	}
	var answer struct{ Fault fault }
	if json.Unmarshal(resp.Body, &answer) == nil && answer.Fault != "" {
		e.Fault = phoneauth.SendFault(answer.Fault)
	}
	return e
}

// fault is "destination" or "sender". Anything else is "".
type fault phoneauth.SendFault

func (f *fault) UnmarshalJSON(b []byte) error {
	var text phoneauth.SendFault
	_ = json.Unmarshal(b, &text)
	if text == phoneauth.FaultDestination || text == phoneauth.FaultSender {
		*f = fault(text)
	}
	return nil
}

// absolute reports whether s is a URL of http or https with a host.
func absolute(s string) bool {
	_, err := httpsend.ParseURL(s)
	return err == nil
}

// String returns "webhook".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
