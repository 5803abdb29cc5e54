package httpsend_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// failure is err as a SendError that shows nothing of the URL and the text.
func failure(t *testing.T, err error) *phoneauth.SendError {
	t.Helper()
	var e *phoneauth.SendError
	require.ErrorAs(t, err, &e)
	for _, secret := range []string{"canary", "012345", "61797840"} {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v %#v", err, e, e, e.Err), secret)
	}
	return e
}

// What a status of HTTP alone stands for.
func TestRefusal(t *testing.T) {
	t.Parallel()
	const none, sender = phoneauth.SendFault(""), phoneauth.FaultSender
	for status, c := range map[int]struct {
		class phoneauth.SendClass
		fault phoneauth.SendFault
	}{
		301: {phoneauth.Temporary, sender},
		307: {phoneauth.Temporary, sender},
		400: {phoneauth.Temporary, none},
		401: {phoneauth.Temporary, sender},
		402: {phoneauth.Temporary, sender},
		403: {phoneauth.Temporary, none},
		404: {phoneauth.Temporary, sender},
		405: {phoneauth.Temporary, sender},
		407: {phoneauth.Temporary, sender},
		408: {phoneauth.Temporary, sender},
		409: {phoneauth.Temporary, none},
		422: {phoneauth.Temporary, none},
		429: {phoneauth.Temporary, sender},
		500: {phoneauth.Ambiguous, sender},
		501: {phoneauth.Temporary, sender},
		502: {phoneauth.Ambiguous, sender},
		503: {phoneauth.Ambiguous, sender},
		504: {phoneauth.Ambiguous, sender},
	} {
		e := (&httpsend.Response{Status: status}).Refusal()
		assert.Equal(t, &phoneauth.SendError{Class: c.class, Fault: c.fault, Code: fmt.Sprint("HTTP ", status)}, e, status)
	}
	busy := &httpsend.Response{Status: 503, Header: http.Header{"Retry-After": {"3"}}}
	assert.Equal(t, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: sender, Code: "HTTP 503", RetryAfter: 3 * time.Second}, busy.Refusal())
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"": 0, "7": 7 * time.Second, "0": 0, "-5": 0, "soon": 0, "7.5": 0, "99999999999999": 24 * time.Hour, "99999999999999999999": 24 * time.Hour,
			time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): time.Hour,
			"Fri, 31 Dec 9999 23:59:59 GMT":                         24 * time.Hour,
			"Thu, 01 Jan 1970 00:00:00 GMT":                         0,
		} {
			assert.Equal(t, want, httpsend.RetryAfter(http.Header{"Retry-After": {value}}), value)
		}
	})
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"https://acme.example":            true,
		"http://user:canary@h:80/a?b":     true,
		"":                                false,
		"acme.example":                    false,
		"/canary":                         false,
		"ftp://canary.example":            false,
		"https://:443/canary":             false,
		"https://user:canary\n@h/":        false,
		"http://[canary/":                 false,
		"https://canary.example:no-port/": false,
	} {
		u, err := httpsend.ParseURL(raw)
		assert.Equal(t, ok, u != nil, raw)
		if !ok {
			assert.Equal(t, httpsend.ErrURL, err, raw)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 1<<20)) })
	resp, err := httpsend.Post(t.Context(), httpsend.Client(nil), url, "", nil)
	require.NoError(t, err)
	assert.True(t, resp.OK())
	assert.Len(t, resp.Body, 16<<10)
}

// As many connections as senders are kept, so that no text waits for a handshake.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	const senders = 16
	var connections, here atomic.Int32
	all := make(chan struct{}, senders)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if here.Add(1)%senders == 0 {
			for range senders {
				all <- struct{}{}
			}
		}
		<-all
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c := httpsend.Client(nil)
	for range 5 {
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				_, err := httpsend.Post(t.Context(), c, srv.URL, "", nil)
				assert.NoError(t, err)
			})
		}
		wg.Wait()
	}
	// Fewer than half, not 16: a slow machine may sleep for longer than one is kept.
	assert.Less(t, connections.Load(), int32(senders*5/2))
}

func TestWhoseFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c := httpsend.Client(&http.Client{Transport: hang})
		const url = "http://acme.example/?canary"

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := httpsend.Post(ctx, c, url, "x", nil)
		assert.Equal(t, phoneauth.FaultSender, failure(t, err).Fault, "no answer in time")

		_, err = httpsend.Post(ctx, c, url, "x", nil)
		e := failure(t, err)
		assert.Empty(t, e.Fault, "the time was over before")
		assert.Equal(t, phoneauth.Temporary, e.Class)

		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		_, err = httpsend.Post(ctx, c, url, "x", nil)
		assert.Empty(t, failure(t, err).Fault, "the caller went away")

		// A deadline that its own client sets is the provider's.
		own := httpsend.Client(&http.Client{Transport: hang, Timeout: time.Second})
		_, err = httpsend.Post(t.Context(), own, url, "x", nil)
		assert.Equal(t, phoneauth.FaultSender, failure(t, err).Fault)
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		_, err = httpsend.Post(t.Context(), c, "http://canary\n", "x", nil)
		e = failure(t, err)
		assert.Equal(t, phoneauth.FaultSender, e.Fault, "no request can be made")
		assert.Equal(t, phoneauth.Temporary, e.Class)
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := httpsend.Deadline(t.Context())
	defer cancel()
	at, ok := ctx.Deadline()
	require.True(t, ok)
	assert.WithinDuration(t, time.Now().Add(httpsend.Timeout), at, time.Second)
	same, cancel := httpsend.Deadline(ctx)
	defer cancel()
	assert.Equal(t, ctx, same)
}

// PostJSON writes JSON. What it cannot write does not leave, and is not quoted.
func TestPostJSON(t *testing.T) {
	t.Parallel()
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Header.Get("Content-Type") + " " + r.Header.Get("Accept") + " " + r.Header.Get("X-Key") + " " + string(body)
	}))
	t.Cleanup(srv.Close)
	resp, err := httpsend.PostJSON(t.Context(), httpsend.Client(nil), srv.URL, map[string]string{"to": "+1"}, func(r *http.Request) { r.Header.Set("X-Key", "k") })
	require.NoError(t, err)
	assert.True(t, resp.OK())
	assert.Equal(t, `application/json application/json k {"to":"+1"}`, got)

	got = ""
	_, err = httpsend.PostJSON(t.Context(), httpsend.Client(nil), srv.URL, map[string]any{"canary": func() {}}, nil)
	var e *phoneauth.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, phoneauth.Temporary, e.Class)
	assert.Equal(t, phoneauth.FaultSender, e.Fault)
	assert.NotContains(t, err.Error(), "canary")
	assert.Empty(t, got)
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, httpsend.Unsupported(), "phoneauth: send: temporary, sender (unsupported)")
}
