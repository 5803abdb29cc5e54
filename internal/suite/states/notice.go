package states

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// A notice of a change: somebody else has changed the password from w.old to w.new, and w.token is
// that of the link.

func (w *world) changedByAnother() {
	session := w.SignUp(suite.Owner, w.old)
	_, err := w.Service.ChangePassword(w.t.Context(), w.ClaimsOf(session), phoneauth.ChangePasswordRequest{Current: w.old, New: w.new})
	require.NoError(w.t, err)
	w.Settle()
	last, _ := w.Inbox.Last(suite.Owner)
	_, token, _ := strings.Cut(string(last.Link), "?t=")
	w.token, w.session = phoneauth.Secret(token), session
}

func (w *world) lockAccount() string { return suite.Answer(w.LockAccount(w.t.Context(), w.token)) }

func (w *world) askUnlock() string {
	_, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountUnlock, BoundTo: string(w.token)})
	return suite.Answer(err)
}

func (w *world) unlockWith(code string, password phoneauth.Secret) string {
	return suite.Answer(w.UnlockAccount(w.t.Context(), phoneauth.UnlockAccountRequest{Token: w.token, Code: code, Password: password}))
}

func (w *world) unlockCode() string { return w.Code(suite.Owner, phoneauth.PurposeAccountUnlock) }

func (w *world) reopen() string {
	return suite.Answer(w.ReopenAccount(w.t.Context(), w.session.User.ID, phoneauth.Actor{Name: "desk"}))
}

func (w *world) lockedByOwner() { w.changedByAnother(); w.lockAccount() }

var noticeMachine = &machine{
	heading: "8. A notice of a change",
	states: map[string]func(*world){
		"open":          (*world).changedByAnother,
		"locked":        (*world).lockedByOwner,
		"locked, asked": func(w *world) { w.lockedByOwner(); w.askUnlock() },
		"locked, gone":  func(w *world) { w.lockedByOwner(); w.Elapse(72 * time.Hour) },
		"gone":          func(w *world) { w.changedByAnother(); w.Elapse(72 * time.Hour) },
	},
	events: map[string]func(*world) string{
		"read the notice": func(w *world) string {
			_, err := w.ReadNotice(w.t.Context(), w.token)
			return suite.Answer(err)
		},
		"lock":                   (*world).lockAccount,
		"ask for a code":         (*world).askUnlock,
		"unlock":                 func(w *world) string { return w.unlockWith(w.unlockCode(), w.old) },
		"unlock, wrong code":     func(w *world) string { return w.unlockWith(w.Wrong(suite.Owner), w.old) },
		"unlock, wrong password": func(w *world) string { return w.unlockWith(w.unlockCode(), w.new) },
		"sign in by code": func(w *world) string {
			_, err := w.TrySignIn(suite.Owner)
			return suite.Answer(err)
		},
		"the desk opens it": (*world).reopen,
		"72 hours pass":     pass(72 * time.Hour),
	},
}
