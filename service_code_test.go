package phoneauth_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What the tables of docs/states.md cannot say of codes.

func TestResendKeepsCodeAndTries(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t)
		start := now()
		first := s.register(t, owner)
		assert.Equal(t, start.Add(5*time.Minute), first.ExpiresAt)
		assert.Equal(t, start.Add(time.Minute), first.ResendAt)
		for range 3 {
			_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.wrong(owner)})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
		elapse(time.Minute - time.Microsecond)
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner})
		require.Equal(t, phoneauth.LimitPhoneSends, limited(err))

		// Three times more, each as late as it goes: 2, 6 and 9 minutes after the first.
		for _, c := range []struct{ at, end time.Duration }{
			{2 * time.Minute, 7 * time.Minute},
			{6 * time.Minute, 10 * time.Minute}, // not 11
			{9 * time.Minute, 10 * time.Minute},
		} {
			elapse(time.Until(start.Add(c.at)))
			again := s.register(t, owner)
			assert.Equal(t, start.Add(c.end), again.ExpiresAt)
		}
		codes := s.codes(owner, phoneauth.PurposeSignIn)
		require.Len(t, codes, 4)
		for _, code := range codes {
			assert.Equal(t, codes[0], code)
		}
		last, _ := s.inbox.Last(owner)
		assert.Equal(t, start.Add(10*time.Minute), last.ExpiresAt)

		// Two tries are left: the resends brought none.
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.wrong(owner), ChallengeToken: first.ChallengeToken})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: codes[0], ChallengeToken: first.ChallengeToken})
		require.NoError(t, err, "the first token names the same challenge")
	})
}

func TestCodeEndsToTheMicrosecond(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		for _, c := range []struct {
			after time.Duration
			want  error
		}{{5*time.Minute - time.Microsecond, nil}, {5 * time.Minute, phoneauth.ErrInvalidCode}} {
			s.register(t, owner)
			elapse(c.after)
			_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, phoneauth.PurposeSignIn)})
			assert.ErrorIs(t, err, c.want, c.after)
		}
		// Ten minutes after the first sending it is gone, however often it was sent.
		start := now()
		s.register(t, owner)
		for range 2 {
			elapse(4*time.Minute + 59*time.Second)
			s.register(t, owner)
		}
		elapse(time.Until(start.Add(10 * time.Minute)))
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, phoneauth.PurposeSignIn)})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		assert.Len(t, s.codes(owner, phoneauth.PurposeSignIn), 5)
	})
}

func TestUsedUpCodeIsReplaced(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff, longCodes)
	first := s.register(t, owner)
	old := s.code(owner, phoneauth.PurposeSignIn)
	for range 5 {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.wrong(owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	s.register(t, owner)
	assert.NotEqual(t, old, s.code(owner, phoneauth.PurposeSignIn))
	_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: old})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)

	// The token of the old one costs the new one no try.
	for range 5 {
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: first.ChallengeToken, Code: s.wrong(owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, phoneauth.PurposeSignIn)})
	assert.NoError(t, err)
}

func TestRetiredKeyBeginsAnew(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, longCodes)
		s.register(t, owner)
		old := s.code(owner, phoneauth.PurposeSignIn)
		next := s.again(t, func(c *phoneauth.Config) { c.Keys = testKeys("b") })
		_, err := next.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: old})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		_, err = next.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner})
		require.Equal(t, phoneauth.LimitPhoneSends, limited(err), "the limits know the number all the same")

		elapse(time.Minute)
		p := next.register(t, owner)
		assert.NotEqual(t, old, next.code(owner, phoneauth.PurposeSignIn))
		assert.Equal(t, now().Add(5*time.Minute), p.ExpiresAt)
		for range 4 { // it has all its tries
			_, err = next.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: old})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
		_, err = next.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: p.ChallengeToken, Code: next.code(owner, phoneauth.PurposeSignIn)})
		assert.NoError(t, err)
	})
}

func TestKeysRotateMidChallenge(t *testing.T) {
	t.Parallel()
	old := newService(t, limitsOff)
	pending := old.register(t, owner)
	code := old.code(owner, phoneauth.PurposeSignIn)
	both := old.again(t, func(c *phoneauth.Config) { c.Keys = testKeys("b", "a") })

	again := both.register(t, owner)
	assert.Equal(t, code, both.code(owner, phoneauth.PurposeSignIn), "the same code, opened with the old key")
	assert.NotEqual(t, pending.ChallengeToken, again.ChallengeToken)
	proof, err := both.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: code})
	require.NoError(t, err, "a token and a digest of the old key")
	_, err = both.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)

	// A proof of before, and machines that do not have the new key yet.
	proof = old.prove(t, owner)
	_, err = both.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)
	proof = both.prove(t, owner)
	_, err = old.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func TestRealmsAreApart(t *testing.T) {
	t.Parallel()
	one := newService(t, longCodes, func(c *phoneauth.Config) { c.Realm = "one" })
	two := one.again(t, func(c *phoneauth.Config) { c.Realm = "two" })
	p1 := one.register(t, owner)
	code1 := one.code(owner, phoneauth.PurposeSignIn)
	p2 := two.register(t, owner) // no cooldown of the other's
	code2 := two.code(owner, phoneauth.PurposeSignIn)
	assert.NotEqual(t, code1, code2)
	for _, r := range []phoneauth.VerifyRequest{
		{Phone: owner, Code: code1},
		{Code: code1, ChallengeToken: p1.ChallengeToken},
		{Code: code2, ChallengeToken: p1.ChallengeToken},
		{Code: code1, ChallengeToken: p2.ChallengeToken},
	} {
		_, err := two.Verify(t.Context(), r)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	proof, err := one.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: code1})
	require.NoError(t, err)
	_, err = two.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	session, err := one.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)
	_, err = two.Authenticate(t.Context(), session.AccessToken)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = two.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func TestTestNumbers(t *testing.T) {
	in(t, func(t *testing.T) {
		until := time.Now().Add(48 * time.Hour)
		s := newService(t, limitsOff, func(c *phoneauth.Config) {
			c.Numbers.Test = []phoneauth.TestNumber{{Phone: owner, Code: "246810", Until: until}}
		})
		s.register(t, owner)
		session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: "246810"})
		require.NoError(t, err)
		assert.True(t, session.New)
		assert.Zero(t, s.inbox.Sends(), "nothing is ever sent")
		_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: "246810"})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "a code must be asked for, and works once")
		s.register(t, stranger)
		_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: stranger, Code: "246810"})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)

		elapse(time.Until(until))
		sends := s.inbox.Sends()
		s.register(t, owner)
		assert.Equal(t, sends+1, s.inbox.Sends(), "a number like all others")
		_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: "246810"})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	})
}

// A code that was begun before the date must not outlive it: it is known to everybody.
func TestTestNumberEndsOnItsDate(t *testing.T) {
	in(t, func(t *testing.T) {
		until := time.Now().Add(time.Hour)
		s := newService(t, limitsOff, func(c *phoneauth.Config) {
			c.Numbers.Test = []phoneauth.TestNumber{{Phone: owner, Code: "246810", Until: until}}
		})
		elapse(time.Hour - time.Second)
		s.register(t, owner)
		elapse(time.Second)
		_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: "246810"})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		s.register(t, owner)
		assert.NotEqual(t, "246810", s.code(owner, phoneauth.PurposeSignIn), "sent to a real phone")
	})
}

// Whoever holds the session token hears how many tries are left; whoever has the number
// only does not.
func TestTriesLeft(t *testing.T) {
	s := newService(t)
	pending := s.register(t, owner)
	require.Equal(t, 5, pending.TriesLeft)
	byToken := phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: s.wrong(owner)}
	byPhone := phoneauth.VerifyRequest{Phone: owner, Code: s.wrong(owner)}
	told := func(r phoneauth.VerifyRequest) (int, bool) {
		_, err := s.Verify(t.Context(), r)
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		wrong, ok := errors.AsType[*phoneauth.CodeError](err)
		if !ok {
			return 0, false
		}
		return wrong.TriesLeft, true
	}
	for _, left := range []int{4, 3} {
		n, ok := told(byToken)
		require.True(t, ok)
		assert.Equal(t, left, n)
	}
	_, ok := told(byPhone)
	assert.False(t, ok, "the number only")
	for _, left := range []int{1, 0} {
		n, ok := told(byToken)
		require.True(t, ok)
		assert.Equal(t, left, n)
	}
	_, ok = told(byToken)
	assert.False(t, ok, "the challenge is gone")
}

// A code for a purpose of the host's is worth nothing once the account of its phone has
// changed, and asked for again it is another. An account that is new changes nothing.
func TestHostPurposeCodeEndsWithAnyChange(t *testing.T) {
	const payment phoneauth.Purpose = "payment"
	s := newService(t, limitsOff)
	ask := func() *phoneauth.Pending {
		pending, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Purpose: payment, BoundTo: "42"})
		require.NoError(t, err)
		return pending
	}
	verify := func(pending *phoneauth.Pending, code string) error {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: code, Purpose: payment, BoundTo: "42"})
		return err
	}
	before := ask()
	session := s.signIn(t, owner)
	require.NoError(t, verify(before, s.code(owner, payment)), "the account is new")

	open := ask()
	old := s.code(owner, payment)
	ask()
	require.Equal(t, old, s.code(owner, payment), "a live code is sent again")
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	require.ErrorIs(t, verify(open, old), phoneauth.ErrInvalidCode)
	next := ask()
	require.NoError(t, verify(next, s.code(owner, payment)))
}

// It is told to whoever resets a password, too, and the same of numbers without an account.
func TestTriesLeftToReset(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff, longCodes)
		s.signUp(t, owner, "password one")
		for _, phone := range []string{owner, stranger} {
			p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
			require.NoError(t, err)
			r := phoneauth.RecoverRequest{ChallengeToken: p.ChallengeToken, Code: s.wrong(phone), Password: "password two"}
			for _, left := range []int{4, 3, 2} {
				_, err := s.RecoverPassword(t.Context(), r)
				wrong, ok := errors.AsType[*phoneauth.CodeError](err)
				require.True(t, ok, err)
				assert.Equal(t, left, wrong.TriesLeft)
			}
			r.Phone = third // not the token's, and it costs no try
			_, err = s.RecoverPassword(t.Context(), r)
			assert.Equal(t, phoneauth.ErrInvalidCode, err)
			r.Phone, r.ChallengeToken = "", s.register(t, phone).ChallengeToken // of another purpose
			_, err = s.RecoverPassword(t.Context(), r)
			assert.Equal(t, phoneauth.ErrInvalidCode, err)

			synctest.Wait() // the code leaves after the answer
			r.ChallengeToken, r.Code = p.ChallengeToken, s.code(phone, phoneauth.PurposePasswordReset)
			got, err := s.RecoverPassword(t.Context(), r)
			if phone == owner {
				require.NoError(t, err)
				assert.Equal(t, owner, got.E164())
			} else {
				assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			}
		}
	})
}
