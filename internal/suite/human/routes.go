package human

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
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
