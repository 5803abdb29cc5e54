package callbacktest

import (
	"os"
	"strings"
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
		"takes sent for delivered":          "what the provider says",
		"names no fault":                    "what the provider says",
		"reports twice":                     "what the provider says",
		"answers before it reports":         "what the provider says",
		"reports with a context of its own": "what the provider says",
		"refuses what it does not know":     "fields it does not know",
		"makes up ids":                      "a repeated report",
		"forgets every second report":       "many at once",
		"checks no signature":               "without a signature",
		"takes a missing signature":         "without a signature",
		"answers strangers with success":    "without a signature",
		"shows its key":                     "without a signature",
		"checks only that there is one":     "with another's",
		"leaves the body out":               "a body that was changed",
		"takes any method":                  "other methods",
		"names no method":                   "other methods",
		"reads without end":                 "a body without end",
		"calls a long body wrong":           "a body without end",
		"takes a part for the body":         "a body that breaks off",
		"panics at nonsense":                "a body of nonsense",
		"swallows panics":                   "a host that fails",
	} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, provider(bug)) }), "case %q passes", name)
			assert.Empty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, provider("")) }), "case %q fails without the bug", name)
		})
	}
	for _, bug := range []string{"takes old signatures", ""} {
		synctest.Test(t, func(t *testing.T) {
			said := recorder.Failures(t, func(t testing.TB) { ages(t, provider(bug)) })
			assert.Equal(t, bug == "", said == "", said)
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
		"Provider.New":      func(p *Provider) { p.New = nil },
		"Provider.Signed":   func(p *Provider) { p.Signed = nil },
		"Provider.Unsigned": func(p *Provider) { p.Unsigned = nil },
		"Provider.Forged":   func(p *Provider) { p.Forged = nil },
		"Provider.Secrets":  func(p *Provider) { p.Secrets = nil },
		"none of status delivered, nor is it in Provider.Never": func(p *Provider) { p.Says = p.Says[1:] },
		"none of fault destination":                             func(p *Provider) { p.Says[1].Want.Fault = "" },
	} {
		p := provider("")
		spoil(&p)
		assert.Contains(t, recorder.Failures(t, func(t testing.TB) { p.check(t) }), want)
	}
	p := provider("")
	p.Says, p.NoFaults = p.Says[3:], true
	p.Never = []phoneauth.DeliveryStatus{phoneauth.Delivered, phoneauth.Undelivered}
	assert.Empty(t, recorder.Failures(t, func(t testing.TB) { p.check(t) }))
}

// TestRulesAreNamed: the package documentation names every rule that a handler is held to.
func TestRulesAreNamed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("callbacktest.go")
	require.NoError(t, err)
	doc, _, _ := strings.Cut(string(source), "package callbacktest")
	doc = strings.ReplaceAll(doc, "\n//     ", " ")
	for _, c := range cases {
		assert.Contains(t, doc, c.name)
	}
}
