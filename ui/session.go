package ui

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// The routes below which the refresh token is sent.
const (
	sessionPath  = "session/"
	refreshRoute = sessionPath + "refresh"
	endRoute     = sessionPath + "end"
	arrivedRoute = sessionPath + "arrived"
)

// signedOut is in the address of the page after a form of the host's has signed out.
const signedOut = "signed_out"

// signedIn is the answer to a sign-in.
type signedIn struct {
	// Display is the number as people write it.
	Display string `json:"display"`
	// New is Session.New.
	New bool `json:"new"`
}

// signIn hands the session to the host or puts it into cookies, and answers the page.
func (q *request) signIn(session *phoneauth.Session, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if session.DeviceToken != "" {
		q.setCookie(q.w, deviceCookie, session.DeviceToken, cookieLife)
	}
	if q.o.OnSession != nil {
		err = q.o.OnSession(q.w, q.r, session)
	} else {
		err = q.SetSession(q.w, session)
	}
	if err != nil {
		return nil, errors.Join(phoneauth.ErrUnavailable, err)
	}
	return signedIn{display(session.User.Phone), session.New}, nil
}

// SetSession puts a session into the cookies of the page. It is for sessions that came by another
// way than the page: from Service.StartSession, ChangePassword or ChangePhone. The session that
// the browser had before is not ended. It returns an error when the cookies would be too large for
// browsers to keep, and under HostSessions.
func (p *Page) SetSession(w http.ResponseWriter, session *phoneauth.Session) error {
	if session.RefreshToken == "" {
		return errors.New("phoneauth/ui: under HostSessions, Options.OnSession is required")
	}
	for name, value := range map[string]phoneauth.Secret{accessCookie: session.AccessToken, refreshCookie: session.RefreshToken} {
		if len(p.cookieName(name))+len(value) > maxCookie {
			return errors.New("phoneauth/ui: the cookie " + name + " is larger than browsers keep")
		}
	}
	p.setCookie(w, accessCookie, session.AccessToken, time.Until(session.ExpiresAt))
	p.setCookie(w, refreshCookie, session.RefreshToken, cookieLife)
	p.setCookie(w, sessionCookie, phoneauth.Secret(session.ID), cookieLife)
	return nil
}

// clearSession removes the cookies of a session. The device stays known.
func (p *Page) clearSession(w http.ResponseWriter) {
	for _, name := range []string{accessCookie, refreshCookie, sessionCookie} {
		p.setCookie(w, name, "", 0)
	}
}

// refresh gets new tokens for the session of the browser. If the session has certainly ended, it
// removes its cookies.
func (q *request) refresh() (any, error) {
	token, ambiguous := q.refreshToken(q.r)
	if ambiguous {
		return nil, phoneauth.ErrInvalidToken
	}
	session, err := q.svc.Refresh(q.r.Context(), phoneauth.RefreshRequest{Token: token, Client: q.client})
	if errors.Is(err, phoneauth.ErrInvalidToken) {
		q.clearSession(q.w)
	}
	if err != nil {
		return nil, err
	}
	return q.signIn(session, nil)
}

// end signs out.
func (q *request) end() (any, error) {
	if err := q.endSessions(q.r); err != nil {
		return nil, err
	}
	q.clearSession(q.w)
	return struct{}{}, nil
}

// serveArrived looks whether the cookies of a sign-in have come back. Then it goes on. If they have
// not, signing in again would not help, and the page says so.
func (p *Page) serveArrived(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		p.fail(w, r, errMethod)
		return
	}
	q := r.URL.Query()
	v := p.visitOf(only(q["next"]), only(q["lang"]))
	to := cmp.Or(v.Next, addressOf(p.o.Path, "lang", v.Lang))
	if _, err := p.svc.Authenticate(r.Context(), p.access(r)); errors.Is(err, phoneauth.ErrUnauthenticated) {
		q.Set("screen", screenCookies)
		to = p.o.Path + "?" + q.Encode()
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func isForm(r *http.Request) bool {
	t, _, err := mime.ParseMediaType(only(r.Header.Values("Content-Type")))
	return err == nil && (t == "application/x-www-form-urlencoded" || t == "multipart/form-data")
}

// Require returns a handler that calls next only if somebody is signed in by the cookies of the
// page or by a bearer token. next gets the claims from [phoneauth.ClaimsFrom]. Requests of other
// origins that could change something are refused with 403. Visitors without a session are sent
// to the page, and come back to the address that they asked for. Other requests without a
// session, such as those of a script, are answered 401.
//
// It panics with Options.OnSession, because the page then sets no cookies of its own.
func (p *Page) Require(next http.Handler) http.Handler {
	if p.o.OnSession != nil {
		panic("phoneauth/ui: Require needs the page's cookies, and Options.OnSession takes their place")
	}
	guarded := p.svc.Require(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			guarded.ServeHTTP(w, r)
			return
		}
		if p.origins.Check(r) != nil {
			p.fail(w, r, errCrossOrigin)
			return
		}
		access := p.access(r)
		_, err := p.svc.Authenticate(r.Context(), access)
		if errors.Is(err, phoneauth.ErrUnauthenticated) && isVisit(r) {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, p.o.Path+"?next="+url.QueryEscape(askedFor(r)), http.StatusSeeOther)
			return
		}
		r = r.Clone(r.Context())
		if access != "" {
			r.Header.Set("Authorization", "Bearer "+string(access))
		}
		guarded.ServeHTTP(w, r)
	})
}

// askedFor is the address of r as the browser sees it. A prefix that [http.StripPrefix] took off is in it.
func askedFor(r *http.Request) string {
	if localPath(r.RequestURI) {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// isVisit reports whether r is of somebody who wants to see a page.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(list(r, "Accept"), "text/html")
}
