// Package sendertest is the suite that every sender of phoneauth passes which talks HTTP
// to a provider, exported so that a host can put its own through it:
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
// Run starts servers on loopback that play the provider, and scripts what they do:
// accept, refuse, redirect, hang, hang up, talk nonsense. It holds the sender to the
// contract of phoneauth.SMSSender. These are its rules, by the names of its subtests; in
// all of them one call is one request, and no error shows a secret, a code, a text or a
// whole number.
//
//   - texts arrive whole: number and text of any script and length reach the provider
//     as they were given, and Receipt has the sender's name and the provider's id.
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
//   - the context ended before: Temporary, nobody's fault, and nothing is sent.
//   - the context ends while it waits: Ambiguous, nobody's fault, at once.
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

// Provider is what the suite has to know of a sender and its provider. All fields are
// required but those that say otherwise.
type Provider struct {
	// New returns the sender under test, set up to reach its provider at baseURL, such
	// as "http://127.0.0.1:41523". client is what it must make its requests with; nil
	// leaves it to the sender.
	New func(baseURL string, client *http.Client) (phoneauth.SMSSender, error)
	// NoClient says that the sender cannot be given a client. The bound of 10 s is then
	// not tested. Optional.
	NoClient bool
	// Secrets are the credentials that New hands to the sender, and whatever else of it
	// no error and no print may show. Take values that occur nowhere by chance.
	Secrets []string
	// Read returns what a request asks to be sent: the number in E.164 form, with its
	// '+', and the text. It is an error if the provider would not take the request, for
	// its path, say, or its credentials. The body of the request is there to be read.
	// It is called from many goroutines.
	Read func(*http.Request) (to, body string, err error)
	// Accepts is the provider's answer when it takes a message and names it id.
	Accepts func(id string) Answer
	// OwnIDs says that the ids are the sender's own, and Accepts tells none. Optional.
	OwnIDs bool
	// Refusals are the provider's other answers, one at least of each class, of each fault,
	// and of a Temporary refusal by FaultDestination, such as of a region that is not
	// enabled.
	Refusals []Refusal
	// Never are the classes that no answer of the provider stands for. Optional.
	Never []phoneauth.SendClass
	// NoDestinations says that the provider refuses no number that another one might serve.
	// Optional.
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
