package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// Where the account page sends browsers, and how it writes its screens.

// openedTitles are the titles of the screens that an address can open.
var openedTitles = map[string]string{
	"": "account.title", accountNumber: "account.number.new_title", accountPassword: "account.password.title",
	accountExport: "account.export.title", accountDelete: "account.delete.title",
}

// announces says on the sign-in page to which part of the account page it leads, for those who have
// followed a link to it.
func (a *account) announces(s *screen) string {
	next, err := url.Parse(s.Next)
	if err != nil || next.Path != a.path || s.Next == s.o.Next {
		return ""
	}
	title, ok := openedTitles[only(next.Query()["screen"])]
	if !ok || next.Query().Has("reauth") {
		return ""
	}
	return s.l.of("account.first", "screen", wordOf(s.l, title))
}

// toPage sends the browser to the sign-in page, from where it comes back.
func (q *accountRequest) toPage(back string) {
	q.redirect(addressOf(q.o.Path, "next", back, "lang", q.Lang))
}

// notDone is the address of a screen that says that what was asked for is not done.
func (q *accountRequest) notDone(screen string) string {
	return addressOf(q.path, "done", "again", "screen", screen, "lang", q.Lang)
}

// redirect sends the browser to an address. The scripts follow to the account page alone, and leave it
// for every other one.
func (q *accountRequest) redirect(to string) {
	path, _, _ := strings.Cut(to, "?")
	if q.scripted() && path != q.path {
		s := q.newScreen(screenLeave, "account.title")
		s.leave = to
		q.answer(s, nil)
		return
	}
	q.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(q.w, q.r, to, http.StatusSeeOther)
}

// scripted reports whether a script has asked. It has a frame already.
func (q *accountRequest) scripted() bool { return q.r.Header.Get(scriptHeader) != "" }

// trouble says that the page cannot be shown. The scripts have a sentence of their own for an outage, and
// leave what was typed where it is.
func (q *accountRequest) trouble(err error) {
	if status, _ := refusalOf(err); status >= 500 && q.scripted() {
		q.fail(q.w, q.r, err)
		return
	}
	s := q.newScreen("trouble", "account.title")
	s.Links = append(s.Links, anchor{"again", q.here(), q.T("action.cookies")})
	q.answer(s, err)
}

// missing says that there is no page at this address.
func (q *accountRequest) missing() {
	q.show(http.StatusNotFound, q.newScreen("missing", "title.missing").lead("lead.missing").links("back", "", "account.back"))
}

// here is the address to try again. A form is begun anew.
func (q *accountRequest) here() string {
	query := q.r.URL.Query()
	switch {
	case strings.HasPrefix(q.rest, notMePath):
		return addressOf(q.path+notMePath, "t", cmp.Or(q.form["t"], only(query["t"])), "lang", q.Lang)
	case q.form == nil && len(query) > 0:
		return q.path + "?" + query.Encode()
	}
	return q.address("")
}

// done goes to the account page, which says what was done. Loading that again does nothing again.
func (q *accountRequest) done(what string) (*accountScreen, error) {
	q.keepCode(flow{})
	q.redirect(addressOf(q.path, "done", what, "lang", q.Lang))
	return nil, errAnswered
}

// fresh returns a screen that needs a fresh sign-in, or asks for that first.
func (q *accountRequest) fresh(key string, screen func() *accountScreen) (*accountScreen, error) {
	if _, err := q.svc.Reauthenticated(q.r.Context(), q.claims); err != nil {
		q.Next = q.address(key)
		return nil, err
	}
	return screen(), nil
}

// answer writes a screen, or what an error asks for.
func (q *accountRequest) answer(s *accountScreen, err error) {
	switch {
	case errors.Is(err, errAnswered):
		return
	case errors.Is(err, phoneauth.ErrReauthenticate):
		q.redirect(addressOf(q.path, "reauth", "1", "next", q.Next, "lang", q.Lang))
		return
	case errors.Is(err, phoneauth.ErrUnauthenticated):
		q.toPage(q.path)
		return
	case err != nil && s == nil:
		q.trouble(err)
		return
	}
	status := http.StatusOK
	if err != nil {
		status = s.refuse(err)
	}
	q.show(status, s)
}

// show writes a screen.
func (q *accountRequest) show(status int, s *accountScreen) {
	if q.o.Help != "" {
		s.Links = append(s.Links, anchor{"help", q.o.Help, q.T("link.help")})
	}
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie, "+scriptHeader)
	// The address may hold the token of a notice, so nobody is told it. With "no-referrer" browsers would
	// send "Origin: null" with the forms, and those without Sec-Fetch-Site would be refused.
	h.Set("Referrer-Policy", "strict-origin")
	segments := s.render()
	if !q.scripted() {
		f := q.frames[q.l.Tag]()
		segments = append(append([]segment{q.documentStart(q.l, s.Title), f.head}, segments...), f.tail)
	}
	writeSegments(q.w, q.r, status, segments)
}
