package storetest

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// copy is a store of its own with all that s has.
func (s *reference) copy() *reference {
	return &reference{
		rules: s.rules, lastID: s.lastID,
		challenges: maps.Clone(s.challenges), tats: maps.Clone(s.tats), scores: maps.Clone(s.scores),
		counters: maps.Clone(s.counters), users: maps.Clone(s.users), sessions: maps.Clone(s.sessions),
	}
}

// naively does what ought to be one step in three: it reads, works out what follows,
// and writes. Each step is safe by itself, as with a database, and others get between.
func naively[V any](s *reference, do func(*reference) (V, error)) (V, error) {
	s.mu.Lock()
	before, mine := s.copy(), s.copy()
	s.mu.Unlock()

	v, err := do(mine)
	for range rand.IntN(8) {
		runtime.Gosched()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	write(s.challenges, before.challenges, mine.challenges)
	write(s.tats, before.tats, mine.tats)
	write(s.scores, before.scores, mine.scores)
	write(s.counters, before.counters, mine.counters)
	write(s.users, before.users, mine.users)
	write(s.sessions, before.sessions, mine.sessions)
	s.lastID = max(s.lastID, mine.lastID)
	return v, err
}

// write makes in all the changes that lead from before to mine.
func write[V any](all, before, mine map[string]V) {
	for key, v := range mine {
		if was, ok := before[key]; !ok || !reflect.DeepEqual(was, v) {
			all[key] = v
		}
	}
	for key := range before {
		if _, ok := mine[key]; !ok {
			delete(all, key)
		}
	}
}

// naiveOnly is naively for verbs that return an error only.
func naiveOnly(s *reference, do func(*reference) error) error {
	_, err := naively(s, func(s *reference) (struct{}, error) { return struct{}{}, do(s) })
	return err
}

func naiveBegin(w *broken, s *reference) {
	w.begin = func(b phoneauth.Begin) (phoneauth.Begun, error) {
		return naively(s, func(s *reference) (phoneauth.Begun, error) { return s.BeginChallenge(ctx, b) })
	}
}

func naiveAttempt(w *broken, s *reference) {
	w.attempt = func(a phoneauth.Attempt) (phoneauth.Challenge, error) {
		return naively(s, func(s *reference) (phoneauth.Challenge, error) { return s.AttemptChallenge(ctx, a) })
	}
}

func naiveTake(w *broken, s *reference) {
	w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
		return naiveOnly(s, func(s *reference) error { return s.TakeLimits(ctx, takes, now) })
	}
}

func naiveCount(w *broken, s *reference) {
	w.countFailure = func(f phoneauth.Failures, now time.Time) error {
		return naiveOnly(s, func(s *reference) error { return s.CountFailure(ctx, f, now) })
	}
}

func naivePurge(w *broken, s *reference) {
	w.purge = func(now time.Time) (int, error) {
		return naively(s, func(s *reference) (int, error) { return s.Purge(ctx, now) })
	}
}

func naiveSignIn(w *broken, s *reference) {
	w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
		return naively(s, func(s *reference) (phoneauth.SignedIn, error) { return s.SignInUser(ctx, in) })
	}
}

func naiveSet(w *broken, s *reference) {
	w.password = func(p phoneauth.PasswordUpdate) (phoneauth.User, error) {
		return naively(s, func(s *reference) (phoneauth.User, error) { return s.SetPassword(ctx, p) })
	}
	w.phone = func(p phoneauth.PhoneUpdate) (phoneauth.User, error) {
		return naively(s, func(s *reference) (phoneauth.User, error) { return s.SetPhone(ctx, p) })
	}
	w.blocked = func(id string, blocked bool, now time.Time) (phoneauth.User, error) {
		return naively(s, func(s *reference) (phoneauth.User, error) { return s.SetBlocked(ctx, id, blocked, now) })
	}
}

func naiveRotate(w *broken, s *reference) {
	w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
		return naively(s, func(s *reference) (phoneauth.SessionRecord, error) { return s.RotateSession(ctx, r) })
	}
}

var naiveStores = []wrongStore{
	{"naive: a code wins twice", "race: one code wins once", naiveAttempt},
	{"naive: a proof wins twice", "race: a proof wins once", naiveAttempt},
	{"naive: tries without end", "race: tries are exact", naiveAttempt},
	{"naive: failures are lost", "race: locks are exact", naiveAttempt},
	{"naive: credits are lost", "race: every credit counts", naiveAttempt},
	{"naive: a cancelled challenge is revived", "race: nothing revives a cancelled challenge", naiveAttempt},
	{"naive: a challenge is stored twice", "race: one Begin stores", naiveBegin},
	{"naive: a resend loses a try", "race: touching keeps what is counted", naiveBegin},
	{"naive: a resend revives a challenge", "race: touching revives no challenge", naiveBegin},
	{"naive: an ID is renewed twice", "race: Renew renames once", naiveBegin},
	{"naive: sends overshoot", "race: Begin and its takes", naiveBegin},
	{"naive: a budget overshoots", "race: a budget never overshoots", naiveBegin},
	{"naive: a limit overshoots", "race: a limit never overshoots", naiveTake},
	{"naive: two limits overshoot", "race: limits are taken all or none", naiveTake},
	{"naive: what is given back is lost", "race: giving back is exact", naiveTake},
	{"naive: counts are lost", "race: CountFailure counts all", naiveCount},
	{"naive: a lock comes late", "race: CountFailure refuses after the lock", naiveCount},
	{"naive: Purge removes what is begun anew", "race: Purge removes nothing that lives", naivePurge},
	{"limits are taken until one of them refuses, at once", "race: limits are taken all or none", func(w *broken, s *reference) {
		w.takeLimits = func(takes []phoneauth.Take, now time.Time) error {
			for i := range takes {
				if err := s.TakeLimits(ctx, takes[i:i+1], now); err != nil {
					return err
				}
			}
			return nil
		}
	}},
}

var naiveAccounts = []wrongStore{
	{"naive: an account is created twice", "race: one account per number", naiveSignIn},
	{"naive: the last password wins", "race: one password per number", naiveSignIn},
	{"naive: an epoch serves twice", "race: SetPassword at one epoch", naiveSet},
	{"naive: changes are lost", "race: every change raises the epoch", naiveSet},
	{"naive: a phone is given twice", "race: SetPhone to one phone", naiveSet},
	{"naive: a phone is given to a new account, too", "race: SignIn and SetPhone", func(w *broken, s *reference) {
		naiveSignIn(w, s)
		naiveSet(w, s)
	}},
	{"naive: a deleted user is revived", "race: nothing revives a deleted user", naiveSet},
	{"naive: a token has two successors", "race: one token rotates once", naiveRotate},
	{"naive: a token is used twice", "race: one token without a grace", naiveRotate},
	{"naive: a session survives signing out everywhere", "race: EndUser and Rotate", naiveRotate},
	{"naive: a session survives signing out", "race: End and Rotate", naiveRotate},
	{"naive: a family survives reuse", "race: reuse and Rotate", naiveRotate},
	{"naive: a session is missing from its user's list", "race: many sessions of one user", func(w *broken, s *reference) {
		lists := map[string][]string{}
		w.createSession = func(r phoneauth.SessionRecord) error {
			s.mu.Lock()
			list := append(slices.Clone(lists[r.UserID]), r.ID)
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			lists[r.UserID] = list
			s.mu.Unlock()
			return s.CreateSession(ctx, r)
		}
		w.endUser = func(userID, exceptID string) error {
			for _, id := range lists[userID] {
				if id != exceptID {
					delete(s.sessions, id)
				}
			}
			return nil
		}
	}},
}
