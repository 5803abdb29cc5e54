package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth/internal/argon2id"
	"github.com/phoneauth/phoneauth/internal/random"
)

// PasswordRequest registers a number with a password.
type PasswordRequest struct {
	// Phone is the number as the person typed it. Required.
	Phone string
	// Password is the password of the new account, of 8 to 128 characters. It may be empty when
	// ChallengeToken is that of a live registration: its code is then sent again, and its password
	// stays.
	Password Secret
	// ChallengeToken is that of an earlier registration, if it is live and of this number.
	// The registration then continues with the newer password and the tries that are
	// left. With a Password any other token is ignored. It may be empty.
	ChallengeToken Secret
	// Channel is as in RegisterRequest.
	Channel string
	// Client describes the client that asks.
	Client ClientInfo
}

// RecoverRequest sets a new password with a code of [PurposePasswordReset]. It needs Phone
// or ChallengeToken, or both.
type RecoverRequest struct {
	// Phone is the number as the person typed it. With a ChallengeToken it may be empty;
	// otherwise it must be the number of the token.
	Phone string
	// ChallengeToken is that of the Pending. It may be empty when Phone is set.
	ChallengeToken Secret
	// Code is the code as the person typed it. ASCII spaces around it are ignored.
	Code string
	// Password is the new password, of 8 to 128 characters.
	Password Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// PasswordLoginRequest brings a password to [Service.LoginPassword].
type PasswordLoginRequest struct {
	// Phone is the number as the person typed it.
	Phone string
	// Password is the password as the person typed it.
	Password Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// ChangePasswordRequest sets a new password for somebody who is signed in.
type ChangePasswordRequest struct {
	// Current is the current password. It is ignored when the account has none.
	Current Secret
	// New is the new password, of 8 to 128 characters.
	New Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// RegisterPassword starts a password registration: it sends a code and stores the
// password, hashed and sealed, with the challenge. [Service.Login] with the code, the
// challenge token and PurposePasswordRegistration then creates the account with that
// password. Each registration has a challenge of its own, so a stranger who registers a
// number first cannot choose the password of its owner.
//
// Errors:
//   - Those of [Service.Register], but for ErrNotFound and ErrPurpose.
//   - *PasswordError: the password is too short, too long, or refused by
//     PasswordRules.Check.
//   - ErrInvalidCode: Password is empty, and ChallengeToken is not that of a live registration of
//     this number. Nothing was sent.
//   - ErrPhoneTaken: the number has an account. This answer is charged to the sends of the
//     address.
func (s *Service) RegisterPassword(ctx context.Context, r PasswordRequest) (*Pending, error) {
	c, err := s.parsed(ctx, r.Phone, PurposePasswordRegistration, "", r.Client)
	if err != nil {
		return nil, err
	}
	again, renew := s.renewed(c, r)
	keeps := r.Password == "" && r.ChallengeToken != ""
	switch {
	case keeps && renew == "":
		return nil, ErrInvalidCode
	case !keeps:
		err = s.checkPassword(ctx, r.Password)
	}
	if err != nil {
		return nil, err
	}
	o, err := s.sendingBy(c, r.Channel, "")
	if err != nil {
		return nil, err
	}
	o.once = s.sendOnce(c, o, r.Password)
	c.boundTo = cmp.Or(o.once, random.ID()) // a retry finds the challenge of the first request
	p := passwordSending{again, renew, r.Password, keeps}
	return s.sentOnce(ctx, o, func() (*Pending, error) { return s.registerPassword(ctx, c, o, p) }, slices.Compact([]*call{again, c})...)
}

// passwordSending says which registration a code is for.
type passwordSending struct {
	again    *call  // about the registration to continue
	renew    string // ID of its challenge, or ""
	password Secret
	keeps    bool // the password that waits with it stays
}

// registerPassword is RegisterPassword for a request that was not made before.
func (s *Service) registerPassword(ctx context.Context, c *call, o sending, p passwordSending) (*Pending, error) {
	err := s.readLocally(ctx, c)
	if err == nil && s.mayAsk(c) {
		err = s.checkHuman(ctx, c, o)
	}
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	// The limits come before the look-up, and the address pays for it, because the answer
	// "taken" tells that the number has an account.
	o.takes = append(s.phoneSendTakes(c.print, c.device.known(), o.channel), s.sharedTakes(c, o.channel)...)
	asks := slices.Concat(o.asks, o.takes)
	err = s.store.TakeLimits(ctx, TakeParams{Asks: asks, Takes: s.shownTakes(c, s.addressSendTakes(c)), Now: c.now})
	if err != nil {
		return nil, s.limited(ctx, c, err)
	}
	if user, err := s.phoneAccount(ctx, c.phone); err != nil {
		return nil, err
	} else if user.ID != "" {
		return nil, ErrPhoneTaken
	}
	if p.keeps {
		o.hash, err = s.waitingHash(ctx, p.again, p.renew)
	} else {
		o.hash, err = s.hashPassword(ctx, c, p.password)
	}
	if err != nil {
		return nil, err
	}
	allowed, err := s.hostAllows(ctx, c, o)
	if err != nil {
		return nil, err
	}
	if o.renew = p.renew; p.renew != "" {
		about := *c
		about.target = p.again.target
		pending, err := s.open(ctx, &about, o, allowed)
		if !errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnavailable) { // which may wrap an error of the host
			return pending, err
		}
	}
	if p.keeps { // another request has taken the registration over meanwhile
		return nil, ErrInvalidCode
	}
	o.renew = ""
	return s.open(ctx, c, o, allowed)
}

// LoginPassword signs in with a password.
//
// Errors:
//   - ErrInvalidPhone: the number is invalid or not served.
//   - ErrInvalidPassword: the password is wrong, or the number has no account or no
//     password.
//   - *BlockedError, ErrLocked: the account is blocked, or its owner has locked it.
//   - ErrRefused: Hooks.BeforeSignIn refused.
//   - *LimitError: nothing was compared, or the user has too many sessions.
//   - ErrUnavailable.
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
	// known is true when it comes from a known device or a live session. The failures of
	// strangers then do not count against it.
	known bool
	// find returns the user that it must belong to, or the zero User if there is none.
	find func() (User, error)
}

// provePassword compares the password of p with that of its user. It makes the same calls
// of the store and one hash, with and without an account. Limits come before a place for
// hashing. A failure is counted before the hash, because the hash takes time; when the
// password is right, the count is cleared. A wrong password gives back its take of
// Limits.Passwords, because the lockout counts it.
func (s *Service) provePassword(ctx context.Context, c *call, p passwordProof) error {
	signIn, failure := s.passwordTakes(c.print, p.known), s.addressFailureTakes(c)
	if err := s.store.TakeLimits(ctx, TakeParams{Takes: append(signIn, failure...), Now: c.now}); err != nil {
		return s.limited(ctx, c, err)
	}
	giveBack := func(takes []Take) error {
		return s.store.GiveBack(ctx, GiveBackParams{Takes: takes, Now: c.now})
	}
	leave, err := s.hashPlace(ctx, c)
	if err != nil { // no password was compared
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
	if err != nil { // no password was compared; after the answer, because the store is slow now
		s.afterwards(ctx, "give back a sign-in by password", func(context.Context) error { return giveBack(append(signIn, failure...)) })
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
	if outdated && user.ID != "" { // of an account as it is now
		s.rehash(ctx, user, p.password)
	}
	return nil
}

// rehash stores the same password, hashed with the current parameters. If it fails, the
// next sign-in does it.
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
// PurposePasswordReset. Every session ends. Nobody is signed in. The owner gets a notice. It
// returns the number.
//
// Errors:
//   - ErrInvalidPhone: the number is invalid or not served.
//   - *PasswordError: the new password was refused. The code was not used up.
//   - ErrInvalidCode: the code or the challenge token is wrong, expired or used, or the
//     number has no account that may have a new password.
//   - *LimitError: nothing was compared.
//   - ErrUnavailable: the code may be used up.
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
	// The order is: ask the limits, take a place, compare the code, hash. So strangers cost
	// no CPU and hold no place, and a busy machine uses up no code.
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

// ChangePassword sets a new password for somebody who has signed in at most 5 minutes ago.
// Every session ends, the owner gets a notice, and the Session that it returns is new. If
// Current was compared, the AuthTime of the Session is now. If the account had no password,
// it is the AuthTime of claims, because setting a password proves nothing.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrReauthenticate: the sign-in is too old.
//   - *PasswordError: the new password was refused.
//   - ErrInvalidPassword: Current is wrong.
//   - *LimitError: nothing was changed.
//   - ErrUnavailable: the password may have been changed.
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

// setPassword changes the password of user, at its epoch, and raises the epoch. It sends the
// notice. Every change of a password goes through it. A place for hashing must be held.
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
			s.notify(ctx, c, NoticePasswordChanged, user)
		},
	})
}

// The length of a password in Unicode characters. NIST SP 800-63B-4, 3.1.1.2, requires at
// least 8 for a password that is one of two factors, and requires that 64 are allowed.
const (
	minPassword = 8
	maxPassword = 128
)

// hashWait is how long a password waits for a place.
const hashWait = time.Second

// hashesAtOnce returns the number of places. It bounds memory, and leaves CPU for everything else
// when very many passwords arrive.
func hashesAtOnce() int { return runtime.NumCPU() }

// hashLine is how many passwords may wait for each place. More would wait longer than
// hashWait.
const hashLine = 32

// hashPlace takes a place for hashing, until leave is called. No address has more than a
// quarter of the places and of the line before them. Ask the limits first.
func (s *Service) hashPlace(ctx context.Context, c *call) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	leave, err = s.hashes.Enter(ctx, s.addressOf(c))
	if err != nil {
		return nil, &unavailable{"hash a password", err}
	}
	return leave, nil
}

// hashPassword takes a place and hashes password in it.
func (s *Service) hashPassword(ctx context.Context, c *call, password Secret) (Secret, error) {
	leave, err := s.hashPlace(ctx, c)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashOf(password), nil
}

// checkPassword returns a *PasswordError if password is not allowed.
func (s *Service) checkPassword(ctx context.Context, password Secret) error {
	n := utf8.RuneCount(argon2id.Normal(string(password)))
	switch {
	case n < minPassword:
		return &PasswordError{fmt.Sprintf("is too short (minimum is %d characters)", minPassword)}
	case n > maxPassword:
		return &PasswordError{fmt.Sprintf("is too long (maximum is %d characters)", maxPassword)}
	case s.cfg.Password.Check == nil:
		return nil
	}
	err := s.cfg.Password.Check(ctx, password)
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	return &PasswordError{err.Error()}
}

// hashOf hashes password. The caller must hold a place for hashing.
func hashOf(password Secret) Secret { return Secret(argon2id.Hash(string(password))) }

// comparePassword reports whether password belongs to hash, and whether it should be hashed
// anew. For every hash it takes the time of one argon2id hash and, with
// PasswordRules.Legacy, of one legacy hash.
func (s *Service) comparePassword(hash, password Secret) (right, outdated bool) {
	result := argon2id.Compare(string(hash), string(password))
	legacy, known := s.cfg.Password.Legacy, s.cfg.Password.LegacyKnown
	switch {
	case result.Known || hash == "":
	case legacy != nil && (known == nil || known(hash)):
		return legacy(hash, password), true
	default:
		s.unknownHash(hash)
	}
	if legacy != nil {
		legacy(s.cfg.Password.LegacyDecoy, password)
	}
	return result.Right, result.Outdated
}

// unknownHash logs that an account has a hash of a kind that cannot be verified. It logs each
// kind once.
func (s *Service) unknownHash(hash Secret) {
	kind := argon2id.Kind(string(hash))
	if _, known := s.unknownHashes.LoadOrStore(kind, true); !known {
		s.cfg.Logger.Error("phoneauth: an account has a password hash of a kind that is not known; see PasswordRules.Legacy", "kind", kind)
	}
}
