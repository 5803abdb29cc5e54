package channels

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// A person asks by SMS, then by WhatsApp, then for a call: one code three times. Any of them signs
// in, and those that come late are worth nothing.
func testLadder(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	first := s.asks("")
	assert.Equal(t, sms, first.Channel)
	assert.Equal(t, []string{sms, whatsApp, voice}, names(first.Channels))
	assert.Equal(t, map[string]time.Duration{sms: 60 * time.Second, whatsApp: 30 * time.Second, voice: 45 * time.Second}, s.waits(first.Channels))
	s.Elapse(30 * time.Second)
	second := s.asks(whatsApp)
	assert.Equal(t, whatsApp, second.Channel)
	assert.Equal(t, map[string]time.Duration{sms: 30 * time.Second, whatsApp: 60 * time.Second, voice: 45 * time.Second}, s.waits(second.Channels))
	s.Elapse(45 * time.Second)
	third := s.asks(voice)
	assert.Equal(t, map[string]time.Duration{sms: 0, whatsApp: 30 * time.Second, voice: 60 * time.Second}, s.waits(third.Channels))

	codes, channels := s.got()
	assert.Equal(t, []string{sms, whatsApp, voice}, channels)
	assert.Equal(t, []string{codes[0], codes[0], codes[0]}, codes, "one code three times")
	assert.Equal(t, first.TriesLeft, third.TriesLeft)
	require.NoError(t, s.gives(codes[1]))
	for range 3 {
		assert.ErrorIs(t, s.gives(codes[0]), phoneauth.ErrInvalidCode, "a late one is worth nothing")
	}
}

func testTooEarly(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(sms)
	s.Elapse(10 * time.Second)
	assert.Equal(t, 20*time.Second, s.refused(whatsApp, phoneauth.LimitChannelWait))
	assert.Equal(t, 35*time.Second, s.refused(voice, phoneauth.LimitChannelWait))
	s.Elapse(20*time.Second - time.Microsecond)
	assert.Equal(t, time.Microsecond, s.refused(whatsApp, phoneauth.LimitChannelWait))
	s.Elapse(time.Microsecond)
	s.asks(whatsApp)
}

func testSameChannelHolds(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(whatsApp) // nothing was sent before: nobody waits
	s.Elapse(31 * time.Second)
	assert.Equal(t, 29*time.Second, s.refused(whatsApp, phoneauth.LimitPhoneSends))
	s.Elapse(29 * time.Second)
	s.asks(whatsApp)
}

func testFirstChannelDoesNotWait(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(whatsApp)
	s.asks(sms)
}

// The fifth code by any channel is the last one for a while, and for all of them.
func testLongLimitsAreShared(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	var last *phoneauth.Pending
	for _, channel := range []string{sms, whatsApp, voice, sms, whatsApp} {
		last = s.asks(channel)
		s.Elapse(45 * time.Second)
	}
	left := 12*time.Minute - 4*45*time.Second - 45*time.Second // the first of five is given back every 12 minutes
	assert.Equal(t, map[string]time.Duration{sms: left, whatsApp: left, voice: left}, s.waits(last.Channels))
	assert.Equal(t, left, s.refused(sms, phoneauth.LimitPhoneSends))
	s.refused(voice, phoneauth.LimitPhoneSends)
	s.refused(whatsApp, phoneauth.LimitPhoneSends)
	s.Elapse(left)
	s.asks(voice)
}

func testTriesAreShared(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(sms)
	codes, _ := s.got()
	for range 3 {
		assert.ErrorIs(t, s.gives(suite.WrongCode(codes[0])), phoneauth.ErrInvalidCode)
	}
	s.Elapse(30 * time.Second)
	assert.Equal(t, 2, s.asks(whatsApp).TriesLeft)
	for range 2 {
		assert.ErrorIs(t, s.gives(suite.WrongCode(codes[0])), phoneauth.ErrInvalidCode)
	}
	assert.ErrorIs(t, s.gives(codes[0]), phoneauth.ErrInvalidCode, "used up on every channel")
}

// The wait begins anew with each code, also with one by a channel that does not wait.
func testWaitIsThatOfTheNewestCode(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(sms)
	s.Elapse(60 * time.Second)
	s.asks(sms)
	assert.Equal(t, 30*time.Second, s.refused(whatsApp, phoneauth.LimitChannelWait))
	s.Elapse(29 * time.Second)
	assert.Equal(t, time.Second, s.refused(whatsApp, phoneauth.LimitChannelWait))
	assert.Equal(t, 16*time.Second, s.refused(voice, phoneauth.LimitChannelWait))
}

func testVerifiedCodeEndsWaits(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(sms)
	s.Elapse(30 * time.Second)
	s.asks(whatsApp)
	codes, _ := s.got()
	require.NoError(t, s.gives(codes[1]))
	for _, channel := range []string{voice, whatsApp, sms} {
		step := s.request(channel)
		step.Purpose, step.BoundTo = "confirm_payment", channel
		_, err := s.Register(t.Context(), step)
		require.NoError(t, err, "a step-up follows at once, by %s", channel)
		s.Elapse(45 * time.Second)
	}
}

func testUnlockEndsWaits(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.asks(sms)
	s.Elapse(45 * time.Second)
	s.asks(voice)
	for _, channel := range []string{voice, whatsApp, sms} {
		require.NoError(t, s.Unlock(t.Context(), s.phone))
		s.asks(channel)
	}
}

func testUnlisted(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	for _, channel := range []string{"telegram", "SMS", "sms ", "s", "sms\x00", "whatsapp,sms"} {
		_, err := s.Register(t.Context(), s.request(channel))
		assert.ErrorIs(t, err, phoneauth.ErrChannel, "%q", channel)
	}
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: "junk", Channel: "telegram"})
	require.ErrorIs(t, err, phoneauth.ErrInvalidPhone, "the number comes first")
	_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: s.phone, Password: "a good password", Channel: "telegram"})
	require.ErrorIs(t, err, phoneauth.ErrChannel)
	s.asks("") // nothing was taken

	one := newPerson(o.Service(t))
	_, err = one.Register(t.Context(), one.request(whatsApp))
	require.ErrorIs(t, err, phoneauth.ErrChannel)
	p := one.asks(sms)
	assert.Equal(t, []phoneauth.ChannelState{{Name: sms, AvailableAt: p.ResendAt}}, p.Channels, "one channel is called sms")
}

func testOrderOfARegion(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.phone = brazil
	p := s.asks("")
	assert.Equal(t, whatsApp, p.Channel)
	assert.Equal(t, []string{whatsApp, sms}, names(p.Channels))
	assert.Equal(t, map[string]time.Duration{whatsApp: 60 * time.Second, sms: 30 * time.Second}, s.waits(p.Channels), "SMS waits where it is second")
	assert.Equal(t, 30*time.Second, s.refused(sms, phoneauth.LimitChannelWait))
	_, err := s.Register(t.Context(), s.request(voice))
	require.ErrorIs(t, err, phoneauth.ErrChannel, "not offered there")

	s.phone = india
	assert.Equal(t, sms, s.asks("").Channel)
}
