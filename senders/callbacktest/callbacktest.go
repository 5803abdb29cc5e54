// Package callbacktest is a test suite for handlers of a provider's callbacks. A host can run it
// on a handler of its own:
//
//	func TestCallbacks(t *testing.T) {
//		callbacktest.Run(t, callbacktest.Provider{
//			New: func(report callback.Report) (http.Handler, error) {
//				return acmesms.Callbacks("canary-secret", report), nil
//			},
//			Signed:    func(fields map[string]string) *http.Request { return request("canary-secret", fields) },
//			Unsigned:  func(fields map[string]string) *http.Request { return request("", fields) },
//			Forged:    func(fields map[string]string) *http.Request { return request("another", fields) },
//			SignsBody: true,
//			Secrets:   []string{"canary-secret"},
//			Says: []callbacktest.Say{{
//				Name:   "delivered",
//				Fields: map[string]string{"id": "a1", "state": "delivered"},
//				Want:   phoneauth.Delivery{ID: "a1", Sender: "acme", Status: phoneauth.Delivered},
//			}, …},
//		})
//	}
//
// Run posts callbacks of the provider, and forged ones. These are its rules, by the names of its
// subtests. No answer may show a secret.
//
//   - what the provider says: each of Provider.Says is reported as its Delivery says, once,
//     with the context of the request, before the answer, which is 2xx; what is not
//     understood is refused, and not reported.
//   - fields it does not know: they change nothing.
//   - a repeated report: it names the same message, so that a count by Delivery.ID counts it
//     once.
//   - many at once: each report is reported once.
//   - without a signature, with another's: 401, 403 or 404, and nothing is reported.
//   - a body that was changed: refused at every byte, where the provider signs bodies.
//   - an old signature: refused after Provider.MaxAge, and taken before.
//   - other methods: 405, with the right ones in Allow.
//   - a body without end: 64 KiB are enough for any callback, and 1 MiB is 413; no more
//     than 1 MiB is read.
//   - a body that breaks off, a body of nonsense: 4xx, and nothing is reported.
//   - a host that fails: a report that panics is not answered with success, so that the
//     provider sends it again.
package callbacktest

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

// Provider describes a handler and the provider that calls it. All fields are required except
// those that are marked optional.
type Provider struct {
	// New returns the handler under test, which calls report.
	New func(report callback.Report) (http.Handler, error)
	// Signed returns a request of the provider with these fields. It is signed now, or
	// carries another proof that it comes from the provider. It is called from many
	// goroutines.
	Signed func(fields map[string]string) *http.Request
	// Unsigned returns the same request without that proof: without its header, its field,
	// or the secret in the path.
	Unsigned func(fields map[string]string) *http.Request
	// Forged returns the same request, made with another secret.
	Forged func(fields map[string]string) *http.Request
	// SignsBody is true if a signature covers the body. Optional.
	SignsBody bool
	// MaxAge is how long after it was signed a request is accepted. It is 0 if the provider
	// signs no time, so that somebody who saw a request can repeat it. Optional.
	MaxAge time.Duration
	// Methods are the methods of the provider's requests. Empty means POST. Optional.
	Methods []string
	// Secrets are texts that no answer may show.
	Secrets []string
	// Says are callbacks of the provider: at least one of each status, and an Undelivered
	// one of each fault.
	Says []Say
	// Never are the statuses that the provider does not report. Optional.
	Never []phoneauth.DeliveryStatus
	// NoFaults is true if the provider does not report why a message was not delivered.
	// Optional.
	NoFaults bool
}

// Say is one callback of the provider.
type Say struct {
	// Name is the name of the case. Each case has another.
	Name string
	// Fields are handed to Provider.Signed, which makes the request of them.
	Fields map[string]string
	// Want is the Delivery that must be reported. The zero Delivery means that nothing
	// must be reported.
	Want phoneauth.Delivery
	// Refused is the status of the answer when the handler must refuse the callback. 0
	// means that it must answer with success.
	Refused int
}

// Run runs the suite: one parallel subtest for each rule.
func Run(t *testing.T, p Provider) {
	t.Helper()
	p.check(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, p)
		})
	}
	t.Run("an old signature", func(t *testing.T) {
		t.Parallel()
		if p.MaxAge == 0 {
			t.Skip("Provider.MaxAge: no time is signed")
		}
		synctest.Test(t, func(t *testing.T) { ages(t, p) })
	})
}

// check fails t if p cannot be run.
func (p Provider) check(t testing.TB) {
	t.Helper()
	require.NotNil(t, p.New, "Provider.New")
	require.NotNil(t, p.Signed, "Provider.Signed")
	require.NotNil(t, p.Unsigned, "Provider.Unsigned")
	require.NotNil(t, p.Forged, "Provider.Forged")
	require.NotEmpty(t, p.Secrets, "Provider.Secrets")
	require.NotContains(t, p.Secrets, "", "Provider.Secrets")
	for _, status := range []phoneauth.DeliveryStatus{phoneauth.Delivered, phoneauth.Undelivered, phoneauth.OptedOut} {
		if !p.says(func(d phoneauth.Delivery) bool { return d.Status == status }) && !slices.Contains(p.Never, status) {
			t.Fatalf("Provider.Says has none of status %s, nor is it in Provider.Never", status)
		}
	}
	if p.NoFaults || slices.Contains(p.Never, phoneauth.Undelivered) {
		return
	}
	for _, fault := range []phoneauth.SendFault{phoneauth.FaultDestination, phoneauth.FaultSender} {
		if !p.says(func(d phoneauth.Delivery) bool { return d.Fault == fault }) {
			t.Fatalf("Provider.Says has none of fault %s, and Provider.NoFaults is not set", fault)
		}
	}
}

func (p Provider) says(want func(phoneauth.Delivery) bool) bool {
	return slices.ContainsFunc(p.Says, func(s Say) bool { return want(s.Want) })
}

// cases are the rules that need no clock.
var cases = []struct {
	name string
	run  func(testing.TB, Provider)
}{
	{"what the provider says", says},
	{"fields it does not know", unknownFields},
	{"a repeated report", repeats},
	{"many at once", manyAtOnce},
	{"without a signature", unsigned},
	{"with another's", forged},
	{"a body that was changed", changed},
	{"other methods", methods},
	{"a body without end", endless},
	{"a body that breaks off", breaksOff},
	{"a body of nonsense", nonsense},
	{"a host that fails", hostFails},
}
