package redisstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(ctx context.Context, l phoneauth.Lockout, now time.Time) error {
	if l.Key == "" {
		return nil
	}
	c := newRequest(failScript, now)
	s.putLockout(c, &l)
	r, err := s.do(ctx, c)
	switch {
	case err != nil:
		return failed("count failure", err)
	case r.status() == statusOK:
		return nil
	case r.status() == statusRefused:
		return failed("count failure", r.refusal([]string{l.Name}))
	}
	return failed("count failure", errAnswer)
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(ctx context.Context, key string) error {
	return failed("clear failures", s.delete(ctx, []string{s.key(lockoutKind, key)}))
}

// putLockout writes l, or that there is none.
func (s *Store) putLockout(c *call, l *phoneauth.Lockout) {
	c.bit(l.Key != "")
	if l.Key == "" {
		return
	}
	c.key(s.key(lockoutKind, l.Key))
	c.number(micros(l.TTL))
	c.count(len(l.Steps))
	for _, step := range l.Steps {
		c.number(int64(step.Failures))
		c.number(micros(step.Wait))
	}
}

// delete takes away keys. Those of one slot go in one step.
func (s *Store) delete(ctx context.Context, keys []string) error {
	sp := s.spread(keys, func(int) *call { return &call{script: deleteScript} }, func(c *call, i int) { c.key(keys[i]) })
	_, err := s.each(ctx, sp.calls)
	return err
}
