package channels

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// priced are three channels with prices, and ceilings for an hour in Egypt.
func priced(c *phoneauth.Config) {
	three(c)
	c.Limits.Block, c.Limits.WideBlock, c.Limits.Country = 1000, 1000, 1000
	c.Spend = phoneauth.SpendRules{
		Prices: map[string]map[string]int64{
			"":   {"": 1_000},
			"EG": {sms: 10_000, "": 20_000},
		},
		PerHour: map[string]int64{"EG": 100_000},
	}
}

// buys asks for a code to a number that was never seen.
func buys(s *suite.Service, channel string) (string, error) {
	phone := suite.FreshPhone()
	_, err := s.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Channel: channel, Client: suite.FreshClient()})
	return phone, err
}

// testCeiling: in no hour codes cost more than the ceiling. At four fifths of what strangers may use
// an event says so, and the next hour begins with the whole ceiling.
func testCeiling(t *testing.T, o suite.Options) {
	s := o.Service(t, priced)
	for range 3 {
		sent := 0
		for range 60 { // one hour
			if _, err := buys(s, sms); err == nil {
				sent++
			} else {
				var refused *phoneauth.LimitError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, phoneauth.LimitSpendHour, refused.Limit)
				require.LessOrEqual(t, refused.RetryAfter, s.Now().Truncate(time.Hour).Add(time.Hour).Sub(s.Now()))
			}
			s.Elapse(time.Minute)
		}
		assert.LessOrEqual(t, sent, 10, "the ceiling")
		assert.GreaterOrEqual(t, sent, 7, "four fifths, less the part that comes back")
	}
	near := s.Events(phoneauth.EventCeilingNear)
	require.NotEmpty(t, near)
	assert.Equal(t, phoneauth.LimitSpendHour, near[0].Limit)
}

// testPrices: each channel costs what it costs, and other countries have no part in it.
func testPrices(t *testing.T, o suite.Options) {
	s := o.Service(t, priced)
	for range 3 {
		_, err := buys(s, voice) // of 20,000 each, and 76,800 are for strangers
		require.NoError(t, err)
	}
	phone, err := buys(s, voice)
	require.Equal(t, phoneauth.LimitSpendHour, suite.Limited(err))
	_, err = buys(s, sms)
	require.NoError(t, err, "a cheaper one is left")
	_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: india, Client: suite.FreshClient()})
	require.NoError(t, err)
	var costs []int64
	for _, e := range s.Events(phoneauth.EventCodeSent) {
		costs = append(costs, e.Cost)
	}
	assert.Equal(t, []int64{20_000, 20_000, 20_000, 10_000, 1_000}, costs)

	_, err = buys(s, sms)
	require.Equal(t, phoneauth.LimitSpendHour, suite.Limited(err))
	state, err := s.Inspect(t.Context(), phone)
	require.NoError(t, err)
	require.NotNil(t, state.NextSend)
	assert.Equal(t, phoneauth.LimitSpendHour, state.NextSend.Limit)
	hour := s.Now().Truncate(time.Hour)
	s.Elapse(hour.Add(55 * time.Minute).Sub(s.Now())) // a little has come back, and is used up
	for err = nil; err == nil; {
		phone, err = buys(s, sms)
	}
	state, err = s.Inspect(t.Context(), phone)
	require.NoError(t, err)
	assert.Equal(t, &phoneauth.Refusal{Limit: phoneauth.LimitSpendHour, Until: hour.Add(time.Hour)}, state.NextSend)
}

// testDeviceHasItsShare: when strangers have used up their part, people who were here before get
// their codes.
func testDeviceHasItsShare(t *testing.T, o suite.Options) {
	s := o.Service(t, priced)
	session := s.SignIn(suite.FreshPhone())
	for {
		if _, err := buys(s, sms); err != nil {
			require.Equal(t, phoneauth.LimitSpendHour, suite.Limited(err))
			break
		}
	}
	client := suite.FreshClient()
	client.Device = session.DeviceToken
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: session.User.Phone.E164(), Client: client})
	require.NoError(t, err)
}

// testUnsentCostsNothing: what was certainly not accepted, what the host refused, and the reset of a
// number without an account use nothing up.
func testUnsentCostsNothing(t *testing.T, o suite.Options) {
	allowed := true
	s := o.Service(t, priced, func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error {
			if allowed {
				return nil
			}
			return phoneauth.ErrRefused
		}
	})
	for range 20 {
		s.Inbox.FailNext(phonetest.Temporary)
		_, err := buys(s, sms)
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	}
	allowed = false
	for range 20 {
		_, err := buys(s, sms)
		require.NoError(t, err)
	}
	allowed = true
	for range 15 {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: suite.FreshPhone(), Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient(),
		})
		require.NoError(t, err)
	}
	s.Settle()
	for range 7 {
		_, err := buys(s, sms)
		require.NoError(t, err)
	}
	_, err := buys(s, sms)
	require.Equal(t, phoneauth.LimitSpendHour, suite.Limited(err))

	known := suite.FreshPhone()
	s.SeedUser(known, "")
	_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: known, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()})
	require.NoError(t, err, "the answer does not tell")
	s.Settle()
	assert.Empty(t, s.Codes(known, phoneauth.PurposePasswordReset), "a reset is not sent beyond the ceiling")
}

// testSpendOfTheDesk: the overview adds up what the codes cost.
func testSpendOfTheDesk(t *testing.T, o suite.Options) {
	s := o.Service(t, priced, func(c *phoneauth.Config) { c.Journal.Store = memstore.New() })
	for _, channel := range []string{sms, voice} {
		_, err := buys(s, channel)
		require.NoError(t, err)
	}
	require.NoError(t, s.FlushJournal(t.Context()))
	of, err := s.Overview(t.Context(), phoneauth.OverviewQuery{To: s.Now().Add(time.Hour)})
	require.NoError(t, err)
	assert.EqualValues(t, 30_000, of.Cost)
	assert.EqualValues(t, 30_000, of.Countries["EG"].Cost)
	assert.EqualValues(t, 20_000, of.Channels[voice].Cost)
}

// testSpendConfig: New refuses prices and ceilings that mean nothing.
func testSpendConfig(t *testing.T, o suite.Options) {
	for want, rules := range map[string]phoneauth.SpendRules{
		`Spend.PerDay: there is no region "UK"`:               {PerDay: map[string]int64{"UK": 1000}},
		`Spend.Prices: there is no region "eg"`:               {Prices: map[string]map[string]int64{"eg": nil}},
		`Spend.Prices: "sms" of "EG" must be from 0 to 10¹²`:  {Prices: map[string]map[string]int64{"EG": {sms: -1}}},
		`Spend.PerHour: that of "" must be from 100 to 10¹²`:  {PerHour: map[string]int64{"": 99}},
		`Spend.PerDay: that of "EG" must be from 100 to 10¹²`: {PerDay: map[string]int64{"EG": 1e12 + 1}},
	} {
		c := o.Service(t).Config
		c.Spend = rules
		_, err := phoneauth.New(c)
		assert.ErrorContains(t, err, want)
	}
}
