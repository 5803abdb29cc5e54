package states

import (
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Registering with a password.

// registerPassword asks for a code with w.new as the password, going on with the
// registration of token if that is live.
func (w *world) registerPassword(token phoneauth.Secret, password phoneauth.Secret) string {
	p, err := w.RegisterPassword(w.t.Context(), phoneauth.PasswordRequest{Phone: suite.Owner, Password: password, ChallengeToken: token})
	if err == nil {
		w.older, w.pending = w.pending, p
	}
	return suite.Answer(err)
}

// renew registers once more with the newest token.
func (w *world) renew(password phoneauth.Secret) string {
	if w.pending == nil {
		return w.registerPassword("", password)
	}
	return w.registerPassword(w.pending.ChallengeToken, password)
}

func (w *world) registrationCode() string {
	return w.Code(suite.Owner, phoneauth.PurposePasswordRegistration)
}

func (w *world) finishWith(p *phoneauth.Pending, code string) string {
	if p == nil {
		p = &phoneauth.Pending{}
	}
	return w.signedIn(w.Finish(p, code))
}

func (w *world) loginPassword(p phoneauth.Secret) string {
	return w.signedIn(w.LoginWith(suite.Owner, p))
}

// registered is a registration that was sent twice, with two passwords.
func (w *world) registered() {
	w.registerPassword("", w.old)
	w.renew(w.new)
}

func (w *world) signInMeanwhile() string {
	return w.signedIn(w.TrySignIn(suite.Owner))
}

var registrationMachine = &machine{
	heading: "2. Registering with a password",
	states: map[string]func(*world){
		"none":    func(w *world) {},
		"pending": (*world).registered,
		"last try": func(w *world) {
			w.registered()
			times(4, func() string { return w.finishWith(w.pending, w.Wrong(suite.Owner)) })
		},
		"registered": func(w *world) { w.registered(); w.finishWith(w.pending, w.registrationCode()) },
		"account":    func(w *world) { w.signInMeanwhile() },
		"account, pending": func(w *world) {
			w.registered()
			w.signInMeanwhile()
		},
		"account, last try": func(w *world) {
			w.registered()
			times(4, func() string { return w.finishWith(w.pending, w.Wrong(suite.Owner)) })
			w.signInMeanwhile()
		},
	},
	events: map[string]func(*world) string{
		"register":                       func(w *world) string { return w.registerPassword("", w.new) },
		"register again, its token":      func(w *world) string { return w.renew(w.new) },
		"register, too short a password": func(w *world) string { return w.renew("7 chars") },
		"finish":                         func(w *world) string { return w.finishWith(w.pending, w.registrationCode()) },
		"finish, token before it":        func(w *world) string { return w.finishWith(w.older, w.registrationCode()) },
		"finish, no token": func(w *world) string {
			return w.signedIn(w.Login(w.t.Context(), phoneauth.LoginRequest{
				Phone: suite.Owner, Code: w.registrationCode(), Purpose: phoneauth.PurposePasswordRegistration,
			}))
		},
		"finish, wrong code": func(w *world) string { return w.finishWith(w.pending, w.Wrong(suite.Owner)) },
		"its code to sign in": func(w *world) string {
			return w.signedIn(w.Login(w.t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: w.registrationCode()}))
		},
		"its code to Verify": func(w *world) string {
			return w.verify(w.registrationCode(), phoneauth.VerifyRequest{Purpose: phoneauth.PurposePasswordRegistration})
		},
		"log in, newest password":   func(w *world) string { return w.loginPassword(w.new) },
		"log in, password before":   func(w *world) string { return w.loginPassword(w.old) },
		"sign in by code meanwhile": (*world).signInMeanwhile,
		"5 minutes pass":            pass(5 * time.Minute),
	},
	probes: map[string]func(*world) string{
		"a wrong code, then finish": func(w *world) string {
			w.finishWith(w.pending, w.Wrong(suite.Owner))
			return w.finishWith(w.pending, w.registrationCode())
		},
		"wrong code to sign in, then finish": func(w *world) string {
			w.verifyWrong()
			return w.finishWith(w.pending, w.registrationCode())
		},
	},
}

// A forgotten password.

func (w *world) askReset() string {
	_, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: phoneauth.PurposePasswordReset})
	return suite.Answer(err)
}

func (w *world) resetCode() string { return w.Code(suite.Owner, phoneauth.PurposePasswordReset) }

func (w *world) recoverWith(code string, password phoneauth.Secret) string {
	_, err := w.RecoverPassword(w.t.Context(), phoneauth.RecoverRequest{Phone: suite.Owner, Code: code, Password: password})
	if err == nil {
		w.old, w.new = w.new, password
	}
	return suite.Answer(err)
}

func (w *world) account() { w.session = w.SignUp(suite.Owner, w.new) }

// block is what an operator does who looks the account of the owner's number up.
func (w *world) block(blocked bool) string {
	user, err := w.Store.UserByPhone(w.t.Context(), phoneauth.StoredPhone(suite.Owner))
	if err != nil {
		return suite.Answer(err)
	}
	return suite.Answer(w.SetBlocked(w.t.Context(), user.ID, blocked))
}

var resetMachine = &machine{
	heading: "3. A forgotten password",
	states: map[string]func(*world){
		"unknown":  func(w *world) {},
		"known":    (*world).account,
		"asked":    func(w *world) { w.account(); w.askReset() },
		"last try": func(w *world) { w.account(); w.askReset(); w.guessReset(4) },
		"blocked":  func(w *world) { w.account(); w.block(true) },
	},
	events: map[string]func(*world) string{
		"ask for a reset": (*world).askReset,
		"right code":      func(w *world) string { return w.recoverWith(w.resetCode(), "third password") },
		"right code, too short a password": func(w *world) string {
			return w.recoverWith(w.resetCode(), "7 chars")
		},
		"wrong code": func(w *world) string { return w.recoverWith(w.Wrong(suite.Owner), "third password") },
		"its code to sign in": func(w *world) string {
			return w.signedIn(w.Login(w.t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: w.resetCode()}))
		},
		"its code to Verify": func(w *world) string {
			return w.verify(w.resetCode(), phoneauth.VerifyRequest{Purpose: phoneauth.PurposePasswordReset})
		},
		"a sign-in code to reset": func(w *world) string {
			w.Ask(suite.Owner)
			return w.recoverWith(w.Code(suite.Owner, phoneauth.PurposeSignIn), "third password")
		},
		"log in, the password":     func(w *world) string { return w.loginPassword(w.new) },
		"log in, password before":  func(w *world) string { return w.loginPassword(w.old) },
		"change the password":      func(w *world) string { return w.changePassword("fourth password") },
		"register with a password": func(w *world) string { return w.registerPassword("", w.new) },
		"block":                    func(w *world) string { return w.block(true) },
		"unblock":                  func(w *world) string { return w.block(false) },
		"delete the account":       (*world).deleteAccount,
		"5 minutes pass":           pass(5 * time.Minute),
	},
	probes: map[string]func(*world) string{
		"a wrong code, then the right one": func(w *world) string {
			w.guessReset(1)
			return w.recoverWith(w.resetCode(), "third password")
		},
	},
}

func (w *world) guessReset(n int) {
	times(n, func() string { return w.recoverWith(w.Wrong(suite.Owner), "third password") })
}

// freshClaims are those of somebody who has just signed in by code, or else old ones.
func (w *world) freshClaims() phoneauth.Claims {
	if w.session == nil {
		return phoneauth.Claims{}
	}
	if user, err := w.Store.UserByID(w.t.Context(), w.session.User.ID); err == nil && !user.Blocked {
		// On a device of its own: what is open elsewhere stays as it is.
		w.session = w.SignIn(user.Phone.E164(), w.session.DeviceToken)
	}
	return phoneauth.Claims{UserID: w.session.User.ID, SessionID: w.session.ID}
}

func (w *world) changePassword(password phoneauth.Secret) string {
	s, err := w.ChangePassword(w.t.Context(), w.freshClaims(), phoneauth.ChangePasswordRequest{Current: w.new, New: password})
	if err == nil {
		w.old, w.new = w.new, password
	}
	return w.signedIn(s, err)
}

func (w *world) deleteAccount() string {
	return suite.Answer(w.DeleteUser(w.t.Context(), w.freshClaims()))
}
