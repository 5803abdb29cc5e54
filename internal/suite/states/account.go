package states

import (
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// A change of number: w.session's account moves to w.number.

func (w *world) changing() { w.session = w.SignIn(suite.Owner) }

func (w *world) askChange() string {
	_, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{
		Phone: w.number, Purpose: phoneauth.PurposePhoneChange, BoundTo: w.session.User.ID,
	})
	return suite.Answer(err)
}

func (w *world) changeCode() string { return w.Code(w.number, phoneauth.PurposePhoneChange) }

func (w *world) proveChange(code, subject string) string {
	p, err := w.Verify(w.t.Context(), phoneauth.VerifyRequest{
		Phone: w.number, Code: code, Purpose: phoneauth.PurposePhoneChange, BoundTo: subject,
	})
	if err == nil {
		w.proof = p.Token
	}
	return suite.Answer(err)
}

func (w *world) change(phone string) string {
	s, err := w.ChangePhone(w.t.Context(), w.ClaimsOf(w.session), phoneauth.ConnectRequest{Phone: phone, Token: w.proof})
	if err == nil {
		w.session, w.number, w.proof = s, "+201061797841", "" // and the next change goes elsewhere
	}
	return suite.Answer(err)
}

func (w *world) askedChange()  { w.changing(); w.askChange() }
func (w *world) provedChange() { w.askedChange(); w.proveChange(w.changeCode(), w.session.User.ID) }

// someone signs up with the new number.
func (w *world) someone() string {
	_, err := w.TrySignIn(w.number)
	return suite.Answer(err)
}

var changeMachine = &machine{
	heading: "4. A change of number",
	states: map[string]func(*world){
		"signed in":     (*world).changing,
		"asked":         (*world).askedChange,
		"proved":        (*world).provedChange,
		"proved, asked": func(w *world) { w.provedChange(); w.askChange() },
		"taken":         func(w *world) { w.changing(); w.someone() },
		"taken, asked":  func(w *world) { w.askedChange(); w.someone() },
		"taken, proved": func(w *world) { w.provedChange(); w.someone() },
		"taken, proved, asked": func(w *world) {
			w.provedChange()
			w.askChange()
			w.someone()
		},
	},
	events: map[string]func(*world) string{
		"ask for a code":           (*world).askChange,
		"right code":               func(w *world) string { return w.proveChange(w.changeCode(), w.session.User.ID) },
		"right code, another user": func(w *world) string { return w.proveChange(w.changeCode(), "another") },
		"wrong code":               func(w *world) string { return w.proveChange(w.Wrong(w.number), w.session.User.ID) },
		"five wrong codes": func(w *world) string {
			times(4, func() string { return w.proveChange(w.Wrong(w.number), w.session.User.ID) })
			return w.proveChange(w.Wrong(w.number), w.session.User.ID)
		},
		"its code to sign in": func(w *world) string {
			_, err := w.Login(w.t.Context(), phoneauth.LoginRequest{Phone: w.number, Code: w.changeCode()})
			return suite.Answer(err)
		},
		"change":                   func(w *world) string { return w.change(w.number) },
		"change to another number": func(w *world) string { return w.change(suite.Stranger) },
		"another user changes": func(w *world) string {
			other := w.SignIn(suite.Stranger)
			_, err := w.ChangePhone(w.t.Context(), w.ClaimsOf(other), phoneauth.ConnectRequest{Token: w.proof})
			return suite.Answer(err)
		},
		"connect with the proof": func(w *world) string {
			_, err := w.Connect(w.t.Context(), phoneauth.ConnectRequest{Token: w.proof})
			return suite.Answer(err)
		},
		"somebody signs up with it": (*world).someone,
		"that account goes": func(w *world) string {
			phone := phoneauth.StoredPhone(w.number)
			user, err := w.Store.UserByPhone(w.t.Context(), phone)
			if err != nil {
				return "–"
			}
			other := w.SignIn(w.number)
			return suite.Answer(w.DeleteUser(w.t.Context(), phoneauth.Claims{UserID: user.ID, SessionID: other.ID}))
		},
		"5 minutes pass, signed in anew": func(w *world) string {
			w.Elapse(5 * time.Minute)
			w.session = w.SignIn(w.session.User.Phone.E164())
			return "–"
		},
	},
}

// An account.

var accountMachine = &machine{
	heading:  "6. An account",
	unlinked: true,
	states: map[string]func(*world){
		"none":              func(w *world) {},
		"active":            func(w *world) { w.session = w.SignIn(suite.Owner) },
		"active, password":  (*world).account,
		"blocked":           func(w *world) { w.session = w.SignIn(suite.Owner); w.block(true) },
		"blocked, password": func(w *world) { w.account(); w.block(true) },
	},
	events: map[string]func(*world) string{
		"sign in by code": func(w *world) string {
			s, err := w.TrySignIn(suite.Owner)
			if err == nil && s.New {
				w.session = s
				return "ok, new"
			}
			return w.signedIn(s, err)
		},
		"sign in by password": func(w *world) string { return w.loginPassword(w.new) },
		"register with a password": func(w *world) string {
			if said := w.registerPassword("", w.new); said != "ok" {
				return said
			}
			s, err := w.Finish(w.pending, w.registrationCode())
			if err == nil && s.New {
				w.session = s
				return "ok, new"
			}
			return w.signedIn(s, err)
		},
		"recover the password": func(w *world) string {
			w.askReset()
			w.Settle()
			return w.recoverWith(w.resetCode(), w.new)
		},
		"change the password": func(w *world) string { return w.changePassword(w.new) },
		"change the number and back": func(w *world) string {
			for _, phone := range []string{suite.Third, suite.Owner} {
				c := w.freshClaims()
				w.number = phone
				if w.session == nil {
					w.session = &phoneauth.Session{User: phoneauth.User{ID: "none"}}
				}
				w.askChange()
				w.proveChange(w.changeCode(), w.session.User.ID)
				s, err := w.ChangePhone(w.t.Context(), c, phoneauth.ConnectRequest{Token: w.proof})
				if err != nil {
					return suite.Answer(err)
				}
				w.session = s
			}
			return "ok"
		},
		"whose token is it": func(w *world) string {
			if w.session == nil {
				return "ErrUnauthenticated"
			}
			_, err := w.User(w.t.Context(), phoneauth.Claims{UserID: w.session.User.ID})
			return suite.Answer(err)
		},
		"block":   func(w *world) string { return w.block(true) },
		"unblock": func(w *world) string { return w.block(false) },
		"delete":  (*world).deleteAccount,
	},
}
