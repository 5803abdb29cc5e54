package kannel

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// name is Receipt.Sender and Delivery.Sender.
const name = "kannel"

// Sender sends through one sendsms user. It is safe for concurrent use, and prints
// without its settings.
type Sender struct {
	url, username, password, from, smsc string

	delivery string // DeliveryURL, its '%' doubled for Kannel
	secret   string // its last path element; "" without
	client   *http.Client
}

var _ phoneauth.SMSSender = (*Sender)(nil)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	secret, err := c.validate()
	if err != nil {
		return nil, err
	}
	return &Sender{
		url:      c.URL,
		username: c.Username,
		password: string(c.Password),
		from:     c.From,
		smsc:     c.SMSC,
		delivery: strings.ReplaceAll(string(c.DeliveryURL), "%", "%%"),
		secret:   secret,
		client:   httpsend.Client(c.Client),
	}, nil
}

// Send hands m to Kannel, within 10 s if ctx has no deadline. Its errors are
// *phoneauth.SendError, with the code "HTTP 403" or the like when there was an answer;
// the package documentation says which is of what class. Receipt.ID is empty without a
// Config.DeliveryURL.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	receipt := phoneauth.Receipt{Sender: name}
	if s.delivery != "" {
		receipt.ID = rand.Text()
	}
	resp, err := httpsend.Post(ctx, s.client, s.url, string(m.Body), func(req *http.Request) {
		s.prepare(req.Header, m, receipt.ID)
	})
	switch {
	case err != nil:
		return phoneauth.Receipt{Sender: name}, err
	case resp.Status != http.StatusAccepted:
		return phoneauth.Receipt{Sender: name}, refusal(resp)
	}
	return receipt, nil
}

// dlrMask asks for 1, delivered to the phone, 2, not delivered, and 16, refused by the
// SMSC.
const dlrMask = 1 | 2 | 16

// prepare makes a request the "Kannel POST" of the user guide. Kannel reads no form: a
// POST of one is answered 400 "Invalid content-type".
func (s *Sender) prepare(h http.Header, m phoneauth.Message, id string) {
	coding := "0"
	if _, encoding := phoneauth.Segments(string(m.Body)); encoding == phoneauth.UCS2 {
		coding = "2"
	}
	for name, value := range map[string]string{
		"Content-Type":      "text/plain; charset=UTF-8",
		"X-Kannel-Username": s.username,
		"X-Kannel-Password": s.password,
		"X-Kannel-From":     s.from,
		"X-Kannel-To":       m.To.E164(),
		"X-Kannel-SMSC":     s.smsc,
		"X-Kannel-Coding":   coding,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if id != "" {
		h.Set("X-Kannel-DLR-Mask", strconv.Itoa(dlrMask))
		h.Set("X-Kannel-DLR-URL", s.delivery+"?id="+id+"&type=%d")
	}
}

// refusals are Kannel's answers (gw/smsbox.c), by status and beginning. All of them mean
// that nothing was accepted.
var refusals = []struct {
	status int
	begins string
	fault  phoneauth.SendFault
	err    error
}{
	{http.StatusBadRequest, "Number(s) has/have been denied", phoneauth.FaultDestination, errors.New("number denied by a list")},
	{http.StatusForbidden, "Authorization failed", phoneauth.FaultSender, errors.New("authorization failed")},
	{http.StatusForbidden, "Not routable", phoneauth.FaultDestination, errors.New("not routable")},
	{http.StatusServiceUnavailable, "Temporal failure", phoneauth.FaultSender, errors.New("temporal failure")},
}

func refusal(resp *httpsend.Response) *phoneauth.SendError {
	e := resp.Refusal()
	if resp.Status < 300 { // no answer of Kannel's: another server's, for every number
		e.Class, e.Fault = phoneauth.Ambiguous, phoneauth.FaultSender
	}
	for _, r := range refusals {
		if resp.Status == r.status && strings.HasPrefix(string(resp.Body), r.begins) {
			e.Class, e.Fault, e.Err = phoneauth.Temporary, r.fault, r.err
		}
	}
	return e
}

// String returns "kannel".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return name }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(name) }
