package phoneauth

import (
	"context"
	"errors"
)

// targetOfUser is u's phone as something to count failures of and send notices to. It has
// no region: a stored number is not parsed.
func (s *Service) targetOfUser(u User) target {
	return target{number: number{phone: u.Phone}, print: s.phonePrint(u.Phone)}
}

// change makes a change that ends what was open before: challenges, proofs and sessions.
// do raises the epoch, which alone makes sessions and proofs worthless; the challenges
// that could lead to new ones are cancelled, before it so that a failure changes nothing,
// and after it for those that were begun in between. done tells of a change that was
// made, even if the store fails in what is left to do. do must not end with the request: a
// client that hangs up must not leave the owner without notice.
func (s *Service) change(ctx context.Context, u User, do func(context.Context) (User, error), done func()) (User, error) {
	ctx = context.WithoutCancel(ctx)
	if err := s.cancelChallenges(ctx, u.Phone); err != nil {
		return User{}, err
	}
	changed, err := do(ctx)
	if err != nil {
		return User{}, err
	}
	done()
	if err := s.cancelChallenges(ctx, u.Phone, changed.Phone); err != nil {
		return User{}, err
	}
	if s.cfg.HostSessions {
		return changed, nil
	}
	return changed, s.store.EndUserSessions(ctx, u.ID, "")
}

// cancelChallenges takes away what is open for signing in with phones and for a new
// password. Those of a known device need no cancelling: it is none at another epoch; nor
// do those of the host's purposes: see secretKey.
func (s *Service) cancelChallenges(ctx context.Context, phones ...Phone) error {
	var keys []string
	for _, p := range phones {
		t := target{number: number{phone: p}, print: s.phonePrint(p)}
		for _, t.purpose = range []Purpose{PurposeSignIn, PurposePasswordReset} {
			keys = append(keys, s.key(t))
		}
	}
	return s.store.CancelChallenges(ctx, keys...)
}

// ChangePhone gives the account of c the phone of a proof for PurposePhoneChange whose
// subject is the user's ID. Every session ends, and the Session returned is new. The old
// number is told by SMS.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; ErrInvalidPhone; ErrInvalidToken;
// ErrPhoneTaken, the number is another account's and the proof is used up; *LimitError;
// ErrUnavailable.
func (s *Service) ChangePhone(ctx context.Context, c Claims, r ConnectRequest) (*Session, error) {
	user, rec, err := s.reauthenticated(ctx, c)
	if err != nil {
		return nil, err
	}
	p, err := s.redeem(ctx, r.Phone, r.Token, PurposePhoneChange, phoneChangeOf(user))
	if err != nil {
		return nil, invalidIfGone(err)
	}
	ctx = context.WithoutCancel(ctx) // the proof is used up
	changed, err := s.change(ctx, user, func(ctx context.Context) (User, error) {
		return s.store.SetPhone(ctx, PhoneUpdate{UserID: user.ID, Phone: p.phone, Epoch: user.Epoch, Now: s.now()})
	}, func() {
		e := s.about(p.target, EventPhoneChanged)
		e.UserID = user.ID
		s.event(ctx, e)
		if user.Phone != p.phone {
			s.notify(ctx, s.targetOfUser(user), NoticePhoneChanged)
		}
	})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	return s.newSession(ctx, changed, []string{amrCode}, rec.DeviceID)
}

// DeleteUser removes the account of c and its sessions. The phone is free at once.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; ErrUnavailable.
func (s *Service) DeleteUser(ctx context.Context, c Claims) error {
	user, err := s.Reauthenticated(ctx, c)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, user, func(ctx context.Context) (User, error) {
		return user, s.store.DeleteUser(ctx, user.ID)
	}, func() {
		s.event(ctx, aboutUser(user, EventDeleted))
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
	what := EventUnblocked
	if blocked {
		what = EventBlocked
	}
	_, err = s.change(ctx, user, func(ctx context.Context) (User, error) {
		return s.store.SetBlocked(ctx, userID, blocked, s.now())
	}, func() {
		s.event(ctx, aboutUser(user, what))
	})
	return err
}

// Unlock is an operator's reset: it forgets the failures and locks of a number, and gives
// its sends back. ErrInvalidPhone; ErrUnavailable, and it may be half done: do it again.
func (s *Service) Unlock(ctx context.Context, phone string) error {
	n, err := parseNumber(phone, s.numbers.home) // also of a region that is not served any more
	if err != nil {
		return err
	}
	t := target{number: n, print: s.phonePrint(n.phone)}
	known := t
	known.device.id = "any"
	for _, f := range []Failures{s.phoneFailures(t), s.phoneFailures(known), s.passwordFailures(t), s.passwordFailures(known)} {
		if err := s.store.ClearFailures(ctx, f.Key); err != nil {
			return err
		}
	}
	takes := s.phoneSendTakes(t, -1)
	for i := range takes {
		takes[i].Cost = -takes[i].Burst
	}
	if err := s.store.TakeLimits(ctx, takes, s.now()); err != nil {
		return err
	}
	s.event(ctx, s.about(t, EventUnlocked))
	return nil
}
