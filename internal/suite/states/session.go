package states

import (
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

func (w *world) started() {
	w.SignUp(suite.Owner, w.new)
	w.session = w.SignIn(suite.Owner)
}

func (w *world) refresh(s *phoneauth.Session) string {
	if s == nil {
		s = &phoneauth.Session{}
	}
	next, err := w.Refresh(w.t.Context(), phoneauth.RefreshRequest{Token: s.RefreshToken})
	if err == nil && next.RefreshToken != w.session.RefreshToken {
		w.before, w.session = w.session, next
	}
	return suite.Answer(err)
}

// elsewhere is a sign-in on another device of the same user, and what is done there.
// Whatever comes of it, the session's client hears nothing.
func elsewhere(do func(*world, phoneauth.Claims)) func(*world) string {
	return func(w *world) string {
		if s, err := w.TrySignIn(suite.Owner); err == nil {
			do(w, w.ClaimsOf(s))
		}
		return "–"
	}
}

var sessionMachine = &machine{
	heading: "5. A session",
	states: map[string]func(*world){
		"new":     (*world).started,
		"rotated": func(w *world) { w.started(); w.refresh(w.session) },
		"settled": func(w *world) { w.started(); w.refresh(w.session); w.Elapse(10 * time.Second) },
		"ended":   func(w *world) { w.started(); w.refresh(w.session); w.Logout(w.t.Context(), w.session.RefreshToken) },
		"expired": func(w *world) { w.started(); w.refresh(w.session); w.Elapse(14 * 24 * time.Hour) },
	},
	events: map[string]func(*world) string{
		"refresh":                  func(w *world) string { return w.refresh(w.session) },
		"refresh, token before it": func(w *world) string { return w.refresh(w.before) },
		"refresh, another kind of token": func(w *world) string {
			return w.refresh(&phoneauth.Session{RefreshToken: w.session.DeviceToken})
		},
		"authenticate": func(w *world) string {
			_, err := w.Authenticate(w.t.Context(), w.session.AccessToken)
			return suite.Answer(err)
		},
		"reauthenticated": func(w *world) string {
			c, err := w.Authenticate(w.t.Context(), w.session.AccessToken)
			if err == nil {
				_, err = w.Reauthenticated(w.t.Context(), c)
			}
			return suite.Answer(err)
		},
		"sign out": func(w *world) string { return suite.Answer(w.Logout(w.t.Context(), w.session.RefreshToken)) },
		"sign out, token before it": func(w *world) string {
			if w.before == nil {
				return suite.Answer(w.Logout(w.t.Context(), "junk"))
			}
			return suite.Answer(w.Logout(w.t.Context(), w.before.RefreshToken))
		},
		"sign out everywhere": func(w *world) string { return suite.Answer(w.LogoutAll(w.t.Context(), w.session.User.ID)) },
		"password changed elsewhere": elsewhere(func(w *world, c phoneauth.Claims) {
			w.ChangePassword(w.t.Context(), c, phoneauth.ChangePasswordRequest{Current: w.new, New: "third password"})
		}),
		"password recovered": func(w *world) string {
			w.askReset()
			w.Settle()
			w.recoverWith(w.resetCode(), "third password")
			return "–"
		},
		"number changed elsewhere": elsewhere(func(w *world, c phoneauth.Claims) {
			w.askChange()
			w.proveChange(w.changeCode(), w.session.User.ID)
			w.ChangePhone(w.t.Context(), c, phoneauth.ConnectRequest{Token: w.proof})
		}),
		"account blocked":     func(w *world) string { w.block(true); return "–" },
		"account deleted":     elsewhere(func(w *world, c phoneauth.Claims) { w.DeleteUser(w.t.Context(), c) }),
		"a sign-in elsewhere": elsewhere(func(*world, phoneauth.Claims) {}),
		"10 seconds pass":     pass(10 * time.Second),
		"14 days pass":        pass(14 * 24 * time.Hour),
		"30 days of use": func(w *world) string {
			for range 3 {
				w.Elapse(10 * 24 * time.Hour)
				w.refresh(w.session)
			}
			return "–"
		},
	},
	probes: map[string]func(*world) string{
		"the token before it, then the newest": func(w *world) string {
			w.refresh(w.before)
			return w.refresh(w.session)
		},
	},
}

// A known device: w.device is the client that signed in before, if it did.

func (w *world) knownDevice() { w.device.Device = w.SignIn(suite.Owner).DeviceToken }

func (w *world) deviceSignsIn() string {
	s, err := w.TrySignIn(suite.Owner, w.device.Device)
	if err == nil {
		w.device.Device = s.DeviceToken
	}
	return w.signedIn(s, err)
}

func (w *world) deviceGuesses() string {
	w.Guess(suite.Owner, w.device)
	return "–"
}

var deviceMachine = &machine{
	heading: "7. A known device",
	states: map[string]func(*world){
		"unknown":                func(w *world) { w.account() },
		"unknown, number locked": func(w *world) { w.account(); w.strangersGuess() },
		"known":                  func(w *world) { w.account(); w.knownDevice() },
		"known, number locked":   func(w *world) { w.account(); w.knownDevice(); w.strangersGuess() },
		"locked":                 func(w *world) { w.account(); w.knownDevice(); w.deviceGuesses() },
		"locked, number locked": func(w *world) {
			w.account()
			w.knownDevice()
			w.strangersGuess()
			w.deviceGuesses()
		},
	},
	events: map[string]func(*world) string{
		"it signs in by code": (*world).deviceSignsIn,
		"it gives a wrong code": func(w *world) string {
			if _, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Client: w.device}); err != nil {
				return suite.Answer(err)
			}
			return w.verify(w.Wrong(suite.Owner), phoneauth.VerifyRequest{Client: w.device})
		},
		"it guesses to the lock": (*world).deviceGuesses,
		"another device signs in": func(w *world) string {
			_, err := w.TrySignIn(suite.Owner)
			return suite.Answer(err)
		},
		"strangers guess to the lock": (*world).strangersGuess,
		"its token for another number": func(w *world) string {
			_, err := w.TrySignIn(suite.Stranger, w.device.Device)
			return suite.Answer(err)
		},
		"sign out everywhere": func(w *world) string {
			return suite.Answer(w.LogoutAll(w.t.Context(), w.session.User.ID))
		},
		"block and unblock": func(w *world) string {
			w.block(true)
			return w.block(false)
		},
		"password recovered": func(w *world) string {
			w.askReset()
			w.Settle()
			return w.recoverWith(w.resetCode(), w.new)
		},
		"operator unlocks": func(w *world) string { return suite.Answer(w.Unlock(w.t.Context(), suite.Owner)) },
		"15 minutes pass":  pass(15 * time.Minute),
		"180 days pass":    pass(180 * 24 * time.Hour),
	},
	probes: map[string]func(*world) string{
		"strangers guess, then it signs in": func(w *world) string {
			if _, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner}); err == nil {
				w.strangersGuess()
			}
			return w.deviceSignsIn()
		},
		"unlocked, strangers guess, then it signs in": func(w *world) string {
			w.Unlock(w.t.Context(), suite.Owner)
			w.strangersGuess()
			return w.deviceSignsIn()
		},
	},
}
