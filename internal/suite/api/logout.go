package api

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// hostKeepsSessions is a host with sessions of its own: the cookie has the user's id.
func hostKeepsSessions(signedOut func(http.ResponseWriter, *http.Request) error) func(*phoneauth.Config) {
	return func(cfg *phoneauth.Config) {
		cfg.Store = phoneauth.Stores{ChallengeStore: cfg.Store, UserStore: cfg.Store}
		cfg.HostSessions = true
		cfg.HTTP.SignedIn = func(w http.ResponseWriter, _ *http.Request, session *phoneauth.Session) error {
			http.SetCookie(w, &http.Cookie{Name: "host_session", Value: session.User.ID})
			return nil
		}
		cfg.HTTP.Authenticate = func(r *http.Request) (phoneauth.Claims, error) {
			cookie, err := r.Cookie("host_session")
			if err != nil {
				return phoneauth.Claims{}, err
			}
			return phoneauth.Claims{UserID: cookie.Value}, nil
		}
		cfg.HTTP.SignedOut = signedOut
	}
}

// A host that keeps the sessions must end them itself: without a hook that does, the
// service cannot sign anybody out and must not answer that it did.
func testAPILogoutNeedsTheHostsHook(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	c := newServer(t, hostKeepsSessions(nil)).newBrowser()
	c.login(cairo, c.start(cairo)).ok()
	c.post("/logout", object{}).refused(404, "not_found")
	c.do("GET", "/logout", nil).refused(404, "not_found")
	c.do("GET", "/users/me", nil).ok()
}

// SignedOut ends the host's session, and its error is a 503.
func testAPILogoutEndsTheHostsSession(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	var fails error
	calls := 0
	s := newServer(t, hostKeepsSessions(func(w http.ResponseWriter, r *http.Request) error {
		calls++
		if fails != nil {
			return fails
		}
		http.SetCookie(w, &http.Cookie{Name: "host_session", MaxAge: -1})
		return nil
	}))
	c := s.newBrowser()
	c.login(cairo, c.start(cairo)).ok()

	c.header["Sec-Fetch-Site"] = "cross-site"
	c.post("/logout", object{}).refused(403, "cross_origin")
	delete(c.header, "Sec-Fetch-Site")
	c.post("/logout", "[]").refused(400, "bad_request")
	c.do("GET", "/logout", nil).refused(405, "method_not_allowed")
	assert.Zero(t, calls, "the hook is asked for nothing that is refused")

	fails = errors.New("host: no connection")
	c.post("/logout", object{}).refused(503, "unavailable")
	assert.Contains(t, s.log.String(), "no connection")
	c.do("GET", "/users/me", nil).ok()

	fails = nil
	c.post("/logout", object{"refresh_token": "not used"}).ok(204)
	assert.Equal(t, 2, calls)
	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	c.post("/logout", object{}).ok(204)
}

// SignedOut is for hosts that keep sessions. Elsewhere the refresh token says what ends.
func testAPILogoutWithoutHostSessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.HTTP.SignedOut = func(http.ResponseWriter, *http.Request) error {
			return errors.New("must not be called")
		}
	})
	c := s.client()
	refresh := c.connect(cairo).str("meta.refresh_token")
	c.post("/logout", object{"refresh_token": refresh}).ok(204)
	c.refresh(refresh).refused(401, "invalid_refresh_token")
}
