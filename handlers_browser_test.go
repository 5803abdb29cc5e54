package phoneauth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewCookie(t *testing.T) {
	t.Parallel()
	var safe HTTPConfig
	insecure := HTTPConfig{InsecureCookie: true}
	assert.Equal(t, "__Host-phoneauth=abc; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(registrationCookie, "abc", 5*time.Minute).String())
	assert.Equal(t, "phoneauth=abc; Path=/; Max-Age=1; HttpOnly; SameSite=Lax",
		insecure.newCookie(registrationCookie, "abc", time.Millisecond).String())
	assert.Equal(t, "__Host-phoneauth=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(registrationCookie, "", 0).String())
	assert.Equal(t, "__Host-phoneauth-device=d; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(deviceCookie, "d", deviceLife).String())
}

// The body beats the cookie; the cookie of a foreign request counts for nothing.
func TestToken(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Cookie", "phoneauth-device=tossed; __Host-phoneauth-device=baked")
	q := &request{handler: bare(Config{}).Handler().(*handler), r: r}
	assert.Equal(t, Secret("baked"), q.token(deviceCookie, "", ""))
	assert.Equal(t, Secret("sent"), q.token(deviceCookie, "", "sent"))
	assert.Empty(t, q.token(registrationCookie))
	r.Header.Add("Cookie", "__Host-phoneauth-device=baked")
	assert.Equal(t, Secret("baked"), q.token(deviceCookie), "twice the same")
	r.Header.Add("Cookie", "__Host-phoneauth-device=planted")
	assert.Empty(t, q.token(deviceCookie), "two that differ")
	r.Header.Del("Cookie")
	r.Header.Set("Cookie", "__Host-phoneauth-device=baked")
	q.foreign = true
	assert.Empty(t, q.token(deviceCookie))
	assert.Equal(t, Secret("sent"), q.token(deviceCookie, "sent"))
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	var hook error
	started := 0
	cfg := Config{HTTP: HTTPConfig{SignedIn: func(w http.ResponseWriter, _ *http.Request, s *Session) error {
		started++
		http.SetCookie(w, &http.Cookie{Name: "host", Value: s.User.ID})
		return hook
	}}}
	signIn := func(cfg Config, session *Session, foreign bool) ([]string, error) {
		w := httptest.NewRecorder()
		q := &request{handler: bare(cfg).Handler().(*handler), w: w, r: httptest.NewRequest("POST", "/", nil), foreign: foreign}
		err := q.signedIn(session)
		return w.Header().Values("Set-Cookie"), err
	}
	device := []string{"__Host-phoneauth-device=d; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax"}
	cookies, err := signIn(cfg, &Session{DeviceToken: "d"}, false)
	require.NoError(t, err)
	assert.Equal(t, device, cookies)
	cookies, err = signIn(cfg, &Session{DeviceToken: "d"}, true)
	require.NoError(t, err)
	assert.Empty(t, cookies)
	assert.Zero(t, started, "the host has no session to start")

	cfg.HostSessions = true
	cookies, err = signIn(cfg, &Session{User: User{ID: "23"}}, false)
	require.NoError(t, err)
	assert.Equal(t, []string{"host=23"}, cookies)
	hook = errors.New("session table is full")
	_, err = signIn(cfg, &Session{}, false)
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, hook)
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	cfg := Config{HTTP: HTTPConfig{TrustedOrigins: []string{"https://app.example.com"}}}
	h := bare(cfg).Handler()
	for _, tt := range []struct {
		origin, site string
		refused      bool
	}{
		{"", "", false}, // no browser
		{"http://example.com", "same-origin", false},
		{"http://example.com", "", false}, // an old browser: httptest's host
		{"https://app.example.com", "cross-site", false},
		{"https://evil.example", "cross-site", true},
		{"https://sub.example.com", "same-site", true},
		{"https://evil.example", "", true},
		{"null", "", true},
	} {
		for _, path := range []string{"/api/v1/users", "/api/v1/users/verify"} {
			w := ask(h, "POST", path, "{}", "Origin", tt.origin, "Sec-Fetch-Site", tt.site)
			if tt.refused {
				assertRefused(t, w, UsersAPI, 403, "cross_origin", tt.origin, tt.site)
			} else {
				assert.Equal(t, 422, w.Code, tt.origin, tt.site)
			}
		}
	}

	cfg.HostSessions = true
	cfg.HTTP.Authenticate = func(*http.Request) (Claims, error) { return Claims{UserID: "1"}, nil }
	w := ask(bare(cfg).Handler(), "DELETE", "/users/me", "", "Sec-Fetch-Site", "cross-site")
	assertRefused(t, w, SessionAPI, 403, "cross_origin", "a host's session is a cookie")

	_, err := HTTPConfig{TrustedOrigins: []string{"https://ok.example", "app.example.com", "https://x/y"}}.crossOrigin()
	require.ErrorContains(t, err, "app.example.com")
	require.ErrorContains(t, err, "https://x/y")
}
