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
