package ui

import (
	"context"
	"maps"
	"net/http"

	"github.com/phoneauth/phoneauth"
)

// What takes a code or a password cannot be done twice: the code is used up, and the session of the form may have
// ended. Its form may be posted twice all the same: once.go says why. So its answer is remembered as long as an
// outcome there, with the cookies that it sets, and a second post of the same form gets the same answer.
//
// Nobody gains by that:
//
//   - The same form has the same fields, and among them the key of its screen.
//   - The answer goes again only to the access token of the first post, or to the one that the answer set, which
//     gets no cookies. A browser that has other tokens by now does not get the old ones.
//   - It goes again only while the session lives that it is for, which may be a new one. After a deletion and an
//     unlock there is none, and the answer gives nothing.
//
// Each process remembers its own forms.

// mostRemembered is the size of the largest answer that is remembered: an export of some 500 events.
const mostRemembered = 128 << 10

// accountAnswer is the answer to a form, as the one who posts it again gets it. It is an [http.ResponseWriter].
type accountAnswer struct {
	asked, given phoneauth.Secret // the access tokens of the request, and of the session that the answer is for
	header       http.Header
	status       int
	body         []byte
}

// Header returns the header of the answer.
func (a *accountAnswer) Header() http.Header { return a.header }

// WriteHeader sets the status of the answer.
func (a *accountAnswer) WriteHeader(status int) { a.status = status }

// Write appends to the body of the answer.
func (a *accountAnswer) Write(data []byte) (int, error) {
	a.body = append(a.body, data...)
	return len(data), nil
}

// serveOnce serves a form, unless the same one was posted before: then it writes the answer to that. It remembers
// what was done with a code or a password, and what was wrong with one. Strangers fill no memory.
func (q *accountRequest) serveOnce(s step) {
	access := q.access(q.r)
	a, again := q.answers.once(q.rest, q.form, func() (*accountAnswer, bool) {
		first := *q
		a := &accountAnswer{asked: access, header: http.Header{}}
		first.w, first.r = a, q.r.WithContext(context.WithoutCancel(q.r.Context())) // the second post hangs up the first
		first.serve(s)
		a.given = first.given
		lasts := a.status < 400 || a.status == http.StatusUnprocessableEntity
		return a, lasts && first.tried && len(a.body) <= mostRemembered
	})
	if again && !q.mayHave(a, access) {
		q.serve(s)
		return
	}
	h, own := q.w.Header(), a.header.Clone()
	if access != a.asked { // the cookies of the answer have arrived
		own.Del("Set-Cookie")
	}
	if hosts := h["Set-Cookie"]; len(hosts) > 0 {
		own["Set-Cookie"] = append(hosts, own["Set-Cookie"]...)
	}
	maps.Copy(h, own)
	q.w.WriteHeader(a.status)
	_, _ = q.w.Write(a.body) // an error means that the client has disconnected
}

// mayHave reports whether a browser with an access token may have an answer again.
func (q *accountRequest) mayHave(a *accountAnswer, access phoneauth.Secret) bool {
	if access != a.asked && (access == "" || access != a.given) {
		return false
	}
	if a.given == "" {
		return true
	}
	claims, err := q.svc.Authenticate(q.r.Context(), a.given)
	if err == nil {
		_, err = q.svc.Live(q.r.Context(), claims)
	}
	return err == nil
}
