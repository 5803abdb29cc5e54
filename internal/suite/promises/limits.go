package promises

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// crowded is a limit, asked for by many at once.
type crowded struct {
	name   string
	limit  string // the one that refuses
	most   int
	change func(*phoneauth.Config)
	ask    func(svc *suite.Service, i int) error
}

// crowd returns the limits of a Service, each alone. Nothing comes back within a test:
// what is admitted one each so long stays admitted Burst.
func crowd(seed int) []crowded {
	block := seed % 10_000
	sendTo := func(phone string, c phoneauth.ClientInfo) func(*suite.Service, int) error {
		return func(svc *suite.Service, _ int) error {
			_, err := svc.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Client: c})
			return err
		}
	}
	each := func(format string, numbers func(i int) []any) func(*suite.Service, int) error {
		return func(svc *suite.Service, i int) error {
			return sendTo(fmt.Sprintf(format, numbers(i)...), suite.FreshClient())(svc, i)
		}
	}
	phone, client := suite.FreshPhone(), suite.FreshClient()
	v6 := netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::", block))
	return []crowded{
		{"sends per phone", phoneauth.LimitPhoneSends, 1, nil, func(svc *suite.Service, i int) error {
			return sendTo(phone, suite.FreshClient())(svc, i)
		}},
		{"sends per phone, a larger burst", phoneauth.LimitPhoneSends, 5, func(c *phoneauth.Config) {
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 5, Every: time.Hour}, {Burst: 10, Every: time.Hour}}
		}, func(svc *suite.Service, i int) error { return sendTo(phone, suite.FreshClient())(svc, i) }},
		{"sends per address", phoneauth.LimitAddressSends, 20, nil, func(svc *suite.Service, i int) error {
			return sendTo(suite.FreshPhone(), client)(svc, i)
		}},
		{"sends per IPv6 /64", phoneauth.LimitAddressSends, 20, nil, func(svc *suite.Service, i int) error {
			a := v6.As16()
			a[15], a[9] = byte(i), byte(i)
			return sendTo(suite.FreshPhone(), phoneauth.ClientInfo{Addr: netip.AddrFrom16(a)})(svc, i)
		}},
		{"sends without an address", phoneauth.LimitAddressSends, 20, nil, func(svc *suite.Service, i int) error {
			return sendTo(suite.FreshPhone(), phoneauth.ClientInfo{})(svc, i)
		}},
		{"sends of the service", phoneauth.LimitServiceSends, 30, func(c *phoneauth.Config) {
			c.Limits.ServiceSends = phoneauth.Limit{Burst: 30, Every: time.Hour}
		}, func(svc *suite.Service, i int) error { return sendTo(suite.FreshPhone(), suite.FreshClient())(svc, i) }},
		{"failures per address, codes", phoneauth.LimitAddressFailures, 30, func(c *phoneauth.Config) {
			c.Limits.AddressFailures = phoneauth.Limit{Burst: 30, Every: time.Hour}
		}, func(svc *suite.Service, i int) error {
			_, err := svc.Login(context.Background(), phoneauth.LoginRequest{Phone: suite.FreshPhone(), Code: "000000", Client: client})
			return err
		}},
		{"budget of a block", phoneauth.LimitBlock, 20, nil, each("+2011%04d%04d", func(i int) []any { return []any{block, i} })},
		{"budget of a wide block", phoneauth.LimitWideBlock, 60, asksNobody, each("+2012%02d%02d%04d", func(i int) []any { return []any{block % 100, i % 50, i} })},
		{"budget of a country", phoneauth.LimitCountry, 100, asksNobody, each("+3367%03d%04d", func(i int) []any { return []any{i * 37 % 1000, i} })},
	}
}

// asksNobody switches the human check off: with it these limits ask before they refuse.
func asksNobody(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckNever }

// testLimitsNeverOvershoot: 64 goroutines ask until each was refused; exactly the limit is
// admitted, on a store where nobody else asks.
func testLimitsNeverOvershoot(t *testing.T, o suite.Options) {
	const callers, asks = 64, 3
	for round := range min(max(1, o.Rounds/100), 100) {
		for _, c := range crowd(round) {
			if c.change == nil {
				c.change = func(*phoneauth.Config) {}
			}
			svc := o.Service(t, suite.NoEvents, c.change)
			results := suite.AtOnce(callers, func(caller int) (errs [asks]error) {
				for i := range errs {
					errs[i] = c.ask(svc, caller*asks+i)
				}
				return errs
			})
			admitted := 0
			for _, errs := range results {
				for _, err := range errs {
					if err == nil || errors.Is(err, phoneauth.ErrInvalidCode) {
						admitted++
					} else {
						require.True(t, suite.IsLimit(err, c.limit), "%s: %v", c.name, err)
					}
				}
			}
			require.Equal(t, c.most, admitted, "round %d: %s", round, c.name)
			if c.limit != phoneauth.LimitAddressFailures {
				require.Equal(t, admitted, svc.Inbox.Sends(), "round %d: %s", round, c.name)
			}
		}
	}
}

// assertHonest asks until it is refused, and checks that the RetryAfter of the refusal
// is the very time it takes. admitted says whether an answer was no refusal.
func assertHonest(t *testing.T, svc *suite.Service, limit string, most int, ask func() error) {
	t.Helper()
	admitted := func(err error) bool { return !suite.IsLimit(err, "") }
	var err error
	for n := 0; ; n++ {
		if err = ask(); !admitted(err) {
			assert.Equal(t, most, n, "%s: admitted", limit)
			break
		}
		require.LessOrEqual(t, n, most, "%s overshot", limit)
	}
	for range 3 {
		refused, _ := errors.AsType[*phoneauth.LimitError](err)
		require.Equal(t, limit, refused.Limit)
		require.Positive(t, refused.RetryAfter)
		svc.Elapse(refused.RetryAfter - time.Microsecond)
		err = ask()
		require.True(t, suite.IsLimit(err, limit), "%s: admitted 1 µs before its RetryAfter of %s: %v", limit, refused.RetryAfter, err)
		left, _ := errors.AsType[*phoneauth.LimitError](err)
		assert.Equal(t, time.Microsecond, left.RetryAfter)
		svc.Elapse(time.Microsecond)
		require.NoError(t, notALimit(ask()), "%s: refused at its RetryAfter of %s", limit, refused.RetryAfter)
		if err = ask(); admitted(err) {
			return // a lock: one failure more does not lock again at once
		}
	}
}

func notALimit(err error) error {
	if suite.IsLimit(err, "") {
		return err
	}
	return nil
}

func testPromiseRetryAfter(t *testing.T, o suite.Options) {
	for _, c := range crowd(1) {
		t.Run(c.name, func(t *testing.T) {
			if c.change == nil {
				c.change = func(*phoneauth.Config) {}
			}
			svc := o.Service(t, c.change)
			i := 0
			assertHonest(t, svc, c.limit, c.most, func() error {
				i++
				return c.ask(svc, i)
			})
		})
	}
}

// testPromisePhoneSends: the three default limits of a number, 1 each minute, 5 each 12
// minutes, 10 each 144 minutes, all hold at once.
func testPromisePhoneSends(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	phone, start := suite.FreshPhone(), svc.Now()
	var sent []time.Duration
	for svc.Now().Sub(start) < 24*time.Hour {
		p, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
		if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
			require.Equal(t, phoneauth.LimitPhoneSends, refused.Limit)
			svc.Elapse(refused.RetryAfter)
			continue
		}
		require.NoError(t, err)
		sent = append(sent, svc.Now().Sub(start))
		svc.Elapse((p.ResendAt).Sub(svc.Now()) - time.Microsecond)
		_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "ResendAt is not honest: %v", err)
		svc.Elapse(time.Microsecond)
	}
	for i, at := range sent {
		for _, l := range []struct {
			burst int
			every time.Duration
		}{{1, time.Minute}, {5, 12 * time.Minute}, {10, 144 * time.Minute}} {
			if i >= l.burst {
				assert.GreaterOrEqual(t, at-sent[i-l.burst], l.every, "send %d", i)
			}
		}
	}
	assert.Equal(t, 10+9, len(sent), "a day: 10 at most in a row, then one each 144 minutes")
	assert.Equal(t, len(sent), svc.Inbox.Sends())
}
