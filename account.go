package phoneauth

import (
	"context"
	"errors"
)

// change is a change of an account that ends its challenges, proofs and sessions.
type change struct {
	user User
	// do makes the change and raises the epoch. The new epoch alone ends sessions and
	// proofs.
	do func(context.Context) (User, error)
	// done reports the change. It is called when do has succeeded, even if the store
	// fails afterwards.
	done func()
}

// change makes the change c. It cancels challenges twice: before the change, so that a
// failure there changes nothing, and after it, for challenges that were created in between.
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

// cancelChallenges removes the challenges of phones for sign-in and for a new password.
// Challenges of a known device need no cancelling, because the device is unknown at another
// epoch. Nor do those of the host's purposes; see secretKey.
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

// ChangePhone gives the account of claims the number of a proof. The proof must be for
// PurposePhoneChange and bound to the User.ID. The sign-in of claims must be at most 5
// minutes old. Every session ends. The Session that it returns is new and has the AuthTime
// of claims, because a new number does not prove who the user is. The old number gets a
// notice.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrReauthenticate: the sign-in is too old.
//   - ErrInvalidPhone: Phone is set and no valid number.
//   - ErrInvalidToken: the proof is forged, expired, used, or of something else.
//   - ErrPhoneTaken: another account has the number. The proof is used up.
//   - *LimitError: the number is locked.
//   - ErrUnavailable: the number may have been changed.
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
	changed, c, err := s.movePhone(ctx, user, presented{r.Token, r.Phone, PurposePhoneChange, phoneChangeOf(user), r.Client})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	return s.newSession(ctx, c, changed, signInFacts{amr: rec.AMR, authTime: rec.AuthTime, deviceID: rec.DeviceID})
}

// movePhone gives user the phone of a proof, and tells the old number.
func (s *Service) movePhone(ctx context.Context, user User, p presented) (User, *call, error) {
	c, err := s.redeemed(ctx, p)
	if err != nil {
		return User{}, nil, err
	}
	moved, err := s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: user.ID, Phone: &c.phone, Epoch: user.Epoch, Now: s.now()})
		},
		done: func() {
			e := c.event(EventPhoneChanged)
			e.UserID = user.ID
			s.event(ctx, e)
			if user.Phone != c.phone {
				s.notify(ctx, s.ofUser(user, PurposePhoneChange, p.client), NoticePhoneChanged)
			}
		},
	})
	return moved, c, err
}

// DeleteUser removes the account of claims and its sessions. The number can be used for a
// new account at once. The sign-in of claims must be at most 5 minutes old.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrReauthenticate: the sign-in is too old.
//   - ErrUnavailable: the account may have been removed.
func (s *Service) DeleteUser(ctx context.Context, claims Claims) error {
	user, err := s.Reauthenticated(ctx, claims)
	if err != nil {
		return err
	}
	return s.delete(ctx, user)
}

// SetBlocked blocks or unblocks an account. Nobody can sign in to a blocked account. Both
// end its sessions. ErrNotFound: there is no such user. ErrUnavailable: the account may
// have been blocked or unblocked; call it again.
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
	e := s.aboutUser(user, what)
	if err := s.intends(ctx, e); err != nil {
		return err
	}
	_, err = s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{UserID: userID, Blocked: &blocked, Epoch: AnyEpoch, Now: s.now()})
		},
		done: func() { s.event(ctx, e) },
	})
	return err
}

// Unlock clears the failures and locks of a number, and gives back its sends and its
// sign-ins by password, for strangers and known devices. It is for operators. It does not
// unblock an account.
//
// Errors: ErrInvalidPhone. ErrUnavailable: a part may have been done; call it again.
func (s *Service) Unlock(ctx context.Context, phone string) error {
	c, err := s.aboutPhone(phone)
	if err != nil {
		return err
	}
	c.purpose = "" // it is about all of them
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := s.intends(ctx, c.event(EventUnlocked)); err != nil {
		return err
	}
	for _, l := range phoneLockouts {
		if err := s.store.ClearFailures(ctx, key(c.print, l.kind)); err != nil {
			return err
		}
	}
	if err := s.store.GiveBack(ctx, GiveBackParams{Takes: s.allTakes(c.print), Now: c.now}); err != nil {
		return err
	}
	s.event(ctx, c.event(EventUnlocked))
	return nil
}

// allTakes returns everything that can be taken of the limits of a phone, for strangers and
// for known devices.
func (s *Service) allTakes(phonePrint string) []Take {
	var all []Take
	for _, known := range []bool{false, true} {
		takes := append(s.phoneSendTakes(phonePrint, known, s.channels[0]), s.hold(phonePrint, known, s.channels[1:]...)...)
		for _, t := range append(takes, s.passwordTakes(phonePrint, known)...) {
			t.Cost = t.Burst
			all = append(all, t)
		}
	}
	return all
}
