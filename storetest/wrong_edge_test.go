package storetest

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/phoneauth/phoneauth"
)

// waitsForEver is a store whose verbs do not mind that their context has ended.
func waitsForEver(w *broken, _ *byHand) {
	w.before = func(ctx context.Context) error {
		if ctx.Err() != nil {
			select {}
		}
		return nil
	}
}

// lies is a store that calls an ended context an answer.
func lies(w *broken, _ *byHand) {
	w.before = func(ctx context.Context) error {
		if ctx.Err() != nil {
			return phoneauth.ErrNotFound
		}
		return nil
	}
}

// holdsOn is a store that never again answers after a context has ended.
func holdsOn(w *broken, _ *byHand) {
	var held atomic.Bool
	w.before = func(ctx context.Context) error {
		if held.Load() {
			select {}
		}
		if ctx.Err() != nil {
			held.Store(true)
			return ctx.Err()
		}
		return nil
	}
}

// tells is a store whose errors on an ended context tell what was asked.
func tells(text func(*broken) string) func(*broken, *byHand) {
	return func(w *broken, _ *byHand) {
		w.before = func(ctx context.Context) error {
			if ctx.Err() != nil {
				return errors.Join(ctx.Err(), errors.New(text(w)))
			}
			return nil
		}
	}
}

// anyKey is a key that the store has.
func anyKey[V any](all map[string]V) string {
	for key := range all {
		return key
	}
	return ""
}

var wrongEdges = []wrongStore{
	{"challenge verbs wait for ever", "challenge verbs on an ended context", waitsForEver},
	{"challenge verbs lie about an ended context", "challenge verbs on an ended context", lies},
	{"challenge verbs hold on to their locks", "challenge verbs on an ended context", holdsOn},
	{"user verbs wait for ever", "user verbs on an ended context", waitsForEver},
	{"user verbs lie about an ended context", "user verbs on an ended context", lies},
	{"user verbs hold on to their locks", "user verbs on an ended context", holdsOn},
	{"session verbs wait for ever", "session verbs on an ended context", waitsForEver},
	{"session verbs lie about an ended context", "session verbs on an ended context", lies},
	{"session verbs hold on to their locks", "session verbs on an ended context", holdsOn},
	{"faults tell keys", "challenge errors hold no argument", tells(func(w *broken) string { return anyKey(w.challenges) })},
	{"errors tell keys", "challenge errors hold no argument", attempted(func(_ *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New(of(&a).Key))
		}
	})},
	{"errors tell digests", "challenge errors hold no argument", attempted(func(_ *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge, err *error) {
		if errors.Is(*err, phoneauth.ErrMismatch) {
			*err = errors.Join(*err, errors.New(string(of(&a).Digests[0])))
		}
	})},
	{"errors tell Renew", "challenge errors hold no argument", begunErr(func(b phoneauth.BeginParams, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New(b.Renew))
		}
	})},
	{"user errors tell the number", "user errors hold no argument", signed(func(_ *byHand, in phoneauth.SignIn, _ *phoneauth.SignedIn, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New("duplicate key (phone)=("+in.Phone.E164()+")"))
		}
	})},
	{"user errors tell the new number", "user errors hold no argument", refusingUpdate(func(_ *byHand, u phoneauth.UserUpdate, err *error) {
		if u.Phone != nil {
			*err = errors.Join(*err, errors.New("duplicate key (phone)=("+u.Phone.E164()+")"))
		}
	})},
	{"user errors tell the id", "user errors hold no argument", func(w *broken, s *byHand) {
		w.byID = func(id string) (phoneauth.User, error) {
			user, err := s.UserByID(ctx, id)
			if err != nil {
				err = errors.Join(err, errors.New(id))
			}
			return user, err
		}
	}},
	{"session errors tell the id", "session errors hold no argument", created(func(_ *byHand, n phoneauth.NewSession, _ *phoneauth.SessionRecord, err *error) {
		if *err != nil {
			*err = errors.Join(*err, errors.New("duplicate key (id)=("+n.Session.ID+")"))
		}
	})},
	{"session errors tell the digest", "session errors hold no argument", reusing(func(_ *byHand, was *phoneauth.SessionRecord, err *error) {
		*err = errors.Join(*err, errors.New(string(was.Digest)))
	})},
	{"a refused Begin tells the challenge", "values beside errors of challenges", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			begun, err := s.BeginChallenge(ctx, b)
			if err != nil {
				begun.Challenge = s.challenges[b.Challenge.Key]
			}
			return begun, err
		}
	}},
	{"a refused attempt tells the challenge", "values beside errors of challenges", attempted(func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge, err *error) {
		if *err != nil && !errors.Is(*err, phoneauth.ErrMismatch) {
			*ch = s.challenges[of(&a).Key]
		}
	})},
	{"a refused sign-in tells the user", "values beside errors of users", signed(func(s *byHand, in phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err != nil {
			out.User = s.byPhone(in.Phone)
		}
	})},
	{"a refused update tells the user", "values beside errors of users", func(w *broken, s *byHand) {
		w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
			user, err := s.UpdateUser(ctx, u)
			if err != nil {
				user = s.users[u.UserID]
			}
			return user, err
		}
	}},
	{"a session that is gone is told", "values beside errors of sessions", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			_, err := s.SessionByID(ctx, id, now)
			return cloneSession(s.sessions[id]), err
		}
	}},
	{"a rotation of what is gone tells it", "values beside errors of sessions", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if errors.Is(err, phoneauth.ErrNotFound) {
				record = cloneSession(s.sessions[r.ID])
			}
			return record, err
		}
	}},
}

// begunErr is a store that refuses to begin in other words.
func begunErr(change func(b phoneauth.BeginParams, err *error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			begun, err := s.BeginChallenge(ctx, b)
			change(b, &err)
			return begun, err
		}
	}
}

// purging is a store that purges otherwise.
func purging(purge func(s *byHand, now time.Time) (int, error)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) { w.purge = func(now time.Time) (int, error) { return purge(s, now) } }
}

// countsOf is a Purge that says another number than it removed.
func countsOf(n func(int) int) func(*broken, *byHand) {
	return purging(func(s *byHand, now time.Time) (int, error) {
		removed, err := s.Purge(ctx, now)
		return n(removed), err
	})
}

var wrongPurges = []wrongStore{
	{"Purge removes what lives", "Purge changes no answer", purging(func(s *byHand, now time.Time) (int, error) { return s.Purge(ctx, now.Add(tick)) })},
	{"Purge removes locks", "Purge changes no answer", purging(func(s *byHand, now time.Time) (int, error) {
		maps.DeleteFunc(s.lockouts, func(_ string, c counter) bool { return !now.Before(c.forget) })
		return s.Purge(ctx, now)
	})},
	{"Purge removes scores", "Purge changes no answer", purging(func(s *byHand, now time.Time) (int, error) {
		maps.DeleteFunc(s.scores, func(_ string, was score) bool { return now.Sub(was.at) > 24*time.Hour })
		return s.Purge(ctx, now)
	})},
	{"Purge brings back", "Purge removes what is gone", purging(func(s *byHand, now time.Time) (int, error) {
		for key, ch := range s.challenges {
			ch.ExpiresAt = now.Add(time.Hour)
			s.challenges[key] = ch
		}
		return 0, nil
	})},
	{"what is forgotten is used up", "what may be forgotten changes no answer", purging(func(s *byHand, now time.Time) (int, error) {
		before := maps.Clone(s.tats)
		n, err := s.Purge(ctx, now)
		for key := range before {
			if _, ok := s.tats[key]; !ok {
				s.tats[key] = now.Add(every)
			}
		}
		return n, err
	})},
	{"Purge says nothing", "Purge says how many records it removed", countsOf(func(int) int { return 0 })},
	{"Purge says one more", "Purge says how many records it removed", countsOf(func(n int) int { return n + 1 })},
	{"Purge says how many challenges it removed", "Purge says how many records it removed", countsOf(func(n int) int { return min(n, 1) })},
	{"Purge keeps scores", "Purge says how many records it removed", purging(func(s *byHand, now time.Time) (int, error) {
		kept := s.scores
		s.scores = map[string]score{}
		defer func() { s.scores = kept }()
		return s.Purge(ctx, now)
	})},
	{"Purge keeps limits that are full", "Purge says how many records it removed", purging(func(s *byHand, now time.Time) (int, error) {
		kept := s.tats
		s.tats = map[string]time.Time{}
		defer func() { s.tats = kept }()
		return s.Purge(ctx, now)
	})},
	{"Purge removes idle sessions too early", "Purge of sessions", purging(func(s *byHand, now time.Time) (int, error) { return s.Purge(ctx, now.Add(tick)) })},
	{"Purge keeps idle sessions", "Purge says how many sessions it removed", purging(func(s *byHand, now time.Time) (int, error) {
		before := len(s.sessions)
		maps.DeleteFunc(s.sessions, func(_ string, r phoneauth.SessionRecord) bool { return !now.Before(r.ExpiresAt) })
		return before - len(s.sessions), nil
	})},
	{"Purge keeps a session as long as its last rotation says", "Purge of a session that was used to the end", purging(func(s *byHand, now time.Time) (int, error) {
		before := len(s.sessions)
		maps.DeleteFunc(s.sessions, func(_ string, r phoneauth.SessionRecord) bool {
			if !r.RotatedAt.IsZero() {
				return !now.Before(r.IdleUntil)
			}
			return !now.Before(r.End())
		})
		return before - len(s.sessions), nil
	})},
}
