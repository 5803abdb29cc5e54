package promises

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// inBlock is the i-th number of one block of 10,000.
func inBlock(i int) string { return fmt.Sprintf("+20115555%04d", i) }

// pump sends to numbers of one block, each once, that never come back, until refused.
func pump(t testing.TB, svc *suite.Service, from, most int) (sent int, refusal *phoneauth.LimitError) {
	t.Helper()
	for i := range most {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(from + i), Client: suite.FreshClient()})
		if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
			return i, refused
		}
		require.NoError(t, err)
	}
	return most, nil
}

// signsIn has a number of the block sign in by code, from client.
func signsIn(t testing.TB, svc *suite.Service, phone string, c phoneauth.ClientInfo) *phoneauth.Session {
	t.Helper()
	_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: c})
	session, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
	require.NoError(t, err)
	return session
}

// testPromiseBudgetPumped: a block that is pumped runs dry at 20 sends, refused sends
// charge nothing, and fading lets one through when RetryAfter says so.
func testPromiseBudgetPumped(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	sent, refused := pump(t, svc, 0, 100)
	require.Equal(t, 20, sent)
	require.Equal(t, phoneauth.LimitBlock, refused.Limit)
	for i := range 200 {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(100 + i), Client: suite.FreshClient()})
		again, ok := errors.AsType[*phoneauth.LimitError](err)
		require.True(t, ok)
		require.Equal(t, refused, again, "a refusal was charged, or depends on the number")
	}
	assert.Equal(t, 20, svc.Inbox.Sends())

	// 20 is what is owed; refused while ×e^(−t/24h) + 1 rounds to more than 20.
	assert.InDelta(t, (24*time.Hour).Seconds()*0.02532, refused.RetryAfter.Seconds(), 60)
	svc.Elapse(24 * time.Hour)
	sent, _ = pump(t, svc, 1000, 100)
	assert.Equal(t, 13, sent, "20/e is owed after a day: 7.36, and 13 more are 20.36")
}

// testPromiseBudgetAttack: 100 pumped numbers a minute in one block, for a day, while an
// hour's sign-in by somebody who lives there gets through before and long after.
func testPromiseBudgetAttack(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.NoEvents)
	home := func(i int) string { return fmt.Sprintf("+20115556%04d", i) } // the block beside
	pumped, start := 0, svc.Now()
	for minute := 0; svc.Now().Sub(start) < 24*time.Hour; minute++ {
		for i := range 10 {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock((minute*10 + i) % 10_000), Client: suite.FreshClient()})
			if err == nil {
				pumped++
			} else {
				require.True(t, suite.IsLimit(err, ""), "%v", err)
			}
		}
		if minute%60 == 0 {
			signsIn(t, svc, home(minute), suite.FreshClient())
		}
		svc.Elapse(time.Minute)
	}
	assert.LessOrEqual(t, pumped, 20+20, "14,400 sends were asked for: what fades in a day is 20 more")
	t.Logf("%d of 14,400 pumped sends went out", pumped)
}

// testPromiseBudgetEarned: real people keep their block open, but each number earns its
// two only once a day.
func testPromiseBudgetEarned(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	pairs := 200
	if o.Real {
		pairs = 40 // twice what the block may owe
	}
	for i := range pairs { // every second send is never verified, and the block stays open
		signsIn(t, svc, inBlock(2*i), suite.FreshClient())
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(2*i + 1), Client: suite.FreshClient()})
		require.NoError(t, err, "after %d sign-ins", i)
		svc.Elapse(time.Minute)
	}
	for _, c := range []struct {
		name string
		days int // on which the number signs in, five times each
		most int
	}{{"one number, one day", 1, 22}, {"one number, two days", 2, 22}} {
		t.Run(c.name, func(t *testing.T) {
			svc := o.Service(t, func(c *phoneauth.Config) {
				c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Second}}
			})
			for day := range c.days {
				if day > 0 {
					svc.Elapse(24 * time.Hour) // what was earned has faded to less than 0.01
				}
				for range 5 {
					signsIn(t, svc, inBlock(0), suite.FreshClient())
					svc.Elapse(time.Second)
				}
			}
			sent, _ := pump(t, svc, 1, 100)
			assert.Equal(t, c.most, sent)
		})
	}
	t.Run("sent three times, verified once", func(t *testing.T) {
		svc := o.Service(t, loosePhone)
		for range 2 {
			svc.SendCode(inBlock(0))
		}
		signsIn(t, svc, inBlock(0), suite.FreshClient())
		sent, _ := pump(t, svc, 1, 100)
		assert.Equal(t, 22, sent, "a verification takes back what its challenge sent and 2 more")
	})
	t.Run("an address is given back what was verified", func(t *testing.T) {
		svc := o.Service(t)
		client := suite.FreshClient()
		for i := range 60 { // an office of one address: what is verified is given back
			signsIn(t, svc, suite.FreshPhone(), client)
			require.Empty(t, svc.Events(phoneauth.EventLimited), "%d", i)
		}
	})
}

func loosePhone(c *phoneauth.Config) {
	c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1000, Every: time.Microsecond}}
}

// testPromiseBudgetDevices: a known device is neither asked, charged nor credited.
func testPromiseBudgetDevices(t *testing.T, o suite.Options) {
	svc := o.Service(t, loosePhone)
	owner := suite.FreshClient()
	owner.Device = signsIn(t, svc, inBlock(0), owner).DeviceToken // earns 2
	svc.Elapse(4 * 24 * time.Hour)                                // and they are forgotten
	for range 4 {
		svc.SendCodeFor(phoneauth.RegisterRequest{Phone: inBlock(0), Client: owner}) // charges nothing
	}
	sent, _ := pump(t, svc, 1, 10)
	require.Equal(t, 10, sent)
	signsIn(t, svc, inBlock(0), owner) // credits nothing
	sent, _ = pump(t, svc, 100, 100)
	require.Equal(t, 10, sent, "20 of strangers, whatever the known device did")
	signsIn(t, svc, inBlock(0), owner) // asks nothing

	for _, stranger := range []phoneauth.Secret{"", owner.Device + "x", signsIn(t, svc, suite.FreshPhone(), suite.FreshClient()).DeviceToken} {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: phoneauth.ClientInfo{Addr: owner.Addr, Device: stranger}})
		assert.True(t, suite.IsLimit(err, phoneauth.LimitBlock), "%v", err)
	}
}

// testPromiseBudgetTestNumbers: test numbers are sent nothing and touch no score.
func testPromiseBudgetTestNumbers(t *testing.T, o suite.Options) {
	svc := o.Service(t, loosePhone, func(c *phoneauth.Config) {
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: inBlock(0), Code: "424242", Until: suite.Start.Add(time.Hour)}}
	})
	reviewer := func() {
		t.Helper()
		c := suite.FreshClient()
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: c})
		require.NoError(t, err)
		_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: inBlock(0), Code: "424242", Client: c})
		require.NoError(t, err)
	}
	for range 5 {
		reviewer()
	}
	require.Zero(t, svc.Inbox.Sends())
	sent, _ := pump(t, svc, 1, 100)
	require.Equal(t, 20, sent)
	reviewer()
	for _, e := range svc.Events(phoneauth.EventSignedIn) {
		assert.True(t, e.Test)
	}
	svc.Elapse(time.Hour)
	_, code := svc.SendCode(inBlock(0)) // one send has faded by now
	require.NotEqual(t, "424242", code, "an expired test number is a number")
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: suite.FreshClient()})
	require.True(t, suite.IsLimit(err, phoneauth.LimitBlock), "%v", err)
}

// testPromiseBudgetOrder: what a budget refuses was not taken from the phone either, and
// what a phone's limit refuses was not charged.
func testPromiseBudgetOrder(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: suite.FreshClient()})
	require.NoError(t, err)
	for range 50 {
		_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "%v", err)
	}
	sent, refused := pump(t, svc, 1, 100)
	require.Equal(t, 19, sent)
	for range 12 { // more than any limit of one number
		_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(99), Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitBlock), "%v", err)
	}
	svc.Elapse(refused.RetryAfter)
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(99), Client: suite.FreshClient()})
	require.NoError(t, err)
}
