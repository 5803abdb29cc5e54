package service

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the tables of docs/states.md cannot say of failures, locks and known devices.

func retryAfter(t testing.TB, s *suite.Service, phone string) time.Duration {
	t.Helper()
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err))
	return err.(*phoneauth.LimitError).RetryAfter
}

func testLocksGrow(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	for _, wait := range []time.Duration{15 * time.Minute, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
		s.Guess(suite.Owner, phoneauth.ClientInfo{})
		require.Equal(t, wait, retryAfter(t, s, suite.Owner))
		s.Elapse(wait - time.Microsecond)
		require.Equal(t, time.Microsecond, retryAfter(t, s, suite.Owner))
		s.Elapse(time.Microsecond)
	}
	s.SignIn(suite.Owner) // and a success clears the count
	s.Guess(suite.Owner, phoneauth.ClientInfo{})
	assert.Equal(t, 15*time.Minute, retryAfter(t, s, suite.Owner))
}

// Failures are one row, whatever the codes were for.
func testOneLockForAllPurposes(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	session := s.SignIn(suite.Third)
	signIn := s.Ask(suite.Owner)
	code := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	registration := s.AskWithPassword(suite.Owner, "password one", "")
	verify := func(r phoneauth.VerifyRequest) error {
		r.Phone, r.Code = suite.Owner, s.Wrong(suite.Owner)
		_, err := s.Verify(t.Context(), r)
		return err
	}
	for _, r := range []phoneauth.RegisterRequest{
		{Phone: suite.Owner, Purpose: "payment"},
		{Phone: suite.Owner, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID},
	} {
		_, err := s.Register(t.Context(), r)
		require.NoError(t, err)
		for range 4 {
			require.ErrorIs(t, verify(phoneauth.VerifyRequest{Purpose: r.Purpose, BoundTo: r.BoundTo}), phoneauth.ErrInvalidCode)
		}
	}
	_, err := s.Finish(registration, s.Wrong(suite.Owner))
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	require.ErrorIs(t, verify(phoneauth.VerifyRequest{}), phoneauth.ErrInvalidCode) // the tenth

	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: signIn.ChallengeToken})
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err), "the right code of another challenge")
	_, err = s.Finish(registration, s.Code(suite.Owner, phoneauth.PurposePasswordRegistration))
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err))
	_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: suite.Owner, Password: "password two"})
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err))
	s.SignIn(suite.Stranger) // another number knows nothing of it

	require.NoError(t, s.Unlock(t.Context(), suite.Owner))
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: signIn.ChallengeToken})
	assert.NoError(t, err, "the challenge stayed")
}

// What was not compared is not counted.
func testUncomparedTriesDoNotCount(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	gone := s.Ask(suite.Owner)
	for range 5 {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	for range 100 {
		for _, r := range []phoneauth.VerifyRequest{
			{Phone: suite.Owner, Code: s.Wrong(suite.Owner)}, // no challenge
			{Phone: suite.Owner, Code: "12"},
			{Phone: suite.Owner, Code: ""},
			{Code: s.Wrong(suite.Owner), ChallengeToken: gone.ChallengeToken},
			{Phone: suite.Owner, Code: s.Wrong(suite.Owner), ChallengeToken: "junk"},
		} {
			_, err := s.Verify(t.Context(), r)
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	}
	s.SignIn(suite.Owner)
}

func testStrangersDoNotLockTheKnownDevice(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	session := s.SignIn(suite.Owner)
	device := phoneauth.ClientInfo{Device: session.DeviceToken}
	s.Ask(suite.Owner)
	theirs := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Client: device})
	require.NoError(t, err)
	own := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	assert.NotEqual(t, theirs, own, "a challenge of its own")
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: theirs, Client: device})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: own})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	s.Guess(suite.Owner, phoneauth.ClientInfo{})
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Code: own, ChallengeToken: p.ChallengeToken})
	require.NoError(t, err, "the session token remembers the device")
	again, err := s.ConnectProof(proof)
	require.NoError(t, err, "and so does the proof")
	assert.Equal(t, session.User.ID, again.User.ID)

	// Its own failures lock it, and every other known device, and nobody else.
	require.NoError(t, s.Unlock(t.Context(), suite.Owner))
	second := s.SignIn(suite.Owner)
	proof = s.Prove(suite.Owner)
	held, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Client: phoneauth.ClientInfo{Device: second.DeviceToken}})
	require.NoError(t, err)
	heldCode := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	s.Guess(suite.Owner, device)
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Code: heldCode, ChallengeToken: held.ChallengeToken})
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err), "all known devices share a counter")
	_, err = s.ConnectProof(proof)
	assert.NoError(t, err)
	s.SignIn(suite.Owner)
}

func testDeviceLockHoldsAtRedemption(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	device := phoneauth.ClientInfo{Device: s.SignIn(suite.Owner).DeviceToken}
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Client: device})
	require.NoError(t, err)
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn), Client: device})
	require.NoError(t, err)
	s.Guess(suite.Owner, device)
	_, err = s.ConnectProof(proof)
	assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err))
	require.NoError(t, s.Unlock(t.Context(), suite.Owner))
	_, err = s.ConnectProof(proof)
	assert.NoError(t, err, "the refusal used nothing up")
}

func testUnlock(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LongCodes)
	session := s.SignUp(suite.Owner, "password one")
	s.Ask(suite.Owner)
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	require.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
	for _, c := range []phoneauth.ClientInfo{{}, {Device: session.DeviceToken}} {
		for range 10 {
			_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: suite.Owner, Password: "password none", Client: c})
			require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
		}
	}
	require.NoError(t, s.Unlock(t.Context(), suite.Owner))
	for range 5 { // the sends are back, all of them but what the cooldown spaces
		s.Ask(suite.Owner)
		s.Elapse(time.Minute)
	}
	_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err), "and no more than all")
	require.NoError(t, s.Unlock(t.Context(), suite.Owner))
	for _, c := range []phoneauth.ClientInfo{{}, {Device: session.DeviceToken}} {
		_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: suite.Owner, Password: "password one", Client: c})
		assert.NoError(t, err)
	}
	assert.ErrorIs(t, s.Unlock(t.Context(), "nobody"), phoneauth.ErrInvalidPhone)
}
