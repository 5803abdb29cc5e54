package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the tables of docs/states.md cannot say of passwords.

func testRegistrationIsRenewedByItsToken(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	first := s.AskWithPassword(suite.Owner, "password one", "")
	code := s.Code(suite.Owner, phoneauth.PurposePasswordRegistration)
	for range 3 {
		_, err := s.Finish(first, s.Wrong(suite.Owner))
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	second := s.AskWithPassword(suite.Owner, "password two", first.ChallengeToken)
	assert.Equal(t, code, s.Code(suite.Owner, phoneauth.PurposePasswordRegistration), "the same code")
	for range 9 { // a void token costs no try
		_, err := s.Finish(first, s.Wrong(suite.Owner))
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err := s.Finish(first, code)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Finish(second, s.Wrong(suite.Owner))
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the fourth try")
	session, err := s.Finish(second, code)
	require.NoError(t, err, "and the fifth")
	assert.True(t, session.New)
	_, err = s.LoginWith(suite.Owner, "password one")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	in, err := s.LoginWith(suite.Owner, "password two")
	require.NoError(t, err, "the newer password wins")
	assert.Equal(t, []string{"pwd"}, s.ClaimsOf(in).AMR)
}

// testRegistrationIsSentAgainWithoutItsPassword: whoever has the token of a live registration can have its
// code sent again. The password waits with the code, and so it is not asked for once more.
func testRegistrationIsSentAgainWithoutItsPassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	again := func(phone string, token phoneauth.Secret) (*phoneauth.Pending, error) {
		return s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: phone, ChallengeToken: token})
	}
	first := s.AskWithPassword(suite.Owner, "password one", "")
	_, err := s.Finish(first, s.Wrong(suite.Owner))
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	second, err := again(suite.Owner, first.ChallengeToken)
	require.NoError(t, err)
	codes := s.Codes(suite.Owner, phoneauth.PurposePasswordRegistration)
	require.Len(t, codes, 2)
	assert.Equal(t, codes[0], codes[1], "the same code")
	assert.Equal(t, first.TriesLeft-1, second.TriesLeft, "and the same tries")

	// A void token sends nothing, so nobody goes on with a registration that another one has taken over.
	_, err = again(suite.Owner, first.ChallengeToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	third := s.AskWithPassword(suite.Owner, "password two", second.ChallengeToken)
	_, err = again(suite.Owner, second.ChallengeToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	third, err = again(suite.Owner, third.ChallengeToken)
	require.NoError(t, err)
	for name, token := range map[string]phoneauth.Secret{
		"junk": "x", "of a sign-in": s.Ask(suite.Stranger).ChallengeToken, "of another number": third.ChallengeToken,
	} {
		_, err = again(suite.Stranger, token)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, name)
	}
	_, err = again(suite.Stranger, "")
	assert.ErrorContains(t, err, "is too short")
	assert.Len(t, s.Codes(suite.Owner, phoneauth.PurposePasswordRegistration), 4)

	_, err = s.Finish(third, codes[0])
	require.NoError(t, err)
	_, err = s.LoginWith(suite.Owner, "password two")
	assert.NoError(t, err)
	_, err = again(suite.Owner, third.ChallengeToken)
	assert.ErrorIs(t, err, phoneauth.ErrPhoneTaken)

	late := s.AskWithPassword(suite.Third, "password one", "")
	s.Elapse(5 * time.Minute)
	_, err = again(suite.Third, late.ChallengeToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the password is gone with the code")
	assert.Len(t, s.Codes(suite.Third, phoneauth.PurposePasswordRegistration), 1)
}

func testPlantedTokenCannotSwapThePassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	planted := s.AskWithPassword(suite.Owner, "the attacker's", "")
	owners := s.AskWithPassword(suite.Owner, "the owner's own", planted.ChallengeToken)
	// The attacker's token is void: a registration with it is another one.
	again := s.AskWithPassword(suite.Owner, "the attacker's", planted.ChallengeToken)
	codes := s.Codes(suite.Owner, phoneauth.PurposePasswordRegistration)
	require.Len(t, codes, 3)
	assert.Equal(t, codes[0], codes[1])
	assert.NotEqual(t, codes[0], codes[2])
	_, err := s.Finish(planted, codes[0])
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Finish(again, codes[0])
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Finish(owners, codes[1])
	require.NoError(t, err)
	_, err = s.Finish(again, codes[2])
	assert.ErrorIs(t, err, phoneauth.ErrPhoneTaken)
	_, err = s.LoginWith(suite.Owner, "the attacker's")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.LoginWith(suite.Owner, "the owner's own")
	assert.NoError(t, err)
}

func testRegistrationTokenOfAnotherNumberIsIgnored(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	one := s.AskWithPassword(suite.Owner, "password one", "")
	two := s.AskWithPassword(suite.Third, "password two", one.ChallengeToken)
	_, err := s.Finish(two, s.Code(suite.Third, phoneauth.PurposePasswordRegistration))
	require.NoError(t, err)
	_, err = s.Finish(one, s.Code(suite.Owner, phoneauth.PurposePasswordRegistration))
	require.NoError(t, err, "and goes on")
	signIn := s.Ask(suite.Stranger)
	pending := s.AskWithPassword(suite.Stranger, "password three", signIn.ChallengeToken)
	_, err = s.Finish(pending, s.Code(suite.Stranger, phoneauth.PurposeSignIn))
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
}

func testRegistrationExpires(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	first := s.AskWithPassword(suite.Owner, "password one", "")
	s.Elapse(5 * time.Minute)
	again := s.AskWithPassword(suite.Owner, "password two", first.ChallengeToken)
	codes := s.Codes(suite.Owner, phoneauth.PurposePasswordRegistration)
	assert.NotEqual(t, codes[0], codes[1], "another registration")
	_, err := s.Finish(again, codes[0])
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.Finish(again, codes[1])
	assert.NoError(t, err)
}

func testChangePassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff)
	session := s.SignUp(suite.Owner, "password one")
	other := s.SignIn(suite.Owner)
	change := func(c phoneauth.Claims, current, next phoneauth.Secret) (*phoneauth.Session, error) {
		return s.ChangePassword(t.Context(), c, phoneauth.ChangePasswordRequest{Current: current, New: next})
	}
	_, err := change(s.ClaimsOf(session), "password none", "password two")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = change(s.ClaimsOf(session), "password one", "short")
	assert.ErrorContains(t, err, "is too short (minimum is 8 characters)")
	next, err := change(s.ClaimsOf(session), "password one", "password two")
	require.NoError(t, err)
	assert.Equal(t, session.User.ID, next.User.ID)
	for _, x := range []*phoneauth.Session{session, other} {
		_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: x.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = change(s.ClaimsOf(x), "password two", "password three")
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "its session has ended")
	}
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: next.RefreshToken})
	assert.NoError(t, err)
	_, err = s.LoginWith(suite.Owner, "password one")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.LoginWith(suite.Owner, "password two")
	assert.NoError(t, err)

	// An account without a password has no current one to ask for.
	plain := s.SignIn(suite.Third)
	_, err = change(s.ClaimsOf(plain), "", "password four")
	require.NoError(t, err)
	_, err = s.LoginWith(suite.Third, "password four")
	assert.NoError(t, err)
}

// A letter and its accent are one character or two, as the keyboard has it.
func testPasswordInEitherForm(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff)
	s.SignUp(suite.Owner, "caf\u00e9 cr\u00e8me")
	for _, spelling := range []string{"caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"} {
		_, err := s.LoginWith(suite.Owner, phoneauth.Secret(spelling))
		assert.NoError(t, err, "%+q", spelling)
	}
	_, err := s.LoginWith(suite.Owner, "cafe creme")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: suite.Third, Password: phoneauth.Secret(strings.Repeat("e\u0301", 7))})
	assert.ErrorContains(t, err, "too short", "seven characters")
}

func testRecoverPassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LongCodes)
	const unknown = "+201061797842"
	session := s.SignUp(suite.Owner, "password one")
	s.Elapse(24 * time.Hour)
	recoverWith := func(phone, code string, password phoneauth.Secret) error {
		_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: code, Password: password})
		return err
	}
	sends := s.Inbox.Sends()
	var answers []*phoneauth.Pending
	for _, phone := range []string{suite.Owner, unknown} { // known, and not
		p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
		require.NoError(t, err)
		answers = append(answers, p)
		_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
		assert.Equal(t, phoneauth.LimitPhoneSends, suite.Limited(err))
	}
	s.Settle()
	assert.Equal(t, sends+1, s.Inbox.Sends(), "only the known one is sent a code")
	assert.Equal(t, answers[0].ExpiresAt, answers[1].ExpiresAt)
	assert.Equal(t, answers[0].ResendAt, answers[1].ResendAt)
	assert.Equal(t, answers[0].CodeLength, answers[1].CodeLength)
	assert.Equal(t, len(answers[0].ChallengeToken), len(answers[1].ChallengeToken))

	code := s.Code(suite.Owner, phoneauth.PurposePasswordReset)
	assert.ErrorContains(t, recoverWith(suite.Owner, code, "short"), "is too short")
	for _, phone := range []string{suite.Owner, unknown} {
		for range 4 {
			require.ErrorIs(t, recoverWith(phone, s.Wrong(phone), "password two"), phoneauth.ErrInvalidCode)
		}
	}
	require.NoError(t, recoverWith(suite.Owner, code, "password two"), "the fifth try: the short one cost none")
	s.Settle()
	last, _ := s.Inbox.Last(suite.Owner)
	assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose)
	assert.Empty(t, last.Code)
	_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.LoginWith(suite.Owner, "password two")
	assert.NoError(t, err)
	assert.ErrorIs(t, recoverWith(suite.Owner, code, "password three"), phoneauth.ErrInvalidCode, "once")
}

// Locks and waits are the same for numbers with an account and without.
func testResetLocksKnownAndUnknownAlike(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	s.SignUp(suite.Owner, "password one")
	var traces [2][]string
	for i, phone := range []string{suite.Owner, suite.Stranger} {
		for range 4 {
			_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
			traces[i] = append(traces[i], suite.Answer(err))
			for range 6 {
				_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: s.Wrong(phone), Password: "password two"})
				traces[i] = append(traces[i], suite.Answer(err))
			}
		}
	}
	assert.Equal(t, traces[0], traces[1])
	assert.Contains(t, traces[0], "LimitError phone_failures")
}

func testPasswordsWait(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff)
	session := s.SignUp(suite.Owner, "password one")
	for _, phone := range []string{suite.Owner, suite.Stranger} { // known, and not
		for range 10 {
			_, err := s.LoginWith(phone, "password none")
			require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
		}
		for wait := time.Second; wait <= 15*time.Minute; wait *= 2 {
			_, err := s.LoginWith(phone, "password one")
			require.Equal(t, &phoneauth.LimitError{Limit: phoneauth.LimitPasswordFailures, RetryAfter: wait}, err)
			s.Elapse(wait)
			_, err = s.LoginWith(phone, "password none")
			require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
		}
		_, err := s.LoginWith(phone, "password one")
		require.Equal(t, &phoneauth.LimitError{Limit: phoneauth.LimitPasswordFailures, RetryAfter: 15 * time.Minute}, err)
	}
	// A code signs in all the same, and so does the password on a known device.
	s.SignIn(suite.Owner)
	_, err := s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: suite.Owner, Password: "password one", Client: phoneauth.ClientInfo{Device: session.DeviceToken}})
	assert.NoError(t, err)
	s.Elapse(15 * time.Minute)
	_, err = s.LoginWith(suite.Owner, "password one")
	require.NoError(t, err)
	_, err = s.LoginWith(suite.Owner, "password none")
	require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.LoginWith(suite.Owner, "password one")
	assert.NoError(t, err, "the right one forgot the failures")
}

// A stranger's wrong passwords must not keep the owner, signed in, from a new one.
// A password that was not compared, because the account could not be read, takes no sign-in.
func testPasswordsOfAnOutageAreNotLimited(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	var down error
	s := suite.On(t, &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, _ ...any) error {
		if verb == "UserByPhone" {
			return down
		}
		return nil
	}})
	s.SignUp(suite.Owner, "password one")
	down = errors.New("connection reset")
	for range 9 {
		require.ErrorIs(t, loginWith(s, suite.Owner, "password one"), phoneauth.ErrUnavailable)
		s.Settle()
	}
	down = nil
	for range 10 {
		require.NoError(t, loginWith(s, suite.Owner, "password one"))
	}
	assert.Equal(t, phoneauth.LimitPasswords, suite.Limited(loginWith(s, suite.Owner, "password one")))
}

func testStrangersDoNotStopAChangeOfPassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff)
	session := s.SignUp(suite.Owner, "password one")
	for range 10 {
		_, err := s.LoginWith(suite.Owner, "password none")
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	}
	_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{
		Current: "password one", New: "password two", Client: phoneauth.ClientInfo{Device: session.DeviceToken},
	})
	assert.NoError(t, err)
}

// Nor where the host keeps the sessions, and knows the owner by one of them.
func testStrangersDoNotStopAChangeUnderHostSessions(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) { c.HostSessions = true })
	session := s.SignUp(suite.Owner, "password one")
	for range 10 {
		_, err := s.LoginWith(suite.Owner, "password none")
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	}
	_, err := s.ChangePassword(t.Context(), phoneauth.Claims{UserID: session.User.ID, AuthTime: s.Now()},
		phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
	assert.NoError(t, err)
}

// phoneInBlock is the n-th of one block of 10,000.
func phoneInBlock(n int) string { return fmt.Sprintf("+2010617970%02d", n) }

// Codes for a new password are charged to scores of their own, for numbers without an account
// too. A dry one answers alike. A verification takes back what its challenge was charged, and
// 2 more.
func testResetsHaveBudgetsOfTheirOwn(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, func(c *phoneauth.Config) { c.Limits.Block = 3 })
	for n := range 2 {
		_, err := s.Store.SignInUser(t.Context(), phoneauth.SignIn{
			Phone: phoneauth.StoredPhone(phoneInBlock(n)), UUID: fmt.Sprint("uuid ", n), Now: s.Now(),
		})
		require.NoError(t, err)
	}
	reset := func(n int) string {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: phoneInBlock(n), Purpose: phoneauth.PurposePasswordReset,
			Client: phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(n)})},
		})
		s.Settle()
		return suite.Limited(err)
	}
	for _, n := range []int{0, 50, 51} {
		require.Empty(t, reset(n), n)
	}
	for _, n := range []int{1, 52} {
		assert.Equal(t, phoneauth.LimitBlock, reset(n), "with an account or without one")
	}
	assert.Equal(t, 1, s.Inbox.Sends())
	_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{
		Phone: phoneInBlock(0), Code: s.Code(phoneInBlock(0), phoneauth.PurposePasswordReset), Password: "password one",
	})
	require.NoError(t, err)
	for _, n := range []int{53, 54, 55} {
		assert.Empty(t, reset(n), n)
	}
	assert.Equal(t, phoneauth.LimitBlock, reset(56))
}

// However many codes are on their way after their answer, notices go out.
func testNoticesHaveAPlace(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		suite.CheapHashes(t)
		s := suite.InBubble(t, o.Store(t), suite.LimitsOff)
		session := s.SignUp(suite.Owner, "password one")
		reset := phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: phoneauth.PurposePasswordReset}
		_, err := s.Register(t.Context(), reset)
		require.NoError(t, err)
		synctest.Wait()
		code := s.Code(suite.Owner, phoneauth.PurposePasswordReset)

		slow := s.Again(func(c *phoneauth.Config) {
			c.Sender = senderFunc(func(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
				if m.Code != "" {
					<-time.After(9 * time.Second)
				}
				return s.Inbox.Send(ctx, m)
			})
		})
		refused := 0
		for range 300 {
			if _, err := slow.Register(t.Context(), reset); err != nil {
				require.ErrorIs(t, err, phoneauth.ErrUnavailable)
				refused++
			}
		}
		assert.Equal(t, 300-128, refused)
		_, err = slow.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: suite.Owner, Code: code, Password: "password two"})
		require.NoError(t, err)
		synctest.Wait()
		last, ok := s.Inbox.Last(session.User.Phone.E164())
		require.True(t, ok)
		assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose)
		require.NoError(t, slow.Close(t.Context()))
	})
}

// senderFunc is a sender.
type senderFunc func(context.Context, phoneauth.Message) (phoneauth.Receipt, error)

func (f senderFunc) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	return f(ctx, m)
}
