package human

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// testVendor: an answer that costs a call is verified only when one is demanded, and a wrong
// one counts against the address.
func testVendor(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.Config.HumanCheck.Check = p.puzzle // no longer local
	p.Service = p.Again()
	wrong := p.client
	wrong.HumanCheck = "nonsense"
	require.NoError(t, p.ask(suite.FreshPhone(), wrong))
	assert.Zero(t, p.puzzle.Verified.Load(), "nobody demanded it")

	p.busy(10)
	for range 30 { // one for the answer, one for the question
		assert.True(t, p.question(p.ask(block(0), wrong)).Wrong)
	}
	verified := p.puzzle.Verified.Load()
	assert.EqualValues(t, 30, verified)
	assert.Equal(t, phoneauth.LimitHumanChecks, suite.Limited(p.ask(block(0), wrong)))
	assert.Equal(t, verified, p.puzzle.Verified.Load(), "no call for an address that has asked too much")

	c := able()
	c = p.answered(c, p.ask(block(0), c))
	require.NoError(t, p.ask(block(0), c))
	p.Elapse(time.Minute)
	assert.True(t, p.question(p.ask(block(0), c)).Wrong, "the Service accepts it once")
}

// called is a Puzzle that calls verifying in each verification.
type called struct {
	*suite.Puzzle
	verifying func(context.Context)
}

// Verify implements [humancheck.Check].
func (c called) Verify(ctx context.Context, answer string, q humancheck.Params) (humancheck.Proof, error) {
	c.verifying(ctx)
	return c.Puzzle.Verify(ctx, answer, q)
}

// testVendorHasADeadline: a verification ends after 5 s, whoever asks. It ends with the request of
// a client that goes away.
func testVendorHasADeadline(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 100, Every: time.Second}}
		c.Limits.Block = 4
	})
	verified := 0
	verifying := func(ctx context.Context) {
		verified++
		ends, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.LessOrEqual(t, time.Until(ends), 5*time.Second)
	}
	p.Config.HumanCheck.Check = called{p.puzzle, func(ctx context.Context) { verifying(ctx) }}
	p.Service = p.Again()
	device := able()
	device.Device = p.SignIn(block(0)).DeviceToken
	p.busy(5) // past half, and the sign-in was a credit of 2
	for range 5 {
		require.NoError(t, p.ask(block(0), device))
	}
	require.NoError(t, p.ask(block(0), p.answered(device, p.ask(block(0), device))), "a device that has become a stranger")

	ctx, cancel := context.WithCancel(t.Context())
	phone := "+201061890000" // of another block
	for range 2 {
		require.NoError(t, p.ask(phone, suite.FreshClient()))
		p.Elapse(time.Second)
	}
	answer := p.answered(p.client, p.ask(phone, p.client))
	verifying = func(ctx context.Context) {
		verified++
		cancel()
		assert.ErrorIs(t, ctx.Err(), context.Canceled)
	}
	_, err := p.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: answer})
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	assert.Equal(t, 2, verified)
}

// testVendorIsDown: who cannot be verified gets ErrUnavailable, and nothing is taken.
func testVendorIsDown(t *testing.T, o suite.Options) {
	for _, local := range []bool{false, true} {
		p := people(t, o)
		if !local {
			p.Config.HumanCheck.Check = p.puzzle
			p.Service = p.Again()
		}
		p.busy(10)
		c := able()
		answer := p.answered(c, p.ask(block(0), c))
		before, err := p.Inspect(t.Context(), block(0))
		require.NoError(t, err)
		p.puzzle.Fails = errors.New("connection refused")
		require.ErrorIs(t, p.ask(block(0), answer), phoneauth.ErrUnavailable)
		require.ErrorIs(t, p.ask(block(0), able()), phoneauth.ErrUnavailable, "no question, no code")
		p.puzzle.Asked.Store(0)
		require.ErrorIs(t, p.ask(block(0), answer), phoneauth.ErrUnavailable)
		assert.Zero(t, p.puzzle.Asked.Load(), "nobody knows whether it is wrong")
		after, err := p.Inspect(t.Context(), block(0))
		require.NoError(t, err)
		assert.Equal(t, before, after)
		p.puzzle.Fails = nil
		require.NoError(t, p.ask(block(0), answer))
	}
}
