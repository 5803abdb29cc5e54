package sqlstore

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// What the function of steps answers.
const (
	stepDone = iota
	stepRefused
	stepNotFound
	stepMismatch
	stepRaced
	stepMeets
)

// errMeets says that a match would store a challenge where there is one that the step has not locked.
var errMeets = errors.New("a challenge is in the place of another")

// stepped is what the function returns.
type stepped struct {
	live     phoneauth.Challenge // as it was, if which is not 0
	answer   int
	refused  int // which limit or score, counted through from 1; 0 is the lockout
	wait     int64
	resendAt int64
	which    int // candidate
}

// stepParameters are the types of the values of stepArgs.
const stepParameters = "CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BYTEA[]), CAST(? AS INTEGER[]), CAST(? AS BYTEA[])," +
	" CAST(? AS BYTEA[]), CAST(? AS INTEGER[]), CAST(? AS BYTEA[]), CAST(? AS INTEGER[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[])," +
	" CAST(? AS BIGINT[]), CAST(? AS DOUBLE PRECISION[]), CAST(? AS INTEGER[]), CAST(? AS BYTEA[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[]), CAST(? AS BIGINT[])"

// call runs the step in the database. Its error is a refusal, or a fault.
func (s *Store) call(ctx context.Context, step string, a *stepArgs) (r stepped, err error) {
	if a.beyond {
		return stepped{}, errBeyond
	}
	a.inOrder()
	with, from, more := "", "", []any(nil)
	if a.opening != nil {
		with, from, more = openedColumns, openSession(s.functions.open, "answer = 0"), a.opening.into()
	}
	q := s.query("SELECT c_key, c_id, c_digest, c_sealed, c_pending, coalesce(c_tries, 0), coalesce(c_sends, 0), coalesce(c_expires, 0), coalesce(c_until, 0),"+
		" answer, refused, wait, resend, which"+with+" FROM "+s.functions.step+"("+stepParameters+") AS t", a.values()...)
	if a.opening != nil {
		q.add(from, a.opening.args...)
	}
	err = s.write(ctx, step, func(on querier) (err error) {
		r.live, err = scanChallenge(func(into ...any) error { return q.row(ctx, on, into...) },
			append([]any{&r.answer, &r.refused, &r.wait, &r.resendAt, &r.which}, more...)...)
		switch {
		case err != nil:
			return err
		case r.answer == stepRaced:
			return errRaced
		case r.answer == stepMeets:
			return errMeets
		case r.answer == stepRefused:
			return a.refusal(r)
		}
		return nil
	})
	return r, err
}

// refusal returns the error of a step that was refused.
func (a *stepArgs) refusal(r stepped) error {
	name := a.lockoutName
	switch i := r.refused - 1; {
	case i >= len(a.limitNames):
		name = a.chargeNames[i-len(a.limitNames)]
	case i >= 0:
		name = a.limitNames[i]
	}
	return &phoneauth.LimitError{Limit: name, RetryAfter: waiting(r.wait)}
}

// waiting returns how long us microseconds are, or the longest time there is.
func waiting(us int64) time.Duration {
	return time.Duration(min(us, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
}

func (s *Store) callBegin(ctx context.Context, p *phoneauth.BeginParams) (phoneauth.BeginResult, error) {
	if r, done, err := s.beginDirectly(ctx, p); done || err != nil {
		return r, err
	}
	a := s.newStep("begin", p.Now, p.Challenge.Key)
	a.candidate(&phoneauth.Candidate{Key: p.Challenge.Key, ID: p.Renew})
	a.lockout(&p.Lockout)
	a.uses(0, asking, p.Asks)
	a.uses(0, taking, p.Takes)
	a.charges(0, p.Charges, 0, nil)
	a.stored = []challengeOf{{0, p.Challenge}}
	r, err := s.call(ctx, "begin challenge", a)
	switch {
	case err != nil:
		return phoneauth.BeginResult{}, err
	case r.answer == stepNotFound:
		return phoneauth.BeginResult{}, phoneauth.ErrNotFound
	}
	c := p.Challenge
	if r.which > 0 {
		c = r.live.Touched(p)
	}
	return phoneauth.BeginResult{Challenge: plain(c), ResendAt: instant(r.resendAt)}, nil
}

func (s *Store) callAttempt(ctx context.Context, p *phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	if c, done, err := s.attemptDirectly(ctx, p); done || err != nil {
		return c, err
	}
	return s.callStep(ctx, p, nil)
}

// callStep is AttemptChallenge by the function of steps. After a match it does o, unless that is nil.
func (s *Store) callStep(ctx context.Context, p *phoneauth.AttemptParams, o *opening) (phoneauth.Challenge, error) {
	r, err := s.callAttemptOn(ctx, p, slotKeys(p, false), o)
	if errors.Is(err, errMeets) {
		r, err = s.callAttemptOn(ctx, p, slotKeys(p, true), o)
	}
	switch {
	case err != nil:
		return phoneauth.Challenge{}, err
	case r.answer == stepNotFound:
		return phoneauth.Challenge{}, phoneauth.ErrNotFound
	case r.answer == stepMismatch:
		r.live.TriesLeft--
		return r.live, phoneauth.ErrMismatch
	}
	return r.live, nil
}

// callAttemptOn is the step that locks the challenges with these keys.
func (s *Store) callAttemptOn(ctx context.Context, p *phoneauth.AttemptParams, slots []string, o *opening) (stepped, error) {
	a := s.newStep("attempt", p.Now, slots...)
	a.opening = o
	a.lockout(&p.Lockout)
	a.uses(0, taking, p.Takes)
	for i := range p.Candidates {
		a.candidate(&p.Candidates[i])
		a.match(int64(i+1), &p.Candidates[i].OnMatch)
	}
	return s.call(ctx, "attempt challenge", a)
}

func (s *Store) callTake(ctx context.Context, p *phoneauth.TakeParams) error {
	a := s.newStep("take", p.Now)
	a.uses(0, asking, p.Asks)
	a.uses(0, taking, p.Takes)
	a.charges(0, p.Charges, 0, nil)
	_, err := s.call(ctx, "take limits", a)
	return err
}

func (s *Store) callGiveBack(ctx context.Context, p *phoneauth.GiveBackParams) error {
	a := s.newStep("give back", p.Now)
	a.uses(0, giving, p.Takes)
	a.charges(0, p.Credits, 0, nil)
	_, err := s.call(ctx, "give back", a)
	return err
}

func (s *Store) callFailure(ctx context.Context, l *phoneauth.Lockout, now time.Time) error {
	a := s.newStep("fail", now)
	a.lockout(l)
	_, err := s.call(ctx, "count failure", a)
	return err
}
