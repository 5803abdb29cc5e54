package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// copyingChallenges is a store that copies challenges in its own way.
func copyingChallenges(copied func(phoneauth.Challenge) phoneauth.Challenge) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) { s.copied = copied }
}

// copyingSessions is a store that copies sessions in its own way.
func copyingSessions(copied func(phoneauth.SessionRecord) phoneauth.SessionRecord) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) { s.cloned = copied }
}

// changed is a store whose challenges lose something on the way in and out.
func changed(change func(*phoneauth.Challenge)) func(*broken, *byHand) {
	return copyingChallenges(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = spared(ch)
		change(&ch)
		return ch
	})
}

// changedSession is the same for sessions.
func changedSession(change func(*phoneauth.SessionRecord)) func(*broken, *byHand) {
	return copyingSessions(func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		change(&r)
		return r
	})
}

// truncated is a store whose times are no finer than d.
func truncated(d time.Duration) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		changed(func(ch *phoneauth.Challenge) { ch.ExpiresAt, ch.Until = ch.ExpiresAt.Truncate(d), ch.Until.Truncate(d) })(w, s)
		changedSession(func(r *phoneauth.SessionRecord) {
			for _, at := range []*time.Time{&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt} {
				*at = at.Truncate(d)
			}
		})(w, s)
	}
}

// keyed is a store that makes other keys of the keys it is given.
func keyed(key func(string) string) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			was := b.Challenge.Key
			b.Challenge.Key = key(was)
			begun, err := s.BeginChallenge(ctx, b)
			begun.Challenge.Key = was
			return begun, err
		}
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			c := of(&a)
			was := c.Key
			c.Key = key(was)
			ch, err := s.AttemptChallenge(ctx, a)
			if ch.Key != "" {
				ch.Key = was
			}
			return ch, err
		}
	}
}

// zeroAsEpoch is a time as a store has it that keeps microseconds since 1970.
func zeroAsEpoch(at time.Time) time.Time {
	if at.IsZero() {
		return time.UnixMicro(0).UTC()
	}
	return at.UTC()
}

var wrongValues = []wrongStore{
	{"times lost to seconds", "challenges keep microseconds", truncated(time.Second)},
	{"times lost to milliseconds", "challenges keep microseconds", truncated(time.Millisecond)},
	{"session times lost to seconds", "sessions keep microseconds", truncated(time.Second)},
	{"session times lost to milliseconds", "sessions keep microseconds", truncated(time.Millisecond)},
	{"the zone comes back", "challenges come back in UTC", copyingChallenges(func(ch phoneauth.Challenge) phoneauth.Challenge { return ch })},
	{"the zone of what a match stores comes back", "a challenge that a match stores comes back in UTC", copyingChallenges(func(ch phoneauth.Challenge) phoneauth.Challenge { return ch })},
	{"the zone of a session comes back", "sessions come back in UTC", copyingSessions(func(r phoneauth.SessionRecord) phoneauth.SessionRecord { return r })},
	{"a UUID loses its hyphens", "UUIDs come back as they went in", signed(func(s *byHand, _ phoneauth.SignIn, out *phoneauth.SignedIn, err *error) {
		if *err == nil {
			s.change(&out.User, func(user *phoneauth.User) { user.UUID = strings.ReplaceAll(user.UUID, "-", "") })
		}
	})},
	{"the zone of ResendAt comes back", "challenges come back in UTC", begun(func(_ *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.ResendAt = begun.ResendAt.In(b.Now.Location())
	})},
	{"local time is taken for UTC", "challenges come back in UTC", changed(func(ch *phoneauth.Challenge) {
		_, offset := ch.Until.In(elsewhere).Zone()
		ch.Until = ch.Until.Add(time.Duration(offset) * time.Second)
	})},
	{"the zero time is 1970", "the zero time comes back zero", changed(func(ch *phoneauth.Challenge) {
		ch.Until = zeroAsEpoch(ch.Until)
	})},
	{"the zero time of a session is 1970", "zero times of a session", changedSession(func(r *phoneauth.SessionRecord) {
		r.RotatedAt = zeroAsEpoch(r.RotatedAt)
	})},
	{"challenges read the clock", "challenges far from now", attempting(func(_ *byHand, a *phoneauth.AttemptParams) { a.Now = time.Now() })},
	{"sessions read the clock", "sessions far from now", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, _ time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, time.Now())
		}
	}},
	{"slices are kept", "challenges go in by value", func(w *broken, s *byHand) {
		w.begin = func(b phoneauth.BeginParams) (phoneauth.BeginResult, error) {
			_, touches := s.liveChallenge(b.Challenge.Key, b.Now)
			begun, err := s.BeginChallenge(ctx, b)
			if err == nil && !touches {
				s.challenges[b.Challenge.Key] = b.Challenge
			}
			return begun, err
		}
	}},
	{"slices of Store are kept", "challenges go in by value", outcome(nil, func(s *byHand, a phoneauth.AttemptParams, _ *phoneauth.Challenge) {
		if m := of(&a).OnMatch; m.Store != nil {
			s.challenges[m.Store.Key] = *m.Store
		}
	})},
	{"slices are handed out", "challenges come out by value", begun(func(s *byHand, b phoneauth.BeginParams, begun *phoneauth.BeginResult) {
		begun.Challenge = s.challenges[b.Challenge.Key]
	})},
	{"slices are handed out on a mismatch", "challenges come out by value", outcome(phoneauth.ErrMismatch, func(s *byHand, a phoneauth.AttemptParams, ch *phoneauth.Challenge) {
		*ch = s.challenges[of(&a).Key]
	})},
	{"slices of sessions are kept", "sessions go in by value", copyingSessions(func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		clone := cloneSession(r)
		clone.Digest = r.Digest
		return clone
	})},
	{"AMR is kept", "sessions go in by value", copyingSessions(func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		clone := cloneSession(r)
		clone.AMR = r.AMR
		return clone
	})},
	{"slices of sessions are handed out", "sessions come out by value", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			_, err := s.SessionByID(ctx, id, now)
			return s.sessions[id], err
		}
	}},
	{"rotating hands slices out", "sessions come out by value", func(w *broken, s *byHand) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if err == nil {
				record = s.sessions[r.ID]
			}
			return record, err
		}
	}},
	{"takes are sorted in place", "arguments stay as they are", beginning(func(_ *byHand, b *phoneauth.BeginParams) {
		slices.SortFunc(b.Takes, func(x, y phoneauth.Take) int { return strings.Compare(x.Key, y.Key) })
	})},
	{"keys are sorted in place", "arguments stay as they are", func(w *broken, s *byHand) {
		w.cancel = func(keys ...string) error {
			slices.Sort(keys)
			return s.CancelChallenges(ctx, keys...)
		}
	}},
	{"charges are sorted in place", "arguments stay as they are", func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			slices.SortFunc(p.Charges, func(x, y phoneauth.Charge) int { return strings.Compare(x.Key, y.Key) })
			return s.TakeLimits(ctx, p)
		}
	}},
	{"given back takes are sorted in place", "arguments stay as they are", func(w *broken, s *byHand) {
		w.giveBackOf = func(p phoneauth.GiveBackParams) error {
			slices.SortFunc(p.Takes, func(x, y phoneauth.Take) int { return strings.Compare(x.Key, y.Key) })
			return s.GiveBack(ctx, p)
		}
	}},
	{"candidates are sorted in place", "arguments stay as they are", func(w *broken, s *byHand) {
		w.attempt = func(a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
			slices.SortFunc(a.Candidates, func(x, y phoneauth.Candidate) int { return strings.Compare(x.Key, y.Key) })
			return s.AttemptChallenge(ctx, a)
		}
	}},
	{"keys to read are sorted in place", "arguments stay as they are", func(w *broken, s *byHand) {
		w.readState = func(p phoneauth.StateParams) (phoneauth.State, error) {
			slices.SortFunc(p.Scores, func(x, y phoneauth.Score) int { return strings.Compare(x.Key, y.Key) })
			return s.ReadState(ctx, p)
		}
	}},
	{"blobs are cut", "binary values come back whole", changed(func(ch *phoneauth.Challenge) {
		ch.Sealed = ch.Sealed[:min(255, len(ch.Sealed))]
	})},
	{"blobs are text", "binary values come back whole", changed(func(ch *phoneauth.Challenge) {
		ch.Pending = bytes.ToValidUTF8(ch.Pending, []byte("?"))
	})},
	{"blobs end at a zero", "plain and binary values of a session", changedSession(func(r *phoneauth.SessionRecord) {
		r.Digest, _, _ = bytes.Cut(r.Digest, []byte{0})
	})},
	{"empty is something", "empty values", changed(func(ch *phoneauth.Challenge) {
		if len(ch.Pending) == 0 {
			ch.Pending = []byte("null")
		}
	})},
	{"case does not matter", "keys are told apart byte by byte", keyed(strings.ToLower)},
	{"percent matches all", "keys are told apart byte by byte", keyed(func(key string) string { return strings.TrimRight(key, "%_*") })},
	{"keys are cut", "keys may be long", keyed(func(key string) string { return key[:min(127, len(key))] })},
	{"case of session ids does not matter", "session ids are told apart byte by byte", func(w *broken, s *byHand) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			for other := range s.sessions {
				if other != id && strings.EqualFold(other, id) {
					id = other
				}
			}
			return s.SessionByID(ctx, id, now)
		}
	}},
	{"all kinds share their keys", "one key for all kinds", func(w *broken, s *byHand) {
		w.clearFailures = func(key string) error {
			delete(s.tats, key)
			return s.ClearFailures(ctx, key)
		}
	}},
}
