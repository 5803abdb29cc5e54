package human

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// testAskedTakesNothing: to be asked a thousand times changes no state. No step of the store
// succeeds but those that only read.
func testAskedTakesNothing(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(10)
	var done atomic.Int64
	watched := p.Again(func(c *phoneauth.Config) {
		c.Store = &suite.Spied{Store: c.Store, After: func(verb string, err error) {
			if err == nil && verb != "ReadState" && verb != "UserByPhone" {
				done.Add(1)
			}
		}}
	})
	before, err := p.Inspect(t.Context(), block(0))
	require.NoError(t, err)
	for i := range 1000 {
		client := able()
		_, err := watched.Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Client: client})
		p.question(err)
		if i%100 == 0 {
			_, err = watched.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: block(0), Password: "correct horse", Client: client})
			p.question(err)
		}
	}
	assert.Zero(t, done.Load())
	after, err := p.Inspect(t.Context(), block(0))
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

// testQuestionsAreBounded: an address gets 60 questions, then one each 5 s.
func testQuestionsAreBounded(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(10)
	var first error
	for range 60 {
		first = cmp.Or(first, p.ask(block(0), p.client))
	}
	var refused *phoneauth.LimitError
	require.ErrorAs(t, p.ask(block(0), p.client), &refused)
	assert.Equal(t, &phoneauth.LimitError{Limit: phoneauth.LimitHumanChecks, RetryAfter: 5 * time.Second}, refused)
	p.question(p.ask(block(0), able()))
	p.Elapse(5 * time.Second)
	p.question(p.ask(block(0), p.client))
	require.NoError(t, p.ask(block(0), p.answered(p.client, first)), "to answer is free")
}

// testFailedSend: an answer is used up by a code that could not be sent, too.
func testFailedSend(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	phone := suite.FreshPhone()
	answer := p.answered(p.client, p.ask(phone, p.client))
	p.Inbox.FailNext(phonetest.Temporary)
	require.Error(t, p.ask(phone, answer))
	again := p.question(p.ask(phone, answer))
	assert.True(t, again.Wrong)
	require.NoError(t, p.ask(phone, p.answered(p.client, again)))
}

// testLimitsComeFirst: what no answer lifts is refused before anybody works for it.
func testLimitsComeFirst(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) {
		c.Limits.PhoneLockout = []phoneauth.LockoutStep{{Failures: 1, Wait: time.Hour}}
	})
	require.NoError(t, p.ask(block(0), suite.FreshClient()))
	p.busy(10)
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(p.ask(block(0), able())))
	p.Elapse(time.Minute)
	_, err := p.Verify(t.Context(), phoneauth.VerifyRequest{Phone: block(0), Code: p.Wrong(block(0)), Client: p.client})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(p.ask(block(0), able())))
	assert.Zero(t, p.puzzle.Asked.Load())
}

// testRegistration: a registration with a password is asked before it says that the number is
// taken.
func testRegistration(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.SignIn(block(0))
	p.busy(14)
	p.Elapse(time.Minute)
	for i := range 2 { // taken, free
		r := phoneauth.PasswordRequest{Phone: block(i), Password: "correct horse", Client: able()}
		_, err := p.RegisterPassword(t.Context(), r)
		r.Client = p.answered(r.Client, err)
		_, err = p.RegisterPassword(t.Context(), r)
		if i == 0 {
			require.ErrorIs(t, err, phoneauth.ErrPhoneTaken)
			continue
		}
		require.NoError(t, err)
		_, err = p.RegisterPassword(t.Context(), r)
		assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
		p.Elapse(time.Minute)
		_, err = p.RegisterPassword(t.Context(), r)
		assert.True(t, p.question(err).Wrong, "its answer was used")
	}
}

// testReset: a password reset is asked alike for numbers with and without an account.
func testReset(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	never := p.Again(func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckNever })
	never.SignIn(block(0))
	for i := range 2 { // with an account, and without
		r := phoneauth.RegisterRequest{Phone: block(i), Purpose: phoneauth.PurposePasswordReset, Client: able()}
		p.Elapse(time.Minute)
		_, err := p.Register(t.Context(), r)
		r.Client = p.answered(r.Client, err)
		_, err = p.Register(t.Context(), r)
		require.NoError(t, err)
		p.Settle()
	}
	assert.Len(t, p.Codes(block(0), phoneauth.PurposePasswordReset), 1)
	assert.Empty(t, p.Codes(block(1), phoneauth.PurposePasswordReset))
}

// testDemand: the hook demands more and less than the rules, and knows what these demand.
func testDemand(t *testing.T, o suite.Options) {
	var told []phoneauth.SendInfo
	demand := humancheck.Level(0)
	p := people(t, o, func(c *phoneauth.Config) {
		c.HumanCheck.Demand = func(_ context.Context, info phoneauth.SendInfo) humancheck.Level {
			told = append(told, info)
			return demand
		}
	})
	p.busy(14)
	require.NoError(t, p.ask(block(0), able()), "nothing is demanded")
	last := told[len(told)-1]
	assert.Equal(t, humancheck.Level(3), last.Demanded)
	assert.Equal(t, block(0), last.Phone.E164())

	demand = 1
	err := p.ask(block(1), p.client)
	assert.Equal(t, demand, p.question(err).Level)
	require.NoError(t, p.ask(block(1), p.answered(p.client, err)), "less than the rules demand is enough")

	demand = 99
	phone := suite.FreshPhone()
	err = p.ask(phone, p.client)
	assert.Equal(t, humancheck.Highest, p.question(err).Level)
	require.NoError(t, p.ask(phone, p.answered(p.client, err)))
	assert.Zero(t, told[len(told)-1].Demanded)

	demand = 0
	for i := 16; i < 20; i++ {
		require.NoError(t, p.ask(block(i), able()))
	}
	assert.Equal(t, phoneauth.LimitBlock, suite.Limited(p.ask(block(20), able())), "no hook lifts the last limit")
}

// testDemandOfALevel: what the hook demands lets an answer of the level below pass, and no
// lower one.
func testDemandOfALevel(t *testing.T, o suite.Options) {
	demand := humancheck.Level(2)
	p := people(t, o, func(c *phoneauth.Config) {
		c.HumanCheck.Demand = func(context.Context, phoneauth.SendInfo) humancheck.Level { return demand }
	})
	phone := suite.FreshPhone()
	answer := p.answered(p.client, p.ask(phone, p.client))
	demand = 4
	assert.True(t, p.question(p.ask(phone, answer)).Wrong, "of two levels below")
	demand = 3
	require.NoError(t, p.ask(phone, answer), "of the level below, and not used up")
}

// testDemandIsCalledOnce: the hook is called once for a request, because it may cost money, and
// the state of the limits is read once.
func testDemandIsCalledOnce(t *testing.T, o suite.Options) {
	demands, reads := 0, 0
	p := people(t, o, func(c *phoneauth.Config) {
		c.Store = &suite.Spied{Store: c.Store, After: func(verb string, _ error) {
			if verb == "ReadState" {
				reads++
			}
		}}
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { return nil }
		c.HumanCheck.Demand = func(context.Context, phoneauth.SendInfo) humancheck.Level {
			demands++
			return 0
		}
	})
	require.NoError(t, p.ask(suite.FreshPhone(), p.client))
	assert.Equal(t, []int{1, 1}, []int{demands, reads})
	_, err := p.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: suite.FreshPhone(), Password: "correct horse", Client: p.client})
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2}, []int{demands, reads})
}

// testDemandLiftsTheAddress: where the hook demands nothing, the codes of an address do not
// ask either.
func testDemandLiftsTheAddress(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) {
		c.HumanCheck.Demand = func(context.Context, phoneauth.SendInfo) humancheck.Level { return 0 }
	})
	for range 25 {
		require.NoError(t, p.ask(suite.FreshPhone(), p.client))
	}
}

// testBeforeSend: BeforeSend is called after the check, and knows what was proved.
func testBeforeSend(t *testing.T, o suite.Options) {
	var told []phoneauth.SendInfo
	p := people(t, o, func(c *phoneauth.Config) {
		c.HumanCheck.When = phoneauth.HumanCheckAlways
		c.Hooks.BeforeSend = func(_ context.Context, info phoneauth.SendInfo) error {
			told = append(told, info)
			return errors.New("on the list")
		}
	})
	err := p.ask(block(0), p.client)
	p.question(err)
	assert.Empty(t, told)
	require.NoError(t, p.ask(block(0), p.answered(p.client, err)))
	require.Len(t, told, 1)
	assert.Equal(t, humancheck.Level(1), told[0].Proved)
	assert.EqualValues(t, 1, p.puzzle.Verified.Load(), "once, though it is asked for twice")
	p.Elapse(time.Minute)
	assert.True(t, p.question(p.ask(block(0), p.answered(p.client, err))).Wrong, "used up, as after a send")
	assert.Zero(t, p.Inbox.Sends())
}

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

// testStrangersDevice: a known device that has used up its own score is asked like a stranger.
func testStrangersDevice(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 100, Every: time.Second}}
		c.Limits.Block = 4
	})
	phone := block(0)
	client := able()
	client.Device = p.SignIn(phone).DeviceToken
	p.busy(5) // past half, and the sign-in was a credit of 2
	for range 5 {
		require.NoError(t, p.ask(phone, client))
	}
	err := p.ask(phone, client)
	p.question(err)
	require.NoError(t, p.ask(phone, p.answered(client, err)))
}

// testEvents: each question, each wrong answer and each good one is an event, with its kind
// and level.
func testEvents(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(10)
	wrong := p.client
	wrong.HumanCheck = "nonsense"
	err := p.ask(block(0), wrong)
	require.NoError(t, p.ask(block(0), p.answered(p.client, err)))
	var told []string
	for _, e := range p.Events("") {
		if e.Check != "" {
			told = append(told, fmt.Sprint(e.Type, " ", e.Check, " ", e.Level, " ", e.Phone))
		}
	}
	masked := p.Events(phoneauth.EventHumanCheckAsked)[0].Phone
	assert.Equal(t, []string{
		"human_check_failed puzzle 0 " + masked,
		"human_check_asked puzzle 1 " + masked,
		"human_check_solved puzzle 1 " + masked,
	}, told)
}
