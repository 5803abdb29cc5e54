package sqlstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// ask is TakeLimits that takes nothing.
func (s *Store) ask(ctx context.Context, p phoneauth.TakeParams) error {
	r := s.rows(ctx, s.on, p.Now.UnixMicro())
	r.nameKeys(p.Keys())
	r.peekAll()
	if err := r.load(); err != nil {
		return failed("take limits", err)
	}
	return p.Run(r)
}

// take is TakeLimits in a transaction.
func (s *Store) take(ctx context.Context, p phoneauth.TakeParams) error {
	k := p.Keys()
	return s.atomicallyFor(ctx, "take limits", firstOf(k.Limits, k.Scores), func(q querier) error {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		r.nameKeys(k)
		r.sample(p.Charges)
		if err := r.load(); err != nil {
			return err
		}
		if answer := p.Run(r); answer != nil {
			return r.refused(answer)
		}
		return r.save()
	})
}

// giveBack is GiveBack in a transaction.
func (s *Store) giveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	k := p.Keys()
	return s.atomicallyFor(ctx, "give back", firstOf(k.Limits, k.Scores), func(q querier) error {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		r.nameKeys(k)
		r.sample(p.Credits)
		if err := r.load(); err != nil {
			return err
		}
		p.Run(r)
		return r.save()
	})
}

// countFailure is CountFailure in a transaction.
func (s *Store) countFailure(ctx context.Context, l phoneauth.Lockout, at time.Time) error {
	return s.atomicallyFor(ctx, "count failure", l.Key, func(q querier) error {
		r := s.rows(ctx, q, at.UnixMicro())
		r.name(ofLockout, l.Key)
		if err := r.load(); err != nil {
			return err
		}
		if answer := l.Run(r, at); answer != nil {
			return r.refused(answer)
		}
		return r.save()
	})
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(ctx context.Context, key string) error {
	return s.write(ctx, "clear failures", func(q querier) error {
		_, err := s.query("DELETE FROM "+s.table.counters+" WHERE key = ?", []byte(ofLockout+key)).exec(ctx, q)
		return err
	})
}
