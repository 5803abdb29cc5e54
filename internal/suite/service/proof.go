package service

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the tables of docs/states.md cannot say of proofs.

func testEightProofsOfANewNumberAllConnect(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	var proofs []*phoneauth.Proof
	for range 8 {
		proofs = append(proofs, s.Prove(suite.Owner))
		s.Elapse(time.Second)
	}
	var users []string
	for i, p := range proofs {
		session, err := s.ConnectProof(p)
		require.NoError(t, err, i)
		assert.Equal(t, i == 0, session.New)
		assert.Equal(t, i == 0, session.First)
		users = append(users, session.User.ID)
	}
	for i, p := range proofs {
		assert.Equal(t, users[0], users[i])
		_, err := s.ConnectProof(p)
		assertSignedUp(t, err, "the account is younger than every one of them")
	}
}

// assertSignedUp requires that err says that the first use of a proof has signed up.
func assertSignedUp(t *testing.T, err error, message string) {
	t.Helper()
	spent, ok := errors.AsType[*phoneauth.SpentTokenError](err)
	require.True(t, ok, "%v", err)
	assert.True(t, spent.SignedUp, message)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func testUsedProof(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	sign := s.Prove(suite.Owner)
	s.Elapse(time.Second)
	_, err := s.ConnectProof(sign)
	require.NoError(t, err)
	_, err = s.ConnectProof(sign)
	assertSignedUp(t, err, "its first use signed up")

	s.Elapse(time.Second)
	later := s.Prove(suite.Owner)
	_, err = s.ConnectProof(later)
	require.NoError(t, err)
	_, err = s.ConnectProof(later)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "its first use was a plain sign-in")
	_, err = s.ConnectProof(sign)
	assertSignedUp(t, err, "its first use signed up")

	_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Phone: suite.Stranger, Token: sign.Token})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Phone: "nobody", Token: sign.Token})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPhone)
	for i := range len(sign.Token) {
		forged := []byte(sign.Token)
		forged[i] ^= 1
		_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Token: phoneauth.Secret(forged)})
		require.ErrorIs(t, err, phoneauth.ErrInvalidToken, i)
	}
	s.Elapse(5*time.Minute - 2*time.Second)
	_, err = s.ConnectProof(sign)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "expired")
}

func testProofLivesFiveMinutes(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{5*time.Minute - time.Microsecond, nil}, {5 * time.Minute, phoneauth.ErrInvalidToken}} {
		p := s.Prove(suite.Owner)
		assert.Equal(t, s.Now().Add(5*time.Minute), p.ExpiresAt)
		s.Elapse(c.after)
		_, err := s.ConnectProof(p)
		assert.ErrorIs(t, err, c.want, c.after)
	}
}

// changes are what makes everything that was open worthless.
var changes = map[string]func(*testing.T, *suite.Service, *phoneauth.Session){
	"a new password": func(t *testing.T, s *suite.Service, session *phoneauth.Session) {
		_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
		require.NoError(t, err)
	},
	"a recovered password": func(t *testing.T, s *suite.Service, _ *phoneauth.Session) {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: phoneauth.PurposePasswordReset})
		require.NoError(t, err)
		s.Settle()
		_, err = s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{
			Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposePasswordReset), Password: "password two",
		})
		require.NoError(t, err)
	},
	"a new number": func(t *testing.T, s *suite.Service, session *phoneauth.Session) {
		_, err := s.ChangePhone(t.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, suite.Third).Token})
		require.NoError(t, err)
	},
	"a block, undone": func(t *testing.T, s *suite.Service, session *phoneauth.Session) {
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	},
	"a deletion": func(t *testing.T, s *suite.Service, session *phoneauth.Session) {
		require.NoError(t, s.DeleteUser(t.Context(), s.ClaimsOf(session)))
	},
}

// forChanges runs f before each change, and what it returns after it. A change is no
// younger than the account by the clock: the epoch alone must do.
func forChanges(t *testing.T, o suite.Options, before func(*testing.T, *suite.Service, *phoneauth.Session) (after func(t *testing.T))) {
	suite.CheapHashes(t)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := o.Service(t, suite.LimitsOff, suite.LongCodes)
			session := s.SignUp(suite.Owner, "password one")
			after := before(t, s, session)
			change(t, s, session)
			s.Settle()
			after(t)
		})
	}
}

func testChangesVoidSignInProofs(t *testing.T, o suite.Options) {
	forChanges(t, o, func(t *testing.T, s *suite.Service, _ *phoneauth.Session) func(*testing.T) {
		p := s.Prove(suite.Owner)
		return func(t *testing.T) {
			_, err := s.ConnectProof(p)
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func testChangesVoidHostProofs(t *testing.T, o suite.Options) {
	forChanges(t, o, func(t *testing.T, s *suite.Service, _ *phoneauth.Session) func(*testing.T) {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: "payment", BoundTo: "42"})
		require.NoError(t, err)
		p, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, "payment"), Purpose: "payment", BoundTo: "42"})
		require.NoError(t, err)
		return func(t *testing.T) {
			_, err := s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func testChangesVoidPhoneChangeProofs(t *testing.T, o suite.Options) {
	forChanges(t, o, func(t *testing.T, s *suite.Service, session *phoneauth.Session) func(*testing.T) {
		p := s.ProveChange(session, suite.Stranger)
		return func(t *testing.T) {
			user, err := s.Store.UserByID(t.Context(), session.User.ID)
			if err != nil {
				return // deleted: nobody could use it
			}
			anew := s.SignIn(user.Phone.E164())
			_, err = s.ChangePhone(t.Context(), s.ClaimsOf(anew), phoneauth.ConnectRequest{Token: p.Token})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func testChangesVoidCodes(t *testing.T, o suite.Options) {
	forChanges(t, o, func(t *testing.T, s *suite.Service, _ *phoneauth.Session) func(*testing.T) {
		s.Ask(suite.Owner)
		return func(t *testing.T) {
			_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, phoneauth.PurposeSignIn)})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	})
}

func testChangesEndSessionsAndDevices(t *testing.T, o suite.Options) {
	forChanges(t, o, func(t *testing.T, s *suite.Service, session *phoneauth.Session) func(*testing.T) {
		other := s.SignIn(suite.Owner)
		return func(t *testing.T) {
			for _, x := range []*phoneauth.Session{session, other} {
				_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: x.RefreshToken})
				assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
				_, err = s.Reauthenticated(t.Context(), phoneauth.Claims{UserID: x.User.ID, SessionID: x.ID, AuthTime: s.Now()})
				assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
			}
			s.Guess(suite.Owner, phoneauth.ClientInfo{})
			_, err := s.TrySignIn(suite.Owner, other.DeviceToken)
			assert.Equal(t, phoneauth.LimitPhoneFailures, suite.Limited(err), "the device is known no more")
		}
	})
}

func testRedeem(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	p, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: s.Code(suite.Owner, "payment"), Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	for _, r := range []phoneauth.RedeemRequest{
		{Token: p.Token, Purpose: "payment", BoundTo: "43"},
		{Token: p.Token, Purpose: "payments", BoundTo: "42"},
		{Token: "junk", Purpose: "payment", BoundTo: "42"},
	} {
		_, err = s.Redeem(t.Context(), r)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	}
	_, err = s.ConnectProof(p)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: phoneauth.PurposeSignIn})
	assert.ErrorIs(t, err, phoneauth.ErrPurpose)
	got, err := s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	assert.Equal(t, &phoneauth.Proof{Phone: phoneauth.StoredPhone(suite.Owner), Purpose: "payment", BoundTo: "42", ExpiresAt: got.ExpiresAt}, got)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "once")
	_, err = s.Store.UserByPhone(t.Context(), got.Phone)
	assert.ErrorIs(t, err, phoneauth.ErrNotFound, "no account is made")
}

// hangsUp is a store that obeys its context, and a client that hangs up in the middle of
// the verb that is named.
type hangsUp struct {
	phoneauth.Store
	at     string
	cancel context.CancelFunc
}

func (h *hangsUp) in(ctx context.Context, verb string) error {
	if verb == h.at {
		h.cancel()
	}
	return ctx.Err()
}

func (h *hangsUp) AttemptChallenge(ctx context.Context, a phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	c, err := h.Store.AttemptChallenge(ctx, a)
	h.in(ctx, "AttemptChallenge") // it was committed, and the answer arrived
	return c, err
}

func (h *hangsUp) CancelChallenges(ctx context.Context, keys ...string) error {
	return errors.Join(h.in(ctx, "CancelChallenges"), h.Store.CancelChallenges(ctx, keys...))
}

func (h *hangsUp) UpdateUser(ctx context.Context, p phoneauth.UserUpdate) (phoneauth.User, error) {
	u, err := h.Store.UpdateUser(ctx, p)
	return u, errors.Join(err, h.in(ctx, "UpdateUser")) // it was committed, and the answer is lost
}

// Whoever hangs up while a number changes leaves it neither half done nor without notice.
func testChangePhoneOutlivesItsClient(t *testing.T, o suite.Options) {
	for _, at := range []string{"AttemptChallenge", "CancelChallenges", "UpdateUser"} {
		t.Run(at, func(t *testing.T) {
			s := o.Service(t, suite.LimitsOff)
			session := s.SignIn(suite.Owner)
			change := phoneauth.RegisterRequest{Phone: suite.Third, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID}
			_, err := s.Register(t.Context(), change)
			require.NoError(t, err)
			proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Third, Purpose: change.Purpose, BoundTo: change.BoundTo,
				Code: s.Code(suite.Third, change.Purpose)})
			require.NoError(t, err)

			ctx, cancel := context.WithCancel(t.Context())
			hung := s.Again(func(c *phoneauth.Config) {
				c.Store = &hangsUp{s.Store, at, cancel}
				c.Texts.Locales = []string{"fr", "en"}
			})
			changed, err := hung.ChangePhone(ctx, s.ClaimsOf(session), phoneauth.ConnectRequest{
				Token: proof.Token, Client: phoneauth.ClientInfo{Locale: "hi"},
			})
			require.NoError(t, err)
			require.Error(t, ctx.Err(), "the client hung up")
			assert.Equal(t, suite.Third, changed.User.Phone.E164())
			s.Settle()
			last, ok := s.Inbox.Last(suite.Owner)
			require.True(t, ok)
			assert.Equal(t, phoneauth.NoticePhoneChanged, last.Purpose)
			assert.Contains(t, string(last.Body), "votre compte", "not in the language of whoever did it")
		})
	}
}

// A blocked account is nobody's to prove anything for, also where it was blocked before.
func testRedeemOfABlockedAccount(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	session := s.SignIn(suite.Owner)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: suite.Owner, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Purpose: "payment", BoundTo: "42", Code: s.Code(suite.Owner, "payment")})
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment", BoundTo: "42"})
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
}
