package sqlstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// TakeLimits implements [phoneauth.ChallengeStore]. To ask alone is one read, which locks
// nothing.
func (s *Store) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	const step = "take limits"
	if len(p.Takes)+len(p.Charges) == 0 {
		r := s.rows(ctx, s.db, p.Now.UnixMicro())
		r.nameKeys(p.Keys())
		r.peekAll()
		if err := r.load(); err != nil {
			return failed(step, err)
		}
		return p.Run(r)
	}
	return s.atomically(ctx, step, func(q querier) error {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		r.nameKeys(p.Keys())
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

// GiveBack implements [phoneauth.ChallengeStore].
func (s *Store) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	if len(p.Takes)+len(p.Credits) == 0 {
		return nil
	}
	return s.atomically(ctx, "give back", func(q querier) error {
		r := s.rows(ctx, q, p.Now.UnixMicro())
		r.nameKeys(p.Keys())
		r.sample(p.Credits)
		if err := r.load(); err != nil {
			return err
		}
		p.Run(r)
		return r.save()
	})
}

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(ctx context.Context, l phoneauth.Lockout, at time.Time) error {
	if l.Key == "" {
		return nil
	}
	return s.atomically(ctx, "count failure", func(q querier) error {
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
