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
func (s *byHand) copy() *byHand {
	a := *newAccounts()
	a.lastID, a.users, a.sessions, a.cloned = s.lastID, maps.Clone(s.users), maps.Clone(s.sessions), s.cloned
	return &byHand{
		rules: s.rules, challenges: maps.Clone(s.challenges), tats: maps.Clone(s.tats),
		scores: maps.Clone(s.scores), lockouts: maps.Clone(s.lockouts), accounts: &a,
	}
}

// lockAll locks all of s.
func (s *byHand) lockAll() (unlock func()) {
	s.mu.Lock()
	s.accounts.mu.Lock()
	return func() {
		s.accounts.mu.Unlock()
		s.mu.Unlock()
	}
}

// pause lets others run.
func pause() {
	for range rand.IntN(8) {
		runtime.Gosched()
	}
}

// naively does what ought to be one step in three: it reads, works out what follows,
// and writes. Each step is safe by itself, as with a database, and others get between.
func naively[V any](s *byHand, do func(*byHand) (V, error)) (V, error) {
	unlock := s.lockAll()
	before, mine := s.copy(), s.copy()
	unlock()

	v, err := do(mine)
	pause()

	defer s.lockAll()()
	write(s.challenges, before.challenges, mine.challenges)
	write(s.tats, before.tats, mine.tats)
	write(s.scores, before.scores, mine.scores)
	write(s.lockouts, before.lockouts, mine.lockouts)
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
func naiveOnly(s *byHand, do func(*byHand) error) error {
	_, err := naively(s, func(s *byHand) (struct{}, error) { return struct{}{}, do(s) })
	return err
}

func naiveBegin(w *broken, s *byHand) {
	w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
		return naively(s, func(s *byHand) (phoneauth.BeginResult, error) { return s.BeginChallenge(ctx, b) })
	}
}

func naiveAttempt(w *broken, s *byHand) {
	w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
		return naively(s, func(s *byHand) (phoneauth.Challenge, error) { return s.AttemptChallenge(ctx, a) })
	}
}

func naiveTake(w *broken, s *byHand) {
	w.takeLimits = func(p phoneauth.TakeParams) error {
		return naiveOnly(s, func(s *byHand) error { return s.TakeLimits(ctx, p) })
	}
}

func naiveGiveBack(w *broken, s *byHand) {
	w.giveBackOf = func(p phoneauth.GiveBackParams) error {
		return naiveOnly(s, func(s *byHand) error { return s.GiveBack(ctx, p) })
	}
}

func naiveCount(w *broken, s *byHand) {
	w.countFailure = func(l phoneauth.Lockout, now time.Time) error {
		return naiveOnly(s, func(s *byHand) error { return s.CountFailure(ctx, l, now) })
	}
}

func naivePurge(w *broken, s *byHand) {
	w.purge = func(now time.Time) (int, error) {
		return naively(s, func(s *byHand) (int, error) { return s.Purge(ctx, now) })
	}
}

func naiveSignIn(w *broken, s *byHand) {
	w.signIn = func(in phoneauth.SignIn) (phoneauth.SignedIn, error) {
		return naively(s, func(s *byHand) (phoneauth.SignedIn, error) { return s.SignInUser(ctx, in) })
	}
}

func naiveUpdate(w *broken, s *byHand) {
	w.update = func(u phoneauth.UserUpdate) (phoneauth.User, error) {
		return naively(s, func(s *byHand) (phoneauth.User, error) { return s.UpdateUser(ctx, u) })
	}
}

func naiveImport(w *broken, s *byHand) {
	w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
		return naively(s, func(s *byHand) ([]phoneauth.ImportedUser, error) { return s.ImportUsers(ctx, users, now) })
	}
}

func naiveCreate(w *broken, s *byHand) {
	w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
		return naively(s, func(s *byHand) (phoneauth.SessionRecord, error) { return s.CreateSession(ctx, n) })
	}
}

func naiveRotate(w *broken, s *byHand) {
	w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
		return naively(s, func(s *byHand) (phoneauth.SessionRecord, error) { return s.RotateSession(ctx, r) })
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
	{"naive: the charges of Begin overshoot", "race: Begin and its charges", naiveBegin},
	{"naive: a score overshoots", "race: a score never overshoots", naiveTake},
	{"naive: a limit overshoots", "race: a limit never overshoots", naiveTake},
	{"naive: two limits overshoot", "race: limits are taken all or none", naiveTake},
	{"naive: what is given back is lost", "race: giving back is exact", naiveGiveBack},
	{"naive: counts are lost", "race: CountFailure counts all", naiveCount},
	{"naive: a lock comes late", "race: CountFailure refuses after the lock", naiveCount},
	{"naive: Purge removes what is begun anew", "race: Purge removes nothing that lives", naivePurge},
	{"limits are taken until one of them refuses, at once", "race: limits are taken all or none", oneByOne},
}

var naiveAccounts = []wrongStore{
	{"naive: an account is created twice", "race: one account per number", naiveSignIn},
	{"naive: the last password wins", "race: one password per number", naiveSignIn},
	{"naive: an epoch serves twice", "race: one update at an epoch", naiveUpdate},
	{"naive: changes are lost", "race: every change raises the epoch", naiveUpdate},
	{"naive: a phone is given twice", "race: one phone for one user", naiveUpdate},
	{"naive: a phone is given to a new account, too", "race: a sign-in and a change of phone", func(w *broken, s *byHand) {
		naiveSignIn(w, s)
		naiveUpdate(w, s)
	}},
	{"naive: a deleted user is revived", "race: nothing revives a deleted user", naiveUpdate},
	{"naive: a token has two successors", "race: one token rotates once", naiveRotate},
	{"naive: a token is used twice", "race: one token without a grace", naiveRotate},
	{"naive: a session survives signing out everywhere", "race: EndUser and Rotate", naiveRotate},
	{"naive: a session survives signing out", "race: End and Rotate", naiveRotate},
	{"naive: a family survives reuse", "race: reuse and Rotate", naiveRotate},
	{"naive: a session is missing from its user's list", "race: many sessions of one user", func(w *broken, s *byHand) {
		lists := map[string][]string{}
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			user := n.Session.UserID
			s.mu.Lock()
			list := append(slices.Clone(lists[user]), n.Session.ID)
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			lists[user] = list
			s.mu.Unlock()
			return s.CreateSession(ctx, n)
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
	{"naive: an import returns nobody where somebody left", "race: an import and a deletion", func(w *broken, s *byHand) {
		w.importing = func(users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
			all, err := s.ImportUsers(ctx, users, now)
			pause()
			for i := range all {
				all[i].User, _ = s.UserByID(ctx, all[i].User.ID)
			}
			return all, err
		}
	}},
	{"naive: an imported phone is created twice", "race: an import and sign-ins", naiveImport},
	{"naive: more sessions than Most", "race: no more than Most sessions", naiveCreate},
	{"naive: one session ends for two", "race: no more than Most sessions", func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			live, _ := s.UserSessions(ctx, n.Session.UserID, n.Now)
			pause()
			oldest, err := n.Evict(live)
			n.Most = 0
			if oldest == nil || err != nil {
				return s.CreateSession(ctx, n)
			}
			_ = s.EndSession(ctx, oldest.UserID, oldest.ID)
			_, err = s.CreateSession(ctx, n)
			return *oldest, err
		}
	}},
	{"naive: the last free session is given twice", "race: the last free session", naiveCreate},
	{"naive: a list is read in two pages", "race: listing and ending", func(w *broken, s *byHand) {
		w.userSessions = func(userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
			all, _ := s.UserSessions(ctx, userID, now)
			first := all[:len(all)/2]
			pause()
			all, err := s.UserSessions(ctx, userID, now)
			return slices.Concat(first, all[min(len(first), len(all)):]), err
		}
	}},
	{"naive: more sessions than Most while all end", "race: signing in while all sessions end", naiveCreate},
	{"room that is not given back when all sessions end", "race: signing in while all sessions end", func(w *broken, s *byHand) {
		begun := map[string]int{}
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			s.mu.Lock()
			begun[n.Session.UserID]++
			full := n.Most > 0 && begun[n.Session.UserID] > n.Most
			s.mu.Unlock()
			live, _ := s.UserSessions(ctx, n.Session.UserID, n.Now)
			if !full || len(live) == 0 {
				return s.CreateSession(ctx, n)
			}
			n.Most = 0
			_ = s.EndSession(ctx, n.Session.UserID, live[0].ID)
			_, err := s.CreateSession(ctx, n)
			return live[0], err
		}
	}},
}
