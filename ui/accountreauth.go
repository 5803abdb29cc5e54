package ui

import (
	"net/http"

	"github.com/phoneauth/phoneauth"
)

// reauthRoute takes the code of a new sign-in of the same account. It is below the path of the page,
// where the browser sends its refresh token: the session of before must end.
const reauthRoute = sessionPath + "reauth"

// reauth asks whether a code may be sent.
func (q *accountRequest) reauth() *accountScreen {
	return q.newScreen("reauth", "account.reauth.title").lead("account.reauth.lead", "phone", display(q.user.Phone)).
		sends("reauth/start", "account.send").links("cancel", accountHome, "account.back")
}

func (q *accountRequest) reauthCode(f flow) *accountScreen {
	s := q.newScreen("reauth_code", "account.reauth.title").lead("account.code_lead", "phone", display(q.user.Phone)).asksCode(f, "reauth/start")
	s.Route, s.Action = q.o.Path+reauthRoute, q.T("action.code")
	return s.links("cancel", accountHome, "account.back")
}

// startReauth sends a code to the number of the account.
func (q *accountRequest) startReauth() (*accountScreen, error) {
	return q.sendOwn(phoneauth.PurposeSignIn, q.reauth)
}

// serveReauth signs in anew, and goes on.
func (a *account) serveReauth(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		a.serveStep(w, r, reauthRoute, step{do: (*accountRequest).signInAnew, once: true})
	case http.MethodGet, http.MethodHead:
		toVisit(w, r, a.path)
	default:
		a.refuseMethod(w, r, true)
	}
}

// signInAnew is an ordinary sign-in. The session of before is ended by its token, which ends no known
// device: that of the new session is the same.
func (q *accountRequest) signInAnew() (*accountScreen, error) {
	f := q.asked()
	code, err := q.read(f)
	if err != nil {
		return q.reauthCode(f), err
	}
	session, err := q.svc.Login(q.r.Context(), phoneauth.LoginRequest{
		Phone: q.user.Phone.E164(), Code: code, ChallengeToken: phoneauth.Secret(f.Token), Client: q.client,
	})
	if err != nil {
		return q.reauthCode(f), err
	}
	if err := q.endSessions(q.r); err != nil {
		q.log(q.r, err) // it ends when nobody uses it
	}
	if session.User.ID != q.user.ID { // the number has moved to another account meanwhile
		if err := q.svc.Logout(q.r.Context(), session.RefreshToken); err != nil {
			return nil, err
		}
		q.clearSession(q.w)
		return nil, phoneauth.ErrUnauthenticated
	}
	if err := q.keeps(session); err != nil {
		return q.reauthCode(f), err
	}
	q.keepCode(flow{})
	q.redirect(q.Next)
	return nil, errAnswered
}
