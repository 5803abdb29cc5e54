package phoneauth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What the tables of docs/states.md cannot say of failures, locks and known devices.

func (s *service) retryAfter(t testing.TB, phone string) time.Duration {
	t.Helper()
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.Equal(t, phoneauth.LimitPhoneFailures, limited(err))
	return err.(*phoneauth.LimitError).RetryAfter
}

func TestLocksGrow(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff, longCodes)
		for _, wait := range []time.Duration{15 * time.Minute, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
			s.guess(t, owner, phoneauth.ClientInfo{})
			require.Equal(t, wait, s.retryAfter(t, owner))
			elapse(wait - time.Microsecond)
			require.Equal(t, time.Microsecond, s.retryAfter(t, owner))
			elapse(time.Microsecond)
		}
		s.signIn(t, owner) // and a success clears the count
		s.guess(t, owner, phoneauth.ClientInfo{})
		assert.Equal(t, 15*time.Minute, s.retryAfter(t, owner))
	})
}

// Failures are one row, whatever the codes were for.
func TestOneLockForAllPurposes(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff, longCodes)
		session := s.signIn(t, third)
		signIn := s.register(t, owner)
		code := s.code(owner, phoneauth.PurposeSignIn)
		registration := s.registerPassword(t, owner, "password one", "")
		verify := func(r phoneauth.VerifyRequest) error {
			r.Phone, r.Code = owner, s.wrong(owner)
			_, err := s.Verify(t.Context(), r)
			return err
		}
		for _, r := range []phoneauth.RegisterRequest{
			{Phone: owner, Purpose: "payment"},
			{Phone: owner, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID},
		} {
			_, err := s.Register(t.Context(), r)
			require.NoError(t, err)
			for range 4 {
				require.ErrorIs(t, verify(phoneauth.VerifyRequest{Purpose: r.Purpose, BoundTo: r.BoundTo}), phoneauth.ErrInvalidCode)
			}
		}
		_, err := s.finish(t, registration, s.wrong(owner))
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		require.ErrorIs(t, verify(phoneauth.VerifyRequest{}), phoneauth.ErrInvalidCode) // the tenth

		_, err = s.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: signIn.ChallengeToken})
		assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err), "the right code of another challenge")
		_, err = s.finish(t, registration, s.code(owner, phoneauth.PurposePasswordRegistration))
		assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err))
		_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: owner, Password: "password two"})
		assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err))
		s.signIn(t, stranger) // another number knows nothing of it

		require.NoError(t, s.Unlock(t.Context(), owner))
		_, err = s.Login(t.Context(), phoneauth.LoginRequest{Code: code, ChallengeToken: signIn.ChallengeToken})
		assert.NoError(t, err, "the challenge stayed")
	})
}

// What was not compared is not counted.
func TestUncomparedTriesDoNotCount(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff, longCodes)
	gone := s.register(t, owner)
	for range 5 {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.wrong(owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	for range 100 {
		for _, r := range []phoneauth.VerifyRequest{
			{Phone: owner, Code: s.wrong(owner)}, // no challenge
			{Phone: owner, Code: "12"},
			{Phone: owner, Code: ""},
			{Code: s.wrong(owner), ChallengeToken: gone.ChallengeToken},
			{Phone: owner, Code: s.wrong(owner), ChallengeToken: "junk"},
		} {
			_, err := s.Verify(t.Context(), r)
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	}
	s.signIn(t, owner)
}

func TestStrangersDoNotLockTheKnownDevice(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff, longCodes)
		session := s.signIn(t, owner)
		device := phoneauth.ClientInfo{Device: session.DeviceToken}
		s.register(t, owner)
		theirs := s.code(owner, phoneauth.PurposeSignIn)
		p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Client: device})
		require.NoError(t, err)
		own := s.code(owner, phoneauth.PurposeSignIn)
		assert.NotEqual(t, theirs, own, "a challenge of its own")
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: theirs, Client: device})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: own})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		s.guess(t, owner, phoneauth.ClientInfo{})
		proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Code: own, ChallengeToken: p.ChallengeToken})
		require.NoError(t, err, "the session token remembers the device")
		again, err := s.connect(t, proof)
		require.NoError(t, err, "and so does the proof")
		assert.Equal(t, session.User.ID, again.User.ID)

		// Its own failures lock it, and every other known device, and nobody else.
		require.NoError(t, s.Unlock(t.Context(), owner))
		second := s.signIn(t, owner)
		proof = s.prove(t, owner)
		held, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Client: phoneauth.ClientInfo{Device: second.DeviceToken}})
		require.NoError(t, err)
		heldCode := s.code(owner, phoneauth.PurposeSignIn)
		s.guess(t, owner, device)
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Code: heldCode, ChallengeToken: held.ChallengeToken})
		assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err), "all known devices share a counter")
		_, err = s.connect(t, proof)
		assert.NoError(t, err)
		s.signIn(t, owner)
	})
}

func TestDeviceLockHoldsAtRedemption(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff, longCodes)
	device := phoneauth.ClientInfo{Device: s.signIn(t, owner).DeviceToken}
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Client: device})
	require.NoError(t, err)
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, phoneauth.PurposeSignIn), Client: device})
	require.NoError(t, err)
	s.guess(t, owner, device)
	_, err = s.connect(t, proof)
	assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err))
	require.NoError(t, s.Unlock(t.Context(), owner))
	_, err = s.connect(t, proof)
	assert.NoError(t, err, "the refusal used nothing up")
}

func TestUnlock(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, longCodes)
		session := s.signUp(t, owner, "password one")
		s.register(t, owner)
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner})
		require.Equal(t, phoneauth.LimitPhoneSends, limited(err))
		for _, c := range []phoneauth.ClientInfo{{}, {Device: session.DeviceToken}} {
			for range 10 {
				_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: owner, Password: "password none", Client: c})
				require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
			}
		}
		require.NoError(t, s.Unlock(t.Context(), owner))
		for range 5 { // the sends are back, all of them but what the cooldown spaces
			s.register(t, owner)
			elapse(time.Minute)
		}
		_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner})
		assert.Equal(t, phoneauth.LimitPhoneSends, limited(err), "and no more than all")
		require.NoError(t, s.Unlock(t.Context(), owner))
		for _, c := range []phoneauth.ClientInfo{{}, {Device: session.DeviceToken}} {
			_, err = s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: owner, Password: "password one", Client: c})
			assert.NoError(t, err)
		}
		assert.ErrorIs(t, s.Unlock(t.Context(), "nobody"), phoneauth.ErrInvalidPhone)
	})
}
