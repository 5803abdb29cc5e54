package callbacktest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// contextKey is of a value that the suite's requests carry.
type contextKey struct{}

// answer is what came of a request.
type answer struct {
	status   int // 0: nothing was answered
	header   http.Header
	reported []phoneauth.Delivery
	panicked bool
}

// writer tells whether an answer has begun.
type writer struct {
	*httptest.ResponseRecorder
	begun bool
}

func (w *writer) WriteHeader(status int) {
	w.begun = true
	w.ResponseRecorder.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseRecorder.Write(b)
}

// ask hands r to a handler. The fail function is called with each report; nil does
// nothing.
func (p Provider) ask(t testing.TB, r *http.Request, fail func()) (a answer) {
	t.Helper()
	w := &writer{ResponseRecorder: httptest.NewRecorder()}
	h, err := p.New(func(ctx context.Context, d phoneauth.Delivery) {
		assert.NoError(t, ctx.Err(), "the context of a report is alive")
		assert.Equal(t, true, ctx.Value(contextKey{}), "the context of a report is that of the request")
		assert.False(t, w.begun, "the report comes before the answer, or a provider does not repeat what was lost")
		a.reported = append(a.reported, d)
		if fail != nil {
			fail()
		}
	})
	require.NoError(t, err, "Provider.New")
	require.NotNil(t, h, "Provider.New")
	func() {
		defer func() { a.panicked = recover() != nil }()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, true)))
	}()
	if w.begun || !a.panicked { // a handler that writes nothing answers 200
		a.status = w.Code
	}
	a.header = w.Header()
	for _, secret := range p.Secrets {
		assert.NotContains(t, w.Body.String(), secret, "no answer shows a secret")
		for _, values := range a.header {
			assert.NotContains(t, values, secret, "no answer shows a secret")
		}
	}
	return a
}

// refuses fails t unless r is refused with 4xx and not reported.
func (p Provider) refuses(t testing.TB, r *http.Request, why string) answer {
	t.Helper()
	a := p.ask(t, r, nil)
	assert.Empty(t, a.reported, "%s: nothing is reported", why)
	assert.False(t, a.panicked, "%s: the handler panics", why)
	assert.True(t, a.status >= 400 && a.status <= 499, "%s: it is refused, with 4xx: %d", why, a.status)
	return a
}

// reported returns the things that the provider says which are reported.
func (p Provider) reported() (all []Say) {
	for _, s := range p.Says {
		if s.Want.Status != "" {
			all = append(all, s)
		}
	}
	return all
}

// body reads the body of r, and leaves it there.
func body(t testing.TB, r *http.Request) []byte {
	t.Helper()
	if r.Body == nil {
		return nil
	}
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err, "the body that Provider made")
	setBody(r, b)
	return b
}

func setBody(r *http.Request, b []byte) {
	r.Body = io.NopCloser(bytes.NewReader(b))
	r.ContentLength = int64(len(b))
}
