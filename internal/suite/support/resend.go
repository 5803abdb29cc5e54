package support

import (
	"context"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// withChannels is a Service with three channels and the journal of d.
func (d *desk) withChannels(change ...func(*phoneauth.Config)) *suite.Service {
	d.Helper()
	return d.Env.Service(append([]func(*phoneauth.Config){func(c *phoneauth.Config) {
		c.Journal.Store = d.journal
		c.Channels = []phoneauth.Channel{
			{Name: "sms", Sender: c.Sender}, {Name: "whatsapp", Sender: c.Sender}, {Name: "voice", Sender: c.Sender, Wait: 45 * time.Second},
		}
		c.ChannelOrder = map[string][]string{"BR": {"whatsapp", "sms"}}
		c.Sender = nil
	}}, change...)...)
}

// asks asks for a code by SMS, in French.
func asks(d *desk, s *suite.Service) *phoneauth.Pending {
	d.Helper()
	p, err := s.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Client: phoneauth.ClientInfo{Locale: "fr"}})
	require.NoError(d, err)
	return p
}

// waits is for how long a resend by each channel must wait, by what Inspect says.
func waits(d *desk, s *suite.Service) map[string]time.Duration {
	d.Helper()
	state, err := s.Inspect(d.Context(), phone)
	require.NoError(d, err)
	all := map[string]time.Duration{}
	for _, c := range state.Channels {
		all[c.Name] = max(0, c.AvailableAt.Sub(d.Now()))
	}
	return all
}

// resendRefused resends, and requires that this limit refuses.
func resendRefused(d *desk, s *suite.Service, channel, limit string) time.Duration {
	d.Helper()
	before := s.Inbox.Sends()
	var refused *phoneauth.LimitError
	require.ErrorAs(d, s.Resend(d.Context(), phone, channel, ana), &refused)
	assert.Equal(d, limit, refused.Limit)
	assert.Equal(d, before, s.Inbox.Sends(), "nothing is sent")
	return refused.RetryAfter
}

// byAna are the lines of the timeline that bear the name of ana. Those of one time are in any order.
func byAna(d *desk) (lines []string) {
	d.Helper()
	for _, e := range d.timeline(phoneauth.TimelineQuery{Phone: phone}) {
		if e.Actor != "" {
			assert.Equal(d, ana, phoneauth.Actor{Name: e.Actor, Reason: e.Reason})
			lines = append(lines, string(e.Type)+" "+string(e.Intent)+" "+e.Channel)
		}
	}
	return lines
}

func resent(d *desk) {
	s := d.withChannels()
	pending := asks(d, s)
	assert.Equal(d, map[string]time.Duration{"sms": time.Minute, "whatsapp": 30 * time.Second, "voice": 45 * time.Second}, waits(d, s))
	code := s.Inbox.Code(d, phone)
	_, err := s.Verify(d.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrong(code)})
	require.ErrorIs(d, err, phoneauth.ErrInvalidCode)
	d.Elapse(30 * time.Second)
	require.NoError(d, s.Resend(d.Context(), typed, "whatsapp", ana))
	last, ok := s.Inbox.Last(phone)
	require.True(d, ok)
	assert.Equal(d, "whatsapp", last.Channel)
	assert.Equal(d, code, string(last.Code), "the same code")
	assert.Equal(d, 2, last.Sends)
	assert.Equal(d, "fr", last.Locale, "as the person asked for it")
	assert.False(d, last.ClientAddr.IsValid(), "the operator's address is not that of the person")
	state, err := s.Inspect(d.Context(), phone)
	require.NoError(d, err)
	require.Len(d, state.Codes, 1)
	assert.Equal(d, "whatsapp", state.Codes[0].Channel)
	assert.Equal(d, 4, state.Codes[0].TriesLeft, "the same tries")
	assert.ElementsMatch(d, []string{"operator code_sent whatsapp", "code_sent  whatsapp"}, byAna(d), "as meant before, as done after")
	_, err = s.Login(d.Context(), phoneauth.LoginRequest{ChallengeToken: pending.ChallengeToken, Code: code})
	require.NoError(d, err, "the token of the person is still good")
}

func resendsNoCode(d *desk) {
	s := d.withChannels()
	assert.ErrorIs(d, s.Resend(d.Context(), phone, "whatsapp", ana), phoneauth.ErrNotFound, "none was asked for")
	assert.ErrorIs(d, s.Resend(d.Context(), "nobody", "whatsapp", ana), phoneauth.ErrInvalidPhone)
	_, err := s.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
	require.NoError(d, err)
	d.Elapse(time.Minute)
	assert.ErrorIs(d, s.Resend(d.Context(), phone, "whatsapp", ana), phoneauth.ErrNotFound, "it is for signing in")
	asks(d, s)
	sends := s.Inbox.Sends()
	d.Elapse(time.Minute)
	assert.ErrorIs(d, s.Resend(d.Context(), phone, "pigeon", ana), phoneauth.ErrChannel)
	assert.Empty(d, byAna(d))

	usedUp := d.withChannels(func(c *phoneauth.Config) {
		c.Store = &suite.Spied{Store: d.Store, Before: func(ctx context.Context, verb string, args ...any) error {
			if verb == "BeginChallenge" {
				p := args[0].(phoneauth.BeginParams)
				return d.Store.CancelChallenges(ctx, p.Challenge.Key)
			}
			return nil
		}}
	})
	assert.ErrorIs(d, usedUp.Resend(d.Context(), phone, "whatsapp", ana), phoneauth.ErrNotFound, "it was used up meanwhile")
	assert.Zero(d, usedUp.Inbox.Sends())
	assert.Equal(d, sends, s.Inbox.Sends())

	nowhere := d.Env.Service(func(c *phoneauth.Config) { c.Numbers.Regions = []string{"FR"} })
	assert.ErrorIs(d, nowhere.Resend(d.Context(), phone, "sms", ana), phoneauth.ErrInvalidPhone, "it is not served")
	assert.Empty(d, waits(d, nowhere))
}

func resendLimited(d *desk) {
	s := d.withChannels()
	asks(d, s)
	d.Elapse(20 * time.Second)
	for range 2 {
		assert.Equal(d, 10*time.Second, resendRefused(d, s, "whatsapp", phoneauth.LimitChannelWait))
	}
	_, err := s.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Channel: "whatsapp"})
	var refused *phoneauth.LimitError
	require.ErrorAs(d, err, &refused)
	assert.ElementsMatch(d, []string{
		"operator code_sent whatsapp", "limited  whatsapp", "operator code_sent whatsapp", "limited  whatsapp",
	}, byAna(d), "refusals of others do not bear the name")
	assert.Equal(d, 40*time.Second, resendRefused(d, s, "sms", phoneauth.LimitPhoneSends))
	for _, channel := range []string{"whatsapp", "voice", "sms", "whatsapp"} {
		d.Elapse(time.Minute)
		require.NoError(d, s.Resend(d.Context(), phone, channel, ana))
	}
	d.Elapse(time.Minute)
	resendRefused(d, s, "voice", phoneauth.LimitPhoneSends)
	_, err = s.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Channel: "voice"})
	require.ErrorAs(d, err, &refused, "the person pays for it")

	address := d.withChannels(func(c *phoneauth.Config) { c.Limits.AddressSends = phoneauth.Limit{Burst: 1, Every: time.Hour} })
	for _, number := range []string{neighbour, "+201061797842"} { // by different people, who have no address here
		client := suite.FreshClient()
		_, err := address.Register(d.Context(), phoneauth.RegisterRequest{Phone: number, Client: client})
		require.NoError(d, err)
	}
	d.Elapse(time.Minute)
	for _, number := range []string{neighbour, "+201061797842"} {
		require.NoError(d, address.Resend(d.Context(), number, "whatsapp", ana), "no address is counted")
	}
}

func resendAsksNobody(d *desk) {
	always := d.withChannels(func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	asks(d, d.withChannels())
	d.Elapse(time.Minute)
	require.NoError(d, always.Resend(d.Context(), phone, "whatsapp", ana))
	d.Elapse(time.Minute)
	dry := d.withChannels(func(c *phoneauth.Config) { c.Limits.WideBlock, c.Limits.WideBlockMax = 1, 3 })
	require.NoError(d, dry.Resend(d.Context(), phone, "sms", ana), "as who has passed a check")
	d.Elapse(time.Minute)
	resendRefused(d, dry, "voice", phoneauth.LimitWideBlock)
	assert.Empty(d, always.Events(phoneauth.EventHumanCheckAsked))
	assert.Empty(d, dry.Events(phoneauth.EventHumanCheckAsked))
}

func resendFails(d *desk) {
	s := d.withChannels()
	asks(d, s)
	d.Elapse(time.Minute)
	s.Inbox.FailNext(phonetest.Destination)
	err := s.Resend(d.Context(), phone, "whatsapp", ana)
	var failed *phoneauth.ChannelError
	require.ErrorAs(d, err, &failed)
	assert.Equal(d, "whatsapp", failed.Channel)
	require.NoError(d, s.Resend(d.Context(), phone, "voice", ana), "the next one does not wait")
	assert.ElementsMatch(d, []string{
		"operator code_sent whatsapp", "send_failed  whatsapp", "operator code_sent voice", "code_sent  voice",
	}, byAna(d))
	d.Elapse(time.Minute)
	sends := s.Inbox.Sends()
	denied := d.withChannels(func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { return phoneauth.ErrRefused }
	})
	require.ErrorIs(d, denied.Resend(d.Context(), phone, "sms", ana), phoneauth.ErrRefused)
	assert.Zero(d, denied.Inbox.Sends())
	d.journal.away = true
	require.ErrorIs(d, s.Resend(d.Context(), phone, "sms", ana), phoneauth.ErrUnavailable)
	assert.Equal(d, sends, s.Inbox.Sends(), "nothing is done that is not written down")
	d.journal.away = false
	require.NoError(d, s.Resend(d.Context(), phone, "sms", ana), "neither took anything")
}

func resentByTheOnlyChannel(d *desk) {
	require.NoError(d, d.register(phone))
	code := d.Inbox.Code(d, phone)
	assert.Equal(d, map[string]time.Duration{"sms": time.Minute}, waits(d, d.Service))
	d.Elapse(20 * time.Second)
	assert.Equal(d, 40*time.Second, resendRefused(d, d.Service, "", phoneauth.LimitPhoneSends))
	assert.Equal(d, map[string]time.Duration{"sms": 40 * time.Second}, waits(d, d.Service))
	d.Elapse(40 * time.Second)
	require.NoError(d, d.Resend(d.Context(), phone, "", ana))
	assert.Equal(d, code, d.Inbox.Code(d, phone))
}
