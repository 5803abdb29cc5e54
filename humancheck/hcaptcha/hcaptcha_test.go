package hcaptcha_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/hcaptcha"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

var params = humancheck.Params{Binding: "a binding", Level: 3, Addr: netip.MustParseAddr("192.0.2.1")}

func config(url string) hcaptcha.Config {
	return hcaptcha.Config{SiteKey: "1000-01", Secret: "canary", Hostnames: []string{"www.example.com"}, URL: url}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	c, err := hcaptcha.New(config(""))
	require.NoError(t, err)
	q, err := c.Ask(t.Context(), params)
	require.NoError(t, err)
	wire, err := json.Marshal(q)
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"hcaptcha","site_key":"1000-01"}`, string(wire))
	assert.Equal(t, "hcaptcha", fmt.Sprintf("%+v", c))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	answers := map[string]error{
		`{"success":true,"hostname":"www.example.com","challenge_ts":"2026-01-01T00:00:00Z","credit":true}`: nil,
		`{"success":true,"hostname":"example.com"}`:                                                         humancheck.ErrWrong,
		`{"success":true,"hostname":"not-provided"}`:                                                        humancheck.ErrWrong,
		`{"success":false,"error-codes":["invalid-or-already-seen-response"]}`:                              humancheck.ErrWrong,
	}
	for answer, want := range answers {
		var form url.Values
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.NoError(t, r.ParseForm())
			form = r.PostForm
			io.WriteString(w, answer)
		}))
		t.Cleanup(srv.Close)
		c, err := hcaptcha.New(config(srv.URL))
		require.NoError(t, err)
		_, err = c.Verify(t.Context(), "token", params)
		require.Equal(t, want, err, answer)
		assert.Equal(t, url.Values{"secret": {"canary"}, "response": {"token"}, "remoteip": {"192.0.2.1"}, "sitekey": {"1000-01"}}, form)
	}
}

func TestHostnameNotProvided(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"success":true,"hostname":"not-provided"}`)
	}))
	t.Cleanup(srv.Close)
	conf := config(srv.URL)
	conf.Hostnames = append(conf.Hostnames, "not-provided")
	c, err := hcaptcha.New(conf)
	require.NoError(t, err)
	_, err = c.Verify(t.Context(), "token", params)
	require.NoError(t, err)
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := hcaptcha.New(hcaptcha.Config{URL: "canary"})
	sendertest.Faults(t, err, "hcaptcha: config: ", "SiteKey is required", "Secret is required", "Hostnames is required", "URL must be")
}

func ExampleNew() {
	check, err := hcaptcha.New(hcaptcha.Config{
		SiteKey:   "10000000-ffff-ffff-ffff-000000000001",
		Secret:    "from the environment",
		Hostnames: []string{"www.example.com"},
	})
	fmt.Println(check, err) // Config.HumanCheck
	// Output: hcaptcha <nil>
}
