package ui

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A form with a code may be posted twice. Without scripts a second tap posts it again, and browsers show
// the second answer alone. With scripts people try again when an answer was lost on a bad line. The code is
// used up by then. So the outcome of such a form is remembered for a short time, and a second post of the
// same form has the same outcome.
//
// Nobody gains by that:
//
//   - The same form has the same fields: the code, its challenge token, and the key of the screen, 128
//     random bits that only the browser has which was shown that screen.
//   - The session is handed out again only to a browser that still has the pending cookie of this code. The
//     first answer removes that cookie, so it has not arrived there. Every other browser is led on, and
//     gets nothing: it is signed in if it has the cookies of the first answer.
//
// Each process remembers its own forms. In another one the code is gone, as it was; whoever is signed in by
// then is led on (signedInMeanwhile).

// The outcomes that a process remembers. The scripts wait 30 seconds for an answer.
const (
	outcomeLife  = time.Minute
	mostOutcomes = 1024
)

// outcomes are those of the latest forms that are not done twice. The zero value is ready. It is safe for
// concurrent use.
type outcomes[T any] struct {
	mu  sync.Mutex
	all []*outcome[T] // the oldest first
}

// outcome is that of one form.
type outcome[T any] struct {
	form [sha256.Size]byte
	ends time.Time
	// of does the work, for the first who calls it. The others wait and get what came of it. lasts reports
	// whether that is remembered.
	of func() (value T, lasts bool)
}

// once returns what do returns for a form, or what came of the same form before: again is then true. The form
// has a route and fields.
func (s *outcomes[T]) once(route string, fields map[string]string, do func() (value T, lasts bool)) (value T, again bool) {
	form, _ := json.Marshal([]any{route, fields}) // text alone, in the order of the names
	o, again := s.find(sha256.Sum256(form), do)
	lasts := false
	defer func() {
		if !lasts {
			s.forget(o)
		}
	}()
	value, lasts = o.of()
	if lasts && !again {
		time.AfterFunc(outcomeLife, s.tidy)
	}
	return value, again
}

// tidy forgets what has ended.
func (s *outcomes[T]) tidy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.all) > 0 && !time.Now().Before(s.all[0].ends) {
		s.drop()
	}
}

// drop forgets the oldest outcome. The caller holds s.mu.
func (s *outcomes[T]) drop() { s.all = slices.Delete(s.all, 0, 1) }

// find returns the outcome of a form, which the first caller begins with do.
func (s *outcomes[T]) find(form [sha256.Size]byte, do func() (T, bool)) (o *outcome[T], again bool) {
	s.tidy()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.all {
		if o.form == form {
			return o, true
		}
	}
	if len(s.all) == mostOutcomes {
		s.drop()
	}
	o = &outcome[T]{form, time.Now().Add(outcomeLife), sync.OnceValues(do)}
	s.all = append(s.all, o)
	return o, false
}

// forget lets the form of o be posted anew.
func (s *outcomes[T]) forget(o *outcome[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = slices.DeleteFunc(s.all, func(other *outcome[T]) bool { return other == o })
}

// signInOutcome is what came of a form of the sign-in page.
type signInOutcome struct {
	session *phoneauth.Session
	err     error
}

// once does the work of a form with a code, unless the same form was posted before: again is then true, and
// what came of it is returned. Only success and a wrong code that cost a try are remembered: junk fills no
// memory. The session of the work may be nil.
func (q *request) once(route string, do func(context.Context) (*phoneauth.Session, error)) (session *phoneauth.Session, again bool, err error) {
	if q.body["key"] == "" || q.flow.encode() == "" { // it is no form of the page
		session, err = do(q.r.Context())
		return session, false, err
	}
	o, again := q.outcomes.once(route, q.body, func() (signInOutcome, bool) {
		session, err := do(context.WithoutCancel(q.r.Context())) // the second post hangs up the first
		_, compared := errors.AsType[*phoneauth.CodeError](err)
		return signInOutcome{session, err}, err == nil || compared
	})
	return o.session, again, o.err
}

// unanswered reports whether the browser still waits for the code of the form.
func (q *request) unanswered() bool {
	f := q.pending(q.r)
	return f.lives() && f.Token == q.flow.Token && f.Phone == q.flow.Phone && f.Masked == q.flow.Masked
}

// signedInMeanwhile returns the number of the form if the code of the form is gone, but the browser is
// signed in with that number.
func (q *request) signedInMeanwhile(err error) (number string, in bool) {
	if _, wrong := errors.AsType[*phoneauth.CodeError](err); wrong || !errors.Is(err, phoneauth.ErrInvalidCode) {
		return "", false
	}
	if q.flow.Token == "" || q.o.OnSession != nil {
		return "", false
	}
	user, in := q.signedInUser(q.r)
	if !in || user.Phone.E164() != q.flow.Phone && mask(user.Phone) != q.flow.Masked {
		return "", false
	}
	return display(user.Phone), true
}
