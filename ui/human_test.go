package ui_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
	"github.com/phoneauth/phoneauth/ui"
)

// riddle is a human check with one right answer.
type riddle struct {
	kind      string
	challenge any
}

func (r riddle) Kind() string { return r.kind }

func (r riddle) Ask(context.Context, humancheck.Params) (humancheck.Question, error) {
	return humancheck.Question{Kind: r.kind, Challenge: r.challenge, SiteKey: "site", Version: 3}, nil
}

func (r riddle) Verify(_ context.Context, answer string, _ humancheck.Params) (humancheck.Proof, error) {
	if answer != "right" {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	return humancheck.Proof{ID: answer, Level: 1}, nil
}

// asking makes the Service ask everybody.
func asking(check humancheck.Check) func(*phoneauth.Config) {
	return func(cfg *phoneauth.Config) {
		cfg.HumanCheck = phoneauth.HumanCheckRules{Check: check, When: phoneauth.HumanCheckAlways}
	}
}

// The routes that send a code hand on the question, and take the answer in the body or in the
// header.
func TestHumanCheck(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true}, asking(riddle{"riddle", "What walks on four legs?"}))
	fields := []string{"phone", cairo, "purpose", "sign_in", "password", "correct horse"}
	want := map[string]any{
		"code": "human_check_required",
		"human_check": map[string]any{
			"kind": "riddle", "challenge": "What walks on four legs?", "site_key": "site", "version": 3.0,
		},
	}
	for _, route := range []string{"start", "register"} {
		for _, answer := range []string{"", "wrong"} {
			status, got := h.post(route, append(slices.Clone(fields), "human_check", answer)...)
			assert.Equal(t, 428, status, route)
			assert.Equal(t, want, got, route)
		}
	}
	assert.Zero(t, h.inbox.Sends())
	for _, lang := range []string{"en", "fr", "es", "ar", "hi"} {
		assert.NotEmpty(t, words(t, lang)["error.human_check_required"])
	}
	status, _ := h.post("start", append(slices.Clone(fields), "human_check", "right")...)
	assert.Equal(t, 200, status)
	body := `{"phone":"` + paris + `","purpose":"sign_in"}`
	assert.Equal(t, 428, h.ask(h.page, "POST", "/signin/start", body, "X-Human-Check", "wrong").Code)
	assert.Equal(t, 200, h.ask(h.page, "POST", "/signin/start", body, "X-Human-Check", "right").Code)

	h = newHost(t, ui.Options{}, asking(riddle{"riddle", func() {}}))
	status, got := h.post("start", fields...)
	assert.Equal(t, 503, status, "a question that is no JSON")
	assert.Equal(t, map[string]any{"code": "unavailable"}, got)
}

// A page says that it can answer by the field alone, and is asked early.
func TestHumanCheckIsAskedEarly(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) { cfg.Limits.Block = 4 })
	ask := func(n int, more ...string) int {
		phone := fmt.Sprintf("+20106179%04d", n)
		status, _ := h.post("start", append([]string{"phone", phone, "purpose", "sign_in"}, more...)...)
		return status
	}
	assert.Equal(t, 200, ask(1, "human_check", ""))
	assert.Equal(t, 200, ask(2, "human_check", ""))
	assert.Equal(t, 428, ask(3, "human_check", ""))
	assert.Equal(t, 200, ask(3))
}

// The policy names what the check needs, and nothing else.
func TestHumanCheckPolicy(t *testing.T) {
	t.Parallel()
	const (
		own     = "default-src 'none'; script-src 'self'%s; style-src 'self'%s; connect-src 'self'%s; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
		trusted = "; require-trusted-types-for 'script'; trusted-types "
		google  = " https://www.google.com/recaptcha/"
		two     = " https://hcaptcha.com https://*.hcaptcha.com"
		cloud   = " https://challenges.cloudflare.com"
	)
	plain := fmt.Sprintf(own, "", "", "")
	for kind, want := range map[string]string{
		"":          plain + trusted + "'none'",
		"riddle":    plain + trusted + "'none'",
		"altcha":    plain + "; worker-src 'self'" + trusted + "phoneauth",
		"turnstile": fmt.Sprintf(own, cloud, "", "") + "; frame-src" + cloud,
		"hcaptcha":  fmt.Sprintf(own, two, two, two) + "; frame-src" + two,
		"recaptcha": fmt.Sprintf(own, google+" https://www.gstatic.com/recaptcha/", "", "") + "; frame-src" + google + " https://recaptcha.google.com/recaptcha/",
	} {
		h := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) {
			cfg.HumanCheck.Check = riddle{kind: kind}
			if kind == "" {
				cfg.HumanCheck = phoneauth.HumanCheckRules{When: phoneauth.HumanCheckNever}
			}
		})
		w := h.ask(h.page, "GET", "/signin/", "")
		assert.Equal(t, want, w.Header().Get("Content-Security-Policy"), kind)
		assert.Equal(t, kind, h.look("/signin/").Check)
	}
}

// What the check adds, as it goes over the wire.
func TestHumanCheckWeight(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	limits := map[string]int{"human.js": 2 << 10, "worker.js": 4 << 10, "vendor.js": 2 << 10}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		w := h.ask(h.page, "GET", "/signin/"+name, "", "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), name)
		assert.LessOrEqual(t, w.Body.Len(), limits[name], name)
		t.Logf("%s: %d bytes", name, w.Body.Len())
	}
}

// The page knows how many keys a challenge takes at most, for its progress bar.
func TestHumanCheckProgress(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("static/human.js")
	require.NoError(t, err)
	assert.Contains(t, string(script), fmt.Sprintf(" %d * 2 ** (", 2*altcha.Work(1)))
	for level := humancheck.Level(1); level < humancheck.Highest; level++ {
		assert.Equal(t, 2*altcha.Work(level), altcha.Work(level+1))
	}
}
