// Package sendertest is a test suite for senders that call a provider by HTTP. A host can run it
// on a sender of its own:
//
//	func TestSender(t *testing.T) {
//		sendertest.Run(t, sendertest.Provider{
//			New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
//				return acmesms.New(acmesms.Config{BaseURL: baseURL, Key: "canary-key", Client: client})
//			},
//			Secrets: []string{"canary-key"},
//			Read: func(r *http.Request) (to, body string, err error) {
//				return r.PostFormValue("to"), r.PostFormValue("text"), nil
//			},
//			Accepts: func(id string) sendertest.Answer {
//				return sendertest.Answer{Status: 202, Body: `{"id":"` + id + `"}`}
//			},
//			Refusals: []sendertest.Refusal{{
//				Name:   "no such number",
//				Answer: sendertest.Answer{Status: 400, Body: `{"error":"bad_number"}`},
//				Class:  phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "bad_number",
//			}, …},
//		})
//	}
//
// A provider that takes no text, but a template and its variables, has [Provider.Wants].
//
// Run starts servers on loopback that play the provider, and scripts what they do:
// accept, refuse, redirect, hang, hang up, talk nonsense. It holds the sender to the
// contract of phoneauth.SMSSender. These are its rules, by the names of its subtests; in
// all of them one call is one request, and no error shows a secret, a code, a text or a
// whole number.
//
//   - texts arrive whole: number and text of any script and length reach the provider
//     as they were given, and Receipt has the sender's name and the provider's id.
//   - what it does not support: of messages of every purpose, language, channel and length of
//     code, those that the provider has no template for are not sent. Supports says so, and
//     Send refuses them before any request: Temporary, of FaultSender. All others arrive.
//   - many at once: of 320 messages by 16 goroutines each arrives once, and each has an id
//     of its own.
//   - one after another: most of 20 sends in a row use a connection that was there.
//   - refusals: each answer of Provider.Refusals becomes a *phoneauth.SendError of its
//     class, fault, code and Retry-After.
//   - a destination that is refused keeps nobody else out: with a spare sender behind it
//     in senders/failover, other numbers are served by this sender, whatever comes of the
//     first, and a Temporary refusal goes to the spare one.
//   - a sender that is ill is left alone: after 3 failures of FaultSender without a
//     Retry-After, the spare one serves at once.
//   - HTTP statuses: 401, 404 and 429 without a code of the provider are Temporary, 500,
//     502 and 504 Ambiguous, all of FaultSender; Retry-After may be seconds or a date.
//   - follows no redirect: it is Temporary, of FaultSender.
//   - an answer it cannot read is not a refusal: after a status of success it is accepted,
//     or Ambiguous and not of FaultDestination.
//   - nobody listens: Temporary, of FaultSender.
//   - the connection breaks after the request: Ambiguous, of FaultSender.
//   - a kept connection breaks under the request: the same.
//   - the context ended before: Temporary, of no known fault, and nothing is sent.
//   - the context ends while it waits: Ambiguous, of no known fault, at once.
//   - ends within 10 s: a provider that never answers is Ambiguous, of FaultSender, when
//     the context's deadline has come, or after 10 s if it has none.
//   - prints no secret: a sender that is printed or logged shows none.
package sendertest

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// Provider describes a sender and its provider. All fields are required except those that are
// marked optional.
type Provider struct {
	// New returns the sender under test, configured for a provider at baseURL, such as
	// "http://127.0.0.1:41523". It must make its requests with client. With a nil client it
	// uses its own.
	New func(baseURL string, client *http.Client) (phoneauth.SMSSender, error)
	// NoClient is true if the sender accepts no client. The bound of 10 s is then not
	// tested. Optional.
	NoClient bool
	// Secrets are the credentials that New hands to the sender, and other texts that no
	// error and no print may show. Choose values that occur nowhere by chance.
	Secrets []string
	// Read reads a request of the sender. It returns the number in E.164, with its '+',
	// and the text to send. It returns an error if the provider would refuse the request,
	// for example for its path or credentials. It may read the body. It is called from
	// many goroutines.
	Read func(*http.Request) (to, body string, err error)
	// Wants returns what Read must return as the body for m: for example the template, its
	// language and its variables, where the provider takes these in place of m.Body. It returns
	// "" if the sender must not support m; see phoneauth.Supporter. Otherwise it contains the
	// code and the details of m. It must support codes of 6 digits in a sign-in. Nil means
	// m.Body, and that every message is supported. Optional.
	Wants func(m phoneauth.Message) string
	// MaxCode is how many digits the provider takes in a code: from 6 to 10. 0 means 10. The
	// suite sends longer codes only to see that they are not supported. Optional.
	MaxCode int
	// Accepts returns the provider's answer when it accepts a message and gives it this id.
	Accepts func(id string) Answer
	// OwnIDs is true if the sender makes the ids itself. The answer of Accepts then has
	// none. Optional.
	OwnIDs bool
	// Refusals are other answers of the provider: at least one of each class, one of each
	// fault, and one that is Temporary with FaultDestination, such as for a region that is
	// not enabled.
	Refusals []Refusal
	// Never are the classes that no answer of the provider has. Optional.
	Never []phoneauth.SendClass
	// NoDestinations is true if the provider refuses no number that another one might
	// serve. Optional.
	NoDestinations bool
}

// Answer is an answer of the provider. A Status of 0 is 200.
type Answer struct {
	// Status is the HTTP status. 0 means 200.
	Status int
	// Header are the headers.
	Header http.Header
	// Body is the body.
	Body string
}

// Refusal is an answer that accepts nothing, and the error that the sender must return.
type Refusal struct {
	// Name is the name of the case. Each case has another.
	Name string
	// Answer is what the provider answers.
	Answer Answer
	// Class is the SendError.Class that the sender must return.
	Class phoneauth.SendClass
	// Fault is the SendError.Fault that the sender must return.
	Fault phoneauth.SendFault
	// Code is the SendError.Code that the sender must return.
	Code string
	// RetryAfter is the SendError.RetryAfter that the sender must return.
	RetryAfter time.Duration
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
	t.Run("ends within 10 s", func(t *testing.T) {
		t.Parallel()
		if p.NoClient {
			t.Skip("Provider.NoClient: nothing to hold the time with")
		}
		for _, d := range deadlines {
			synctest.Test(t, func(t *testing.T) { endsInTime(t, p, d) })
		}
	})
}

// check fails t if p cannot be run.
func (p Provider) check(t testing.TB) {
	t.Helper()
	require.NotNil(t, p.New, "Provider.New")
	require.NotNil(t, p.Read, "Provider.Read")
	require.NotNil(t, p.Accepts, "Provider.Accepts")
	require.NotEmpty(t, p.Secrets, "Provider.Secrets")
	if p.MaxCode != 0 && (p.MaxCode < 6 || p.MaxCode > 10) {
		t.Fatal("Provider.MaxCode is not from 6 to 10")
	}
	require.NotContains(t, p.Secrets, "", "Provider.Secrets")
	for _, class := range []phoneauth.SendClass{phoneauth.Permanent, phoneauth.Temporary, phoneauth.Ambiguous} {
		has := slices.ContainsFunc(p.Refusals, func(r Refusal) bool { return r.Class == class })
		if !has && !slices.Contains(p.Never, class) {
			t.Fatalf("Provider.Refusals has none of class %s, nor is it in Provider.Never", class)
		}
	}
	if !slices.ContainsFunc(p.Refusals, func(r Refusal) bool { return r.Fault == phoneauth.FaultSender }) {
		t.Fatal("Provider.Refusals has none of FaultSender")
	}
	elsewhere := func(r Refusal) bool { return r.Class == phoneauth.Temporary && r.Fault == phoneauth.FaultDestination }
	if !p.NoDestinations && !slices.ContainsFunc(p.Refusals, elsewhere) {
		t.Fatal("Provider.Refusals has no Temporary one of FaultDestination, and Provider.NoDestinations is not set")
	}
}

// cases are the rules that need no clock.
var cases = []struct {
	name string
	run  func(testing.TB, Provider)
}{
	{"texts arrive whole", textsArrive},
	{"what it does not support", unsupported},
	{"many at once", manyAtOnce},
	{"one after another", oneAfterAnother},
	{"refusals", refusals},
	{"a destination that is refused keeps nobody else out", otherDestinations},
	{"a sender that is ill is left alone", illSenders},
	{"HTTP statuses", statuses},
	{"follows no redirect", redirects},
	{"an answer it cannot read is not a refusal", nonsense},
	{"nobody listens", nobodyListens},
	{"the connection breaks after the request", breaksAfter},
	{"a kept connection breaks under the request", breaksKept},
	{"the context ended before", endedBefore},
	{"the context ends while it waits", endsWhile},
	{"prints no secret", prints},
}
