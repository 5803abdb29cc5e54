package phoneauth

import (
	"context"
	"errors"
	"time"
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
	changed, c, err := s.movePhone(ctx, user, presented{r.Token, r.Phone, PurposePhoneChange, atEpoch(user), r.Client})
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
	undo := func() error { return nil }
	moved, err := s.change(ctx, change{
		user: user,
		do: func(ctx context.Context) (User, error) {
			if user.Phone != c.phone { // before the change, so that no account is moved without it
				kept, err := s.beginMove(ctx, user)
				if err != nil {
					return User{}, err
				}
				undo = kept
			}
			return s.store.UpdateUser(ctx, UserUpdate{UserID: user.ID, Phone: &c.phone, Epoch: user.Epoch, Now: s.now()})
		},
		done: func() {
			e := c.event(EventPhoneChanged)
			e.UserID = user.ID
			s.event(ctx, e)
			if user.Phone != c.phone {
				s.notify(ctx, s.ofUser(user, PurposePhoneChange, p.client), NoticePhoneChanged, user)
			}
		},
	})
	if errors.Is(err, ErrPhoneTaken) || errors.Is(err, ErrStale) { // it was certainly not changed
		err = errors.Join(err, undo())
	}
	return moved, c, err
}

// DeleteUser removes the account of claims and its sessions. The number can be used for a
// new account at once. The sign-in of claims must be at most 5 minutes old.
//
// For 72 hours after a change of the number it is refused, where the owner can undo that change
// (TextRules.NotMeURL): a thief must not delete what the owner could still take back. [Service.Remove]
// is not refused.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrReauthenticate: the sign-in is too old.
//   - *LimitError of LimitPhoneChange: a change of the number can be undone.
//   - ErrUnavailable: the account may have been removed.
func (s *Service) DeleteUser(ctx context.Context, claims Claims) error {
	user, err := s.Reauthenticated(ctx, claims)
	if err != nil {
		return err
	}
	if err := s.mayDelete(ctx, user); err != nil {
		return err
	}
	return s.delete(ctx, user)
}

// CodeRequest brings the code of [PurposeAccountDeletion] or [PurposeDataExport] back.
type CodeRequest struct {
	// Code is the code as the person typed it. ASCII spaces around it are ignored.
	Code string
	// ChallengeToken is that of the Pending. It may be empty.
	ChallengeToken Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// DeleteUserByCode does what DeleteUser does, with a code of PurposeAccountDeletion in place of
// a fresh sign-in. The code must have been sent for the user of claims.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrInvalidCode: the code or the challenge token is wrong, expired or used, or the account
//     has changed since the code was sent.
//   - *LimitError: nothing was compared. Of LimitPhoneChange: a change of the number can be undone.
//   - ErrInvalidPhone: the number of the account is not served any more.
//   - ErrUnavailable: the code may be used up, and the account may have been removed.
func (s *Service) DeleteUserByCode(ctx context.Context, claims Claims, r CodeRequest) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	user, err := s.ownerByCode(ctx, claims, PurposeAccountDeletion, r)
	if err != nil {
		return err
	}
	return s.deleteNow(ctx, user)
}

// ExportByCode returns what is kept about the user of claims, who has proved by a code of
// PurposeDataExport that the account is theirs. It tells an EventExported, and the owner gets a
// notice.
//
// Errors: those of [Service.DeleteUserByCode]. ErrUnavailable: the code may be used up.
func (s *Service) ExportByCode(ctx context.Context, claims Claims, r CodeRequest) (Export, error) {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return Export{}, err
	}
	defer done()
	user, err := s.ownerByCode(ctx, claims, PurposeDataExport, r)
	if err != nil {
		return Export{}, err
	}
	e, err := s.Export(ctx, user.ID)
	if err != nil {
		return Export{}, err
	}
	s.notify(ctx, s.ofUser(user, PurposeDataExport, r.Client), NoticeDataExported, User{})
	return e, nil
}

// ownerByCode uses up a code for purpose that was sent for the user of claims.
func (s *Service) ownerByCode(ctx context.Context, claims Claims, purpose Purpose, r CodeRequest) (User, error) {
	user, err := s.Live(ctx, claims)
	if err != nil {
		return User{}, err
	}
	if purpose == PurposeAccountDeletion {
		if err := s.mayDelete(ctx, user); err != nil {
			return User{}, err
		}
	}
	c, challengeID, err := s.received(ctx, answer{user.Phone.E164(), r.ChallengeToken, purpose, atEpoch(user), r.Client})
	if err != nil {
		return User{}, err
	}
	if _, err := s.attemptFor(ctx, c, challengeID, r.Code, nil); err != nil {
		return User{}, err
	}
	if c.account != (account{user.ID, user.Epoch}) { // it has changed meanwhile
		return User{}, ErrInvalidCode
	}
	return user, nil
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

// Export is what is kept about somebody, for that person. It marshals as JSON. It holds the
// whole number, and no secret. It prints as its name.
type Export struct {
	// ID is User.ID.
	ID string `json:"id"`
	// UUID is User.UUID.
	UUID string `json:"uuid"`
	// Phone is the whole number, E.164.
	Phone string `json:"phone"`
	// HasPassword is true when the account has a password.
	HasPassword bool `json:"has_password"`
	// Blocked is User.Blocked.
	Blocked bool `json:"blocked"`
	// Locked is User.Locked.
	Locked bool `json:"locked"`
	// CreatedAt is when the account was made.
	CreatedAt time.Time `json:"created_at"`
	// UpdatedAt is when the account was last changed.
	UpdatedAt time.Time `json:"updated_at"`
	// SignedInAt is the first sign-in; zero before it.
	SignedInAt time.Time `json:"signed_in_at,omitzero"`
	// Sessions are those that are live.
	Sessions []SessionInfo `json:"sessions"`
	// Activity is what the journal has about the account, without the names and reasons of
	// operators. What it has about the number alone is left out, because the number may have
	// had another owner.
	Activity []Entry `json:"activity"`
}

// mostExported is how many entries of the journal an export has at most.
const mostExported = 10_000

// Export returns what is kept about a user, and tells an EventExported.
//
// Errors: ErrNotFound, there is no such user; ErrUnavailable.
func (s *Service) Export(ctx context.Context, userID string) (Export, error) {
	u, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return Export{}, err
	}
	if err := s.intends(ctx, s.aboutUser(u, EventExported)); err != nil {
		return Export{}, err
	}
	e := Export{
		ID: u.ID, UUID: u.UUID, Phone: u.Phone.E164(), HasPassword: u.PasswordHash != "",
		Blocked: u.Blocked, Locked: u.Locked,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, SignedInAt: u.SignedInAt,
	}
	if e.Sessions, err = s.Sessions(ctx, userID); err != nil {
		return Export{}, err
	}
	e.Activity, err = s.Timeline(ctx, TimelineQuery{UserID: userID, Limit: mostExported})
	if err != nil && !errors.Is(err, ErrNoJournal) {
		return Export{}, err
	}
	for i := range e.Activity {
		e.Activity[i].Actor, e.Activity[i].Reason = "", ""
	}
	s.event(ctx, s.aboutUser(u, EventExported))
	return e, nil
}
