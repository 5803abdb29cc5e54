package service

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the tables of docs/states.md cannot say of the host's hooks.

var errHost = errors.New("the host says no")

func testBeforeSendRefusalAnswersAsASend(t *testing.T, o suite.Options) {
	var refuse bool
	var asked []phoneauth.SendInfo
	s := o.Service(t, suite.LongCodes, func(c *phoneauth.Config) {
		c.Limits.Block = 3
		c.Hooks.BeforeSend = func(_ context.Context, i phoneauth.SendInfo) error {
			asked = append(asked, i)
			if refuse {
				return errHost
			}
			return nil
		}
	})
	const neighbour = "+201061797849"
	sent := s.Ask(suite.Owner)
	refuse = true
	kept, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: neighbour, Channel: "sms"})
	require.NoError(t, err)
	assert.Equal(t, sent.ExpiresAt, kept.ExpiresAt)
	assert.Equal(t, sent.ResendAt, kept.ResendAt)
	assert.Equal(t, sent.CodeLength, kept.CodeLength)
	assert.Equal(t, len(sent.ChallengeToken), len(kept.ChallengeToken))
	assert.Equal(t, 1, s.Inbox.Sends())
	assert.Equal(t, phoneauth.SendInfo{
		Phone: phoneauth.StoredPhone(neighbour), Region: "EG", Purpose: phoneauth.PurposeSignIn, Channel: "sms",
	}, asked[1])

	// The limits hold for refused sends as well, and come before the hook.
	_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: neighbour})
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
	assert.Len(t, asked, 2)

	// The block has paid for one send, not for the refused: two more are left of three.
	for i := range 4 {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+20106179700%d", i)})
		require.NoError(t, err)
	}
	refuse = false
	for i := range 3 {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+20106179710%d", i)})
		if i < 2 {
			require.NoError(t, err, i)
		} else {
			assert.Equal(t, phoneauth.LimitBlock, suite.Limited(err))
		}
	}
}

func testRefusedCodeIsSentWhenTheHostSaysYes(t *testing.T, o suite.Options) {
	refuse := true
	s := o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error {
			if refuse {
				return errHost
			}
			return nil
		}
	})
	s.Ask(suite.Owner)
	require.Zero(t, s.Inbox.Sends())
	refuse = false
	s.Elapse(time.Minute)
	s.SignIn(suite.Owner)
}

func testKnownDeviceIsOutsideTheBudgets(t *testing.T, o suite.Options) {
	s := o.Service(t, func(c *phoneauth.Config) { c.Limits.Block, c.Limits.WideBlock, c.Limits.Country = 1, 1, 1 })
	session := s.SignIn(suite.Owner)
	for i := 0; ; i++ { // the block runs dry
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: fmt.Sprintf("+2010617970%02d", i)})
		if suite.Limited(err) == phoneauth.LimitBlock {
			break
		}
		require.NoError(t, err)
		require.Less(t, i, 10)
	}
	s.Elapse(time.Minute)
	_, err := s.TrySignIn(suite.Owner)
	require.Equal(t, phoneauth.LimitBlock, suite.Limited(err))
	_, err = s.TrySignIn(suite.Owner, session.DeviceToken)
	assert.NoError(t, err)
	known := phoneauth.RegisterRequest{Phone: suite.Owner, Client: phoneauth.ClientInfo{Device: session.DeviceToken}}
	_, err = s.Register(t.Context(), known)
	assert.NoError(t, err, "a verification gave the cooldown back")
	_, err = s.Register(t.Context(), known)
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err), "the limits of the number's known devices hold")
}

func testBeforeSignInRefusal(t *testing.T, o suite.Options) {
	var refuse atomic.Bool
	var asked []phoneauth.SignInInfo
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Hooks.BeforeSignIn = func(_ context.Context, i phoneauth.SignInInfo) error {
			asked = append(asked, i)
			if refuse.Load() {
				return errHost
			}
			return nil
		}
	})
	refuse.Store(true)
	proof := s.Prove(suite.Owner)
	_, err := s.ConnectProof(proof)
	assert.ErrorIs(t, err, phoneauth.ErrRefused)
	assert.ErrorIs(t, err, errHost)
	_, err = s.Store.UserByPhone(t.Context(), proof.Phone)
	assert.ErrorIs(t, err, phoneauth.ErrNotFound, "no account is made")
	_, err = s.TrySignIn(suite.Owner)
	assert.ErrorIs(t, err, phoneauth.ErrRefused)

	refuse.Store(false)
	_, err = s.ConnectProof(proof)
	assert.Error(t, err, "the proof is used up")
	session := s.SignIn(suite.Owner)
	assert.True(t, session.New)
	refuse.Store(true)
	_, err = s.TrySignIn(suite.Owner)
	assert.ErrorIs(t, err, phoneauth.ErrRefused)
	require.Len(t, asked, 4)
	assert.Zero(t, asked[2].User)
	assert.Equal(t, session.User.ID, asked[3].User.ID)
	assert.Equal(t, []string{"sms"}, asked[3].AMR)
	var whose []string
	for _, e := range s.Events(phoneauth.EventSignInRefused) {
		whose = append(whose, e.UserID)
	}
	assert.Equal(t, []string{"", "", session.User.ID}, whose, "the timeline of an account has it")
}

// A registration whose token has gone stale asks the host once: what it checks may be
// good only once.
func testBeforeSendIsAskedOnce(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	asked := 0
	s := o.Service(t, func(c *phoneauth.Config) {
		c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { asked++; return nil }
	})
	r := phoneauth.PasswordRequest{Phone: suite.Owner, Password: "password one"}
	pending, err := s.RegisterPassword(t.Context(), r)
	require.NoError(t, err)
	s.Elapse((pending.ExpiresAt).Sub(s.Now()))
	r.ChallengeToken = pending.ChallengeToken
	_, err = s.RegisterPassword(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 2, asked)
	assert.Equal(t, 2, s.Inbox.Sends())
}
