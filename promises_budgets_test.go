package phoneauth_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inBlock is the i-th number of one block of 10,000.
func inBlock(i int) string { return fmt.Sprintf("+20115555%04d", i) }

// pump sends to numbers of one block, each once, that never come back, until refused.
func pump(t testing.TB, tr *trial, from, most int) (sent int, refusal *phoneauth.LimitError) {
	t.Helper()
	for i := range most {
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(from + i), Client: freshClient()})
		if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
			return i, refused
		}
		require.NoError(t, err)
	}
	return most, nil
}

// signsIn has a number of the block sign in by code, from client.
func signsIn(t testing.TB, tr *trial, phone string, c phoneauth.ClientInfo) *phoneauth.Session {
	t.Helper()
	_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: c})
	session, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
	require.NoError(t, err)
	return session
}

// TestPromiseBudgetPumped: a block that is pumped runs dry at 20 sends, refused sends
// charge nothing, and fading lets one through when RetryAfter says so.
func TestPromiseBudgetPumped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		sent, refused := pump(t, tr, 0, 100)
		require.Equal(t, 20, sent)
		require.Equal(t, phoneauth.LimitBlock, refused.Limit)
		for i := range 200 {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(100 + i), Client: freshClient()})
			again, ok := errors.AsType[*phoneauth.LimitError](err)
			require.True(t, ok)
			require.Equal(t, refused, again, "a refusal was charged, or depends on the number")
		}
		assert.Equal(t, 20, tr.inbox.Sends())

		// 20 is what is owed; refused while ×e^(−t/24h) + 1 rounds to more than 20.
		assert.InDelta(t, (24*time.Hour).Seconds()*0.02532, refused.RetryAfter.Seconds(), 60)
		elapse(24 * time.Hour)
		sent, _ = pump(t, tr, 1000, 100)
		assert.Equal(t, 13, sent, "20/e is owed after a day: 7.36, and 13 more are 20.36")
	})
}

// TestPromiseBudgetAttack: 100 pumped numbers a minute in one block, for a day, while an
// hour's sign-in by somebody who lives there gets through before and long after.
func TestPromiseBudgetAttack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), noEvents)
		home := func(i int) string { return fmt.Sprintf("+20115556%04d", i) } // the block beside
		pumped, start := 0, time.Now()
		for minute := 0; time.Since(start) < 24*time.Hour; minute++ {
			for i := range 10 {
				_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock((minute*10 + i) % 10_000), Client: freshClient()})
				if err == nil {
					pumped++
				} else {
					require.True(t, isLimit(err, ""), "%v", err)
				}
			}
			if minute%60 == 0 {
				signsIn(t, tr, home(minute), freshClient())
			}
			elapse(time.Minute)
		}
		assert.LessOrEqual(t, pumped, 20+20, "14,400 sends were asked for: what fades in a day is 20 more")
		t.Logf("%d of 14,400 pumped sends went out", pumped)
	})
}

// TestPromiseBudgetEarned: real people keep their block open, but each number earns its
// two only once a day.
func TestPromiseBudgetEarned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		for i := range 200 { // every second send is never verified, and the block stays open
			signsIn(t, tr, inBlock(2*i), freshClient())
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(2*i + 1), Client: freshClient()})
			require.NoError(t, err, "after %d sign-ins", i)
			elapse(time.Minute)
		}
	})
	for _, c := range []struct {
		name string
		days int // on which the number signs in, five times each
		most int
	}{{"one number, one day", 1, 22}, {"one number, two days", 2, 22}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
					c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Second}}
				})
				for day := range c.days {
					if day > 0 {
						elapse(24 * time.Hour) // what was earned has faded to less than 0.01
					}
					for range 5 {
						signsIn(t, tr, inBlock(0), freshClient())
						elapse(time.Second)
					}
				}
				sent, _ := pump(t, tr, 1, 100)
				assert.Equal(t, c.most, sent)
			})
		})
	}
	t.Run("sent three times, verified once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			tr := startTrial(t, inMemory(t), loosePhone)
			for range 2 {
				tr.register(t, inBlock(0))
			}
			signsIn(t, tr, inBlock(0), freshClient())
			sent, _ := pump(t, tr, 1, 100)
			assert.Equal(t, 22, sent, "a verification takes back what its challenge sent and 2 more")
		})
	})
	t.Run("an address is given back what was verified", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			tr := startTrial(t, inMemory(t))
			client := freshClient()
			for i := range 60 { // an office of one address: what is verified is given back
				signsIn(t, tr, freshPhone(), client)
				require.Empty(t, tr.events(phoneauth.EventLimited), "%d", i)
			}
		})
	})
}

func loosePhone(c *phoneauth.Config) {
	c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1000, Every: time.Microsecond}}
}

// TestPromiseBudgetDevices: a known device is neither asked, charged nor credited.
func TestPromiseBudgetDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loosePhone)
		owner := freshClient()
		owner.Device = signsIn(t, tr, inBlock(0), owner).DeviceToken // earns 2
		elapse(4 * 24 * time.Hour)                                   // and they are forgotten
		for range 4 {
			tr.registerAs(t, phoneauth.RegisterRequest{Phone: inBlock(0), Client: owner}) // charges nothing
		}
		sent, _ := pump(t, tr, 1, 10)
		require.Equal(t, 10, sent)
		signsIn(t, tr, inBlock(0), owner) // credits nothing
		sent, _ = pump(t, tr, 100, 100)
		require.Equal(t, 10, sent, "20 of strangers, whatever the known device did")
		signsIn(t, tr, inBlock(0), owner) // asks nothing

		for _, stranger := range []phoneauth.Secret{"", owner.Device + "x", signsIn(t, tr, freshPhone(), freshClient()).DeviceToken} {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: phoneauth.ClientInfo{Addr: owner.Addr, Device: stranger}})
			assert.True(t, isLimit(err, phoneauth.LimitBlock), "%v", err)
		}
	})
}

// TestPromiseBudgetTestNumbers: test numbers are sent nothing and touch no score.
func TestPromiseBudgetTestNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loosePhone, func(c *phoneauth.Config) {
			c.Numbers.Test = []phoneauth.TestNumber{{Phone: inBlock(0), Code: "424242", Until: time.Now().Add(time.Hour)}}
		})
		reviewer := func() {
			t.Helper()
			c := freshClient()
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: c})
			require.NoError(t, err)
			_, err = tr.Login(t.Context(), phoneauth.LoginRequest{Phone: inBlock(0), Code: "424242", Client: c})
			require.NoError(t, err)
		}
		for range 5 {
			reviewer()
		}
		require.Zero(t, tr.inbox.Sends())
		sent, _ := pump(t, tr, 1, 100)
		require.Equal(t, 20, sent)
		reviewer()
		for _, e := range tr.events(phoneauth.EventSignedIn) {
			assert.True(t, e.Test)
		}
		elapse(time.Hour)
		_, code := tr.register(t, inBlock(0)) // one send has faded by now
		require.NotEqual(t, "424242", code, "an expired test number is a number")
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: freshClient()})
		require.True(t, isLimit(err, phoneauth.LimitBlock), "%v", err)
	})
}

// TestPromiseBudgetOrder: what a budget refuses was not taken from the phone either, and
// what a phone's limit refuses was not charged.
func TestPromiseBudgetOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: freshClient()})
		require.NoError(t, err)
		for range 50 {
			_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: freshClient()})
			require.True(t, isLimit(err, phoneauth.LimitPhoneSends), "%v", err)
		}
		sent, refused := pump(t, tr, 1, 100)
		require.Equal(t, 19, sent)
		for range 12 { // more than any limit of one number
			_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(99), Client: freshClient()})
			require.True(t, isLimit(err, phoneauth.LimitBlock), "%v", err)
		}
		elapse(refused.RetryAfter)
		_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: inBlock(99), Client: freshClient()})
		require.NoError(t, err)
	})
}
