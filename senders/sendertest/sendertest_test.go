package sendertest

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite/recorder"
)

func TestRun(t *testing.T) {
	t.Parallel()
	Run(t, provider(""))
}

// TestSuiteSeesBugs: each bug fails the case that is meant for it.
func TestSuiteSeesBugs(t *testing.T) {
	t.Parallel()
	for bug, name := range map[string]string{
		"cuts texts":                          "texts arrive whole",
		"trims texts":                         "texts arrive whole",
		"ASCII only":                          "texts arrive whole",
		"sends the code":                      "texts arrive whole",
		"no plus":                             "texts arrive whole",
		"no id":                               "texts arrive whole",
		"no reuse":                            "one after another",
		"blames itself for a destination":     "a destination that is refused keeps nobody else out",
		"remembers a refusal":                 "a destination that is refused keeps nobody else out",
		"names no fault":                      "a sender that is ill is left alone",
		"an outage is nobody's fault":         "nobody listens",
		"accepts everything":                  "refusals",
		"no code":                             "refusals",
		"plain errors":                        "refusals",
		"4xx is permanent":                    "HTTP statuses",
		"blames the destination for a status": "HTTP statuses",
		"blames itself for a caller that goes away": "the context ends while it waits",
		"a 500 is temporary":                        "HTTP statuses",
		"no Retry-After":                            "HTTP statuses",
		"negative Retry-After":                      "HTTP statuses",
		"its code is the answer":                    "HTTP statuses",
		"wraps the answer":                          "HTTP statuses",
		"hides the answer in the chain":             "HTTP statuses",
		"follows redirects":                         "follows no redirect",
		"an unread answer is a refusal":             "an answer it cannot read is not a refusal",
		"wraps net/http's error":                    "nobody listens",
		"a refused connection is ambiguous":         "nobody listens",
		"a reset is temporary":                      "the connection breaks after the request",
		"tries again":                               "the connection breaks after the request",
		"idempotent":                                "a kept connection breaks under the request",
		"begins after the end":                      "the context ended before",
		"ignores the context":                       "the context ends while it waits",
		"hides the context":                         "the context ends while it waits",
		"prints its key":                            "prints no secret",
	} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, provider(bug)) }), "case %q passes", name)
			assert.Empty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, provider("")) }), "case %q fails without the bug", name)
		})
	}
	for bug, deadline := range map[string]int{"no deadline": 0, "own client": 0, "ignores the context": 1} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			for _, bug := range []string{bug, ""} {
				synctest.Test(t, func(t *testing.T) {
					said := recorder.Failures(t, func(t testing.TB) { endsInTime(t, provider(bug), deadlines[deadline]) })
					assert.Equal(t, bug == "", said == "", said)
				})
			}
		})
	}
}

func caseOf(t testing.TB, name string) func(testing.TB, Provider) {
	for _, c := range cases {
		if c.name == name {
			return c.run
		}
	}
	t.Fatalf("there is no case %q", name)
	return nil
}

func TestProviderFaults(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*Provider){
		"Provider.New":     func(p *Provider) { p.New = nil },
		"Provider.Read":    func(p *Provider) { p.Read = nil },
		"Provider.Accepts": func(p *Provider) { p.Accepts = nil },
		"Provider.Secrets": func(p *Provider) { p.Secrets = nil },
		"none of class permanent, nor is it in Provider.Never": func(p *Provider) { p.Refusals = p.Refusals[1:] },
		"no Temporary one of FaultDestination":                 func(p *Provider) { p.Refusals = slices.Delete(p.Refusals, 1, 2) },
		"none of FaultSender": func(p *Provider) {
			for i := range p.Refusals {
				p.Refusals[i].Fault = phoneauth.FaultDestination
			}
		},
	} {
		p := provider("")
		spoil(&p)
		assert.Contains(t, recorder.Failures(t, func(t testing.TB) { p.check(t) }), want)
	}
	p := provider("")
	p.Refusals, p.Never, p.NoDestinations = p.Refusals[2:], []phoneauth.SendClass{phoneauth.Permanent}, true
	assert.Empty(t, recorder.Failures(t, func(t testing.TB) { p.check(t) }))
}

// TestRulesAreNamed: the package documentation names every rule that a sender is held to.
func TestRulesAreNamed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("sendertest.go")
	require.NoError(t, err)
	doc, _, _ := strings.Cut(string(source), "package sendertest")
	for _, c := range cases {
		assert.Contains(t, doc, "//   - "+c.name+": ")
	}
}

// TestDefaultTransport: a sender on http.DefaultTransport, which keeps two connections,
// passes, also when 16 that send at once end together, so that it drops 14.
func TestDefaultTransport(t *testing.T) {
	t.Parallel()
	on := func(end func()) Provider {
		p := provider("")
		p.New = func(baseURL string, _ *http.Client) (phoneauth.SMSSender, error) {
			return together{newNaive(baseURL, &http.Client{Transport: http.DefaultTransport}, ""), end}, nil
		}
		return p
	}
	assert.Empty(t, recorder.Failures(t, func(t testing.TB) { oneAfterAnother(t, on(func() {})) }))
	assert.Empty(t, recorder.Failures(t, func(t testing.TB) { manyAtOnce(t, on(newTurnstile(16).pass)) }))
}

// together calls end after each send.
type together struct {
	phoneauth.SMSSender
	end func()
}

func (s together) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	defer s.end()
	return s.SMSSender.Send(ctx, m)
}

// turnstile lets n through at a time, when n are there.
type turnstile struct {
	mu   sync.Mutex
	here int
	n    int
	open chan struct{} // closed when the n are there
}

func newTurnstile(n int) *turnstile { return &turnstile{n: n, open: make(chan struct{})} }

func (s *turnstile) pass() {
	s.mu.Lock()
	open := s.open
	if s.here++; s.here == s.n {
		close(open)
		s.here, s.open = 0, make(chan struct{})
	}
	s.mu.Unlock()
	<-open
}
