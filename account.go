package phoneauth

import (
	"context"
	"errors"
)

// change is a change of an account that ends what was open before: challenges, proofs and
// sessions.
type change struct {
	user User
	// do makes the change and raises the epoch, which alone makes sessions and proofs
	// worthless.
	do func(context.Context) (User, error)
	// done tells of a change that was made, even if the store fails in what is left to do.
	done func()
}

// change makes the change c. Challenges that could lead to new sessions and proofs are
// cancelled before it, so that a failure changes nothing, and after it, for those that
// were begun in between.
func (s *Service) change(ctx context.Context, c change) (User, error) {
	if err := s.cancelChallenges(ctx, c.user.Phone); err != nil {
		return User{}, err
	}
	changed, err := c.do(ctx)
	if err != nil {
		return User{}, err
	}
	c.done()
	if err := s.cancelChallenges(ctx, c.user.Phone, changed.Phone); err != nil {
		return User{}, err
	}
	if s.cfg.HostSessions {
		return changed, nil
	}
	return changed, s.store.EndUserSessions(ctx, c.user.ID, "")
}

// cancelChallenges takes away what is open for signing in with phones and for a new
// password. Those of a known device need no cancelling: it is none at another epoch; nor
// do those of the host's purposes: see secretKey.
func (s *Service) cancelChallenges(ctx context.Context, phones ...Phone) error {
	var keys []string
	for _, p := range phones {
		t := target{number: number{phone: p}, print: s.phonePrint(p)}
		for _, purpose := range []Purpose{PurposeSignIn, PurposePasswordReset} {
			t.purpose = purpose
			keys = append(keys, s.challengeKey(&t))
		}
	}
	return s.store.CancelChallenges(ctx, keys...)
}

// ChangePhone gives the account of claims the phone of a proof for PurposePhoneChange that
// is bound to the user's ID. Every session ends. The Session returned is new, and as old
// as the sign-in it came from: a new number does not make a session fresh. The old number
// is told by SMS.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; ErrInvalidPhone; ErrInvalidToken;
// ErrPhoneTaken, the number is another account's and the proof is used up; *LimitError;
// ErrUnavailable.
func (s *Service) ChangePhone(ctx context.Context, claims Claims, r ConnectRequest) (*Session, error) {
	user, rec, err := s.reauthenticated(ctx, claims)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := s.redeemed(ctx, presented{r.Token, r.Phone, PurposePhoneChange, phoneChangeOf(user), r.Client})
	if err != nil {
		return nil, err
	}
	changed, err := s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: user.ID, Phone: &c.phone, Epoch: user.Epoch, Now: s.now()})
		},
		done: func() {
			e := c.event(EventPhoneChanged)
			e.UserID = user.ID
			s.event(ctx, e)
			if user.Phone != c.phone {
				s.notify(ctx, s.ofUser(user, PurposePhoneChange, r.Client), NoticePhoneChanged)
			}
		},
	})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	return s.newSession(ctx, c, changed, signInFacts{amr: rec.AMR, authTime: rec.AuthTime, deviceID: rec.DeviceID})
}

// DeleteUser removes the account of claims and its sessions. The phone is free at once.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; ErrUnavailable.
func (s *Service) DeleteUser(ctx context.Context, claims Claims) error {
	user, err := s.Reauthenticated(ctx, claims)
	if err != nil {
		return err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.change(ctx, change{
		user: user,
		do:   func(ctx context.Context) (User, error) { return user, s.store.DeleteUser(ctx, user.ID) },
		done: func() { s.event(ctx, s.aboutUser(user, EventDeleted)) },
	})
	return err
}

// SetBlocked blocks an account, which ends its sessions and lets nobody sign in to it, or
// lets it be used again. ErrNotFound: there is no such user; ErrUnavailable.
func (s *Service) SetBlocked(ctx context.Context, userID string, blocked bool) error {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	what := EventUnblocked
	if blocked {
		what = EventBlocked
	}
	_, err = s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: userID, Blocked: &blocked, Epoch: AnyEpoch, Now: s.now()})
		},
		done: func() { s.event(ctx, s.aboutUser(user, what)) },
	})
	return err
}

// Unlock is an operator's reset: it forgets the failures and locks of a number, for known
// devices too, and gives its sends and sign-ins by password back. ErrInvalidPhone;
// ErrUnavailable, and it may be half done: do it again.
func (s *Service) Unlock(ctx context.Context, phone string) error {
	n, err := parseNumber(phone, s.numbers.home) // also of a region that is not served any more
	if err != nil {
		return err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	c := s.started(ClientInfo{})
	s.to(c, n, "", "")
	for _, kind := range []string{kindCodeFailures, kindDeviceCodeFailures, kindPasswordFailures, kindDevicePasswordFailed} {
		if err := s.store.ClearFailures(ctx, key(c.print, kind)); err != nil {
			return err
		}
	}
	if err := s.store.GiveBack(ctx, GiveBackParams{Takes: s.allTakes(c.print), Now: c.now}); err != nil {
		return err
	}
	s.event(ctx, c.event(EventUnlocked))
	return nil
}

// allTakes are all that the limits of a phone can hold: of everybody and of known devices.
func (s *Service) allTakes(phonePrint string) []Take {
	var all []Take
	for _, known := range []bool{false, true} {
		for _, t := range append(s.phoneSendTakes(phonePrint, known), s.passwordTakes(phonePrint, known)...) {
			t.Cost = t.Burst
			all = append(all, t)
		}
	}
	return all
}
