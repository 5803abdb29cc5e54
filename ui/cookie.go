package ui

import (
	"net/http"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cookies"
)

// The cookies; see the package documentation. The device cookie is that of the
// documented APIs.
const (
	accessCookie  = "phoneauth-access"
	refreshCookie = "phoneauth-refresh"
	sessionCookie = "phoneauth-session"
	deviceCookie  = "phoneauth-device"
)

// cookieLife is longer than a session that is used: the tokens say when it ends. It is
// that of the known device.
const cookieLife = 180 * 24 * time.Hour

// maxCookie is the largest size of name and value that all browsers keep (RFC 6265bis, 5.7).
const maxCookie = 4096

func (p *Page) cookieName(name string) string {
	switch {
	case p.o.InsecureCookie:
		return name
	case name == refreshCookie:
		return "__Secure-" + name
	}
	return "__Host-" + name
}

// setCookie sets a cookie, or removes it where value is empty.
func (p *Page) setCookie(w http.ResponseWriter, name string, value phoneauth.Secret, life time.Duration) {
	c := &http.Cookie{
		Name:     p.cookieName(name),
		Value:    string(value),
		Path:     "/",
		MaxAge:   max(1, int(life.Seconds())),
		Secure:   !p.o.InsecureCookie,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
	if name == refreshCookie {
		c.Path, c.SameSite = p.o.Path+sessionPath, http.SameSiteStrictMode
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// A sibling domain can plant cookies: a refresh token always, the others only with
// Options.InsecureCookie. They arrive together with the cookies of the browser, in an order that
// the sibling chooses. Planted tokens may be good: those of a session of the sibling's owner.
// These are the rules:
//
//   - The session cookie says which session is the browser's. It has the __Host- prefix.
//     Access and refresh tokens of other sessions are not used. So nobody is signed in to
//     a session that a sibling planted, and a planted token keeps nobody from refreshing.
//   - Such a session is not ended by a refresh, because it is not the browser's.
//   - Signing out ends the session of every refresh token that arrived. A sibling that planted
//     a token could end its session anyway, so this harms nobody. If one token were left out,
//     the session of the browser could stay live.
//   - When several session cookies arrive that differ, all are ignored. The browser can then not
//     refresh, but its session is not ended and its cookies stay. With InsecureCookie a sibling can
//     therefore keep people from being signed in. It can also sign in a browser that has
//     no session yet.

// cookie returns the value of a cookie that has the __Host- prefix. It returns "" when several
// arrived that differ.
func (p *Page) cookie(r *http.Request, name string) phoneauth.Secret {
	return phoneauth.Secret(cookies.Value(r, p.cookieName(name)))
}

// access returns the access token of the browser's session, or "".
func (p *Page) access(r *http.Request) phoneauth.Secret {
	tokens := cookies.Values(r, p.cookieName(accessCookie))
	if len(tokens) == 1 {
		return phoneauth.Secret(tokens[0])
	}
	id := string(p.cookie(r, sessionCookie))
	for _, token := range tokens {
		claims, err := p.svc.Authenticate(r.Context(), phoneauth.Secret(token))
		if err == nil && id != "" && claims.SessionID == id {
			return phoneauth.Secret(token)
		}
	}
	return ""
}

// refreshToken returns the refresh token of the browser's session, or "". It is ambiguous
// where several session cookies arrived that differ.
func (p *Page) refreshToken(r *http.Request) (token phoneauth.Secret, ambiguous bool) {
	ids := cookies.Values(r, p.cookieName(sessionCookie))
	if len(ids) != 1 {
		return "", len(ids) > 1
	}
	for _, value := range cookies.Values(r, p.cookieName(refreshCookie)) {
		if id, ok := p.svc.SessionOf(phoneauth.Secret(value)); ok && id == ids[0] {
			return phoneauth.Secret(value), false
		}
	}
	return "", false
}

// endSessions ends the session of every refresh token of r. It goes on after an error, and
// returns the first.
func (p *Page) endSessions(r *http.Request) error {
	var failed error
	ended := map[string]bool{}
	for _, value := range cookies.Values(r, p.cookieName(refreshCookie)) {
		id, ok := p.svc.SessionOf(phoneauth.Secret(value))
		if !ok || ended[id] {
			continue
		}
		ended[id] = true
		if err := p.svc.Logout(r.Context(), phoneauth.Secret(value)); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}
