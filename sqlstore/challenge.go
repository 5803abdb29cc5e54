package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// begin is BeginChallenge in a transaction.
func (s *Store) begin(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	var begun phoneauth.BeginResult
	err := s.atomicallyFor(ctx, "begin challenge", p.Challenge.Key, func(q querier) error {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		r.nameSlots(p.Challenge.Key)
		r.nameKeys(p.Keys())
		r.sample(p.Charges)
		if err := r.loadSlots(); err != nil {
			return err
		}
		if err := r.load(); err != nil {
			return err
		}
		var answer error
		if begun, answer = p.Run(r); answer != nil {
			return r.refused(answer)
		}
		begun.Challenge = plain(begun.Challenge)
		return r.save()
	})
	if err != nil {
		return phoneauth.BeginResult{}, err
	}
	return begun, nil
}

// refused returns answer, for a step that has changed nothing. It returns errRaced if a row
// that the step has read was changed meanwhile.
func (r *rows) refused(answer error) error {
	if err := r.save(); err != nil {
		return err
	}
	return answer
}

// plain returns c with slices of its own, and with times as they are read.
func plain(c phoneauth.Challenge) phoneauth.Challenge {
	c.Digest, c.Sealed, c.Pending = slices.Clone(c.Digest), slices.Clone(c.Sealed), slices.Clone(c.Pending)
	c.ExpiresAt, c.Until = instant(c.ExpiresAt.UnixMicro()), instant(c.Until.UnixMicro())
	return c
}

// attempt is AttemptChallenge in a transaction.
func (s *Store) attempt(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return s.attemptAnd(ctx, "attempt challenge", &p, func(querier) error { return nil })
}

// attemptAnd is attempt that does more in the same transaction after a match.
func (s *Store) attemptAnd(ctx context.Context, step string, p *phoneauth.AttemptParams, more func(q querier) error) (phoneauth.Challenge, error) {
	keys := slotKeys(p, s.returning)
	var found phoneauth.Challenge
	var answer error // of an attempt that is committed
	err := s.atomicallyFor(ctx, step, firstOf(keys), func(q querier) (err error) {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		if found, answer, err = r.attempt(p, keys); err != nil || answer != nil {
			return err
		}
		return more(q)
	})
	if err == nil {
		err = answer
	}
	if err != nil && !errors.Is(err, phoneauth.ErrMismatch) {
		return phoneauth.Challenge{}, err
	}
	return found, err
}

// attempt does the step on the challenges with these keys. answer is that of an attempt that is to be
// committed.
func (r *rows) attempt(p *phoneauth.AttemptParams, keys []string) (found phoneauth.Challenge, answer, err error) {
	r.nameSlots(keys...)
	r.nameKeys((&phoneauth.AttemptParams{Lockout: p.Lockout, Takes: p.Takes}).Keys())
	if !r.s.returning {
		r.nameMatches(p.Candidates)
	}
	if err := r.loadSlots(); err != nil {
		return found, nil, err
	}
	// The challenges are locked: what the step will find is known, and so are the counters
	// that it will need.
	if of, _, equal := p.Find(r.held); equal {
		r.nameKeys(of.OnMatch.Keys())
		r.sample(of.OnMatch.Credits)
		r.name(ofScore, of.OnMatch.ClearScores...)
	}
	if err := r.load(); err != nil {
		return found, nil, err
	}
	if found, answer = p.Run(r); !phoneauth.Commits(answer) {
		return found, nil, r.refused(answer)
	}
	return found, answer, r.save()
}

// slotKeys returns the keys of the candidates and, with stored, of what their matches store, in the order of
// keys, each once.
func slotKeys(p *phoneauth.AttemptParams, stored bool) []string {
	keys := make([]string, len(p.Candidates), 2*len(p.Candidates))
	for i := range p.Candidates {
		keys[i] = p.Candidates[i].Key
		if store := p.Candidates[i].OnMatch.Store; stored && store != nil {
			keys = append(keys, store.Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// held returns the challenge at key as it was loaded.
func (r *rows) held(key string) (phoneauth.Challenge, bool) {
	sl := r.slot(key)
	return sl.was, sl.known
}

// CancelChallenges implements [phoneauth.ChallengeStore].
func (s *Store) CancelChallenges(ctx context.Context, keys ...string) error {
	// In the order of keys, so that two callers who cancel the same come to no deadlock.
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	const step = "cancel challenges"
	if !s.returning {
		return s.write(ctx, step, func(q querier) error { return s.cancelAll(ctx, q, keys) })
	}
	if len(keys) < 2 || s.alone {
		return s.write(ctx, step, func(q querier) error {
			b := s.batch()
			for _, key := range keys {
				b.add(-1, "DELETE FROM "+s.table.challenges+" WHERE key = ?", []byte(key))
			}
			return b.run(ctx, q)
		})
	}
	return s.atomically(ctx, step, func(q querier) error {
		r := s.rows(ctx, q, 0)
		r.nameSlots(keys...)
		if err := r.loadSlots(); err != nil {
			return err
		}
		for _, key := range keys {
			if _, ok := r.Challenge(key); ok {
				r.DeleteChallenge(key)
			}
		}
		return r.save()
	})
}
