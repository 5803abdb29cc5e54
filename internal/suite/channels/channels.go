// Package channels holds the Service to what it says about channels: one code and one set of
// limits for all of them, in an order and after waits that do not tell who has an account.
package channels

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run runs the suite.
func Run(t *testing.T, o suite.Options) {
	suite.Run(t, o,
		testLadder, testTooEarly, testSameChannelHolds, testFirstChannelDoesNotWait, testLongLimitsAreShared,
		testTriesAreShared, testWaitIsThatOfTheNewestCode, testVerifiedCodeEndsWaits, testUnlockEndsWaits, testUnlisted,
		testOrderOfARegion, testUnsupportedIsNotOffered, testNothingSupports, testNotInTime, testKnownDeviceHasItsOwn,
		testNotHere, testDestinationIsPermanent, testAmbiguousGivesNothingBack, testReset, testResetFails,
		testRegistration, testHumanCheckTakesNothing, testRefusedByTheHost, testLimitsOff,
		testNotices, testMessage, testAttemptID, testVerifiedIsTold, testVerifiedIsToldOnce, testDetails, testWrongDetails,
		testEventsAndDesk, testConfig, testCrowd,
		testCeiling, testPrices, testDeviceHasItsShare, testUnsentCostsNothing, testSpendOfTheDesk, testSpendConfig,
	)
}

const (
	sms, whatsApp, voice = "sms", "whatsapp", "voice"

	brazil = "+5511961234567"
	india  = "+918076512310"
)

// three are three channels to the same phones, with WhatsApp first in Brazil.
func three(c *phoneauth.Config) {
	c.Channels = []phoneauth.Channel{
		{Name: sms, Sender: c.Sender}, {Name: whatsApp, Sender: c.Sender}, {Name: voice, Sender: c.Sender, Wait: 45 * time.Second},
	}
	c.ChannelOrder = map[string][]string{"BR": {whatsApp, sms}}
	c.Sender = nil
}

// person asks for codes.
type person struct {
	*suite.Service
	phone  string
	client phoneauth.ClientInfo
}

func (s *person) request(channel string) phoneauth.RegisterRequest {
	return phoneauth.RegisterRequest{Phone: s.phone, Channel: channel, Client: s.client}
}

// newPerson is somebody in Egypt.
func newPerson(s *suite.Service) *person {
	return &person{s, suite.FreshPhone(), suite.FreshClient()}
}

// asks asks for a code by a channel, "" for the first.
func (s *person) asks(channel string) *phoneauth.Pending {
	s.Helper()
	p, err := s.Register(context.Background(), s.request(channel))
	require.NoError(s, err)
	return p
}

// refused asks for a code too early, and returns the wait.
func (s *person) refused(channel, limit string) time.Duration {
	s.Helper()
	before := s.Inbox.Sends()
	_, err := s.Register(context.Background(), s.request(channel))
	var refusal *phoneauth.LimitError
	require.ErrorAs(s, err, &refusal)
	require.Equal(s, limit, refusal.Limit)
	require.Equal(s, before, s.Inbox.Sends(), "nothing is sent")
	return refusal.RetryAfter
}

// gives signs in with a code.
func (s *person) gives(code string) error {
	_, err := s.Login(context.Background(), phoneauth.LoginRequest{Phone: s.phone, Code: code, Client: s.client})
	return err
}

// got are the codes that came, with their channels.
func (s *person) got() (codes, channels []string) {
	for _, m := range s.Inbox.Messages() {
		if m.To.E164() == s.phone && m.Code != "" {
			codes, channels = append(codes, string(m.Code)), append(channels, m.Channel)
		}
	}
	return codes, channels
}

// waits says for how long each channel cannot be asked for.
func (s *person) waits(all []phoneauth.ChannelState) map[string]time.Duration {
	waits := map[string]time.Duration{}
	for _, c := range all {
		waits[c.Name] = max(0, c.AvailableAt.Sub(s.Now()))
	}
	return waits
}

// names are those of channels, in their order.
func names(all []phoneauth.ChannelState) (names []string) {
	for _, c := range all {
		names = append(names, c.Name)
	}
	return names
}

// unsent asks for a code that is not sent.
func (s *person) unsent(channel string) *phoneauth.ChannelError {
	s.Helper()
	_, err := s.Register(context.Background(), s.request(channel))
	require.ErrorIs(s, err, phoneauth.ErrUnavailable)
	var failed *phoneauth.ChannelError
	require.ErrorAs(s, err, &failed)
	var cause *phoneauth.SendError
	require.ErrorAs(s, err, &cause, "the log has the cause")
	return failed
}

// templates is a sender with approved wordings for some purposes.
type templates struct {
	phoneauth.SMSSender
	purposes []phoneauth.Purpose
}

func (s templates) Supports(m phoneauth.Message) bool {
	return slices.Contains(s.purposes, m.Purpose)
}

var errNotSupported = errors.New("no template")

func (s templates) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if !s.Supports(m) {
		return phoneauth.Receipt{}, &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errNotSupported}
	}
	return s.SMSSender.Send(ctx, m)
}
