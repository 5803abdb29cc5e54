package promises

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// A client may hang up at any time. From the first thing that is taken on, the operation
// runs to its end without the client.

// testPromiseHangUp: whoever hangs up before a verb of a method, whichever it is, has either
// lost nothing, or the method ends as if nobody had hung up.
func testPromiseHangUp(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for _, m := range methods {
		for at := int64(1); ; at++ {
			var calls atomic.Int64 // verbs may follow the answer, from a goroutine
			suite.Scope(t, func(t testing.TB) {
				ctx, hangUp := context.WithCancel(t.Context())
				defer hangUp()
				var counting atomic.Bool
				svc := suite.On(t, suite.Obedient(o.Store(t), func(string) {
					if counting.Load() && calls.Add(1) == at {
						hangUp()
					}
				}))
				do := m.do(t, svc)
				svc.Settle()
				counting.Store(true)
				_, err := do(ctx)
				svc.Settle()
				counting.Store(false)
				name := fmt.Sprintf("%s, at verb %d", m.name, at)
				if err != nil {
					require.ErrorIs(t, err, context.Canceled, name)
					_, err = do(t.Context())
					require.NoError(t, err, "%s: what was lost must have cost nothing", name)
				}
			})
			if calls.Load() < at {
				break
			}
		}
	}
}

// testPromiseHangUpIsSent: 20 clients at one address hang up at once. Every text goes out
// that was charged, and the owner of one number and the block are charged no more than
// for 20 texts.
func testPromiseHangUpIsSent(t *testing.T, o suite.Options) {
	var hangUp context.CancelFunc
	svc := suite.On(t, suite.Obedient(o.Store(t), func(verb string) {
		if verb == "BeginChallenge" {
			hangUp()
		}
	}))
	address := suite.FreshClient()
	for i := range 20 {
		var ctx context.Context
		ctx, hangUp = context.WithCancel(t.Context())
		_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: fmt.Sprintf("+2010617978%02d", i), Client: address})
		require.NoError(t, err)
	}
	hangUp()
	assert.Equal(t, 20, svc.Inbox.Sends(), "what was charged was sent")
}

// testPromiseAtOnce: 1,024 operations may be on their way; one more is turned away before it
// takes anything.
func testPromiseAtOnce(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		svc := suite.InBubble(t, o.Store(t), suite.Loose, suite.NoEvents, func(c *phoneauth.Config) {
			c.Sender = heldSender{c.Sender, release}
		})
		var all sync.WaitGroup
		for range 1024 {
			r := phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()}
			all.Go(func() {
				_, err := svc.Register(t.Context(), r)
				assert.NoError(t, err)
			})
		}
		synctest.Wait()
		one := phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()}
		_, err := svc.Register(t.Context(), one)
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		close(release)
		all.Wait()
		_, err = svc.Register(t.Context(), one)
		require.NoError(t, err, "it took nothing")
		assert.Equal(t, 1025, svc.Inbox.Sends())
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

// testPromiseTemporaryIsGivenBack: a text that was certainly not accepted costs its number,
// its block and its country nothing, and its address a send. One that may have gone is
// charged.
func testPromiseTemporaryIsGivenBack(t *testing.T, o suite.Options) {
	for class, back := range map[phoneauth.SendClass]bool{phoneauth.Temporary: true, phoneauth.Permanent: false, phoneauth.Ambiguous: false} {
		t.Run(string(class), func(t *testing.T) {
			svc := o.Service(t, func(c *phoneauth.Config) {
				c.Sender = failsWith{&phoneauth.SendError{Class: class}}
				c.Limits.Block = 1
			})
			send := func(phone string) error {
				_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
				return err
			}
			require.ErrorIs(t, send("+201061797840"), phoneauth.ErrUnavailable)
			again, neighbour := send("+201061797840"), send("+201061797841")
			if back {
				assert.ErrorIs(t, again, phoneauth.ErrUnavailable, "asked for again at once")
				assert.ErrorIs(t, neighbour, phoneauth.ErrUnavailable, "the block is not charged")
			} else {
				assert.True(t, suite.IsLimit(again, phoneauth.LimitPhoneSends), "%v", again)
				assert.True(t, suite.IsLimit(neighbour, phoneauth.LimitBlock), "%v", neighbour)
			}
		})
	}
	t.Run("the address pays", func(t *testing.T) {
		svc := o.Service(t, func(c *phoneauth.Config) {
			c.Sender = failsWith{&phoneauth.SendError{Class: phoneauth.Temporary}}
		})
		client := suite.FreshClient()
		for range 20 {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: client})
			require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		}
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: client})
		assert.True(t, suite.IsLimit(err, phoneauth.LimitAddressSends), "%v", err)
	})
}

// testPromiseFailuresEarnNothing: a verification takes back what its challenge was charged, and earns 2
// more, however many texts of it were not accepted before.
func testPromiseFailuresEarnNothing(t *testing.T, o suite.Options) {
	for name, sentFirst := range map[string]bool{"the first texts": false, "texts that follow": true} {
		svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) { c.Limits.Block = 100 })
		phone := suite.FreshPhone()
		send := func() error {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
			return err
		}
		if sentFirst {
			require.NoError(t, send())
		}
		for range 10 {
			svc.Inbox.FailNext(phonetest.Temporary)
			require.ErrorIs(t, send(), phoneauth.ErrUnavailable)
		}
		require.NoError(t, send())
		_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: svc.Inbox.Code(t, phone), Client: suite.FreshClient()})
		require.NoError(t, err)
		state, err := svc.Inspect(t.Context(), phone)
		require.NoError(t, err)
		assert.InDelta(t, -2, state.Scores[0].Value, 0.01, name)
	}
}

// during is a sender that fails its first message, and calls do before.
type during struct {
	phoneauth.SMSSender
	do func()
}

func (s *during) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if do := s.do; do != nil {
		s.do = nil
		do()
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary}
	}
	return s.SMSSender.Send(ctx, m)
}

// testPromiseFailureKeepsTheCode: a text that was not accepted does not void the code that another
// request has sent meanwhile.
func testPromiseFailureKeepsTheCode(t *testing.T, o suite.Options) {
	sender := &during{}
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) { sender.SMSSender, c.Sender = c.Sender, sender })
	r := phoneauth.RegisterRequest{Phone: suite.FreshPhone(), Client: suite.FreshClient()}
	sender.do = func() {
		_, err := svc.Register(t.Context(), r)
		require.NoError(t, err)
	}
	_, err := svc.Register(t.Context(), r)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	_, err = svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: r.Phone, Code: svc.Inbox.Code(t, r.Phone), Client: r.Client})
	require.NoError(t, err)
	state, err := svc.Inspect(t.Context(), r.Phone)
	require.NoError(t, err)
	assert.InDelta(t, -2, state.Scores[0].Value, 0.01)
}

// testPromiseResetGivesNothingBack: what leaves after its answer shows in no later answer,
// whatever became of it.
func testPromiseResetGivesNothingBack(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) {
		c.Sender = failsWith{&phoneauth.SendError{Class: phoneauth.Temporary}}
	})
	phone := suite.FreshPhone()
	svc.SeedUser(phone, "")
	reset := phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()}
	_, err := svc.Register(t.Context(), reset)
	require.NoError(t, err)
	svc.Settle()
	_, err = svc.Register(t.Context(), reset)
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "%v", err)
}

// testPromiseCooldownIsGivenBack: a verified code gives one cooldown back, so that a code
// for a payment can follow a sign-in at once. The longer limits of the number hold: whoever
// owns a number has 10 texts.
func testPromiseCooldownIsGivenBack(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	phone := suite.FreshPhone()
	svc.SignIn(phone)
	payment := phoneauth.RegisterRequest{Phone: phone, Purpose: "payment", Client: suite.FreshClient()}
	_, err := svc.Register(t.Context(), payment)
	require.NoError(t, err, "right after the sign-in")
	_, err = svc.Register(t.Context(), payment)
	require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "only one is given back: %v", err)
	sends := svc.Inbox.Sends()
	svc.Elapse(time.Minute)
	for svc.Inbox.Sends() < 20 {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
		if suite.IsLimit(err, phoneauth.LimitPhoneSends) {
			break
		}
		require.NoError(t, err)
		code := svc.Inbox.Code(t, phone)
		_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: suite.FreshClient()})
		require.NoError(t, err)
	}
	assert.Equal(t, 5, svc.Inbox.Sends(), "5, then one each 12 min; %d before", sends)
}

// testPromiseNothingSentTakesAsLong: a send that the host refused, and one to a test number,
// take as long as sends lately took.
func testPromiseNothingSentTakesAsLong(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		const took = 300 * time.Millisecond
		denied := "+201061797849"
		svc := suite.InBubble(t, o.Store(t), func(c *phoneauth.Config) {
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
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
			require.NoError(t, err)
			return time.Since(begin)
		}
		require.Equal(t, took, elapsed("+201061797840"))
		assert.Equal(t, took, elapsed(denied), "refused by the host")
		assert.Equal(t, took, elapsed("+201061797842"), "a test number")
		assert.Equal(t, 1, svc.Inbox.Sends())
	})
}

// slowSender takes its time, that of a bubble.
type slowSender struct {
	phoneauth.SMSSender
	takes time.Duration
}

func (s slowSender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	<-time.After(s.takes)
	return s.SMSSender.Send(ctx, m)
}

// resetsOf asks for a reset of each of the numbers of a block, from fresh addresses.
func resetsOf(t *testing.T, svc *suite.Service, from, to int, client func() phoneauth.ClientInfo) (refused int) {
	t.Helper()
	for i := from; i < to; i++ {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: fmt.Sprintf("+20106179%04d", i), Purpose: phoneauth.PurposePasswordReset, Client: client(),
		})
		if suite.IsLimit(err, phoneauth.LimitBlock) {
			refused++
			continue
		}
		require.NoError(t, err)
	}
	svc.Settle()
	return refused
}

// testPromiseResetsTellNothing: resets of numbers with an account and of numbers without one
// leave every score of sign-ins as it was, and refuse alike when their own are dry.
func testPromiseResetsTellNothing(t *testing.T, o suite.Options) {
	var refusals []int
	for _, known := range []bool{false, true} {
		svc := o.Service(t)
		if known {
			for i := range 40 {
				svc.SeedUser(fmt.Sprintf("+20106179%04d", i), "")
			}
		}
		refusals = append(refusals, resetsOf(t, svc, 0, 40, suite.FreshClient))
		for i := range 20 { // the block admits 20 sign-ins, as if nobody had asked for a reset
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+20106179%04d", 100+i), Client: suite.FreshClient()})
			require.NoError(t, err, "sign-in %d, known %t", i, known)
		}
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061790200", Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitBlock), "%v", err)
		if known {
			assert.Equal(t, 40, svc.Inbox.Sends(), "20 resets and 20 sign-ins")
		}
	}
	assert.Equal(t, []int{20, 20}, refusals, "a dry score refuses visibly and alike")
}

// testPromiseDeviceSends: a stranger who uses up the sends of a number does not keep its
// known devices out, which have sends of their own, and may answer the number's own
// challenge. Past 5 unverified sends they are charged like strangers.
func testPromiseDeviceSends(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) { c.Limits.Block = 3 })
	phone := "+201061797840"
	owner := phoneauth.ClientInfo{Addr: netip.MustParseAddr("192.0.2.7"), Device: svc.SignIn(phone).DeviceToken}
	svc.Elapse(time.Minute)
	for i := range 39 { // a stranger, for three days
		_, _ = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
		if i%13 == 12 {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
			require.NoError(t, err, "the owner's device, after %d texts", i+1)
			code := svc.Inbox.Code(t, phone)
			_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
			require.NoError(t, err)
		}
		svc.Elapse(110 * time.Minute)
	}

	// The code that a stranger asked for serves the owner's device, too.
	svc.Elapse(72 * time.Hour)
	_, code := svc.SendCode(phone)
	_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
	require.NoError(t, err)
}

// testPromiseDeviceScore: known devices are outside of the budgets for 5 unverified sends in
// a day. Then they are charged and refused like strangers, until one verifies.
func testPromiseDeviceScore(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) {
		c.Limits.Block = 1
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
	})
	phone := "+201061797840"
	owner := phoneauth.ClientInfo{Addr: netip.MustParseAddr("192.0.2.7"), Device: svc.SignIn(phone).DeviceToken}
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061797841", Client: suite.FreshClient()})
	require.NoError(t, err)
	for range 3 { // pay back what the verification above has earned
		_, _ = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: "+201061797842", Client: suite.FreshClient()})
	}
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
	require.True(t, suite.IsLimit(err, phoneauth.LimitBlock), "the block is dry: %v", err)
	ask := func() error {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
		return err
	}
	for i := range 5 {
		require.NoError(t, ask(), "send %d", i+1)
	}
	require.True(t, suite.IsLimit(ask(), phoneauth.LimitBlock), "the sixth is refused like a stranger's")
	_, err = svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: svc.Inbox.Code(t, phone), Client: owner})
	require.NoError(t, err)
	require.NoError(t, ask(), "a verification clears it")
}

// testPromiseResetsSwitchedOff measures what strangers can switch off by asking for resets
// that nobody verifies: the resets of a quiet country, and nothing else. It prints the
// figures of docs/security.md.
func testPromiseResetsSwitchedOff(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	reset := func() error {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: suite.FreshPhone(), Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient(),
		})
		return err
	}
	asked := 0
	for ; reset() == nil; asked++ {
		require.Less(t, asked, 1000)
	}
	kept := 0
	for end := svc.Now().Add(24 * time.Hour); svc.Now().Before(end); svc.Elapse(time.Minute) {
		if reset() == nil {
			kept++
		}
	}
	t.Logf("%d requests dry the resets of a country up, %d more keep them dry for a day", asked, kept)
	assert.Equal(t, 100, asked)
	assert.InDelta(t, 100, kept, 5)
	svc.SignIn(suite.FreshPhone()) // signing in goes on
}
