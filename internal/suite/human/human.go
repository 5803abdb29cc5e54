// Package human is the suite of the human check: when a client is asked, what an answer is
// good for, and that being asked takes nothing. The root runs it on memory, integration on
// every real store.
package human

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run runs the suite.
func Run(t *testing.T, o suite.Options) {
	suite.Run(t, o,
		testAskedPastHalf, testAskedByCountry, testAskedByWideBlock, testAskedByAddress, testAddressOfTheHost, testAddressIsShared, testNobodyIsAsked,
		testAskedOnlyWithReason, testNeverAsks, testAlwaysAsks, testAnswerIsGoodOnce, testSendsAgain, testAnswerIsBound,
		testAnswerOfALevel, testAtOnce, testMarksHoldAtOnce, testAskedTakesNothing, testQuestionsAreBounded, testFailedSend, testLimitsComeFirst, testRegistration, testReset,
		testDemand, testDemandOfALevel, testDemandIsCalledOnce, testDemandLiftsTheAddress, testBeforeSend, testVendor, testVendorHasADeadline, testVendorIsDown, testStrangersDevice, testEvents, testSequences, testEmbedded,
	)
}

// person asks for codes as one client does.
type person struct {
	*suite.Service
	puzzle *suite.Puzzle
	client phoneauth.ClientInfo
}

// people make a Service with a puzzle that is verified at once.
func people(t *testing.T, o suite.Options, change ...func(*phoneauth.Config)) *person {
	p := &person{puzzle: suite.NewPuzzle(), client: able()}
	p.Service = o.Service(t, append([]func(*phoneauth.Config){func(c *phoneauth.Config) {
		c.HumanCheck.Check = suite.LocalPuzzle{Puzzle: p.puzzle}
	}}, change...)...)
	return p
}

// able is a client of an address of its own that can answer.
func able() phoneauth.ClientInfo {
	c := suite.FreshClient()
	c.CanAnswer = true
	return c
}

// ask asks for a code to phone.
func (p *person) ask(phone string, c phoneauth.ClientInfo) error {
	_, err := p.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Client: c})
	return err
}

// question is what err asks. The test fails where it asks nothing.
func (p *person) question(err error) *phoneauth.HumanCheckError {
	p.Helper()
	var asked *phoneauth.HumanCheckError
	require.ErrorAs(p, err, &asked)
	return asked
}

// answered is c with the answer to what err asks.
func (p *person) answered(c phoneauth.ClientInfo, err error) phoneauth.ClientInfo {
	p.Helper()
	c.HumanCheck = phoneauth.Secret(p.question(err).Question.Challenge.(string))
	return c
}

// block is the n-th number of a block of 10,000.
func block(n int) string { return fmt.Sprintf("+20106179%04d", n) }

// busy sends n codes to the block of [block], to clients that cannot answer.
func (p *person) busy(n int) {
	p.Helper()
	for i := range n {
		require.NoError(p, p.ask(block(9_999-i), suite.FreshClient()))
	}
}

// testAskedPastHalf: a block asks a client that can answer past half of its limit. It serves
// others up to the limit, and then refuses all.
func testAskedPastHalf(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(10)
	asked := p.question(p.ask(block(0), p.client))
	assert.Equal(t, humancheck.Level(1), asked.Level)
	assert.Equal(t, "puzzle", asked.Question.Kind)
	assert.False(t, asked.Wrong)
	shows := suite.FreshClient()
	shows.HumanCheck = "nonsense"
	assert.True(t, p.question(p.ask(block(0), shows)).Wrong, "an answer shows that it can")
	require.NoError(t, p.ask(block(0), p.answered(p.client, asked)))

	for i := 11; i < 20; i++ {
		require.NoError(t, p.ask(block(i), suite.FreshClient()))
	}
	for _, c := range []phoneauth.ClientInfo{suite.FreshClient(), able(), p.answered(able(), asked)} {
		err := p.ask(block(1), c)
		assert.Equal(t, phoneauth.LimitBlock, suite.Limited(err), "nothing that an answer lifts")
	}
}

// country is the n-th number of a country and of a wide block of it, in a block of its own.
func country(n int) string { return fmt.Sprintf("+33610%02d%04d", n, n) }

// testAskedByCountry: a country asks as pastItsLimit says.
func testAskedByCountry(t *testing.T, o suite.Options) {
	pastItsLimit(t, o, phoneauth.LimitCountry, func(l *phoneauth.Limits) {
		l.WideBlock, l.Country, l.CountryMax = 1000, 8, 16
	})
}

// testAskedByWideBlock: a wide block asks as pastItsLimit says.
func testAskedByWideBlock(t *testing.T, o suite.Options) {
	pastItsLimit(t, o, phoneauth.LimitWideBlock, func(l *phoneauth.Limits) {
		l.Country, l.WideBlock, l.WideBlockMax = 1000, 8, 16
	})
}

// pastItsLimit: past a limit of 8 everybody is asked, for ever more work, and past the second
// limit of 16 all are refused.
func pastItsLimit(t *testing.T, o suite.Options, limit string, set func(*phoneauth.Limits)) {
	p := people(t, o, func(c *phoneauth.Config) { set(&c.Limits) })
	for i := range 8 {
		require.NoError(t, p.ask(country(i), suite.FreshClient()))
	}
	for i := 8; i < 16; i++ {
		simple := suite.FreshClient()
		err := p.ask(country(i), simple)
		level := p.question(err).Level
		assert.Equal(t, humancheck.Level((i+1-4+1)/2), level, "%d codes", i)
		assert.Equal(t, level, p.question(p.ask(country(i), able())).Level)
		require.NoError(t, p.ask(country(i), p.answered(simple, err)))
	}
	assert.Equal(t, limit, suite.Limited(p.ask(country(16), able())))
	assert.Equal(t, limit, suite.Limited(p.ask(country(16), suite.FreshClient())))
}

// testAskedByAddress: an address whose codes are not verified is asked. A verification makes
// up for its code.
func testAskedByAddress(t *testing.T, o suite.Options) {
	p := people(t, o)
	var phones []string
	for range 20 {
		phones = append(phones, suite.FreshPhone())
		require.NoError(t, p.ask(phones[len(phones)-1], p.client))
	}
	phone := suite.FreshPhone()
	p.question(p.ask(phone, p.client))
	simple := p.client
	simple.CanAnswer = false
	assert.Equal(t, phoneauth.LimitAddressSends, suite.Limited(p.ask(suite.FreshPhone(), simple)), "one that cannot answer is refused")
	p.question(p.ask(phone, p.client))
	for _, phone := range phones[:2] {
		_, err := p.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: p.Code(phone, phoneauth.PurposeSignIn), Client: p.client})
		require.NoError(t, err)
	}
	require.NoError(t, p.ask(phone, p.client))
}

// testAddressOfTheHost: a client that can answer is asked past 20 codes of its address, or past
// fewer where the host allows fewer. One that cannot has what the host allows.
func testAddressOfTheHost(t *testing.T, o suite.Options) {
	for _, burst := range []int{5, 30} {
		p := people(t, o, func(c *phoneauth.Config) {
			c.Limits.AddressSends = phoneauth.Limit{Burst: burst, Every: time.Hour}
			c.Limits.Block, c.Limits.WideBlock, c.Limits.Country = 1000, 1000, 1000
		})
		for range min(burst, 20) {
			require.NoError(t, p.ask(suite.FreshPhone(), p.client))
		}
		p.question(p.ask(suite.FreshPhone(), p.client))
		simple := suite.FreshClient()
		for range burst {
			require.NoError(t, p.ask(suite.FreshPhone(), simple))
		}
		assert.Equal(t, phoneauth.LimitAddressSends, suite.Limited(p.ask(suite.FreshPhone(), simple)))
	}
}

// testAddressIsShared: who has used up the sends of an address keeps nobody out there who
// answers or has a known device. These have four times as many.
func testAddressIsShared(t *testing.T, o suite.Options) {
	p := people(t, o)
	other := suite.FreshPhone()
	taken, session := suite.FreshPhone(), p.SignIn(other)
	p.SignIn(taken)
	simple, device := p.client, p.client
	simple.CanAnswer, device.Device = false, session.DeviceToken
	for range 20 {
		require.NoError(t, p.ask(suite.FreshPhone(), simple))
	}
	p.Elapse(time.Minute)
	assert.Equal(t, phoneauth.LimitAddressSends, suite.Limited(p.ask(suite.FreshPhone(), simple)))
	require.NoError(t, p.ask(other, device), "a known device")
	register := func(phone string) error {
		r := phoneauth.PasswordRequest{Phone: phone, Password: "correct horse", Client: p.client}
		_, err := p.RegisterPassword(t.Context(), r)
		r.Client = p.answered(r.Client, err)
		_, err = p.RegisterPassword(t.Context(), r)
		return err
	}
	require.NoError(t, register(suite.FreshPhone()))
	require.ErrorIs(t, register(taken), phoneauth.ErrPhoneTaken, "which takes a send of the address too")

	hooked := p.Again(func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { return nil }
	})
	for i := 23; i < 81; i++ { // 80, and one for the 3 minutes that this takes
		phone, s := suite.FreshPhone(), p.Service
		if i%2 == 0 {
			s = hooked
		}
		ask := func(c phoneauth.ClientInfo) error {
			_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: c})
			return err
		}
		p.Elapse(3 * time.Second) // not every question is at once
		require.NoError(t, ask(p.answered(p.client, ask(p.client))), "%d", i)
	}
	assert.Equal(t, phoneauth.LimitAddressSends, suite.Limited(p.ask(suite.FreshPhone(), p.client)), "no answer lifts it further")
	p.Elapse(12 * time.Minute)
	never := p.Again(func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckNever })
	_, err := never.Register(t.Context(), phoneauth.RegisterRequest{Phone: other, Client: device})
	assert.Equal(t, phoneauth.LimitAddressSends, suite.Limited(err), "without a check all have one limit")
}

// testNobodyIsAsked: known devices and test numbers are never asked, also where everybody is.
func testNobodyIsAsked(t *testing.T, o suite.Options) {
	const tester = "+6584932466"
	p := people(t, o, suite.Loose, func(c *phoneauth.Config) {
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: tester, Code: "123456", Until: suite.Start.Add(time.Hour)}}
	})
	phone := suite.FreshPhone()
	session := p.SignIn(phone)
	p.Config.HumanCheck.When = phoneauth.HumanCheckAlways
	always := p.Again()
	client := able()
	_, err := always.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	p.question(err)
	client.Device = session.DeviceToken
	_, err = always.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(t, err)
	_, err = always.Register(t.Context(), phoneauth.RegisterRequest{Phone: tester, Client: able()})
	require.NoError(t, err)
}

// testAskedOnlyWithReason: without a reason nobody is asked, and an answer that nobody asked
// for does no harm, be it good or bad.
func testAskedOnlyWithReason(t *testing.T, o suite.Options) {
	p := people(t, o)
	require.NoError(t, p.ask(suite.FreshPhone(), able()))
	c := able()
	c.HumanCheck = "nonsense"
	require.NoError(t, p.ask(suite.FreshPhone(), c))
	assert.Zero(t, p.puzzle.Asked.Load())
}

// testNeverAsks: switched off, the scores refuse as they do without a check.
func testNeverAsks(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) {
		c.HumanCheck.When = phoneauth.HumanCheckNever
		c.Limits.Country, c.Limits.CountryMax = 3, 100
	})
	for i := range 3 {
		require.NoError(t, p.ask(country(i), able()))
	}
	assert.Equal(t, phoneauth.LimitCountry, suite.Limited(p.ask(country(3), able())))
	assert.Zero(t, p.puzzle.Asked.Load()+p.puzzle.Verified.Load())
}

// testAlwaysAsks: everybody is asked, also where there are no limits.
func testAlwaysAsks(t *testing.T, o suite.Options) {
	for _, off := range []bool{false, true} {
		p := people(t, o, func(c *phoneauth.Config) {
			c.HumanCheck.When, c.Limits.InsecureOff = phoneauth.HumanCheckAlways, off
		})
		simple, phone := suite.FreshClient(), suite.FreshPhone()
		err := p.ask(phone, simple)
		assert.Equal(t, humancheck.Level(1), p.question(err).Level)
		require.NoError(t, p.ask(phone, p.answered(simple, err)))
		p.Elapse(time.Minute)
		again := p.question(p.ask(phone, p.answered(simple, err)))
		assert.True(t, again.Wrong, "an answer is good once, also without limits")
		require.NoError(t, p.ask(phone, p.answered(simple, again)))
	}
}

// testAnswerIsGoodOnce: a used answer asks again.
func testAnswerIsGoodOnce(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(11)
	answer := p.answered(p.client, p.ask(block(0), p.client))
	require.NoError(t, p.ask(block(0), answer))
	p.Elapse(time.Minute)
	again := p.question(p.ask(block(0), answer))
	assert.True(t, again.Wrong)
	assert.NotEqual(t, string(answer.HumanCheck), again.Question.Challenge)
	require.NoError(t, p.ask(block(0), p.answered(p.client, again)))
	assert.Len(t, p.Codes(block(0), phoneauth.PurposeSignIn), 2)
}

// testSendsAgain: somebody who has answered may ask for the next code as soon as anybody else.
func testSendsAgain(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(10)
	err := p.ask(block(0), p.client)
	pending, err := p.Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Client: p.answered(p.client, err)})
	require.NoError(t, err)
	other, err := p.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: able()})
	require.NoError(t, err)
	assert.WithinDuration(t, other.ResendAt, pending.ResendAt, 10*time.Second)
}

// testAnswerIsBound: an answer is for one number, purpose and address, in one realm, for 5
// minutes. Elsewhere it asks again, and nothing is sent.
func testAnswerIsBound(t *testing.T, o suite.Options) {
	p := people(t, o)
	p.busy(12)
	answer := p.answered(p.client, p.ask(block(0), p.client))
	ask := func(s *suite.Service, phone string, purpose phoneauth.Purpose, c phoneauth.ClientInfo) error {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: purpose, Client: c})
		return err
	}
	elsewhere := able()
	elsewhere.HumanCheck = answer.HumanCheck
	foreign := answer
	foreign.HumanCheck += "0"
	realm := p.Again(func(c *phoneauth.Config) { c.Realm, c.HumanCheck.When = "another", phoneauth.HumanCheckAlways })
	sends := p.Inbox.Sends()
	for name, err := range map[string]error{
		"number":  ask(p.Service, block(1), "", answer),
		"purpose": ask(p.Service, block(0), "transfer", answer),
		"address": ask(p.Service, block(0), "", elsewhere),
		"realm":   ask(realm, block(0), "", answer),
		"forged":  ask(p.Service, block(0), "", foreign),
	} {
		assert.True(t, p.question(err).Wrong, name)
	}
	p.Elapse(humancheck.Life)
	p.busyAgain(1)
	assert.True(t, p.question(ask(p.Service, block(0), "", answer)).Wrong, "too late")
	assert.Equal(t, sends+1, p.Inbox.Sends(), "but for busyAgain's")

	p.Elapse(-time.Microsecond)
	require.NoError(t, ask(p.Service, block(0), "", answer), "none of this has used it up")
}

// busyAgain is busy with numbers that busy has not used.
func (p *person) busyAgain(n int) {
	p.Helper()
	for i := range n {
		require.NoError(p, p.ask(block(5_000+i), suite.FreshClient()))
	}
}

// testAnswerOfALevel: an answer is good for the level above its own, and no further.
func testAnswerOfALevel(t *testing.T, o suite.Options) {
	p := people(t, o, func(c *phoneauth.Config) { c.Limits.Block = 24 }) // a level for every 2 codes past 12
	p.busy(12)
	var answers []phoneauth.ClientInfo
	for range 2 {
		answers = append(answers, p.answered(p.client, p.ask(block(0), p.client)))
	}
	p.busyAgain(2)
	require.Equal(t, humancheck.Level(2), p.question(p.ask(block(0), p.client)).Level)
	require.NoError(t, p.ask(block(0), answers[0]), "of the level below")
	p.Elapse(time.Minute)
	p.busyAgain(1)
	asked := p.question(p.ask(block(0), answers[1]))
	assert.Equal(t, humancheck.Level(3), asked.Level, "16 codes and this one")
	assert.True(t, asked.Wrong, "of two levels below")
}

// testAtOnce: of many who bring one answer at once, one gets a code.
func testAtOnce(t *testing.T, o suite.Options) {
	for range max(1, min(o.Rounds/10, 20)) {
		p := people(t, o, func(c *phoneauth.Config) {
			c.HumanCheck.When = phoneauth.HumanCheckAlways
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1000, Every: time.Second}}
			c.Limits.AddressSends = phoneauth.Limit{Burst: 1000, Every: time.Second}
			c.Limits.Block = 1000
		})
		answer := p.answered(p.client, p.ask(suite.Owner, p.client))
		sent := 0
		for _, err := range suite.AtOnce(64, func(int) error { return p.ask(suite.Owner, answer) }) {
			if err == nil {
				sent++
				continue
			}
			if _, asked := errors.AsType[*phoneauth.HumanCheckError](err); !asked {
				require.Equal(t, phoneauth.LimitHumanChecks, suite.Limited(err))
			}
		}
		assert.Equal(t, 1, sent)
		assert.Equal(t, 1, p.Inbox.Sends())
	}
}

// testMarksHoldAtOnce: of many clients at once, no more pass unasked than the mark says, also
// when a hook has the state read first.
func testMarksHoldAtOnce(t *testing.T, o suite.Options) {
	for name, hook := range map[string]func(context.Context, phoneauth.SendInfo) error{
		"no hook": nil,
		"a hook":  func(context.Context, phoneauth.SendInfo) error { return nil },
	} {
		p := people(t, o, func(c *phoneauth.Config) { c.Hooks.BeforeSend = hook })
		results := suite.AtOnce(64, func(i int) error { return p.ask(block(i), able()) })
		sent := 0
		for _, err := range results {
			if err == nil {
				sent++
				continue
			}
			p.question(err)
		}
		assert.Equal(t, 10, sent, name)
	}
}
