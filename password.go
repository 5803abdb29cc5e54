package phoneauth

import (
	"context"
	"errors"

	"github.com/phoneauth/phoneauth/internal/random"
)

// PasswordRequest registers a phone with a password.
type PasswordRequest struct {
	// Phone as typed, Password of 8 to 128 characters. Both are required.
	Phone    string
	Password Secret
	// ChallengeToken of an earlier, live registration of this number: then this is the
	// same one, with a newer password. Any other is ignored.
	ChallengeToken Secret
	Channel        string
	Client         ClientInfo
}

// RecoverRequest sets a new password with a password-reset code.
type RecoverRequest struct {
	// Phone; "" takes the one of ChallengeToken.
	Phone string
	// ChallengeToken of Register; "" means the phone's own challenge.
	ChallengeToken Secret
	Code           string
	// Password is the new one, of 8 to 128 characters.
	Password Secret
	Client   ClientInfo
}

// PasswordLoginRequest brings a password.
type PasswordLoginRequest struct {
	// Phone as typed.
	Phone    string
	Password Secret
	Client   ClientInfo
}

// ChangePasswordRequest sets a new password for somebody signed in.
type ChangePasswordRequest struct {
	// Current password; not looked at when the account has none.
	Current Secret
	New     Secret
	Client  ClientInfo
}

// RegisterPassword sends a code to a number that wants a password. The password waits,
// hashed and sealed, with the challenge of this very registration, and Login with
// PurposePasswordRegistration makes the account with it: who registers somebody else's
// number gains nothing.
//
// Errors: those of Register; *PasswordError; ErrPhoneTaken when the number has an account.
func (s *Service) RegisterPassword(ctx context.Context, r PasswordRequest) (*Pending, error) {
	c, err := s.parsed(ctx, r.Phone, PurposePasswordRegistration, "", r.Client)
	if err != nil {
		return nil, err
	}
	if err := s.checkPassword(ctx, r.Password); err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	// The limits come before the look-up, and the address pays for it: "taken" is an
	// answer worth asking for.
	o := sending{channel: r.Channel, takes: append(s.phoneSendTakes(c.print, c.device.known()), s.serviceTakes()...)}
	err = s.store.TakeLimits(ctx, TakeParams{Asks: o.takes, Takes: s.addressSendTakes(c), Now: c.now})
	if err != nil {
		return nil, s.limited(ctx, c, err)
	}
	if user, err := s.phoneAccount(ctx, c.phone); err != nil {
		return nil, err
	} else if user.ID != "" {
		return nil, ErrPhoneTaken
	}
	hash, err := s.hashPassword(ctx, c, r.Password)
	if err != nil {
		return nil, err
	}
	allowed, err := s.hostAllows(ctx, c, o)
	if err != nil {
		return nil, err
	}
	if live, ok := s.openChallengeToken(r.ChallengeToken, c.now); ok && live.about.purpose == c.purpose && live.about.phone == c.phone {
		again := *c
		again.target = live.about
		again.number, again.test = c.number, c.test
		o.renew, o.pending = live.challengeID, s.keys.Seal(pendingUse(s.challengeKey(&again.target)), string(hash))
		pending, err := s.open(ctx, &again, o, allowed)
		if !errors.Is(err, ErrNotFound) {
			return pending, err
		}
	}
	c.boundTo = random.ID()
	o.renew, o.pending = "", s.keys.Seal(pendingUse(s.challengeKey(&c.target)), string(hash))
	return s.open(ctx, c, o, allowed)
}

// LoginPassword signs in with a password.
//
// Errors: ErrInvalidPhone; ErrInvalidPassword for a wrong password, an unknown number or
// one without a password; *BlockedError; ErrLocked; ErrRefused; *LimitError, nothing was
// compared; ErrUnavailable.
func (s *Service) LoginPassword(ctx context.Context, r PasswordLoginRequest) (*Session, error) {
	c, err := s.parsed(ctx, r.Phone, PurposeSignIn, "", r.Client)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var user User
	err = s.provePassword(ctx, c, passwordProof{
		password: r.Password,
		known:    c.device.known(),
		find: func() (User, error) {
			user, err = s.phoneAccount(ctx, c.phone)
			return user, err
		},
	})
	if err != nil {
		return nil, err
	}
	in := SignIn{UserID: user.ID, Epoch: user.Epoch}
	return s.signIn(ctx, c, in, byPassword, ErrInvalidPassword)
}

// passwordProof is a password that came back.
type passwordProof struct {
	password Secret
	// known: it comes from a known device or a live session, so that strangers' failures
	// do not count against it.
	known bool
	// find finds the user that it must belong to; the zero User is nobody.
	find func() (User, error)
}

// provePassword compares the password of p with that of its user. Whoever the number
// belongs to, it costs the same verbs and one hash. The limits are asked before a place is
// taken. A failure is counted before the hash, since the hash takes time, and taken back
// when the password is right; a wrong password gives its sign-in back, since the lockout
// counts it.
func (s *Service) provePassword(ctx context.Context, c *call, p passwordProof) error {
	signIn, failure := s.passwordTakes(c.print, p.known), s.addressFailureTakes(c)
	if err := s.store.TakeLimits(ctx, TakeParams{Takes: append(signIn, failure...), Now: c.now}); err != nil {
		return s.limited(ctx, c, err)
	}
	giveBack := func(takes []Take) error {
		return s.store.GiveBack(ctx, GiveBackParams{Takes: takes, Now: c.now})
	}
	leave, err := s.hashPlace(ctx, c)
	if err != nil { // nothing was tried
		return errors.Join(err, giveBack(append(signIn, failure...)))
	}
	defer leave()
	lockout := s.passwordLockout(c.print, p.known)
	if err := s.store.CountFailure(ctx, lockout, c.now); err != nil {
		if limitOf(err) != "" {
			if failed := giveBack(signIn); failed != nil {
				return failed
			}
		}
		return s.limited(ctx, c, err)
	}
	user, err := p.find()
	if err != nil {
		return err
	}
	right, outdated := s.comparePassword(user.PasswordHash, p.password)
	if !right {
		s.event(ctx, c.event(EventPasswordFailed))
		if failed := giveBack(signIn); failed != nil {
			return failed
		}
		return ErrInvalidPassword
	}
	if err := s.store.ClearFailures(ctx, lockout.Key); err != nil {
		return err
	}
	if err := giveBack(failure); err != nil {
		return err
	}
	if outdated {
		s.rehash(ctx, user, p.password)
	}
	return nil
}

// rehash keeps the same password under today's parameters. It may fail: there is always
// the next sign-in.
func (s *Service) rehash(ctx context.Context, user User, password Secret) {
	hash := hashOf(password)
	s.afterwards(ctx, "rehash", func(ctx context.Context) error {
		_, err := s.store.UpdateUser(ctx, UserUpdate{
			UserID: user.ID, PasswordHash: &hash, Epoch: user.Epoch, KeepEpoch: true, Now: s.now(),
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
	c, challengeID, err := s.received(ctx, answer{
		phone: r.Phone, token: r.ChallengeToken, purpose: PurposePasswordReset, client: r.Client,
	})
	if err != nil {
		return Phone{}, err
	}
	if err := s.checkPassword(ctx, r.Password); err != nil {
		return Phone{}, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return Phone{}, err
	}
	defer done()
	// Ask the limits, take a place, attempt, hash: strangers burn no CPU and hold no place,
	// and a busy machine loses nobody's code.
	if err := s.mayAttempt(ctx, c); err != nil {
		return Phone{}, err
	}
	leave, err := s.hashPlace(ctx, c)
	if err != nil {
		return Phone{}, err
	}
	defer leave()
	user, err := s.ownerOf(ctx, c)
	if err != nil {
		return Phone{}, err
	}
	if _, err := s.attempt(ctx, c, challengeID, r.Code, nil); err != nil {
		return Phone{}, err
	}
	if user.ID == "" || user.Blocked || user.Locked {
		return Phone{}, ErrInvalidCode
	}
	_, err = s.setPassword(ctx, c, user, r.Password)
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return Phone{}, ErrInvalidCode
	}
	if err != nil {
		return Phone{}, err
	}
	return c.phone, nil
}

// ChangePassword sets a new password for somebody signed in at most 5 minutes ago. Every
// session ends, the owner is told by SMS, and the Session returned is new. It is fresh if
// Current was compared. Where the account had no password it is as old as the sign-in it
// came from: a password set within a session proves nothing.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; *PasswordError; ErrInvalidPassword when
// Current is wrong; *LimitError; ErrUnavailable.
func (s *Service) ChangePassword(ctx context.Context, claims Claims, r ChangePasswordRequest) (*Session, error) {
	user, rec, err := s.reauthenticated(ctx, claims)
	if err != nil {
		return nil, err
	}
	if err := s.checkPassword(ctx, r.New); err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c := s.ofUser(user, "", r.Client)
	facts := signInFacts{amr: rec.AMR, authTime: rec.AuthTime, deviceID: rec.DeviceID}
	if user.PasswordHash != "" {
		err = s.provePassword(ctx, c, passwordProof{r.Current, true, func() (User, error) { return user, nil }})
		facts.amr, facts.authTime = []string{amrPassword}, s.now()
	} else {
		err = s.limited(ctx, c, s.store.TakeLimits(ctx, TakeParams{Takes: s.passwordTakes(c.print, true), Now: c.now}))
	}
	if err != nil {
		return nil, err
	}
	leave, err := s.hashPlace(ctx, c)
	if err != nil {
		return nil, err
	}
	defer leave()
	changed, err := s.setPassword(ctx, c, user, r.New)
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	return s.newSession(ctx, c, changed, facts)
}

// setPassword is the one place where a password changes: at user's epoch, which rises. The
// owner is always told. A place for hashing must be held.
func (s *Service) setPassword(ctx context.Context, c *call, user User, password Secret) (User, error) {
	hash := hashOf(password)
	return s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			return s.store.UpdateUser(ctx, UserUpdate{
				UserID: user.ID, PasswordHash: &hash, Epoch: user.Epoch, Now: s.now(),
			})
		},
		done: func() {
			e := c.event(EventPasswordChanged)
			e.UserID = user.ID
			s.event(ctx, e)
			s.notify(ctx, c, NoticePasswordChanged)
		},
	})
}
