package redisstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// TakeLimits implements [phoneauth.ChallengeStore].
func (s *Store) TakeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	if len(takes) == 0 {
		return nil
	}
	return failed("take limits", s.takeLimits(ctx, takes, now))
}

func (s *Store) takeLimits(ctx context.Context, takes []phoneauth.Take, now time.Time) error {
	t := taken{store: s, now: now}
	runs := s.runs(takes, nil)
	if len(runs) == 1 {
		return t.take(ctx, runs[0], false)
	}
	firm, back := lenient(takes)
	if err := t.takeRuns(ctx, s.runs(firm, nil)); err != nil {
		return err
	}
	for _, g := range s.bySlot(back, nil) {
		if err := t.take(ctx, g, false); err != nil {
			return err
		}
	}
	return nil
}

// takeRuns does all of runs or, after a refusal, none of what was done before either.
func (t *taken) takeRuns(ctx context.Context, runs []group) error {
	for _, g := range runs {
		if err := t.take(ctx, g, true); err != nil {
			if answer(err) {
				t.undo(ctx)
			}
			return err
		}
	}
	return nil
}

func (s *Store) takeCall(g group, now time.Time, undo bool) *call {
	c := &call{script: takeScript}
	c.time(now)
	c.flag(undo)
	s.putTakes(c, g.takes)
	s.putBudgets(c, g.budgets)
	return c
}

func (s *Store) putTakes(c *call, takes []phoneauth.Take) {
	c.int(int64(len(takes)))
	for _, t := range takes {
		c.key(s.key(limitKind, t.Key))
		c.int(int64(t.Burst))
		c.span(t.Every)
		c.int(int64(t.Cost))
	}
}

func (s *Store) putBudgets(c *call, budgets []phoneauth.Budget) {
	c.int(int64(len(budgets)))
	for _, b := range budgets {
		c.key(s.key(budgetKind, b.Key))
		c.float(b.Max)
		c.float(b.Add)
		c.fade(b)
		c.float(b.Thin)
		c.float(b.Weight)
	}
}

// fade writes how b fades, in fractions of microseconds too.
func (c *call) fade(b phoneauth.Budget) {
	c.float(float64(b.Owed) / float64(time.Microsecond))
	c.float(float64(b.Earned) / float64(time.Microsecond))
}

// putFailures writes f, or that there is none.
func (s *Store) putFailures(c *call, f phoneauth.Failures) {
	c.flag(f.Key != "")
	if f.Key == "" {
		return
	}
	c.key(s.key(failureKind, f.Key))
	c.span(f.Forget)
	c.int(int64(len(f.Steps)))
	for _, step := range f.Steps {
		c.int(int64(step.At))
		c.span(step.Wait)
	}
}

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(ctx context.Context, f phoneauth.Failures, now time.Time) error {
	return failed("count failure", s.failure(ctx, f, now, false))
}

// failure counts one of f, or only asks whether f is locked.
func (s *Store) failure(ctx context.Context, f phoneauth.Failures, now time.Time, ask bool) error {
	if f.Key == "" {
		return nil
	}
	c := &call{script: countScript}
	c.time(now)
	c.flag(ask)
	s.putFailures(c, f)
	r, err := s.do(ctx, c)
	switch {
	case err != nil:
		return err
	case r.status() == statusOK:
		return nil
	case r.status() == statusRefused:
		return r.refusal(f.Name, nil, nil)
	}
	return errAnswer
}

// ClearFailures implements [phoneauth.ChallengeStore].
func (s *Store) ClearFailures(ctx context.Context, key string) error {
	return failed("clear failures", s.forget(ctx, s.key(failureKind, key)))
}

// CancelChallenges implements [phoneauth.ChallengeStore]. Of keys in several slots of a
// cluster, those of one slot go in one step.
func (s *Store) CancelChallenges(ctx context.Context, keys ...string) error {
	bySlot := map[int][]string{}
	for _, key := range keys {
		k := s.key(challengeKind, key)
		bySlot[s.slot(k)] = append(bySlot[s.slot(k)], k)
	}
	for _, of := range bySlot {
		if err := s.forget(ctx, of...); err != nil {
			return failed("cancel challenges", err)
		}
	}
	return nil
}

func (s *Store) forget(ctx context.Context, keys ...string) error {
	_, err := s.do(ctx, &call{script: forgetScript, keys: keys})
	return err
}
