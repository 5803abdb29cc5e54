package phoneauth_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What the tables of docs/states.md cannot say of proofs.

func (s *service) connect(t testing.TB, p *phoneauth.Proof) (*phoneauth.Session, error) {
	t.Helper()
	return s.Connect(t.Context(), phoneauth.ConnectRequest{Phone: p.Phone.E164(), Token: p.Token})
}

func TestEightProofsOfANewNumberAllConnect(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		var proofs []*phoneauth.Proof
		for range 8 {
			proofs = append(proofs, s.prove(t, owner))
			elapse(time.Second)
		}
		var users []string
		for i, p := range proofs {
			session, err := s.connect(t, p)
			require.NoError(t, err, i)
			assert.Equal(t, i == 0, session.New)
			assert.Equal(t, i == 0, session.First)
			users = append(users, session.User.ID)
		}
		for i, p := range proofs {
			assert.Equal(t, users[0], users[i])
			_, err := s.connect(t, p)
			assertSignedUp(t, err, "the account is younger than every one of them")
		}
	})
}

// assertSignedUp requires that err says that the first use of a proof has signed up.
func assertSignedUp(t *testing.T, err error, message string) {
	t.Helper()
	spent, ok := errors.AsType[*phoneauth.SpentTokenError](err)
	require.True(t, ok, "%v", err)
	assert.True(t, spent.SignedUp, message)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

func TestUsedProof(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		sign := s.prove(t, owner)
		elapse(time.Second)
		_, err := s.connect(t, sign)
		require.NoError(t, err)
		_, err = s.connect(t, sign)
		assertSignedUp(t, err, "its first use signed up")

		elapse(time.Second)
		later := s.prove(t, owner)
		_, err = s.connect(t, later)
		require.NoError(t, err)
		_, err = s.connect(t, later)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "its first use was a plain sign-in")
		_, err = s.connect(t, sign)
		assertSignedUp(t, err, "its first use signed up")

		_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Phone: stranger, Token: sign.Token})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Phone: "nobody", Token: sign.Token})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidPhone)
		for i := range len(sign.Token) {
			forged := []byte(sign.Token)
			forged[i] ^= 1
			_, err = s.Connect(t.Context(), phoneauth.ConnectRequest{Token: phoneauth.Secret(forged)})
			require.ErrorIs(t, err, phoneauth.ErrInvalidToken, i)
		}
		elapse(5*time.Minute - 2*time.Second)
		_, err = s.connect(t, sign)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "expired")
	})
}

func TestProofLivesFiveMinutes(t *testing.T) {
	in(t, func(t *testing.T) {
		s := newService(t, limitsOff)
		for _, c := range []struct {
			after time.Duration
			want  error
		}{{5*time.Minute - time.Microsecond, nil}, {5 * time.Minute, phoneauth.ErrInvalidToken}} {
			p := s.prove(t, owner)
			assert.Equal(t, now().Add(5*time.Minute), p.ExpiresAt)
			elapse(c.after)
			_, err := s.connect(t, p)
			assert.ErrorIs(t, err, c.want, c.after)
		}
	})
}

// changes are what makes everything that was open worthless.
var changes = map[string]func(*testing.T, *service, *phoneauth.Session){
	"a new password": func(t *testing.T, s *service, session *phoneauth.Session) {
		_, err := s.ChangePassword(t.Context(), s.claims(t, session), phoneauth.ChangePasswordRequest{Current: "password one", New: "password two"})
		require.NoError(t, err)
	},
	"a recovered password": func(t *testing.T, s *service, _ *phoneauth.Session) {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Purpose: phoneauth.PurposePasswordReset})
		require.NoError(t, err)
		synctest.Wait()
		_, err = s.RecoverPassword(t.Context(), phoneauth.RecoverRequest{
			Phone: owner, Code: s.code(owner, phoneauth.PurposePasswordReset), Password: "password two",
		})
		require.NoError(t, err)
	},
	"a new number": func(t *testing.T, s *service, session *phoneauth.Session) {
		_, err := s.ChangePhone(t.Context(), s.claims(t, session), phoneauth.ConnectRequest{Token: s.proveChange(t, session, third).Token})
		require.NoError(t, err)
	},
	"a block, undone": func(t *testing.T, s *service, session *phoneauth.Session) {
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
		require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, false))
	},
	"a deletion": func(t *testing.T, s *service, session *phoneauth.Session) {
		require.NoError(t, s.DeleteUser(t.Context(), s.claims(t, session)))
	},
}

// proveChange proves a new number for the user of session.
func (s *service) proveChange(t testing.TB, session *phoneauth.Session, phone string) *phoneauth.Proof {
	t.Helper()
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID})
	require.NoError(t, err)
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{
		Phone: phone, Code: s.code(phone, phoneauth.PurposePhoneChange), Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID,
	})
	require.NoError(t, err)
	return proof
}

// forChanges runs f before each change, and what it returns after it. A change is no
// younger than the account by the clock: the epoch alone must do.
func forChanges(t *testing.T, before func(*testing.T, *service, *phoneauth.Session) (after func(t *testing.T))) {
	phoneauth.CheapHashes(t)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				s := newService(t, limitsOff, longCodes)
				session := s.signUp(t, owner, "password one")
				after := before(t, s, session)
				change(t, s, session)
				synctest.Wait()
				after(t)
			})
		})
	}
}

func TestChangesVoidSignInProofs(t *testing.T) {
	forChanges(t, func(t *testing.T, s *service, _ *phoneauth.Session) func(*testing.T) {
		p := s.prove(t, owner)
		return func(t *testing.T) {
			_, err := s.connect(t, p)
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func TestChangesVoidHostProofs(t *testing.T) {
	forChanges(t, func(t *testing.T, s *service, _ *phoneauth.Session) func(*testing.T) {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Purpose: "payment", BoundTo: "42"})
		require.NoError(t, err)
		p, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, "payment"), Purpose: "payment", BoundTo: "42"})
		require.NoError(t, err)
		return func(t *testing.T) {
			_, err := s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func TestChangesVoidPhoneChangeProofs(t *testing.T) {
	forChanges(t, func(t *testing.T, s *service, session *phoneauth.Session) func(*testing.T) {
		p := s.proveChange(t, session, stranger)
		return func(t *testing.T) {
			user, err := s.store.UserByID(t.Context(), session.User.ID)
			if err != nil {
				return // deleted: nobody could use it
			}
			anew := s.signIn(t, user.Phone.E164())
			_, err = s.ChangePhone(t.Context(), s.claims(t, anew), phoneauth.ConnectRequest{Token: p.Token})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		}
	})
}

func TestChangesVoidCodes(t *testing.T) {
	forChanges(t, func(t *testing.T, s *service, _ *phoneauth.Session) func(*testing.T) {
		s.register(t, owner)
		return func(t *testing.T) {
			_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: owner, Code: s.code(owner, phoneauth.PurposeSignIn)})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	})
}

func TestChangesEndSessionsAndDevices(t *testing.T) {
	forChanges(t, func(t *testing.T, s *service, session *phoneauth.Session) func(*testing.T) {
		other := s.signIn(t, owner)
		return func(t *testing.T) {
			for _, x := range []*phoneauth.Session{session, other} {
				_, err := s.Refresh(t.Context(), phoneauth.RefreshRequest{Token: x.RefreshToken})
				assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
				_, err = s.Reauthenticated(t.Context(), phoneauth.Claims{UserID: x.User.ID, SessionID: x.ID, AuthTime: time.Now()})
				assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
			}
			s.guess(t, owner, phoneauth.ClientInfo{})
			_, err := s.trySignIn(t, owner, other.DeviceToken)
			assert.Equal(t, phoneauth.LimitPhoneFailures, limited(err), "the device is known no more")
		}
	})
}

func TestRedeem(t *testing.T) {
	t.Parallel()
	s := newService(t, limitsOff)
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	p, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Code: s.code(owner, "payment"), Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	for _, r := range []phoneauth.RedeemRequest{
		{Token: p.Token, Purpose: "payment", BoundTo: "43"},
		{Token: p.Token, Purpose: "payments", BoundTo: "42"},
		{Token: "junk", Purpose: "payment", BoundTo: "42"},
	} {
		_, err = s.Redeem(t.Context(), r)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	}
	_, err = s.connect(t, p)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: phoneauth.PurposeSignIn})
	assert.ErrorIs(t, err, phoneauth.ErrPurpose)
	got, err := s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	assert.Equal(t, &phoneauth.Proof{Phone: phoneauth.StoredPhone(owner), Purpose: "payment", BoundTo: "42", ExpiresAt: got.ExpiresAt}, got)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: p.Token, Purpose: "payment", BoundTo: "42"})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "once")
	_, err = s.store.UserByPhone(t.Context(), got.Phone)
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
func TestChangePhoneOutlivesItsClient(t *testing.T) {
	for _, at := range []string{"AttemptChallenge", "CancelChallenges", "UpdateUser"} {
		t.Run(at, func(t *testing.T) {
			in(t, func(t *testing.T) {
				s := newService(t, limitsOff)
				session := s.signIn(t, owner)
				change := phoneauth.RegisterRequest{Phone: third, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID}
				_, err := s.Register(t.Context(), change)
				require.NoError(t, err)
				proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: third, Purpose: change.Purpose, BoundTo: change.BoundTo,
					Code: s.code(third, change.Purpose)})
				require.NoError(t, err)

				ctx, cancel := context.WithCancel(t.Context())
				hung := s.again(t, func(c *phoneauth.Config) {
					c.Store = &hangsUp{s.store, at, cancel}
					c.Texts.Locales = []string{"fr", "en"}
				})
				changed, err := hung.ChangePhone(ctx, s.claims(t, session), phoneauth.ConnectRequest{
					Token: proof.Token, Client: phoneauth.ClientInfo{Locale: "hi"},
				})
				require.NoError(t, err)
				require.Error(t, ctx.Err(), "the client hung up")
				assert.Equal(t, third, changed.User.Phone.E164())
				synctest.Wait()
				last, ok := s.inbox.Last(owner)
				require.True(t, ok)
				assert.Equal(t, phoneauth.NoticePhoneChanged, last.Purpose)
				assert.Contains(t, string(last.Body), "votre compte", "not in the language of whoever did it")
			})
		})
	}
}

// A blocked account is nobody's to prove anything for, also where it was blocked before.
func TestRedeemOfABlockedAccount(t *testing.T) {
	s := newService(t, limitsOff)
	session := s.signIn(t, owner)
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: owner, Purpose: "payment", BoundTo: "42"})
	require.NoError(t, err)
	proof, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: owner, Purpose: "payment", BoundTo: "42", Code: s.code(owner, "payment")})
	require.NoError(t, err)
	_, err = s.Redeem(t.Context(), phoneauth.RedeemRequest{Token: proof.Token, Purpose: "payment", BoundTo: "42"})
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
}
