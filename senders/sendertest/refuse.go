package sendertest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// refused sends the sample to a provider that answers a, and returns what came of it.
func refused(t testing.TB, p Provider, name string, a func(exchange) Answer) *phoneauth.SendError {
	t.Helper()
	srv := serve(t, p, func(_ *server, e exchange) { e.answer(a(e)) })
	m := p.sample()
	r, err := p.sender(t, srv.url, nil).Send(t.Context(), m)
	require.Error(t, err, "%s: it was not accepted", name)
	assert.Empty(t, r.ID, "%s: no receipt beside an error", name)
	assert.Len(t, srv.texts(), 1, "%s: a call sends once, whatever the answer", name)
	e := failure(t, p, err, m)
	assert.NotEmpty(t, e.Code, "%s: the code of the answer is kept", name)
	return e
}

// refusals: what the provider says becomes the class it stands for.
func refusals(t testing.TB, p Provider) {
	for _, r := range p.Refusals {
		e := refused(t, p, r.Name, func(exchange) Answer { return r.Answer })
		assert.Equal(t, r.Class, e.Class, "%s: class", r.Name)
		assert.Equal(t, r.Fault, e.Fault, "%s: fault", r.Name)
		assert.Equal(t, r.Code, e.Code, "%s: the provider's code", r.Name)
		assert.InDelta(t, r.RetryAfter, e.RetryAfter, float64(2*time.Second), "%s: RetryAfter", r.Name)
	}
}

// statuses: answers of what stands between, which knows nothing of the provider's codes,
// and may send back what it got.
func statuses(t testing.TB, p Provider) {
	inAnHour := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		name, retryAfter string
		status           int
		class            phoneauth.SendClass
		wait             time.Duration
	}{
		{"401 is a fault of the set-up, not of the number", "", 401, phoneauth.Temporary, 0},
		{"404 is a fault of the set-up, not of the number", "", 404, phoneauth.Temporary, 0},
		{"429 was not accepted", "", 429, phoneauth.Temporary, 0},
		{"429 with Retry-After in seconds", "7", 429, phoneauth.Temporary, 7 * time.Second},
		{"429 with Retry-After as a date", inAnHour, 429, phoneauth.Temporary, time.Hour},
		{"429 with a Retry-After that is none", "soon", 429, phoneauth.Temporary, 0},
		{"429 with a Retry-After below zero", "-7", 429, phoneauth.Temporary, 0},
		{"500 may have come after it was accepted", "", 500, phoneauth.Ambiguous, 0},
		{"502 may have come after it was accepted", "", 502, phoneauth.Ambiguous, 0},
		{"504 may have come after it was accepted", "", 504, phoneauth.Ambiguous, 0},
	} {
		e := refused(t, p, c.name, func(e exchange) Answer {
			a := Answer{Status: c.status, Header: http.Header{}, Body: string(e.raw) + e.r.URL.String()}
			if c.retryAfter != "" {
				a.Header.Set("Retry-After", c.retryAfter)
			}
			return a
		})
		assert.Equal(t, c.class, e.Class, c.name)
		assert.Equal(t, phoneauth.FaultSender, e.Fault, "%s: it would have come to any number", c.name)
		assert.InDelta(t, c.wait, e.RetryAfter, float64(2*time.Second), c.name)
	}
}

// redirects: a code is not carried to a place nobody configured.
func redirects(t testing.TB, p Provider) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		e := refused(t, p, http.StatusText(status), func(e exchange) Answer {
			return Answer{Status: status, Header: http.Header{"Location": {"/elsewhere?text=" + url.QueryEscape(string(e.raw))}}}
		})
		assert.Equal(t, phoneauth.Temporary, e.Class, "%d: nothing was accepted", status)
		assert.Equal(t, phoneauth.FaultSender, e.Fault, "%d: it would have come to any number", status)
	}
}

// nonsense: after a status of success, what cannot be read is accepted, or may have been.
func nonsense(t testing.TB, p Provider) {
	good := p.Accepts(messageID(1))
	for name, body := range map[string]string{
		"empty": "", "a word": "OK", "cut": good.Body[:len(good.Body)/2],
		"another type": "[]", "null": "null", "deep": strings.Repeat("[", 10_000),
		"HTML": "<html><body>Welcome</body></html>", "endless": strings.Repeat("x", 1<<20),
	} {
		srv := serve(t, p, func(_ *server, e exchange) {
			e.answer(Answer{Status: good.Status, Header: good.Header, Body: body})
		})
		m := p.sample()
		_, err := p.sender(t, srv.url, nil).Send(t.Context(), m)
		assert.Len(t, srv.texts(), 1, name)
		if err != nil {
			e := failure(t, p, err, m)
			assert.Equal(t, phoneauth.Ambiguous, e.Class, "%s: nobody said that it was refused", name)
			assert.NotEqual(t, phoneauth.FaultDestination, e.Fault, "%s: nobody spoke of the number", name)
		}
	}
}
