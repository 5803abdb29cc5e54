package recaptcha_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/recaptcha"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

var params = humancheck.Params{Binding: "a binding", Level: 3, Addr: netip.MustParseAddr("192.0.2.1")}

func config(version int, url string) recaptcha.Config {
	return recaptcha.Config{Version: version, SiteKey: "6L", Secret: "canary", Hostnames: []string{"www.example.com"}, URL: url}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	for version, want := range map[int]string{
		2: `{"kind":"recaptcha","site_key":"6L","version":2}`,
		3: `{"kind":"recaptcha","site_key":"6L","action":"phoneauth","version":3}`,
	} {
		c, err := recaptcha.New(config(version, ""))
		require.NoError(t, err)
		q, err := c.Ask(t.Context(), params)
		require.NoError(t, err)
		wire, err := json.Marshal(q)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(wire))
		assert.Equal(t, "recaptcha", fmt.Sprintf("%+v", c))
	}
}

// verify verifies an answer that gets the verdict.
func verify(t *testing.T, c recaptcha.Config, verdict string) error {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		assert.Equal(t, url.Values{"secret": {"canary"}, "response": {"token"}, "remoteip": {"192.0.2.1"}}, r.PostForm)
		io.WriteString(w, verdict)
	}))
	t.Cleanup(srv.Close)
	c.URL = srv.URL
	check, err := recaptcha.New(c)
	require.NoError(t, err)
	_, err = check.Verify(t.Context(), "token", params)
	return err
}

func TestVersion2(t *testing.T) {
	t.Parallel()
	c := config(2, "")
	require.NoError(t, verify(t, c, `{"success":true,"hostname":"www.example.com","challenge_ts":"2026-01-01T00:00:00Z"}`))
	assert.Equal(t, humancheck.ErrWrong, verify(t, c, `{"success":true,"hostname":"example.com"}`))
	assert.Equal(t, humancheck.ErrWrong, verify(t, c, `{"success":true,"apk_package_name":"com.example"}`))
	assert.Equal(t, humancheck.ErrWrong, verify(t, c, `{"success":false,"error-codes":["timeout-or-duplicate"]}`))
}

func TestVersion3(t *testing.T) {
	t.Parallel()
	c := config(3, "")
	require.NoError(t, verify(t, c, `{"success":true,"hostname":"www.example.com","action":"phoneauth","score":0.5}`))
	for _, wrong := range []string{
		`{"success":true,"hostname":"www.example.com","action":"phoneauth","score":0.49}`,
		`{"success":true,"hostname":"www.example.com","action":"phoneauth","score":0}`,
		`{"success":true,"hostname":"www.example.com","action":"other","score":0.9}`,
		`{"success":true,"hostname":"www.example.com","score":0.9}`,
		`{"success":true,"hostname":"example.com","action":"phoneauth","score":0.9}`,
		`{"success":false,"hostname":"www.example.com","action":"phoneauth","score":0.9}`,
	} {
		assert.Equal(t, humancheck.ErrWrong, verify(t, c, wrong), wrong)
	}
	err := verify(t, c, `{"success":true,"hostname":"www.example.com"}`)
	require.EqualError(t, err, "recaptcha: verify: the vendor gives no score: the keys are of another version")
	assert.NotErrorIs(t, err, humancheck.ErrWrong)

	c.Action, c.MinScore = "auth/code", 0.9
	require.NoError(t, verify(t, c, `{"success":true,"hostname":"www.example.com","action":"auth/code","score":0.9}`))
	assert.Equal(t, humancheck.ErrWrong, verify(t, c, `{"success":true,"hostname":"www.example.com","action":"auth/code","score":0.8}`))
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := recaptcha.New(recaptcha.Config{})
	sendertest.Faults(t, err, "recaptcha: config: ", "Version must be 2 or 3", "SiteKey is required", "Secret is required", "Hostnames is required")
	two := config(2, "")
	two.Action, two.MinScore = "canary", 0.5
	_, err = recaptcha.New(two)
	sendertest.Faults(t, err, "recaptcha: config: ", "Action must be empty in version 2", "MinScore must be 0 in version 2")
	for _, score := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		three := config(3, "")
		three.Action, three.MinScore = "canary-", score
		_, err = recaptcha.New(three)
		sendertest.Faults(t, err, "recaptcha: config: ", "Action must be 1 to 100 letters", "MinScore must be from 0 to 1")
	}
}

func ExampleNew() {
	check, err := recaptcha.New(recaptcha.Config{
		Version:   3,
		SiteKey:   "6L",
		Secret:    "from the environment",
		Hostnames: []string{"www.example.com"},
	})
	fmt.Println(check, err) // Config.HumanCheck
	// Output: recaptcha <nil>
}
