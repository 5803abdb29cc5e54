package siteverify_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/internal/siteverify"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const token = "canary-of-the-answer"

const good = `{"success":true,"hostname":"www.example.com"}`

func config(url string) siteverify.Config {
	return siteverify.Config{
		Vendor:    siteverify.Vendor{Kind: "vendor", URL: "https://vendor.example/siteverify", MaxAnswer: 100},
		SiteKey:   "site-key",
		Secret:    "canary-secret",
		Hostnames: []string{"WWW.example.com", "login.example.com"},
		URL:       url,
	}
}

// vendor returns a Check that asks h.
func vendor(t *testing.T, h http.HandlerFunc) *siteverify.Check {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := siteverify.New(config(srv.URL))
	require.NoError(t, err)
	return c
}

// assertUnknown asserts that err says that nobody knows, and holds no secret.
func assertUnknown(t *testing.T, err error, why string) {
	t.Helper()
	require.Error(t, err, why)
	assert.NotErrorIs(t, err, humancheck.ErrWrong, why)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
		assert.NotContains(t, text, "canary", why)
	}
	assert.True(t, strings.HasPrefix(err.Error(), "vendor: verify: "), err.Error())
}

func TestVerify(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		got = r
		io.WriteString(w, good)
	})
	for addr, want := range map[netip.Addr]string{
		{}:                                      "",
		netip.MustParseAddr("192.0.2.1"):        "192.0.2.1",
		netip.MustParseAddr("::ffff:192.0.2.1"): "192.0.2.1",
		netip.MustParseAddr("2001:db8::1%eth0"): "2001:db8::1",
	} {
		proof, err := c.Verify(t.Context(), token, humancheck.Params{Addr: addr})
		require.NoError(t, err)
		assert.Equal(t, humancheck.Proof{ID: token, Level: humancheck.Highest}, proof)
		assert.Equal(t, http.MethodPost, got.Method)
		assert.Empty(t, got.URL.RawQuery)
		assert.Equal(t, "application/x-www-form-urlencoded", got.Header.Get("Content-Type"))
		assert.Equal(t, want, got.PostForm.Get("remoteip"))
		assert.Equal(t, want != "", got.PostForm.Has("remoteip"))
		assert.Equal(t, "canary-secret", got.PostForm.Get("secret"))
		assert.Equal(t, token, got.PostForm.Get("response"))
		assert.False(t, got.PostForm.Has("sitekey"))
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	const unknown = "unknown: "
	for answer, want := range map[string]string{
		good: "",
		`{"success":true,"hostname":"Login.Example.com","error-codes":[],"more":{}}`: "",
		`{"success":true,"hostname":"example.com"}`:                                  "wrong",
		`{"success":true,"hostname":"www.example.com.evil.example"}`:                 "wrong",
		`{"success":true,"hostname":""}`:                                             "wrong",
		`{"success":true}`:                                                           "wrong",
		`{"success":false,"hostname":"www.example.com"}`:                             "wrong",
		`{"success":false,"error-codes":["invalid-input-response"]}`:                 "wrong",
		`{"success":false,"error-codes":["missing-input-response"]}`:                 "wrong",
		`{"success":false,"error-codes":["timeout-or-duplicate"]}`:                   "wrong",
		`{"success":false,"error-codes":["expired-input-response"]}`:                 "wrong",
		`{"success":false,"error-codes":["already-seen-response"]}`:                  "wrong",
		`{"success":false,"error-codes":["invalid-or-already-seen-response"]}`:       "wrong",
		`{"success":false,"error-codes":["browser-error"]}`:                          "wrong",
		`{"success":false,"error-codes":["missing-input-secret"]}`:                   unknown + "the vendor refuses the request (missing-input-secret)",
		`{"success":false,"error-codes":["invalid-input-secret"]}`:                   unknown + "the vendor refuses the request (invalid-input-secret)",
		`{"success":false,"error-codes":["bad-request"]}`:                            unknown + "the vendor refuses the request (bad-request)",
		`{"success":false,"error-codes":["sitekey-secret-mismatch"]}`:                unknown + "the vendor refuses the request (sitekey-secret-mismatch)",
		`{"success":false,"error-codes":["internal-error"]}`:                         unknown + "the vendor refuses the request (internal-error)",
		`{"success":false,"error-codes":["canary"]}`:                                 unknown + "the vendor refuses the request",
		`{"success":false,"error-codes":["invalid-input-response","bad-request"]}`:   unknown + "the vendor refuses the request (bad-request)",
		`{"hostname":"www.example.com"}`:                                             unknown + "the answer of the vendor cannot be read",
		`{"success":"true","hostname":"www.example.com"}`:                            unknown + "the answer of the vendor cannot be read",
		`{"success":1,"hostname":"canary"}`:                                          unknown + "the answer of the vendor cannot be read",
		`{"success":false,"error-codes":"bad-request"}`:                              unknown + "the answer of the vendor cannot be read",
		`<html>canary`: unknown + "the answer of the vendor cannot be read",
		``:             unknown + "the answer of the vendor cannot be read",
		`null`:         unknown + "the answer of the vendor cannot be read",
		`[true]`:       unknown + "the answer of the vendor cannot be read",
	} {
		c := vendor(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) })
		proof, err := c.Verify(t.Context(), token, humancheck.Params{})
		text, isUnknown := strings.CutPrefix(want, unknown)
		switch {
		case isUnknown:
			assertUnknown(t, err, answer)
			assert.EqualError(t, err, "vendor: verify: "+text)
		case want == "wrong":
			assert.Equal(t, humancheck.ErrWrong, err, answer)
		default:
			require.NoError(t, err, answer)
			continue
		}
		assert.Zero(t, proof)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusCreated:             "HTTP 201",
		http.StatusFound:               "HTTP 302",
		http.StatusTemporaryRedirect:   "HTTP 307",
		http.StatusBadRequest:          "HTTP 400",
		http.StatusTooManyRequests:     "HTTP 429",
		http.StatusServiceUnavailable:  "HTTP 503",
		http.StatusInternalServerError: "HTTP 500",
	} {
		var requests atomic.Int32
		c := vendor(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			w.Header().Set("Location", "/canary")
			w.WriteHeader(status)
			io.WriteString(w, good)
		})
		_, err := c.Verify(t.Context(), token, humancheck.Params{})
		assertUnknown(t, err, want)
		assert.EqualError(t, err, "vendor: verify: "+want)
		assert.EqualValues(t, 1, requests.Load(), "no redirect is followed")
	}
	c := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"success":false,"error-codes":["invalid-input-secret","canary"]}`)
	})
	_, err := c.Verify(t.Context(), token, humancheck.Params{})
	require.EqualError(t, err, "vendor: verify: HTTP 400 (invalid-input-secret)")
}

func TestLongAnswerOfTheVendor(t *testing.T) {
	t.Parallel()
	c := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"success":true,"hostname":"www.example.com","canary":"`+strings.Repeat("x", 64<<10)+`"}`)
	})
	_, err := c.Verify(t.Context(), token, humancheck.Params{})
	assertUnknown(t, err, "too long")
}

func TestVendorIsDown(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	c, err := siteverify.New(config(srv.URL))
	require.NoError(t, err)
	srv.Close()
	_, err = c.Verify(t.Context(), token, humancheck.Params{})
	assertUnknown(t, err, "down")
	assert.EqualError(t, err, "vendor: verify: connection refused")

	c = vendor(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = c.Verify(t.Context(), token, humancheck.Params{})
	assertUnknown(t, err, "hangs up")
}

// TestAnswersThatAreNoTokens: these are wrong, and the vendor is not asked.
func TestAnswersThatAreNoTokens(t *testing.T) {
	t.Parallel()
	c := vendor(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, answer := range []string{"", " ", "a b", "a\n", "é", "\x00", strings.Repeat("a", 101)} {
		_, err := c.Verify(t.Context(), answer, humancheck.Params{})
		assert.Equal(t, humancheck.ErrWrong, err, answer)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hanging returns a Check whose requests hang until release is closed.
func hanging(t *testing.T, requests *atomic.Int32, release <-chan struct{}) *siteverify.Check {
	t.Helper()
	c := config("")
	c.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		requests.Add(1)
		select {
		case <-release:
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(good))}, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	})}
	check, err := siteverify.New(c)
	require.NoError(t, err)
	return check
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{
		time.Second: time.Second,
		time.Minute: siteverify.Timeout,
	} {
		synctest.Test(t, func(t *testing.T) {
			var requests atomic.Int32
			c := hanging(t, &requests, nil)
			ctx, cancel := context.WithTimeout(t.Context(), given)
			defer cancel()
			began := time.Now()
			_, err := c.Verify(ctx, token, humancheck.Params{})
			assertUnknown(t, err, "slow")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, want, time.Since(began))
		})
	}
}

// TestAtOnce: the 65th verification waits for a place.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int32
		release := make(chan struct{})
		c := hanging(t, &requests, release)
		errs := make(chan error, siteverify.AtOnce+1)
		verify := func() {
			_, err := c.Verify(t.Context(), token, humancheck.Params{})
			errs <- err
		}
		for range siteverify.AtOnce {
			go verify()
		}
		synctest.Wait()
		require.EqualValues(t, siteverify.AtOnce, requests.Load())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Verify(ctx, token, humancheck.Params{})
		assertUnknown(t, err, "no place")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualValues(t, siteverify.AtOnce, requests.Load(), "it made no request")

		go verify()
		synctest.Wait()
		close(release)
		for range siteverify.AtOnce + 1 {
			require.NoError(t, <-errs)
		}
		assert.EqualValues(t, siteverify.AtOnce+1, requests.Load())
	})
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := hanging(t, &requests, nil).Verify(ctx, token, humancheck.Params{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := siteverify.New(siteverify.Config{
		Vendor: siteverify.Vendor{Kind: "vendor"},
		Faults: []string{"Action must be another"},
	})
	sendertest.Faults(t, err, "vendor: config: ", "Action must be another", "SiteKey is required", "Secret is required", "Hostnames is required", "URL must be")
	for _, url := range []string{"canary", "ftp://h", "https://user:canary@h", "https://h?canary", "https://h#canary", "https:///canary", "http://canary\n"} {
		_, err := siteverify.New(config(url))
		sendertest.Faults(t, err, "vendor: config: ", "URL must be an absolute http or https URL")
	}
	c := config("")
	c.Hostnames = []string{"ok.example", "", "https://h", "h:443", "*.h", "h/x", " h"}
	_, err = siteverify.New(c)
	sendertest.Faults(t, err, "vendor: config: ", "Hostnames[1] must", "Hostnames[2] must", "Hostnames[3] must", "Hostnames[4] must", "Hostnames[5] must", "Hostnames[6] must")
}

func TestPrintsNoSecret(t *testing.T) {
	t.Parallel()
	conf := config("")
	c, err := siteverify.New(conf)
	require.NoError(t, err)
	assert.Equal(t, "vendor vendor vendor", fmt.Sprintf("%v %+v %#v", c, c, c))
	assert.Equal(t, "vendor", c.LogValue().String())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", conf, conf, conf), "canary")
}
