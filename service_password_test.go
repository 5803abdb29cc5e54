package phoneauth_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What the tables of docs/states.md cannot say of passwords.

func (s *service) registerPassword(t testing.TB, phone string, password, token phoneauth.Secret) *phoneauth.Pending {
	t.Helper()
	p, err := s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: phone, Password: password, ChallengeToken: token})
	require.NoError(t, err)
	return p
}

func TestRegistrationIsRenewedByItsToken(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff, longCodes)
	first := s.registerPassword(t, owner, "password one", "")
	code := s.code(owner, phoneauth.PurposePasswordRegistration)
	for range 3 {
		_, err := s.finish(t, first, s.wrong(owner))
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	second := s.registerPassword(t, owner, "password two", first.ChallengeToken)
	assert.Equal(t, code, s.code(owner, phoneauth.PurposePasswordRegistration), "the same code")
	for range 9 { // a void token costs no try
		_, err := s.finish(t, first, s.wrong(owner))
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err := s.finish(t, first, code)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.finish(t, second, s.wrong(owner))
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the fourth try")
	session, err := s.finish(t, second, code)
	require.NoError(t, err, "and the fifth")
	assert.True(t, session.New)
	_, err = s.password(t, owner, "password one")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	in, err := s.password(t, owner, "password two")
	require.NoError(t, err, "the newer password wins")
	assert.Equal(t, []string{"pwd"}, s.claims(t, in).AMR)
}

func TestPlantedTokenCannotSwapThePassword(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff, longCodes)
	planted := s.registerPassword(t, owner, "the attacker's", "")
	owners := s.registerPassword(t, owner, "the owner's own", planted.ChallengeToken)
	// The attacker's token is void: a registration with it is another one.
	again := s.registerPassword(t, owner, "the attacker's", planted.ChallengeToken)
	codes := s.codes(owner, phoneauth.PurposePasswordRegistration)
	require.Len(t, codes, 3)
	assert.Equal(t, codes[0], codes[1])
	assert.NotEqual(t, codes[0], codes[2])
	_, err := s.finish(t, planted, codes[0])
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.finish(t, again, codes[0])
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = s.finish(t, owners, codes[1])
	require.NoError(t, err)
	_, err = s.finish(t, again, codes[2])
	assert.ErrorIs(t, err, phoneauth.ErrPhoneTaken)
	_, err = s.password(t, owner, "the attacker's")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.password(t, owner, "the owner's own")
	assert.NoError(t, err)
}

func TestRegistrationTokenOfAnotherNumberIsIgnored(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff, longCodes)
	one := s.registerPassword(t, owner, "password one", "")
	two := s.registerPassword(t, third, "password two", one.ChallengeToken)
	_, err := s.finish(t, two, s.code(third, phoneauth.PurposePasswordRegistration))
	require.NoError(t, err)
	_, err = s.finish(t, one, s.code(owner, phoneauth.PurposePasswordRegistration))
	require.NoError(t, err, "and goes on")
	signIn := s.register(t, stranger)
	pending := s.registerPassword(t, stranger, "password three", signIn.ChallengeToken)
	_, err = s.finish(t, pending, s.code(stranger, phoneauth.PurposeSignIn))
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
}

func TestRegistrationExpires(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff, longCodes)
		first := s.registerPassword(t, owner, "password one", "")
		elapse(5 * time.Minute)
		again := s.registerPassword(t, owner, "password two", first.ChallengeToken)
		codes := s.codes(owner, phoneauth.PurposePasswordRegistration)
		assert.NotEqual(t, codes[0], codes[1], "another registration")
		_, err := s.finish(t, again, codes[0])
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		_, err = s.finish(t, again, codes[1])
		assert.NoError(t, err)
	})
}

func TestChangePassword(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff)
	session := s.signUp(t, owner, "password one")
	other := s.signIn(t, owner)
	change := func(c phoneauth.Claims, current, next phoneauth.Secret) (*phoneauth.Session, error) {
		return s.ChangePassword(t.Context(), c, phoneauth.ChangePasswordRequest{Current: current, New: next})
	}
	_, err := change(s.claims(t, session), "password none", "password two")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = change(s.claims(t, session), "password one", "short")
	assert.ErrorContains(t, err, "is too short (minimum is 8 characters)")
	next, err := change(s.claims(t, session), "password one", "password two")
	require.NoError(t, err)
	assert.Equal(t, session.User.ID, next.User.ID)
	for _, x := range []*phoneauth.Session{session, other} {
		_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: x.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = change(s.claims(t, x), "password two", "password three")
		assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "its session has ended")
	}
	_, err = s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: next.RefreshToken})
	assert.NoError(t, err)
	_, err = s.password(t, owner, "password one")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.password(t, owner, "password two")
	assert.NoError(t, err)

	// An account without a password has no current one to ask for.
	plain := s.signIn(t, third)
	_, err = change(s.claims(t, plain), "", "password four")
	require.NoError(t, err)
	_, err = s.password(t, third, "password four")
	assert.NoError(t, err)
}

// A letter and its accent are one character or two, as the keyboard has it.
func TestPasswordInEitherForm(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff)
	s.signUp(t, owner, "caf\u00e9 cr\u00e8me")
	for _, spelling := range []string{"caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"} {
		_, err := s.password(t, owner, phoneauth.Secret(spelling))
		assert.NoError(t, err, "%+q", spelling)
	}
	_, err := s.password(t, owner, "cafe creme")
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	_, err = s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: third, Password: phoneauth.Secret(strings.Repeat("e\u0301", 7))})
	assert.ErrorContains(t, err, "too short", "seven characters")
}

func TestRecoverPassword(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, longCodes)
		const unknown = "+201061797842"
		session := s.signUp(t, owner, "password one")
		elapse(24 * time.Hour)
		recoverWith := func(phone, code string, password phoneauth.Secret) error {
			_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: code, Password: password})
			return err
		}
		sends := s.inbox.Sends()
		var answers []*phoneauth.Pending
		for _, phone := range []string{owner, unknown} { // known, and not
			p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
			require.NoError(t, err)
			answers = append(answers, p)
			_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
			assert.Equal(t, phoneauth.LimitPhoneSends, limited(err))
		}
		synctest.Wait()
		assert.Equal(t, sends+1, s.inbox.Sends(), "only the known one is sent a code")
		assert.Equal(t, answers[0].ExpiresAt, answers[1].ExpiresAt)
		assert.Equal(t, answers[0].ResendAt, answers[1].ResendAt)
		assert.Equal(t, answers[0].CodeLength, answers[1].CodeLength)
		assert.Equal(t, len(answers[0].ChallengeToken), len(answers[1].ChallengeToken))

		code := s.code(owner, phoneauth.PurposePasswordReset)
		assert.ErrorContains(t, recoverWith(owner, code, "short"), "is too short")
		for _, phone := range []string{owner, unknown} {
			for range 4 {
				require.ErrorIs(t, recoverWith(phone, s.wrong(phone), "password two"), phoneauth.ErrInvalidCode)
			}
		}
		require.NoError(t, recoverWith(owner, code, "password two"), "the fifth try: the short one cost none")
		synctest.Wait()
		last, _ := s.inbox.Last(owner)
		assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose)
		assert.Empty(t, last.Code)
		_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = s.password(t, owner, "password two")
		assert.NoError(t, err)
		assert.ErrorIs(t, recoverWith(owner, code, "password three"), phoneauth.ErrInvalidCode, "once")
	})
}

// Locks and waits are the same for numbers with an account and without.
func TestResetLocksKnownAndUnknownAlike(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff, longCodes)
		s.signUp(t, owner, "password one")
		var traces [2][]string
		for i, phone := range []string{owner, stranger} {
			for range 4 {
				_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
				traces[i] = append(traces[i], answer(err))
				for range 6 {
					_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: s.wrong(phone), Password: "password two"})
					traces[i] = append(traces[i], answer(err))
				}
			}
		}
		assert.Equal(t, traces[0], traces[1])
		assert.Contains(t, traces[0], "LimitError phone_failures")
	})
}

func TestPasswordsWait(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff)
		session := s.signUp(t, owner, "password one")
		for _, phone := range []string{owner, stranger} { // known, and not
			for range 10 {
				_, err := s.password(t, phone, "password none")
				require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
			}
			for wait := time.Second; wait <= 15*time.Minute; wait *= 2 {
				_, err := s.password(t, phone, "password one")
				require.Equal(t, &phoneauth.LimitError{Limit: phoneauth.LimitPasswordFailures, RetryAfter: wait}, err)
				elapse(wait)
				_, err = s.password(t, phone, "password none")
				require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
			}
			_, err := s.password(t, phone, "password one")
			require.Equal(t, &phoneauth.LimitError{Limit: phoneauth.LimitPasswordFailures, RetryAfter: 15 * time.Minute}, err)
		}
		// A code signs in all the same, and so does the password on a known device.
		s.signIn(t, owner)
		_, err := s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: owner, Password: "password one", Client: phoneauth.ClientInfo{Device: session.DeviceToken}})
		assert.NoError(t, err)
		elapse(15 * time.Minute)
		_, err = s.password(t, owner, "password one")
		require.NoError(t, err)
		_, err = s.password(t, owner, "password none")
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
		_, err = s.password(t, owner, "password one")
		assert.NoError(t, err, "the right one forgot the failures")
	})
}

// A stranger's wrong passwords must not keep the owner, signed in, from a new one.
func TestStrangersDoNotStopAChangeOfPassword(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff)
	session := s.signUp(t, owner, "password one")
	for range 10 {
		_, err := s.password(t, owner, "password none")
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	}
	_, err := s.ChangePassword(t.Context(), s.claims(t, session), phoneauth.ChangePasswordRequest{
		Current: "password one", New: "password two", Client: phoneauth.ClientInfo{Device: session.DeviceToken},
	})
	assert.NoError(t, err)
}

// Nor where the host keeps the sessions, and knows the owner by one of them.
func TestStrangersDoNotStopAChangeUnderHostSessions(t *testing.T) {
	phoneauth.CheapHashes(t)
	s := newService(t, limitsOff, func(c *phoneauth.Config) { c.HostSessions = true })
	session := s.signUp(t, owner, "password one")
	for range 10 {
		_, err := s.password(t, owner, "password none")
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
	}
	_, err := s.ChangePassword(t.Context(), phoneauth.Claims{UserID: session.User.ID, AuthTime: time.Now()},
		phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
	assert.NoError(t, err)
}

// phoneInBlock is the n-th of one block of 10,000.
func phoneInBlock(n int) string { return fmt.Sprintf("+2010617970%02d", n) }

// Codes for a new password are charged to scores of their own, for numbers without an account
// too. A dry one answers alike. A verification takes back what its challenge was charged, and
// 2 more.
func TestResetsHaveBudgetsOfTheirOwn(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, func(c *phoneauth.Config) { c.Limits.Block = 3 })
		for n := range 2 {
			_, err := s.store.SignInUser(t.Context(), phoneauth.SignIn{
				Phone: phoneauth.StoredPhone(phoneInBlock(n)), UUID: fmt.Sprint("uuid ", n), Now: time.Now(),
			})
			require.NoError(t, err)
		}
		reset := func(n int) string {
			_, err := s.Register(t.Context(), phoneauth.RegisterRequest{
				Phone: phoneInBlock(n), Purpose: phoneauth.PurposePasswordReset,
				Client: phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(n)})},
			})
			synctest.Wait()
			return limited(err)
		}
		for _, n := range []int{0, 50, 51} {
			require.Empty(t, reset(n), n)
		}
		for _, n := range []int{1, 52} {
			assert.Equal(t, phoneauth.LimitBlock, reset(n), "with an account or without one")
		}
		assert.Equal(t, 1, s.inbox.Sends())
		_, err := s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{
			Phone: phoneInBlock(0), Code: s.code(phoneInBlock(0), phoneauth.PurposePasswordReset), Password: "password one",
		})
		require.NoError(t, err)
		for _, n := range []int{53, 54, 55} {
			assert.Empty(t, reset(n), n)
		}
		assert.Equal(t, phoneauth.LimitBlock, reset(56))
	})
}

// However many codes are on their way after their answer, notices go out.
func TestNoticesHaveAPlace(t *testing.T) {
	in(t, func(t *testing.T) {
		phoneauth.CheapHashes(t)
		s := newService(t, limitsOff)
		session := s.signUp(t, owner, "password one")
		reset := phoneauth.RegisterRequest{Phone: owner, Purpose: phoneauth.PurposePasswordReset}
		_, err := s.Register(t.Context(), reset)
		require.NoError(t, err)
		synctest.Wait()
		code := s.code(owner, phoneauth.PurposePasswordReset)

		slow := s.again(t, func(c *phoneauth.Config) {
			c.Sender = senderFunc(func(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
				if m.Code != "" {
					<-time.After(9 * time.Second)
				}
				return s.inbox.Send(ctx, m)
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
		_, err = slow.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: owner, Code: code, Password: "password two"})
		require.NoError(t, err)
		synctest.Wait()
		last, ok := s.inbox.Last(session.User.Phone.E164())
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
