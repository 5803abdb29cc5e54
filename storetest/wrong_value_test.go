package storetest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// copying is a store that copies challenges and sessions in its own way.
func copying(challenge func(phoneauth.Challenge) phoneauth.Challenge, session func(phoneauth.SessionRecord) phoneauth.SessionRecord) func(*broken, *reference) {
	return func(_ *broken, s *reference) {
		if challenge != nil {
			s.challenge = challenge
		}
		if session != nil {
			s.session = session
		}
	}
}

// truncated is a store whose times are no finer than d.
func truncated(d time.Duration) func(*broken, *reference) {
	return copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		ch.ExpiresAt, ch.Until = ch.ExpiresAt.Truncate(d), ch.Until.Truncate(d)
		return ch
	}, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		for _, at := range []*time.Time{&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt} {
			*at = at.Truncate(d)
		}
		return r
	})
}

// keyed is a store that makes other keys of the keys it is given.
func keyed(key func(string) string) func(*broken, *reference) {
	return func(w *broken, s *reference) {
		w.begin = func(b phoneauth.Begin) (phoneauth.Begun, error) {
			was := b.Challenge.Key
			b.Challenge.Key = key(was)
			begun, err := s.BeginChallenge(ctx, b)
			begun.Challenge.Key = was
			return begun, err
		}
		w.attempt = func(a phoneauth.Attempt) (phoneauth.Challenge, error) {
			was := a.Key
			a.Key = key(was)
			ch, err := s.AttemptChallenge(ctx, a)
			ch.Key = was
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
	{"the zone comes back", "challenges come back in UTC", copying(func(ch phoneauth.Challenge) phoneauth.Challenge { return ch }, nil)},
	{"the zone of a session comes back", "sessions come back in UTC", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord { return r })},
	{"the zone of ResendAt comes back", "challenges come back in UTC", begun(func(_ *reference, b phoneauth.Begin, begun *phoneauth.Begun) {
		begun.ResendAt = begun.ResendAt.In(b.Now.Location())
	})},
	{"local time is taken for UTC", "challenges come back in UTC", copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		_, offset := ch.Until.In(elsewhere).Zone()
		ch.Until = ch.Until.Add(time.Duration(offset) * time.Second)
		return ch
	}, nil)},
	{"the zero time is 1970", "the zero time comes back zero", copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		ch.Until = zeroAsEpoch(ch.Until)
		return ch
	}, nil)},
	{"the zero time of a session is 1970", "zero times of a session", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.RotatedAt = zeroAsEpoch(r.RotatedAt)
		return r
	})},
	{"challenges read the clock", "challenges far from now", attempting(func(_ *reference, a *phoneauth.Attempt) { a.Now = time.Now() })},
	{"sessions read the clock", "sessions far from now", func(w *broken, s *reference) {
		w.sessionByID = func(id string, _ time.Time) (phoneauth.SessionRecord, error) {
			return s.SessionByID(ctx, id, time.Now())
		}
	}},
	{"slices are kept", "challenges go in by value", func(w *broken, s *reference) {
		w.begin = func(b phoneauth.Begin) (phoneauth.Begun, error) {
			_, touches := s.live(b.Challenge.Key, b.Now)
			begun, err := s.BeginChallenge(ctx, b)
			if err == nil && !touches {
				s.challenges[b.Challenge.Key] = b.Challenge
			}
			return begun, err
		}
	}},
	{"slices of Then are kept", "challenges go in by value", outcome(nil, func(s *reference, a phoneauth.Attempt, _ *phoneauth.Challenge) {
		if a.Then != nil {
			s.challenges[a.Then.Key] = *a.Then
		}
	})},
	{"slices are handed out", "challenges come out by value", begun(func(s *reference, b phoneauth.Begin, begun *phoneauth.Begun) {
		begun.Challenge = s.challenges[b.Challenge.Key]
	})},
	{"slices are handed out on a mismatch", "challenges come out by value", outcome(phoneauth.ErrMismatch, func(s *reference, a phoneauth.Attempt, ch *phoneauth.Challenge) {
		*ch = s.challenges[a.Key]
	})},
	{"slices of sessions are kept", "sessions go in by value", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		clone := cloneSession(r)
		clone.Digest = r.Digest
		return clone
	})},
	{"AMR is kept", "sessions go in by value", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		clone := cloneSession(r)
		clone.AMR = r.AMR
		return clone
	})},
	{"slices of sessions are handed out", "sessions come out by value", func(w *broken, s *reference) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			_, err := s.SessionByID(ctx, id, now)
			return s.sessions[id], err
		}
	}},
	{"rotating hands slices out", "sessions come out by value", func(w *broken, s *reference) {
		w.rotate = func(r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
			record, err := s.RotateSession(ctx, r)
			if err == nil {
				record = s.sessions[r.ID]
			}
			return record, err
		}
	}},
	{"takes are sorted in place", "arguments stay as they are", beginning(func(_ *reference, b *phoneauth.Begin) {
		slices.SortFunc(b.Takes, func(x, y phoneauth.Take) int { return strings.Compare(x.Key, y.Key) })
	})},
	{"keys are sorted in place", "arguments stay as they are", func(w *broken, s *reference) {
		w.cancel = func(keys ...string) error {
			slices.Sort(keys)
			return s.CancelChallenges(ctx, keys...)
		}
	}},
	{"blobs are cut", "binary values come back whole", copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		ch.Sealed = ch.Sealed[:min(255, len(ch.Sealed))]
		return ch
	}, nil)},
	{"blobs are text", "binary values come back whole", copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		ch.Pending = bytes.ToValidUTF8(ch.Pending, []byte("?"))
		return ch
	}, nil)},
	{"blobs end at a zero", "plain and binary values of a session", copying(nil, func(r phoneauth.SessionRecord) phoneauth.SessionRecord {
		r = cloneSession(r)
		r.Digest, _, _ = bytes.Cut(r.Digest, []byte{0})
		return r
	})},
	{"empty is something", "empty values", copying(func(ch phoneauth.Challenge) phoneauth.Challenge {
		ch = cloneChallenge(ch)
		if len(ch.Pending) == 0 {
			ch.Pending = []byte("null")
		}
		return ch
	}, nil)},
	{"case does not matter", "keys are told apart byte by byte", keyed(strings.ToLower)},
	{"percent matches all", "keys are told apart byte by byte", keyed(func(key string) string { return strings.TrimRight(key, "%_*") })},
	{"keys are cut", "keys may be long", keyed(func(key string) string { return key[:min(127, len(key))] })},
	{"case of session ids does not matter", "session ids are told apart byte by byte", func(w *broken, s *reference) {
		w.sessionByID = func(id string, now time.Time) (phoneauth.SessionRecord, error) {
			for other := range s.sessions {
				if other != id && strings.EqualFold(other, id) {
					id = other
				}
			}
			return s.SessionByID(ctx, id, now)
		}
	}},
	{"all kinds share their keys", "one key for all kinds", func(w *broken, s *reference) {
		w.clearFailures = func(key string) error {
			delete(s.tats, key)
			return s.ClearFailures(ctx, key)
		}
	}},
	{"Purge removes what lives", "Purge changes no answer", func(w *broken, s *reference) {
		w.purge = func(now time.Time) (int, error) { return s.Purge(ctx, now.Add(tick)) }
	}},
	{"Purge removes locks", "Purge changes no answer", func(w *broken, s *reference) {
		w.purge = func(now time.Time) (int, error) {
			maps.DeleteFunc(s.counters, func(_ string, c counter) bool { return !now.Before(c.last.Add(c.forget)) })
			return s.Purge(ctx, now)
		}
	}},
	{"Purge removes scores", "Purge changes no answer", func(w *broken, s *reference) {
		w.purge = func(now time.Time) (int, error) {
			maps.DeleteFunc(s.scores, func(_ string, was score) bool { return now.Sub(was.at) > 24*time.Hour })
			return s.Purge(ctx, now)
		}
	}},
	{"Purge brings back", "Purge removes what is gone", func(w *broken, s *reference) {
		w.purge = func(now time.Time) (int, error) {
			for key, ch := range s.challenges {
				ch.ExpiresAt = now.Add(time.Hour)
				s.challenges[key] = ch
			}
			return 0, nil
		}
	}},
	{"Purge removes idle sessions too early", "Purge of sessions", func(w *broken, s *reference) {
		w.purge = func(now time.Time) (int, error) { return s.Purge(ctx, now.Add(tick)) }
	}},
}
