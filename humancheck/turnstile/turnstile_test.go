package turnstile_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/turnstile"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

var params = humancheck.Params{Binding: "Bind_ing-1", Level: 3, Addr: netip.MustParseAddr("192.0.2.1")}

func config(url string) turnstile.Config {
	return turnstile.Config{SiteKey: "0x4AAA", Secret: "canary", Hostnames: []string{"www.example.com"}, URL: url}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	c, err := turnstile.New(config(""))
	require.NoError(t, err)
	q, err := c.Ask(t.Context(), params)
	require.NoError(t, err)
	wire, err := json.Marshal(q)
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"turnstile","site_key":"0x4AAA","action":"phoneauth","cdata":"Bind_ing-1"}`, string(wire))
	for _, binding := range []string{"", "a b", "a.b", "a=", "é"} {
		_, err = c.Ask(t.Context(), humancheck.Params{Binding: binding})
		require.EqualError(t, err, "turnstile: ask: Params.Binding must be letters, digits, '-' and '_'")
	}
	_, local := any(c).(humancheck.Local)
	assert.False(t, local)
	assert.Equal(t, "turnstile turnstile turnstile", fmt.Sprintf("%v %+v %#v", c, c, *c))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{
		`{"success":true,"hostname":"www.example.com","action":"phoneauth","cdata":"Bind_ing-1","error-codes":[],"challenge_ts":"2026-01-01T00:00:00Z"}`: nil,
		`{"success":true,"hostname":"example.com","action":"phoneauth","cdata":"Bind_ing-1"}`:                                                            humancheck.ErrWrong,
		`{"success":true,"hostname":"www.example.com","action":"Phoneauth","cdata":"Bind_ing-1"}`:                                                        humancheck.ErrWrong,
		`{"success":true,"hostname":"www.example.com","cdata":"Bind_ing-1"}`:                                                                             humancheck.ErrWrong,
		`{"success":true,"hostname":"www.example.com","action":"phoneauth","cdata":"bind_ing-1"}`:                                                        humancheck.ErrWrong,
		`{"success":true,"hostname":"www.example.com","action":"phoneauth"}`:                                                                             humancheck.ErrWrong,
		`{"success":false,"error-codes":["timeout-or-duplicate"]}`:                                                                                       humancheck.ErrWrong,
	} {
		var form url.Values
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.NoError(t, r.ParseForm())
			form = r.PostForm
			io.WriteString(w, answer)
		}))
		t.Cleanup(srv.Close)
		c, err := turnstile.New(config(srv.URL))
		require.NoError(t, err)
		proof, err := c.Verify(t.Context(), "token", params)
		require.Equal(t, want, err, answer)
		assert.Equal(t, url.Values{"secret": {"canary"}, "response": {"token"}, "remoteip": {"192.0.2.1"}}, form)
		if want == nil {
			assert.Equal(t, humancheck.Proof{ID: "token", Level: humancheck.Highest}, proof)
		}
	}
	c, err := turnstile.New(config(""))
	require.NoError(t, err)
	_, err = c.Verify(t.Context(), strings.Repeat("a", 2049), params)
	assert.Equal(t, humancheck.ErrWrong, err)
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := turnstile.New(turnstile.Config{Action: "canary/"})
	sendertest.Faults(t, err, "turnstile: config: ", "Action must be 1 to 32", "SiteKey is required", "Secret is required", "Hostnames is required")
	c := config("")
	c.Action = strings.Repeat("a", 33)
	_, err = turnstile.New(c)
	sendertest.Faults(t, err, "turnstile: config: ", "Action must be")
}

func ExampleNew() {
	check, err := turnstile.New(turnstile.Config{
		SiteKey:   "0x4AAAAAAA",
		Secret:    "from the environment",
		Hostnames: []string{"www.example.com"},
	})
	fmt.Println(check, err) // Config.HumanCheck
	// Output: turnstile <nil>
}
