package phoneauth

import (
	"cmp"
	"context"
	"errors"
)

// PasswordRequest registers a phone with a password.
type PasswordRequest struct {
	// Phone as typed, Password of 8 to 128 characters. Both are required.
	Phone    string
	Password Secret
	// SessionToken of an earlier, live registration of this number: then this is the
	// same one, with a newer password. Any other is ignored.
	SessionToken Secret
	Channel      string
	Client       Client
}

// RecoverRequest sets a new password with a password-reset code.
type RecoverRequest struct {
	// Phone; "" takes the one of SessionToken.
	Phone string
	// SessionToken of Register; "" means the phone's own challenge.
	SessionToken Secret
	Code         string
	// Password is the new one, of 8 to 128 characters.
	Password Secret
	Client   Client
}

// ChangePasswordRequest sets a new password for somebody signed in.
type ChangePasswordRequest struct {
	// Current password; not looked at when the account has none.
	Current Secret
	New     Secret
	Client  Client
}

// RegisterPassword sends a code to a number that wants a password. The password waits,
// hashed and sealed, with the challenge of this very registration, and Login with
// PurposePasswordRegistration makes the account with it: who registers somebody else's
// number gains nothing.
//
// Errors: those of Register; *PasswordError; ErrPhoneTaken when the number has an account.
func (s *Service) RegisterPassword(ctx context.Context, r PasswordRequest) (*Pending, error) {
	t, err := s.target(ctx, r.Phone, PurposePasswordRegistration, "", r.Client)
	if err != nil {
		return nil, err
	}
	if err := s.checkPassword(ctx, r.Password); err != nil {
		return nil, err
	}
	// The limits come before the look-up, and the address pays for it: "taken" is an
	// answer worth asking for.
	now := s.now()
	phone := append(s.phoneSendTakes(t, 1), s.serviceTakes(1)...)
	if err := s.store.TakeLimits(ctx, append(asking(phone), s.addressSendTakes(s.address(r.Client), 1)...), now); err != nil {
		return nil, s.limited(ctx, t, err)
	}
	if _, err := s.store.UserByPhone(ctx, t.phone); err == nil {
		return nil, ErrPhoneTaken
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	hash, err := s.hashPassword(ctx, r.Password)
	if err != nil {
		return nil, err
	}
	o := sending{client: r.Client, channel: r.Channel, takes: phone}
	allowed, err := s.hostAllows(ctx, t, o)
	if err != nil {
		return nil, err
	}
	if live, id, ok := s.openSessionToken(r.SessionToken, now); ok && live.purpose == t.purpose && live.phone == t.phone {
		live.number = t.number
		o.renew, o.pending = id, s.keys.sealed(pendingUse(s.key(live)), string(hash))
		pending, err := s.open(ctx, live, o, allowed)
		if !errors.Is(err, ErrNotFound) {
			return pending, err
		}
	}
	t.subject = randomID()
	o.renew, o.pending = "", s.keys.sealed(pendingUse(s.key(t)), string(hash))
	return s.open(ctx, t, o, allowed)
}

// loginPassword is Login with a password.
func (s *Service) loginPassword(ctx context.Context, r LoginRequest) (*Session, error) {
	t, err := s.target(ctx, r.Phone, PurposeSignIn, "", r.Client)
	if err != nil {
		return nil, err
	}
	var user User
	err = s.provePassword(ctx, t, r.Password, r.Client, func() (User, error) {
		user, err = s.store.UserByPhone(ctx, t.phone)
		return user, err
	})
	if err != nil {
		return nil, err
	}
	in := SignIn{UserID: user.ID, Epoch: user.Epoch}
	return s.signIn(ctx, t, in, []string{amrPassword}, r.Client, ErrInvalidPassword)
}

// provePassword compares password with that of the user whom find finds. Whoever the
// number belongs to, it costs the same verbs and one hash. A failure is counted before
// the hash, since the hash takes time, and taken back when the password is right.
func (s *Service) provePassword(ctx context.Context, t target, password Secret, c Client, find func() (User, error)) error {
	now, address := s.now(), s.address(c)
	if err := s.store.TakeLimits(ctx, s.addressFailureTakes(address, 1), now); err != nil {
		return s.limited(ctx, t, err)
	}
	free, err := s.hashSlot(ctx)
	if err != nil { // nothing was tried
		return errors.Join(err, s.store.TakeLimits(ctx, s.addressFailureTakes(address, -1), now))
	}
	defer free()
	failures := s.passwordFailures(t)
	if err := s.store.CountFailure(ctx, failures, now); err != nil {
		return s.limited(ctx, t, err)
	}
	user, err := find()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	right, outdated := s.comparePassword(user.PasswordHash, password)
	if !right {
		s.event(ctx, s.about(t, EventPasswordFailed))
		return ErrInvalidPassword
	}
	if err := s.store.ClearFailures(ctx, failures.Key); err != nil {
		return err
	}
	if err := s.store.TakeLimits(ctx, s.addressFailureTakes(address, -1), now); err != nil {
		return err
	}
	if outdated {
		s.rehash(ctx, user, password)
	}
	return nil
}

// rehash keeps the same password under today's parameters. It may fail: there is always
// the next sign-in.
func (s *Service) rehash(ctx context.Context, user User, password Secret) {
	hash := hashArgon2(password, argon2Params)
	s.afterwards(ctx, "rehash", func(ctx context.Context) error {
		_, err := s.store.SetPassword(ctx, PasswordUpdate{
			UserID: user.ID, PasswordHash: hash, Epoch: user.Epoch, KeepEpoch: true, Now: s.now(),
		})
		if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
}

// RecoverPassword sets a new password with the code that Register sent for
// PurposePasswordReset. Every session ends, nobody is signed in, and the owner is told
// by SMS. It returns the phone as parsed.
//
// Errors: ErrInvalidPhone; *PasswordError, nothing was consumed; ErrInvalidCode;
// *LimitError; ErrUnavailable.
func (s *Service) RecoverPassword(ctx context.Context, r RecoverRequest) (Phone, error) {
	t, id, err := s.answered(ctx, r.Phone, r.SessionToken, PurposePasswordReset, "", r.Client)
	if err != nil {
		return Phone{}, err
	}
	if err := s.checkPassword(ctx, r.Password); err != nil {
		return Phone{}, err
	}
	// Take a place, attempt, hash: strangers burn no CPU, and a busy machine loses nobody's
	// code.
	free, err := s.hashSlot(ctx)
	if err != nil {
		return Phone{}, err
	}
	defer free()
	_, user, err := s.attempt(ctx, t, id, r.Code, r.Client, s.now(), nil)
	if err != nil {
		return Phone{}, err
	}
	if user.ID == "" || user.Blocked {
		return Phone{}, ErrInvalidCode
	}
	ctx = context.WithoutCancel(ctx) // the code is used up
	hash := hashArgon2(r.Password, argon2Params)
	_, err = s.setPassword(ctx, t, user, hash, func() {
		s.notify(ctx, t, NoticePasswordChanged)
	})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return Phone{}, ErrInvalidCode
	}
	if err != nil {
		return Phone{}, err
	}
	return t.phone, nil
}

// ChangePassword sets a new password for somebody signed in at most 5 minutes ago. Every
// session ends, and the Session returned is new.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; *PasswordError; ErrInvalidPassword when
// Current is wrong; *LimitError; ErrUnavailable.
func (s *Service) ChangePassword(ctx context.Context, c Claims, r ChangePasswordRequest) (*Session, error) {
	user, rec, err := s.reauthenticated(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.checkPassword(ctx, r.New); err != nil {
		return nil, err
	}
	t := s.targetOfUser(user)
	t.device.id = cmp.Or(rec.DeviceID, "host's") // a known one: strangers' failures do not count here
	if user.PasswordHash != "" {
		err := s.provePassword(ctx, t, r.Current, r.Client, func() (User, error) { return user, nil })
		if err != nil {
			return nil, err
		}
	}
	hash, err := s.hashPassword(ctx, r.New)
	if err != nil {
		return nil, err
	}
	changed, err := s.setPassword(ctx, t, user, hash, func() {})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	amr := c.AMR
	if user.PasswordHash != "" {
		amr = []string{amrPassword}
	}
	return s.newSession(ctx, changed, amr, rec.DeviceID)
}

// setPassword is the one place where a password changes: at user's epoch, which rises.
func (s *Service) setPassword(ctx context.Context, t target, user User, hash Secret, done func()) (User, error) {
	return s.change(ctx, user, func(ctx context.Context) (User, error) {
		return s.store.SetPassword(ctx, PasswordUpdate{
			UserID: user.ID, PasswordHash: hash, Epoch: user.Epoch, Now: s.now(),
		})
	}, func() {
		e := s.about(t, EventPasswordChanged)
		e.UserID = user.ID
		s.event(ctx, e)
		done()
	})
}
