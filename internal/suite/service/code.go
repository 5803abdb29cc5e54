package service

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the tables of docs/states.md cannot say of codes.

func testResendKeepsCodeAndTries(t *testing.T, o suite.Options) {
	s := o.Service(t)
	start := s.Now()
	first := s.Ask(suite.Owner)
	assert.Equal(t, start.Add(5*time.Minute), first.ExpiresAt)
	assert.Equal(t, start.Add(time.Minute), first.ResendAt)
	assert.False(t, first.Again)
	for range 3 {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	s.Elapse(time.Minute - time.Microsecond)
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	require.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))

	// Three times more, each as late as it goes: 2, 6 and 9 minutes after the first.
	for _, c := range []struct{ at, end time.Duration }{
		{2 * time.Minute, 7 * time.Minute},
		{6 * time.Minute, 10 * time.Minute}, // not 11
		{9 * time.Minute, 10 * time.Minute},
	} {
		s.Elapse((start.Add(c.at)).Sub(s.Now()))
		again := s.Ask(suite.Owner)
		assert.Equal(t, start.Add(c.end), again.ExpiresAt)
		assert.True(t, again.Again)
	}
	codes := s.Codes(suite.Owner, phoneauth.PurposeSignIn)
	require.Len(t, codes, 4)
	for _, code := range codes {
		assert.Equal(t, codes[0], code)
	}
	last, _ := s.Inbox.Last(suite.Owner)
	assert.Equal(t, start.Add(10*time.Minute), last.ExpiresAt)

	// Two tries are left: the resends brought none.
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner), ChallengeToken: first.ChallengeToken})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: codes[0], ChallengeToken: first.ChallengeToken})
	require.NoError(t, err, "the first token names the same challenge")
}

func testCodeEndsToTheMicrosecond(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{5*time.Minute - time.Microsecond, nil}, {5 * time.Minute, phoneauth.ErrInvalidCode}} {
		s.Ask(suite.Owner)
		s.Elapse(c.after)
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn)})
		assert.ErrorIs(t, err, c.want, c.after)
	}
	// Ten minutes after the first sending it is gone, however often it was sent.
	start := s.Now()
	s.Ask(suite.Owner)
	for range 2 {
		s.Elapse(4*time.Minute + 59*time.Second)
		s.Ask(suite.Owner)
	}
	s.Elapse((start.Add(10 * time.Minute)).Sub(s.Now()))
	_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn)})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	assert.Len(t, s.Codes(suite.Owner, phoneauth.PurposeSignIn), 5)
}

func testUsedUpCodeIsReplaced(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	first := s.Ask(suite.Owner)
	old := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	for range 5 {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	assert.False(t, s.Ask(suite.Owner).Again)
	assert.NotEqual(t, old, s.Code(suite.Owner, phoneauth.PurposeSignIn))
	_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: old})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)

	// The token of the old one costs the new one no try.
	for range 5 {
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: first.ChallengeToken, Code: s.Wrong(suite.Owner)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn)})
	assert.NoError(t, err)
}

func testRetiredKeyBeginsAnew(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LongCodes)
	s.Ask(suite.Owner)
	old := s.Code(suite.Owner, phoneauth.PurposeSignIn)
	next := s.Again(func(c *phoneauth.Config) { c.Keys = suite.Keys("b") })
	_, err := next.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: old})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = next.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner})
	require.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err), "the limits know the number all the same")

	s.Elapse(time.Minute)
	p := next.Ask(suite.Owner)
	assert.False(t, p.Again)
	assert.NotEqual(t, old, next.Code(suite.Owner, phoneauth.PurposeSignIn))
	assert.Equal(t, s.Now().Add(5*time.Minute), p.ExpiresAt)
	for range 4 { // it has all its tries
		_, err = next.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: old})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err = next.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: p.ChallengeToken, Code: next.Code(suite.Owner, phoneauth.PurposeSignIn)})
	assert.NoError(t, err)
}

func testKeysRotateMidChallenge(t *testing.T, o suite.Options) {
	old := o.Service(t, suite.LimitsOff)
	pending := old.Ask(suite.Owner)
	code := old.Code(suite.Owner, phoneauth.PurposeSignIn)
	both := old.Again(func(c *phoneauth.Config) { c.Keys = suite.Keys("b", "now") })

	again := both.Ask(suite.Owner)
	assert.Equal(t, code, both.Code(suite.Owner, phoneauth.PurposeSignIn), "the same code, opened with the old key")
	assert.NotEqual(t, pending.ChallengeToken, again.ChallengeToken)
	proof, err := both.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: code})
	require.NoError(t, err, "a token and a digest of the old key")
	_, err = both.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)

	// A proof of before, and machines that do not have the new key yet.
	proof = old.Prove(suite.Owner)
	_, err = both.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(t, err)
	proof = both.Prove(suite.Owner)
	_, err = old.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func testRealmsAreApart(t *testing.T, o suite.Options) {
	one := o.Service(t, suite.LongCodes, func(c *phoneauth.Config) { c.Realm = "one" })
	two := one.Again(func(c *phoneauth.Config) { c.Realm = "two" })
	p1 := one.Ask(suite.Owner)
	code1 := one.Code(suite.Owner, phoneauth.PurposeSignIn)
	p2 := two.Ask(suite.Owner) // no cooldown of the other's
	code2 := two.Code(suite.Owner, phoneauth.PurposeSignIn)
	assert.NotEqual(t, code1, code2)
	for _, r := range []phoneauth.VerifyRequest{
		{Phone: suite.Owner, Code: code1},
		{Code: code1, ChallengeToken: p1.ChallengeToken},
		{Code: code2, ChallengeToken: p1.ChallengeToken},
		{Code: code1, ChallengeToken: p2.ChallengeToken},
	} {
		_, err := two.Verify(t.Context(), r)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	proof, err := one.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: code1})
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

func testTestNumbers(t *testing.T, o suite.Options) {
	until := suite.Start.Add(48 * time.Hour)
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: suite.Owner, Code: "246810", Until: until}}
	})
	s.Ask(suite.Owner)
	session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: "246810"})
	require.NoError(t, err)
	assert.True(t, session.New)
	assert.Zero(t, s.Inbox.Sends(), "nothing is ever sent")
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: "246810"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "a code must be asked for, and works once")
	s.Ask(suite.Stranger)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Stranger, Code: "246810"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)

	s.Elapse((until).Sub(s.Now()))
	sends := s.Inbox.Sends()
	s.Ask(suite.Owner)
	assert.Equal(t, sends+1, s.Inbox.Sends(), "a number like all others")
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: "246810"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
}

// A code that was begun before the date must not outlive it: it is known to everybody.
func testTestNumberEndsOnItsDate(t *testing.T, o suite.Options) {
	until := suite.Start.Add(time.Hour)
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: suite.Owner, Code: "246810", Until: until}}
	})
	s.Elapse(time.Hour - time.Second)
	s.Ask(suite.Owner)
	s.Elapse(time.Second)
	_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: "246810"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	s.Ask(suite.Owner)
	assert.NotEqual(t, "246810", s.Code(suite.Owner, phoneauth.PurposeSignIn), "sent to a real phone")
}

// Whoever holds the session token hears how many tries are left; whoever has the number
// only does not.
func testTriesLeft(t *testing.T, o suite.Options) {
	s := o.Service(t)
	pending := s.Ask(suite.Owner)
	require.Equal(t, 5, pending.TriesLeft)
	byToken := phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: s.Wrong(suite.Owner)}
	byPhone := phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Wrong(suite.Owner)}
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
func testHostPurposeCodeEndsWithAnyChange(t *testing.T, o suite.Options) {
	const payment phoneauth.Purpose = "payment"
	s := o.Service(t, suite.LimitsOff)
	ask := func() *phoneauth.Pending {
		pending, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: payment, BoundTo: "42"})
		require.NoError(t, err)
		return pending
	}
	verify := func(pending *phoneauth.Pending, code string) error {
		_, err := s.Verify(t.Context(), phoneauth.VerifyRequest{ChallengeToken: pending.ChallengeToken, Code: code, Purpose: payment, BoundTo: "42"})
		return err
	}
	before := ask()
	session := s.SignIn(suite.Owner)
	require.NoError(t, verify(before, s.Code(suite.Owner, payment)), "the account is new")

	open := ask()
	old := s.Code(suite.Owner, payment)
	ask()
	require.Equal(t, old, s.Code(suite.Owner, payment), "a live code is sent again")
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	require.ErrorIs(t, verify(open, old), phoneauth.ErrInvalidCode)
	next := ask()
	require.NoError(t, verify(next, s.Code(suite.Owner, payment)))
}

// It is told to whoever resets a password, too, and the same of numbers without an account.
func testTriesLeftToReset(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	s.SignUp(suite.Owner, "password one")
	for _, phone := range []string{suite.Owner, suite.Stranger} {
		p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
		require.NoError(t, err)
		r := phoneauth.RecoverRequest{ChallengeToken: p.ChallengeToken, Code: s.Wrong(phone), Password: "password two"}
		for _, left := range []int{4, 3, 2} {
			_, err := s.RecoverPassword(t.Context(), r)
			wrong, ok := errors.AsType[*phoneauth.CodeError](err)
			require.True(t, ok, err)
			assert.Equal(t, left, wrong.TriesLeft)
		}
		r.Phone = suite.Third // not the token's, and it costs no try
		_, err = s.RecoverPassword(t.Context(), r)
		assert.Equal(t, phoneauth.ErrInvalidCode, err)
		r.Phone, r.ChallengeToken = "", s.Ask(phone).ChallengeToken // of another purpose
		_, err = s.RecoverPassword(t.Context(), r)
		assert.Equal(t, phoneauth.ErrInvalidCode, err)

		s.Settle() // the code leaves after the answer
		r.ChallengeToken, r.Code = p.ChallengeToken, s.Code(phone, phoneauth.PurposePasswordReset)
		got, err := s.RecoverPassword(t.Context(), r)
		if phone == suite.Owner {
			require.NoError(t, err)
			assert.Equal(t, suite.Owner, got.E164())
		} else {
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	}
}
