package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *Store) AttemptChallenge(ctx context.Context, a phoneauth.Attempt) (phoneauth.Challenge, error) {
	now := a.Now.UnixMicro()
	var taken phoneauth.Challenge
	var answer error // of an attempt that is committed
	err := s.atomically(ctx, "attempt challenge", func(q querier) error {
		found, err := s.slot(ctx, q, a.Key, a.ID, now)
		if err != nil {
			return err
		}
		// It is locked, so what comes of the attempt is certain but for refusals, and all
		// counters are locked at once.
		match := found.live && equals(found.Digest, a.Digests)
		cs := s.counters()
		cs.nameFailures(&a.Failures)
		cs.nameTakes(a.Takes)
		if match {
			cs.nameTakes(a.GiveBack)
			if len(a.Earned) > 0 {
				cs.name(ofLimit, a.Bonus.Take.Key)
			}
			cs.nameBudgets(a.Earned)
		}
		if err := cs.load(ctx, q); err != nil {
			return err
		}
		if err := cs.locked(&a.Failures, now); err != nil {
			return err
		}
		if err := cs.take(a.Takes, now); err != nil {
			return cs.refused(ctx, q, err)
		}
		writes := s.batch()
		taken, answer = phoneauth.Challenge{}, nil
		switch {
		case !found.live:
			answer = phoneauth.ErrNotFound
			found.none(s, writes, cs)
		case !match:
			answer = phoneauth.ErrMismatch
			found.miss(s, writes)
			cs.fail(&a.Failures, now)
		default:
			if err := cs.settle(ctx, q, a.Earned, now); err != nil {
				return err
			}
			cs.clear(&a.Failures)
			if err := cs.take(a.GiveBack, now); err != nil {
				return err
			}
			if len(a.Earned) > 0 {
				cs.credit(a.Earned, found.Sends, cs.bonus(&a.Bonus, now), now)
			}
			found.win(s, writes, a.Then)
		}
		if answer != phoneauth.ErrNotFound {
			taken = found.Challenge
		}
		cs.save(writes)
		return writes.run(ctx, q)
	})
	if err == nil {
		err = answer
	}
	if err != nil && !errors.Is(err, phoneauth.ErrMismatch) {
		return phoneauth.Challenge{}, err
	}
	return taken, err
}

// miss adds to b that one try is used.
func (sl *slot) miss(s *Store, b *batch) {
	if sl.TriesLeft--; sl.TriesLeft > 0 {
		b.add(1, "UPDATE "+s.table.challenges+" SET tries_left = ? WHERE key = ?", sl.TriesLeft, []byte(sl.key))
		return
	}
	b.add(1, "DELETE FROM "+s.table.challenges+" WHERE key = ?", []byte(sl.key))
}

// win adds to b that the challenge is taken away, and then is stored. What may be at the
// key of then is replaced.
func (sl *slot) win(s *Store, b *batch, then *phoneauth.Challenge) {
	if then != nil && then.Key == sl.key {
		sl.put(s, b, then)
		return
	}
	b.add(1, "DELETE FROM "+s.table.challenges+" WHERE key = ?", []byte(sl.key))
	if then != nil {
		b.add(1, "INSERT INTO "+s.table.challenges+" ("+challengeColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"+
			" ON CONFLICT (key) DO UPDATE SET id = excluded.id, digest = excluded.digest, sealed = excluded.sealed,"+
			" pending = excluded.pending, tries_left = excluded.tries_left, sends = excluded.sends,"+
			" expires_at = excluded.expires_at, until_at = excluded.until_at, due = excluded.due", challengeValues(then)...)
	}
}

// bonus is what is credited beyond what was charged.
func (cs *counters) bonus(b *phoneauth.Bonus, now int64) float64 {
	if err := cs.take([]phoneauth.Take{b.Take}, now); err != nil {
		return 0
	}
	return b.Add
}

// TakeLimits implements [phoneauth.ChallengeStore].
func (s *Store) TakeLimits(ctx context.Context, takes []phoneauth.Take, at time.Time) error {
	const step = "take limits"
	now := at.UnixMicro()
	take := func(q querier, cs *counters) error {
		if err := cs.load(ctx, q); err != nil {
			return err
		}
		if err := cs.take(takes, now); err != nil {
			return cs.refused(ctx, q, err)
		}
		return nil
	}
	cs := s.counters()
	if asksOnly(takes) {
		for i := range takes {
			cs.peek(ofLimit, takes[i].Key)
		}
		return failed(step, take(s.db, cs))
	}
	return s.atomically(ctx, step, func(q querier) error {
		cs := s.counters()
		cs.nameTakes(takes)
		if err := take(q, cs); err != nil {
			return err
		}
		writes := s.batch()
		cs.save(writes)
		return writes.run(ctx, q)
	})
}

func asksOnly(takes []phoneauth.Take) bool {
	for i := range takes {
		if takes[i].Cost != 0 {
			return false
		}
	}
	return true
}

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(ctx context.Context, f phoneauth.Failures, at time.Time) error {
	now := at.UnixMicro()
	return s.atomically(ctx, "count failure", func(q querier) error {
		cs := s.counters()
		cs.nameFailures(&f)
		if err := cs.load(ctx, q); err != nil {
			return err
		}
		if err := cs.locked(&f, now); err != nil {
			return err
		}
		cs.fail(&f, now)
		writes := s.batch()
		cs.save(writes)
		return writes.run(ctx, q)
	})
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(ctx context.Context, key string) error {
	return s.write(ctx, "clear failures", func(q querier) error {
		_, err := s.query("DELETE FROM "+s.table.counters+" WHERE key = ?", []byte(ofFailures+key)).exec(ctx, q)
		return err
	})
}
