package callback_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/callback"
)

func TestStop(t *testing.T) {
	t.Parallel()
	for text, stops := range map[string]bool{
		"STOP": true, " stop.\r\n": true, "Unsubscribe": true, "OptOut!": true, "stopall": true, "end": true, "quit": true, "revoke": true, "cancel": true,
		"": false, "please stop": false, "STOP it": false, "stopwatch": false, "start": false, "help": false,
	} {
		assert.Equal(t, stops, callback.Stop(text), "%q", text)
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"+201061797840": "+201061797840",
		"201061797840":  "+201061797840",
		"+999123456789": "+999123456789", // of no plan
		"12345":         "",
		"Acme":          "",
		"":              "",
		"+0123456789":   "",
	} {
		assert.Equal(t, want, callback.Phone(from).E164(), from)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	const secret = "canary-0123456789_ABCdef"
	assert.True(t, callback.ValidSecret(secret))
	for _, s := range []string{"", secret[:21], secret + "/", secret + "%", secret + "é", secret + " "} {
		assert.False(t, callback.ValidSecret(s), s)
	}
	for raw, want := range map[string]string{
		"https://h/a%20b/" + secret: secret, "https://h/a/": "", "https://h": "", "https://h/a%2f" + secret: "a%2f" + secret,
	} {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		assert.Equal(t, want, callback.PathSecret(u), raw)
	}
	there := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for path, status := range map[string]int{
		"/" + secret: 204, "/a/b/" + secret + "?x=1": 204, "/" + secret + "/": 404, "/" + secret[1:]: 404,
		"/x" + secret: 404, "/" + strings.ToUpper(secret): 404, "/": 404,
	} {
		w := httptest.NewRecorder()
		callback.Behind(secret, there).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		assert.Equal(t, status, w.Code, path)
	}
	w := httptest.NewRecorder()
	callback.Behind("", there).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, http.StatusNotFound, w.Code, "without a secret nobody is known")
}

// A callback about several messages reports each that has a status, in their order, or none.
func TestBatches(t *testing.T) {
	t.Parallel()
	all := []phoneauth.Delivery{{ID: "a", Status: phoneauth.Delivered}, {ID: "b"}, {ID: "c", Status: phoneauth.Undelivered}}
	for body, want := range map[string]struct {
		status int
		ids    string
	}{"all": {204, "ac"}, "refused": {403, ""}, "too long a body": {413, ""}} {
		ids := ""
		h := callback.Batches(func(_ context.Context, d phoneauth.Delivery) { ids += d.ID }, 7, func(_ *http.Request, body []byte) ([]phoneauth.Delivery, int) {
			if string(body) == "refused" {
				return all, http.StatusForbidden
			}
			return all, 0
		})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		assert.Equal(t, want.status, w.Code, body)
		assert.Equal(t, want.ids, ids, body)
	}
}
