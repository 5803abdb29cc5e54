package sqlstore

import (
	"context"
	"time"

	"github.com/phoneauth/phoneauth"
)

// The verbs that a function of the database does, where there is one. Otherwise they are
// transactions.

// BeginChallenge implements [phoneauth.ChallengeStore].
func (s *Store) BeginChallenge(ctx context.Context, p phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	return either(s.functions.step,
		func() (phoneauth.BeginResult, error) { return s.callBegin(ctx, &p) },
		func() (phoneauth.BeginResult, error) { return s.begin(ctx, p) })
}

// AttemptChallenge implements [phoneauth.ChallengeStore].
func (s *Store) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	return either(s.functions.step,
		func() (phoneauth.Challenge, error) { return s.callAttempt(ctx, &p) },
		func() (phoneauth.Challenge, error) { return s.attempt(ctx, p) })
}

// TakeLimits implements [phoneauth.ChallengeStore]. To ask alone is one read, which locks
// nothing.
func (s *Store) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	if len(p.Takes)+len(p.Charges) == 0 {
		return s.ask(ctx, p)
	}
	_, err := either(s.functions.step,
		func() (none, error) { return none{}, s.callTake(ctx, &p) },
		func() (none, error) { return none{}, s.take(ctx, p) })
	return err
}

// GiveBack implements [phoneauth.ChallengeStore].
func (s *Store) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	if len(p.Takes)+len(p.Credits) == 0 {
		return nil
	}
	_, err := either(s.functions.step,
		func() (none, error) { return none{}, s.callGiveBack(ctx, &p) },
		func() (none, error) { return none{}, s.giveBack(ctx, p) })
	return err
}

// CountFailure implements [phoneauth.ChallengeStore].
func (s *Store) CountFailure(ctx context.Context, l phoneauth.Lockout, at time.Time) error {
	if l.Key == "" {
		return nil
	}
	_, err := either(s.functions.step,
		func() (none, error) { return none{}, s.callFailure(ctx, &l, at) },
		func() (none, error) { return none{}, s.countFailure(ctx, l, at) })
	return err
}

// none is the result of a verb that has only an error.
type none = struct{}
