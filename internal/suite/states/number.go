package states

import (
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// A number and its code, for signing in.

// ask asks for a code. The client then forgets a proof that it has used.
func (w *world) ask() string {
	p, err := w.Register(w.t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	if err == nil {
		w.pending = p
		if w.spent {
			w.proof, w.spent = "", false
		}
	}
	return suite.Answer(err)
}

func (w *world) verify(code string, r phoneauth.VerifyRequest) string {
	r.Phone, r.Code = suite.Owner, code
	p, err := w.Verify(w.t.Context(), r)
	if err == nil {
		w.proof, w.spent = p.Token, false
	}
	return suite.Answer(err)
}

func (w *world) verifyRight() string {
	return w.verify(w.Code(suite.Owner, phoneauth.PurposeSignIn), phoneauth.VerifyRequest{})
}

func (w *world) verifyWrong() string {
	return w.verify(w.Wrong(suite.Owner), phoneauth.VerifyRequest{})
}

func (w *world) connect(phone string) string {
	s, err := w.Connect(w.t.Context(), phoneauth.ConnectRequest{Phone: phone, Token: w.proof})
	if err == nil {
		w.spent = true
	}
	return w.signedIn(s, err)
}

func (w *world) strangersGuess() string {
	w.Guess(suite.Owner, phoneauth.ClientInfo{})
	return "–"
}

var numberMachine = &machine{
	heading: "1. A number and its code",
	states: map[string]func(*world){
		"none":     func(w *world) {},
		"pending":  func(w *world) { w.ask() },
		"last try": func(w *world) { w.ask(); times(4, w.verifyWrong) },
		"proved":   func(w *world) { w.ask(); w.verifyRight() },
		"proved and pending": func(w *world) {
			w.ask()
			w.verifyRight()
			w.ask()
		},
		"signed up": func(w *world) { w.ask(); w.verifyRight(); w.connect(suite.Owner) },
		"signed up and pending": func(w *world) {
			w.ask()
			w.verifyRight()
			w.Ask(suite.Owner)
			w.connect(suite.Owner)
		},
		"locked": func(w *world) { w.strangersGuess() },
		"proved and locked": func(w *world) {
			w.ask()
			w.verifyRight()
			w.strangersGuess()
		},
		"signed up and locked": func(w *world) {
			w.ask()
			w.verifyRight()
			w.connect(suite.Owner)
			w.strangersGuess()
		},
	},
	events: map[string]func(*world) string{
		"ask for a code": (*world).ask,
		"right code":     (*world).verifyRight,
		"wrong code":     (*world).verifyWrong,
		"malformed code": func(w *world) string { return w.verify("12345six78", phoneauth.VerifyRequest{}) },
		"right code, session token of another number": func(w *world) string {
			p := w.Ask(suite.Stranger)
			return w.verify(w.Code(suite.Owner, phoneauth.PurposeSignIn), phoneauth.VerifyRequest{ChallengeToken: p.ChallengeToken})
		},
		"right code, another purpose": func(w *world) string {
			return w.verify(w.Code(suite.Owner, phoneauth.PurposeSignIn), phoneauth.VerifyRequest{Purpose: "payment"})
		},
		"connect":                    func(w *world) string { return w.connect(suite.Owner) },
		"connect for another number": func(w *world) string { return w.connect(suite.Stranger) },
		"redeem the proof": func(w *world) string {
			_, err := w.Redeem(w.t.Context(), phoneauth.RedeemRequest{Token: w.proof, Purpose: "payment"})
			return suite.Answer(err)
		},
		"log in with the code": func(w *world) string {
			return w.signedIn(w.Login(w.t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: w.Code(suite.Owner, phoneauth.PurposeSignIn)}))
		},
		"log in with a wrong code": func(w *world) string {
			return w.signedIn(w.Login(w.t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: w.Wrong(suite.Owner)}))
		},
		"strangers guess to the lock": (*world).strangersGuess,
		"operator unlocks": func(w *world) string {
			return suite.Answer(w.Unlock(w.t.Context(), suite.Owner))
		},
		"5 minutes pass":  pass(5 * time.Minute),
		"15 minutes pass": pass(15 * time.Minute),
	},
	probes: map[string]func(*world) string{
		"a wrong code, then the right one": func(w *world) string {
			w.verifyWrong()
			return w.verifyRight()
		},
		"unlocked, then connect": func(w *world) string {
			w.Unlock(w.t.Context(), suite.Owner)
			return w.connect(suite.Owner)
		},
	},
}

func times(n int, f func() string) {
	for range n {
		f()
	}
}
