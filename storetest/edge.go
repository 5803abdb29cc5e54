package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// verb is one call of a verb, which has work to do and no reason to refuse it.
type verb struct {
	name string
	// call returns what the verb does; the value is nil for a verb that has none.
	call func(ctx context.Context) (any, error)
}

// only returns a verb that returns an error alone.
func only(name string, call func(ctx context.Context) error) verb {
	return verb{name, func(ctx context.Context) (any, error) { return nil, call(ctx) }}
}

// with returns a verb that returns a value.
func with[V any](name string, call func(ctx context.Context) (V, error)) verb {
	return verb{name, func(ctx context.Context) (any, error) { return call(ctx) }}
}

// result is what a verb came to.
type result struct {
	value any
	err   error
}

// within returns the result of v, which must come in time.
func within(t testing.TB, o options, ctx context.Context, v verb) result {
	t.Helper()
	done := make(chan result, 1)
	go func() {
		value, err := v.call(ctx)
		done <- result{value, err}
	}()
	timer := time.NewTimer(o.patience)
	defer timer.Stop()
	select {
	case out := <-done:
		return out
	case <-timer.C:
		require.Failf(t, "A verb returns soon after its context ends", "%s did not return in %s", v.name, o.patience)
	}
	return result{}
}

// ended calls every verb on a context that has ended, and then on one that has not: each
// returns soon, and none calls that an answer.
func ended(t testing.TB, o options, verbs []verb) (errs []error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, v := range verbs {
		out := within(t, o, ctx, v)
		if out.err == nil {
			continue // it has done its work
		}
		assert.False(t, phoneauth.IsAnswer(out.err), "%s on an ended context answers %v, though nothing refuses it", v.name, out.err)
		if out.value != nil {
			assert.Zero(t, out.value, "%s: what stands beside an error that is no answer", v.name)
		}
		errs = append(errs, out.err)
	}
	return errs
}

// secretive checks that no text of errs holds one of these arguments.
func secretive(t testing.TB, errs []error, arguments ...string) {
	t.Helper()
	for _, err := range errs {
		require.Error(t, err)
		for _, argument := range arguments {
			// By hand, since assert.NotContains would print the text.
			if strings.Contains(err.Error(), argument) {
				assert.Fail(t, "an error text holds an argument", "%T holds %q", err, argument)
			}
		}
	}
}

// verbs returns all verbs of a ChallengeStore.
func (c *challenges) verbs() []verb {
	c.Helper()
	ch, wronged, cancelled := c.open(c.challenge("live")), c.open(c.challenge("wronged")), c.open(c.challenge("cancelled"))
	l, take, score := c.lockout("phone"), c.take("phone", 99), c.charge("country")
	takes, charges := []phoneauth.Take{take}, []phoneauth.Charge{score}
	return []verb{
		with("BeginChallenge", func(ctx context.Context) (phoneauth.BeginResult, error) {
			return c.store.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: c.challenge("new"), Lockout: l, Asks: takes, Takes: takes, Charges: charges, Now: start})
		}),
		with("AttemptChallenge", func(ctx context.Context) (phoneauth.Challenge, error) {
			p := phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{candidate(wronged, []byte("digest of another secret"))}, Lockout: l, Takes: takes, Now: start}
			missed, err := c.store.AttemptChallenge(ctx, p)
			if err != nil && phoneauth.Commits(err) {
				return missed, nil // counted, as it must be
			}
			return missed, err
		}),
		only("CancelChallenges", func(ctx context.Context) error { return c.store.CancelChallenges(ctx, cancelled.Key) }),
		only("TakeLimits", func(ctx context.Context) error {
			return c.store.TakeLimits(ctx, phoneauth.TakeParams{Asks: takes, Takes: takes, Charges: charges, Now: start})
		}),
		only("GiveBack", func(ctx context.Context) error {
			return c.store.GiveBack(ctx, phoneauth.GiveBackParams{Takes: takes, Credits: charges, Now: start})
		}),
		only("CountFailure", func(ctx context.Context) error { return c.store.CountFailure(ctx, l, start) }),
		only("ClearFailures", func(ctx context.Context) error { return c.store.ClearFailures(ctx, l.Key) }),
		with("ReadState", func(ctx context.Context) (phoneauth.State, error) {
			return c.store.ReadState(ctx, phoneauth.StateParams{Challenges: []string{ch.Key}, Lockouts: []string{l.Key}, Takes: takes, Now: start})
		}),
	}
}

var challengeEdgeCases = []testCase[*challenges]{
	{"challenge verbs on an ended context", "A verb returns soon after its context ends. A verb whose context ends may have done its work", func(c *challenges) {
		verbs := c.verbs()
		ended(c, c.options, verbs)
		for _, v := range verbs {
			out := within(c, c.options, c.Context(), v)
			require.NoError(c, out.err, "%s after a call on an ended context", v.name)
		}
	}},
	{"challenge errors hold no argument", "No error text holds an argument or a connection string", func(c *challenges) {
		errs := ended(c, c.options, c.verbs())
		ch, take, l := c.open(c.challenge("login")), c.take("address", 1), c.lockout("locked")
		c.spend(start, take)
		c.lock(l, start)
		unknown, refused, locked := right(c.challenge("unknown"), start), right(ch, start), right(ch, start)
		refused.Takes, locked.Lockout = []phoneauth.Take{take}, l
		for _, a := range []attempt{unknown, refused, locked, wrong(ch, start)} {
			_, err := c.attempt(a)
			errs = append(errs, err)
		}
		b := phoneauth.BeginParams{Challenge: c.challenge("new"), Renew: "renew " + c.slot, Now: start}
		full := c.charge("full")
		full.Max = 0
		errs = append(errs, c.tryBegin(b), c.takeLimits(start, take), c.charged(start, full), c.count(l, start))
		secretive(c, errs, c.slot, c.slot[1:27], "digest of", ch.ID, string(ch.Digest), string(ch.Sealed), "renew")
	}},
	{"values beside errors of challenges", "Where a verb does not say what it returns beside an error, the value is zero", func(c *challenges) {
		c.eachRefusal(true, func(name string, _ phoneauth.Challenge, b phoneauth.BeginParams) {
			begun, err := c.store.BeginChallenge(c.Context(), b)
			require.Error(c, err)
			assert.Zero(c, begun, "BeginChallenge refused by %s", name)
		})
		ch, take, l := c.open(c.challenge("live")), c.take("address", 1), c.lockout("locked")
		c.spend(start, take)
		c.lock(l, start)
		unknown, otherID, refused, locked := right(c.challenge("unknown"), start), right(ch, start), right(ch, start), right(ch, start)
		otherID.ID, refused.Takes, locked.Lockout = "another", []phoneauth.Take{take}, l
		for _, a := range []attempt{unknown, otherID, refused, locked, right(ch, ch.ExpiresAt)} {
			got, err := c.attempt(a)
			require.Error(c, err)
			c.same(phoneauth.Challenge{}, got, "AttemptChallenge: "+err.Error())
		}
	}},
}
