package channels

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Somebody is not on WhatsApp. Nothing is charged, and the next channel is available at once.
func testNotHere(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.Inbox.FailNext(phonetest.Destination)
	failed := s.unsent(whatsApp)
	assert.Equal(t, whatsApp, failed.Channel)
	assert.Equal(t, map[string]time.Duration{sms: 0, whatsApp: 0, voice: 0}, s.waits(failed.Channels))
	for range 2 { // the longer limits are as if nothing had been asked for
		for _, channel := range []string{sms, voice} {
			p := s.asks(channel)
			assert.Equal(t, channel, p.Channel)
			s.Elapse(45 * time.Second)
		}
	}
	s.asks(whatsApp)
	codes, _ := s.got()
	assert.Len(t, codes, 5)
	assert.Len(t, slices.Compact(codes), 1, "one code")
}

// A landline takes no texts. It is charged, because the provider was certain, and can be called.
func testDestinationIsPermanent(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	for range 4 {
		s.Inbox.FailNext(phonetest.Permanent)
		failed := s.unsent(sms)
		assert.Zero(t, s.waits(failed.Channels)[voice])
	}
	s.asks(voice)
	assert.Positive(t, s.refused(sms, phoneauth.LimitPhoneSends), "five codes were charged")
}

func testAmbiguousGivesNothingBack(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	s.Inbox.FailNext(phonetest.AmbiguousArrived)
	failed := s.unsent(sms)
	assert.Equal(t, map[string]time.Duration{sms: 60 * time.Second, whatsApp: 30 * time.Second, voice: 45 * time.Second}, s.waits(failed.Channels))
	assert.Equal(t, 30*time.Second, s.refused(whatsApp, phoneauth.LimitChannelWait))
	codes, _ := s.got()
	require.NoError(t, s.gives(codes[0]), "it had arrived")
}

// For resets the channels advance by time alone: whoever has no account sees the same.
func testReset(t *testing.T, o suite.Options) {
	s := o.Service(t, three)
	known, unknown := newPerson(s), newPerson(s)
	s.SignIn(known.phone)
	s.Elapse(time.Hour)
	type step struct {
		channel string
		after   time.Duration
	}
	for _, at := range []step{{"", 0}, {whatsApp, 10 * time.Second}, {whatsApp, 20 * time.Second}, {voice, 30 * time.Second}, {voice, 15 * time.Second}, {"telegram", 0}, {sms, 0}, {sms, 0}} {
		s.Elapse(at.after)
		assert.Equal(t, known.resets(at.channel), unknown.resets(at.channel), at)
	}
	s.Settle()
	_, channels := known.got()
	assert.ElementsMatch(t, []string{sms, sms, whatsApp, voice, sms}, channels, "the first was for signing in")
	codes, _ := unknown.got()
	assert.Empty(t, codes)
}

// resets asks for a code for a new password, and returns everything that the answer says.
func (s *person) resets(channel string) string {
	r := s.request(channel)
	r.Purpose = phoneauth.PurposePasswordReset
	p, err := s.Register(context.Background(), r)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(p.Channel, s.waits(p.Channels), p.ResendAt, p.ExpiresAt, p.CodeLength, p.TriesLeft, len(p.ChallengeToken))
}

// Whatever becomes of the text of a reset, no answer tells it.
func testResetFails(t *testing.T, o suite.Options) {
	s := o.Service(t, three)
	known, unknown := newPerson(s), newPerson(s)
	s.SignIn(known.phone)
	s.Elapse(time.Hour)
	s.Inbox.FailNext(phonetest.Destination, phonetest.Permanent, phonetest.Temporary)
	for _, channel := range []string{sms, whatsApp, voice} {
		assert.Equal(t, known.resets(channel), unknown.resets(channel), channel)
		s.Settle()
		assert.Equal(t, known.resets(whatsApp), unknown.resets(whatsApp), "a failure makes no channel available")
		s.Elapse(45 * time.Second)
	}
	assert.Len(t, s.Events(phoneauth.EventSendFailed), 3)
}

// A registration with a password has one code too, and the newest password counts whatever the
// channels were.
func testRegistration(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	var token phoneauth.Secret
	for i, channel := range []string{"", whatsApp, voice} {
		p, err := s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{
			Phone: s.phone, Password: phoneauth.Secret(fmt.Sprint("the password ", i)), Channel: channel, ChallengeToken: token, Client: s.client,
		})
		require.NoError(t, err)
		assert.Equal(t, []string{sms, whatsApp, voice}[i], p.Channel)
		token = p.ChallengeToken
		_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: s.phone, Password: "another password", Channel: voice, Client: s.client})
		assert.Error(t, err, "too early")
		s.Elapse(45 * time.Second)
	}
	codes, channels := s.got()
	assert.Equal(t, []string{sms, whatsApp, voice}, channels)
	assert.Equal(t, []string{codes[0], codes[0], codes[0]}, codes)
	_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: s.phone, Code: codes[0], ChallengeToken: token, Purpose: phoneauth.PurposePasswordRegistration})
	require.NoError(t, err)
	_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: s.phone, Password: "the password 2"})
	require.NoError(t, err)
}

// A known device has waits of its own, as it has sends of its own.
func testKnownDeviceHasItsOwn(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three))
	session := s.SignIn(s.phone)
	s.Elapse(time.Hour)
	s.asks(sms) // a stranger
	owner := *s
	owner.client.Device = session.DeviceToken
	owner.asks(voice)
	assert.Equal(t, 30*time.Second, owner.refused(whatsApp, phoneauth.LimitChannelWait))
	assert.Equal(t, 45*time.Second, s.refused(voice, phoneauth.LimitChannelWait))
}

// A channel whose wait is not over refuses before anybody is asked to be a person.
func testHumanCheckTakesNothing(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three, func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways }))
	_, err := s.Register(t.Context(), s.request(whatsApp))
	var asked *phoneauth.HumanCheckError
	require.ErrorAs(t, err, &asked)
	answer := s.request(whatsApp)
	answer.Client.HumanCheck = phonetest.Answer(t, asked.Question)
	p, err := s.Register(t.Context(), answer)
	require.NoError(t, err)
	assert.Equal(t, 45*time.Second, s.waits(p.Channels)[voice])
	s.refused(voice, phoneauth.LimitChannelWait)
	_, err = s.Register(t.Context(), s.request(sms))
	require.ErrorAs(t, err, &asked)
	assert.Equal(t, humancheck.Level(1), asked.Level)
}

// A hook knows the channel. What it refuses has the answer of a send, and its waits.
func testRefusedByTheHost(t *testing.T, o suite.Options) {
	var asked []string
	s := newPerson(o.Service(t, three, func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(_ context.Context, i phoneauth.SendInfo) error {
			asked = append(asked, i.Channel)
			return context.Canceled
		}
	}))
	p := s.asks("")
	assert.Equal(t, map[string]time.Duration{sms: 60 * time.Second, whatsApp: 30 * time.Second, voice: 45 * time.Second}, s.waits(p.Channels))
	s.refused(whatsApp, phoneauth.LimitChannelWait)
	s.Elapse(30 * time.Second)
	s.asks(whatsApp)
	assert.Equal(t, []string{sms, whatsApp}, asked)
	assert.Zero(t, s.Inbox.Sends())
}

func testLimitsOff(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three, suite.LimitsOff))
	for _, channel := range []string{sms, sms, whatsApp, voice, voice} {
		p := s.asks(channel)
		assert.Equal(t, map[string]time.Duration{sms: 0, whatsApp: 0, voice: 0}, s.waits(p.Channels))
	}
}

// The same moment, by every channel: one code is sent by each that did not have to wait.
func testNotInTime(t *testing.T, o suite.Options) {
	for range max(1, o.Rounds/100) {
		s := newPerson(o.Service(t, three))
		s.asks(sms)
		s.Elapse(45 * time.Second)
		sent := 0
		for _, err := range suite.AtOnce(12, func(i int) error {
			_, err := s.Register(context.Background(), s.request([]string{whatsApp, voice}[i%2]))
			return err
		}) {
			if err == nil {
				sent++
			} else {
				assert.True(t, suite.IsLimit(err, ""), err)
			}
		}
		assert.Equal(t, 1, sent, "the other has to wait for the first")
		codes, _ := s.got()
		assert.Len(t, codes, 2)
	}
}
