package ui_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/ui"
)

func TestSessionCookies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, ui.Options{})
		h.signIn(cairo)
		for name, want := range map[string]struct {
			path     string
			age      int
			sameSite http.SameSite
		}{
			"__Host-phoneauth-access":    {"/", 899, http.SameSiteLaxMode},
			"__Host-phoneauth-session":   {"/", 180 * 86400, http.SameSiteLaxMode},
			"__Host-phoneauth-device":    {"/", 180 * 86400, http.SameSiteLaxMode},
			"__Secure-phoneauth-refresh": {"/signin/session/", 180 * 86400, http.SameSiteStrictMode},
		} {
			c := h.cookies[name]
			require.NotNil(t, c, name)
			assert.True(t, c.HttpOnly && c.Secure && c.Domain == "", name)
			assert.Equal(t, want.path, c.Path, name)
			assert.InDelta(t, want.age, c.MaxAge, 1, name)
			assert.Equal(t, want.sameSite, c.SameSite, name)
		}
		assert.Equal(t, "done", h.look("/signin/").Screen)
		_, answer := h.post("user")
		assert.Equal(t, map[string]any{"display": "+20 10 61797840"}, answer)

		access := h.cookies["__Host-phoneauth-access"].Value
		bubble.Elapse(16 * time.Minute)
		delete(h.cookies, "__Host-phoneauth-access")
		assert.Equal(t, "resume", h.look("/signin/").Screen)
		status, _ := h.post("session/refresh")
		require.Equal(t, 200, status)
		assert.NotEqual(t, access, h.cookies["__Host-phoneauth-access"].Value)

		status, _ = h.post("session/end")
		require.Equal(t, 200, status)
		assert.Len(t, h.cookies, 1, "only the device stays known")
		for _, route := range []string{"session/refresh", "user"} {
			status, answer = h.post(route)
			assert.Equal(t, 401, status)
			assert.Equal(t, "signed_out", answer["code"])
		}
	})
}

// A sibling domain can plant a cookie that has a path, but none with the __Host- prefix.
func TestPlantedRefreshToken(t *testing.T) {
	t.Parallel()
	h, attacker := newHost(t, ui.Options{}), &host{}
	h.signIn(cairo)
	mine := h.cookies
	*attacker = host{t: t, page: h.page, inbox: h.inbox, cookies: map[string]*http.Cookie{}}
	attacker.signIn(paris)
	planted := attacker.cookies["__Secure-phoneauth-refresh"]
	for _, session := range []*http.Cookie{mine["__Host-phoneauth-session"], nil} {
		h.cookies = map[string]*http.Cookie{planted.Name: planted}
		if session != nil {
			h.cookies[session.Name] = session
		}
		status, answer := h.post("session/refresh")
		assert.Equal(t, 401, status)
		assert.Equal(t, "signed_out", answer["code"])
		assert.NotContains(t, h.cookies, "__Host-phoneauth-access")
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true})
	for _, route := range []string{"start", "verify", "register", "password", "recover", "user", "session/refresh", "session/end"} {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.org"}} {
			w := h.ask(h.page, "POST", "/signin/"+route, `{"phone":"`+cairo+`","purpose":"sign_in"}`, headers...)
			assert.Equal(t, 403, w.Code, route)
			assert.JSONEq(t, `{"code":"cross_origin"}`, w.Body.String())
		}
		assert.Equal(t, 405, h.ask(h.page, "GET", "/signin/"+route, "").Code, route)
	}
	assert.Zero(t, h.inbox.Sends())
}

func TestRequire(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	home := h.page.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := phoneauth.ClaimsFrom(r.Context())
		assert.True(t, ok)
		_, _ = io.WriteString(w, claims.UserID)
	}))
	w := h.ask(home, "GET", "/orders?id=1&x=2", "", "Accept", "text/html,*/*")
	assert.Equal(t, 303, w.Code)
	assert.Equal(t, "/signin/?next=%2Forders%3Fid%3D1%26x%3D2", w.Header().Get("Location"))
	assert.Equal(t, "/orders?id=1&x=2", h.look(w.Header().Get("Location")).Next)
	w = h.ask(http.StripPrefix("/shop", home), "GET", "/shop/orders", "", "Accept", "text/html")
	assert.Equal(t, "/signin/?next=%2Fshop%2Forders", w.Header().Get("Location"))
	assert.Equal(t, 401, h.ask(home, "GET", "/orders", "").Code)
	assert.Equal(t, 401, h.ask(home, "POST", "/orders", "{}", "Accept", "text/html").Code)
	h.signIn(cairo)
	w = h.ask(home, "GET", "/orders", "")
	assert.Equal(t, "1", w.Body.String())
	assert.Equal(t, 200, h.ask(home, "POST", "/orders", "{}", "Sec-Fetch-Site", "same-origin").Code)
	assert.Equal(t, 403, h.ask(home, "POST", "/orders", "{}", "Sec-Fetch-Site", "same-site").Code)
	access := h.cookies["__Host-phoneauth-access"].Value
	h.cookies = map[string]*http.Cookie{}
	assert.Equal(t, 200, h.ask(home, "POST", "/orders", "{}", "Authorization", "Bearer "+access).Code)
	h.cookies = map[string]*http.Cookie{"phoneauth-access": {Name: "phoneauth-access", Value: access, Path: "/"}}
	assert.Equal(t, 401, h.ask(home, "GET", "/orders", "").Code, "a cookie without the prefix can be planted")
}

// A plain form of the host's signs out.
func TestEndByForm(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	h.signIn(cairo)
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}
	w := h.ask(h.page, "POST", "/signin/session/end", "", form...)
	assert.Equal(t, 303, w.Code)
	assert.Equal(t, "/signin/?signed_out=1", w.Header().Get("Location"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.NotContains(t, h.cookies, "__Host-phoneauth-access")
	assert.Equal(t, 415, h.ask(h.page, "POST", "/signin/user", "phone=1", form...).Code)
}

func TestOnSession(t *testing.T) {
	t.Parallel()
	var got *phoneauth.Session
	fail := errors.New("the host's table is away")
	h := newHost(t, ui.Options{OnSession: func(w http.ResponseWriter, _ *http.Request, s *phoneauth.Session) error {
		got = s
		http.SetCookie(w, &http.Cookie{Name: "host", Value: "x", Path: "/"})
		return fail
	}})
	_, started := h.post("start", "phone", cairo, "purpose", "sign_in")
	status, answer := h.post("verify", "phone", cairo, "purpose", "sign_in", "session_token", started["session_token"].(string), "code", h.inbox.Code(t, cairo))
	assert.Equal(t, 503, status)
	assert.Equal(t, map[string]any{"code": "unavailable"}, answer)
	assert.Contains(t, h.log.String(), "the host's table is away")
	fail = nil
	h.signIn(paris)
	assert.Equal(t, paris, got.User.Phone.E164())
	assert.NotEmpty(t, got.RefreshToken)
	assert.Contains(t, h.cookies, "host")
	assert.NotContains(t, h.cookies, "__Host-phoneauth-access")
	assert.Equal(t, 404, h.ask(h.page, "POST", "/signin/session/refresh", "{}").Code)
	assert.Equal(t, 404, h.ask(h.page, "POST", "/signin/user", "{}").Code)
	assert.Equal(t, "welcome", h.look("/signin/").Screen, "the host has the session, and the device is known")

	_, code := h.form("start", h.look("/signin/?screen=phone").Form, "country", "EG", "phone", cairo)
	status, done := h.form("verify", code.Form, "code", h.inbox.Code(t, cairo))
	assert.Equal(t, 200, status)
	assert.Equal(t, "done", done.Screen, "the page stays where no address is given")
	assert.Contains(t, done.Body, "+20 10 61797840")
	assert.NotContains(t, done.Body, `data-key="sign_out"`, "the host does that")
	_, code = h.form("start", h.look("/signin/?screen=phone&next=/orders").Form, "country", "FR", "phone", "+33600000179")
	_, left := h.form("verify", code.Form, "code", h.inbox.Code(t, "+33600000179"))
	assert.Equal(t, "/orders", left.Next)

	hosted := newHost(t, ui.Options{}, func(cfg *phoneauth.Config) { cfg.HostSessions = true })
	_, started = hosted.post("start", "phone", cairo, "purpose", "sign_in")
	status, _ = hosted.post("verify", "phone", cairo, "purpose", "sign_in", "session_token", started["session_token"].(string), "code", hosted.inbox.Code(t, cairo))
	assert.Equal(t, 503, status)
	assert.Contains(t, hosted.log.String(), "OnSession is required")
}

// silent is an issuer that does not answer.
type silent struct{ sessionless }

func (silent) VerifyToken(context.Context, phoneauth.Secret) (phoneauth.Claims, error) {
	return phoneauth.Claims{}, phoneauth.ErrUnavailable
}

// While nobody knows whether the cookies have come back, the page does not say that they have not.
func TestArrivedWhileTheIssuerIsDown(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Next: "/home"}, func(cfg *phoneauth.Config) { cfg.Tokens = silent{} })
	assert.Equal(t, seen{Screen: "leave", Next: "/home"}, h.look("/signin/session/arrived", "Cookie", "__Host-phoneauth-access=1"))
}
