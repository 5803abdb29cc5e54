package phoneauth_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// A client may hang up at any time. From the first thing that is taken on, the operation
// runs to its end without the client.

// obedient is a store whose every verb ends with its context, as those of databases do.
func obedient(store phoneauth.Store, before func(verb string)) phoneauth.Store {
	return phoneauth.WrapStore(store, func(ctx context.Context, verb string, call func(context.Context) error) error {
		before(verb)
		if err := ctx.Err(); err != nil {
			return err
		}
		err := call(ctx)
		if ctx.Err() != nil {
			return ctx.Err() // the client left in the middle of a commit: the answer is lost
		}
		return err
	})
}

// TestPromiseHangUp: whoever hangs up before a verb of a method, whichever it is, has either
// lost nothing, or the method ends as if nobody had hung up.
func TestPromiseHangUp(t *testing.T) {
	phoneauth.CheapHashes(t)
	for _, m := range methods {
		for at := 1; ; at++ {
			calls := 0
			synctest.Test(t, func(t *testing.T) {
				ctx, hangUp := context.WithCancel(t.Context())
				var counting bool
				tr := startTrial(t, obedient(inMemory(t), func(string) {
					if counting {
						if calls++; calls == at {
							hangUp()
						}
					}
				}))
				do := m.do(t, tr)
				counting = true
				_, err := do(ctx)
				counting = false
				synctest.Wait()
				name := fmt.Sprintf("%s, at verb %d", m.name, at)
				if err != nil {
					require.ErrorIs(t, err, context.Canceled, name)
					_, err = do(t.Context())
					require.NoError(t, err, "%s: what was lost must have cost nothing", name)
				}
			})
			if calls < at {
				break
			}
		}
	}
}

// TestPromiseHangUpIsSent: 20 clients at one address hang up at once. Every text goes out
// that was charged, and the owner of one number and the block are charged no more than
// for 20 texts.
func TestPromiseHangUpIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, hangUp := context.WithCancel(t.Context())
		tr := startTrial(t, obedient(inMemory(t), func(verb string) {
			if verb == "BeginChallenge" {
				hangUp()
			}
		}))
		address := freshClient()
		for i := range 20 {
			ctx, hangUp = context.WithCancel(t.Context())
			_, err := tr.Register(ctx, phoneauth.RegisterRequest{Phone: fmt.Sprintf("+2010617978%02d", i), Client: address})
			require.NoError(t, err)
		}
		hangUp()
		assert.Equal(t, 20, tr.inbox.Sends(), "what was charged was sent")
	})
}

// TestPromiseAtOnce: 1,024 operations may be on their way; one more is turned away before it
// takes anything.
func TestPromiseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		tr := startTrial(t, inMemory(t), loose, noEvents, func(c *phoneauth.Config) {
			c.Sender = heldSender{c.Sender, release}
		})
		var all sync.WaitGroup
		for range 1024 {
			r := phoneauth.RegisterRequest{Phone: freshPhone(), Client: freshClient()}
			all.Go(func() {
				_, err := tr.Register(t.Context(), r)
				assert.NoError(t, err)
			})
		}
		synctest.Wait()
		one := phoneauth.RegisterRequest{Phone: freshPhone(), Client: freshClient()}
		_, err := tr.Register(t.Context(), one)
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		close(release)
		all.Wait()
		_, err = tr.Register(t.Context(), one)
		require.NoError(t, err, "it took nothing")
		assert.Equal(t, 1025, tr.inbox.Sends())
	})
}

// heldSender sends nothing before release is closed.
type heldSender struct {
	phoneauth.SMSSender
	release chan struct{}
}

func (s heldSender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	<-s.release
	return s.SMSSender.Send(ctx, m)
}

// failsWith is a sender that fails.
type failsWith struct{ err error }

func (s failsWith) Send(context.Context, phoneauth.Message) (phoneauth.Receipt, error) {
	return phoneauth.Receipt{}, s.err
}

// TestPromiseTemporaryIsGivenBack: a text that was certainly not accepted costs its number,
// its block and its country nothing, and its address a send. One that may have gone is
// charged.
func TestPromiseTemporaryIsGivenBack(t *testing.T) {
	for class, back := range map[phoneauth.SendClass]bool{phoneauth.Temporary: true, phoneauth.Permanent: false, phoneauth.Ambiguous: false} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
					c.Sender = failsWith{&phoneauth.SendError{Class: class}}
					c.Limits.Block = 1
				})
				send := func(phone string) error {
					_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
					return err
				}
				require.ErrorIs(t, send("+201061797840"), phoneauth.ErrUnavailable)
				again, neighbour := send("+201061797840"), send("+201061797841")
				if back {
					assert.ErrorIs(t, again, phoneauth.ErrUnavailable, "asked for again at once")
					assert.ErrorIs(t, neighbour, phoneauth.ErrUnavailable, "the block is not charged")
				} else {
					assert.True(t, isLimit(again, phoneauth.LimitPhoneSends), "%v", again)
					assert.True(t, isLimit(neighbour, phoneauth.LimitBlock), "%v", neighbour)
				}
			})
		})
	}
	t.Run("the address pays", func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
			c.Sender = failsWith{&phoneauth.SendError{Class: phoneauth.Temporary}}
		})
		client := freshClient()
		for range 20 {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: freshPhone(), Client: client})
			require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		}
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: freshPhone(), Client: client})
		assert.True(t, isLimit(err, phoneauth.LimitAddressSends), "%v", err)
	})
}

// TestPromiseResetGivesNothingBack: what leaves after its answer shows in no later answer,
// whatever became of it.
func TestPromiseResetGivesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
			c.Sender = failsWith{&phoneauth.SendError{Class: phoneauth.Temporary}}
		})
		phone := freshPhone()
		seedUser(t, tr.store, phone, "")
		reset := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()}
		_, err := tr.Register(t.Context(), reset)
		require.NoError(t, err)
		synctest.Wait()
		_, err = tr.Register(t.Context(), reset)
		assert.True(t, isLimit(err, phoneauth.LimitPhoneSends), "%v", err)
	})
}

// TestPromiseCooldownIsGivenBack: a verified code gives one cooldown back, so that a code
// for a payment can follow a sign-in at once. The longer limits of the number hold: whoever
// owns a number has 10 texts.
func TestPromiseCooldownIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		phone := freshPhone()
		tr.signIn(t, phone)
		payment := phoneauth.RegisterRequest{Phone: phone, Purpose: "payment", Client: freshClient()}
		_, err := tr.Register(t.Context(), payment)
		require.NoError(t, err, "right after the sign-in")
		_, err = tr.Register(t.Context(), payment)
		require.True(t, isLimit(err, phoneauth.LimitPhoneSends), "only one is given back: %v", err)
		sends := tr.inbox.Sends()
		elapse(time.Minute)
		for tr.inbox.Sends() < 20 {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
			if isLimit(err, phoneauth.LimitPhoneSends) {
				break
			}
			require.NoError(t, err)
			code := tr.inbox.Code(t, phone)
			_, err = tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: freshClient()})
			require.NoError(t, err)
		}
		assert.Equal(t, 5, tr.inbox.Sends(), "5, then one each 12 min; %d before", sends)
	})
}

// TestPromiseNothingSentTakesAsLong: a send that the host refused, and one to a test number,
// take as long as sends lately took.
func TestPromiseNothingSentTakesAsLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const took = 300 * time.Millisecond
		denied := "+201061797849"
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
			c.Sender = slowSender{c.Sender, took}
			c.Numbers.Test = []phoneauth.TestNumber{{Phone: "+201061797842", Code: "123456", Until: time.Now().Add(time.Hour)}}
			c.Hooks.BeforeSend = func(_ context.Context, i phoneauth.SendInfo) error {
				if i.Phone.E164() == denied {
					return fmt.Errorf("on a deny-list")
				}
				return nil
			}
		})
		elapsed := func(phone string) time.Duration {
			begin := time.Now()
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
			require.NoError(t, err)
			return time.Since(begin)
		}
		require.Equal(t, took, elapsed("+201061797840"))
		assert.Equal(t, took, elapsed(denied), "refused by the host")
		assert.Equal(t, took, elapsed("+201061797842"), "a test number")
		assert.Equal(t, 1, tr.inbox.Sends())
	})
}

// slowSender takes its time, that of a bubble.
type slowSender struct {
	phoneauth.SMSSender
	takes time.Duration
}

func (s slowSender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	elapse(s.takes)
	return s.SMSSender.Send(ctx, m)
}

// resetsOf asks for a reset of each of the numbers of a block, from fresh addresses.
func resetsOf(t *testing.T, tr *trial, from, to int, client func() phoneauth.ClientInfo) (refused int) {
	t.Helper()
	for i := from; i < to; i++ {
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: fmt.Sprintf("+20106179%04d", i), Purpose: phoneauth.PurposePasswordReset, Client: client(),
		})
		if isLimit(err, phoneauth.LimitBlock) {
			refused++
			continue
		}
		require.NoError(t, err)
	}
	synctest.Wait()
	return refused
}

// TestPromiseResetsTellNothing: resets of numbers with an account and of numbers without one
// leave every score of sign-ins as it was, and refuse alike when their own are dry.
func TestPromiseResetsTellNothing(t *testing.T) {
	var refusals []int
	for _, known := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			tr := startTrial(t, inMemory(t))
			if known {
				for i := range 40 {
					seedUser(t, tr.store, fmt.Sprintf("+20106179%04d", i), "")
				}
			}
			refusals = append(refusals, resetsOf(t, tr, 0, 40, freshClient))
			for i := range 20 { // the block admits 20 sign-ins, as if nobody had asked for a reset
				_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+20106179%04d", 100+i), Client: freshClient()})
				require.NoError(t, err, "sign-in %d, known %t", i, known)
			}
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061790200", Client: freshClient()})
			require.True(t, isLimit(err, phoneauth.LimitBlock), "%v", err)
			if known {
				assert.Equal(t, 40, tr.inbox.Sends(), "20 resets and 20 sign-ins")
			}
		})
	}
	assert.Equal(t, []int{20, 20}, refusals, "a dry score refuses visibly and alike")
}

// TestPromiseDeviceSends: a stranger who uses up the sends of a number does not keep its
// known devices out, which have sends of their own, and may answer the number's own
// challenge. Past 5 unverified sends they are charged like strangers.
func TestPromiseDeviceSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) { c.Limits.Block = 3 })
		phone := "+201061797840"
		owner := phoneauth.ClientInfo{Addr: netip.MustParseAddr("192.0.2.7"), Device: tr.signIn(t, phone).DeviceToken}
		elapse(time.Minute)
		for i := range 39 { // a stranger, for three days
			_, _ = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
			if i%13 == 12 {
				_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
				require.NoError(t, err, "the owner's device, after %d texts", i+1)
				code := tr.inbox.Code(t, phone)
				_, err = tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
				require.NoError(t, err)
			}
			elapse(110 * time.Minute)
		}

		// The code that a stranger asked for serves the owner's device, too.
		elapse(72 * time.Hour)
		_, code := tr.register(t, phone)
		_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
		require.NoError(t, err)
	})
}

// TestPromiseDeviceScore: known devices are outside of the budgets for 5 unverified sends in
// a day. Then they are charged and refused like strangers, until one verifies.
func TestPromiseDeviceScore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
			c.Limits.Block = 1
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
		})
		phone := "+201061797840"
		owner := phoneauth.ClientInfo{Addr: netip.MustParseAddr("192.0.2.7"), Device: tr.signIn(t, phone).DeviceToken}
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061797841", Client: freshClient()})
		require.NoError(t, err)
		for range 3 { // pay back what the verification above has earned
			_, _ = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061797842", Client: freshClient()})
		}
		_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
		require.True(t, isLimit(err, phoneauth.LimitBlock), "the block is dry: %v", err)
		ask := func() error {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
			return err
		}
		for i := range 5 {
			require.NoError(t, ask(), "send %d", i+1)
		}
		require.True(t, isLimit(ask(), phoneauth.LimitBlock), "the sixth is refused like a stranger's")
		_, err = tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: tr.inbox.Code(t, phone), Client: owner})
		require.NoError(t, err)
		require.NoError(t, ask(), "a verification clears it")
	})
}

// TestPromiseResetsSwitchedOff measures what strangers can switch off by asking for resets
// that nobody verifies: the resets of a quiet country, and nothing else. It prints the
// figures of docs/security.md.
func TestPromiseResetsSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t))
		reset := func() error {
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{
				Phone: freshPhone(), Purpose: phoneauth.PurposePasswordReset, Client: freshClient(),
			})
			return err
		}
		asked := 0
		for ; reset() == nil; asked++ {
			require.Less(t, asked, 1000)
		}
		kept := 0
		for end := time.Now().Add(24 * time.Hour); time.Now().Before(end); elapse(time.Minute) {
			if reset() == nil {
				kept++
			}
		}
		t.Logf("%d requests dry the resets of a country up, %d more keep them dry for a day", asked, kept)
		assert.Equal(t, 100, asked)
		assert.InDelta(t, 100, kept, 5)
		tr.signIn(t, freshPhone()) // signing in goes on
	})
}
