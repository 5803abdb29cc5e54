package promises

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// testPromiseConfigFaults: New reports every fault at once, one line each, naming the
// field, and tells nothing of a key.
func testPromiseConfigFaults(t *testing.T, o suite.Options) {
	secret := []byte("too short a secret")
	svc, err := phoneauth.New(phoneauth.Config{
		Keys: phoneauth.Keys{Index: secret, Secrets: []phoneauth.Key{
			{ID: "", Secret: secret}, {ID: "a", Secret: secret}, {ID: "a", Secret: bytes.Repeat(secret, 2)}, {ID: "no spaces"},
		}},
		Code:     phoneauth.CodeRules{Digits: 5, TTL: 11 * time.Minute, Tries: 11},
		Sessions: phoneauth.SessionRules{AccessTTL: 16 * time.Minute, IdleTTL: time.Minute, TTL: time.Second},
		Limits: phoneauth.Limits{
			PhoneSends: []phoneauth.Limit{{}, {Burst: 1}, {Every: time.Second}}, AddressSends: phoneauth.Limit{Burst: -1, Every: 1},
			AddressFailures: phoneauth.Limit{Burst: 1 << 40, Every: time.Hour}, ServiceSends: phoneauth.Limit{Burst: 1},
			PhoneLockout: []phoneauth.LockoutStep{{Failures: 10, Wait: 1}, {Failures: 10, Wait: 1}}, PasswordLockout: []phoneauth.LockoutStep{{Failures: 101, Wait: 1}},
			Block: -1,
		},
		Journal: phoneauth.JournalRules{TTL: -time.Hour},
		Numbers: phoneauth.NumberRules{
			DefaultRegion: "Egypt", Regions: []string{"EG", "XX"}, Types: []phoneauth.NumberType{"pager"},
			Test: []phoneauth.TestNumber{{Phone: "+20 106 179 7840", Code: "12345a"}},
		},
	})
	require.Error(t, err)
	assert.Nil(t, svc)
	text := err.Error()
	for _, field := range []string{
		"Store", "Sender", "Keys.Index", "Keys.Secrets[0]", "Keys.Secrets[1]", "Keys.Secrets[2]", "Keys.Secrets[3]",
		"Code.Digits", "Code.TTL", "Code.Tries", "Sessions.AccessTTL", "Sessions",
		"Limits.PhoneSends[0]", "Limits.PhoneSends[1]", "Limits.PhoneSends[2]", "Limits.AddressSends", "Limits.AddressFailures", "Limits.ServiceSends",
		"Limits.PhoneLockout", "Limits.PasswordLockout", "Limits", "Journal.TTL",
		"Numbers.DefaultRegion", "Numbers.Regions[1]", "Numbers.Types[0]", "Numbers.Test[0]",
	} {
		assert.Contains(t, text, "phoneauth: config: "+field+":")
	}
	for line := range strings.Lines(text) {
		assert.True(t, strings.HasPrefix(line, "phoneauth: config: "), line)
	}
	assert.NotContains(t, text, string(secret))
}

// testPromiseConfigRequired: what has no safe default is an error alone, and enough.
func testPromiseConfigRequired(t *testing.T, o suite.Options) {
	whole := phoneauth.Config{Store: o.Store(t), Sender: phonetest.New(), Keys: suite.Keys()}
	_, err := phoneauth.New(whole)
	require.NoError(t, err, "the zero value of everything else is its safe default")
	for field, without := range map[string]func(*phoneauth.Config){
		"Store":        func(c *phoneauth.Config) { c.Store = nil },
		"Store: ":      func(c *phoneauth.Config) { c.Store = (*memstore.Store)(nil) },
		"Store: is":    func(c *phoneauth.Config) { c.Store = (*phoneauth.Stores)(nil) },
		"Sender":       func(c *phoneauth.Config) { c.Sender = nil },
		"Keys.Index":   func(c *phoneauth.Config) { c.Keys.Index = nil },
		"Keys.Secrets": func(c *phoneauth.Config) { c.Keys.Secrets = nil },
	} {
		c := whole
		without(&c)
		_, err := phoneauth.New(c)
		require.Error(t, err, field)
		assert.Equal(t, 1, strings.Count(err.Error(), "phoneauth: config: "), "%s: %v", field, err)
		assert.Contains(t, err.Error(), field)
	}
}

// testPromiseConfigCopied: what a host does to its Config after New changes nothing.
func testPromiseConfigCopied(t *testing.T, o suite.Options) {
	c := phoneauth.Config{
		Store: o.Store(t), Sender: phonetest.New(), Keys: suite.Keys(),
		Limits: phoneauth.Limits{
			PhoneSends:      []phoneauth.Limit{{Burst: 1, Every: time.Hour}},
			PhoneLockout:    []phoneauth.LockoutStep{{Failures: 1, Wait: time.Hour}},
			PasswordLockout: []phoneauth.LockoutStep{{Failures: 1, Wait: time.Hour}},
		},
		Numbers: phoneauth.NumberRules{
			Regions: []string{"EG"}, Types: []phoneauth.NumberType{phoneauth.Mobile},
			Test: []phoneauth.TestNumber{{Phone: "+201061797840", Code: "424242", Until: time.Now().Add(time.Hour)}},
		},
		Spend: phoneauth.SpendRules{
			Prices: map[string]map[string]int64{"FR": {"": 50}}, PerHour: map[string]int64{"": 100}, PerDay: map[string]int64{"": 100},
		},
		Logger: slog.New(slog.DiscardHandler),
		HTTP:   phoneauth.HTTPConfig{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
	}
	svc, err := phoneauth.New(c)
	require.NoError(t, err)
	clear(c.Keys.Index)
	clear(c.Keys.Secrets[0].Secret)
	c.Keys.Secrets[0].ID = "changed"
	c.Limits.PhoneSends[0] = phoneauth.Limit{Burst: 1e6, Every: 1}
	c.Limits.PhoneLockout[0] = phoneauth.LockoutStep{Failures: 100, Wait: 1}
	c.Limits.PasswordLockout[0] = phoneauth.LockoutStep{Failures: 100, Wait: 1}
	c.Numbers.Regions[0], c.Numbers.Types[0] = "FR", phoneauth.VoIP
	c.Numbers.Test[0].Code = "000000"
	c.Spend.Prices["FR"][""], c.Spend.PerHour[""], c.Spend.PerDay[""] = 0, 1e12, 1e12
	c.Spend.Prices["EG"] = map[string]int64{"": 1e12}

	ctx := context.Background()
	const phone, reviewer = "+201061797841", "+201061797840"
	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone})
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "Limits.PhoneSends: %v", err)
	_, err = svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: phone, Password: "wrong horse"})
	require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = svc.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: phone, Password: "wrong horse"})
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPasswordFailures), "Limits.PasswordLockout: %v", err)
	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: reviewer})
	require.NoError(t, err)
	_, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: reviewer, Code: "424242"})
	assert.NoError(t, err, "Numbers.Test")
	_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: "+201061797842"})
	require.NoError(t, err)
	_, err = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: "+201061797842", Code: "no code"})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)

	again, err := phoneauth.New(phoneauth.Config{Store: c.Store, Sender: c.Sender, Keys: suite.Keys()})
	require.NoError(t, err)
	_, err = again.Register(ctx, phoneauth.RegisterRequest{Phone: phone})
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneSends), "Keys: %v", err)
}
