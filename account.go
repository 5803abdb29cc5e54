package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/argon2id"
	"github.com/phoneauth/phoneauth/internal/random"
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
		for _, t := range append(s.phoneSendTakes(phonePrint, known), s.passwordTakes(phonePrint, known)...) {
			t.Cost = t.Burst
			all = append(all, t)
		}
	}
	return all
}

// Import creates the accounts of users; nil means none. It signs nobody in and changes no account that exists:
// the first sign-in of an imported account is its first (Session.First), and proves the number.
// An account is created only for a number that is valid today, is served, and was verified
// by the other system. All others are counted and told, each with its fault.
//
// Accounts are created in batches. Import can be run again with the same users, after an
// error or when the process was killed at any point: the table is then the same as after one
// run. An account is taken for the same when it has the number and the CreatedAt of the
// export; without a CreatedAt, when nobody has signed in to it and the password is the same.
//
// It tells one EventImported with the number of accounts, also after an error. Blocked accounts are
// told each. In the name of an operator (see [WithActor]) it is journaled first.
//
// Errors: the report says what was done before.
//   - An error of users ends the import, once the accounts before it are imported.
//   - ErrUnavailable: the store failed three times, or the journal.
//   - That of ctx. The batch that was on its way may have been imported.
func (s *Service) Import(ctx context.Context, users iter.Seq2[ImportUser, error], o ImportOptions) (ImportReport, error) {
	if o.Batch == 0 {
		o.Batch = 500
	}
	if o.Batch < 1 || o.Batch > 1000 || o.Rate < 0 {
		return ImportReport{}, errors.New("phoneauth: import: Batch must be from 1 to 1000, and Rate not negative")
	}
	im := &importing{Service: s, o: o, report: ImportReport{Problems: map[ImportFault]int{}}, began: time.Now()}
	if o.DryRun {
		im.seen = map[uint64]struct{}{}
	} else {
		if err := s.intends(ctx, Event{Type: EventImported}); err != nil {
			return im.report, err
		}
		defer func() {
			s.event(context.WithoutCancel(ctx), Event{Type: EventImported, Count: im.report.Created})
		}()
	}
	if users == nil {
		return im.told(), nil
	}
	for u, err := range users {
		if ctx.Err() != nil {
			return im.told(), ctx.Err()
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("phoneauth: import: %w", err), im.write(ctx))
			return im.told(), err
		}
		im.take(u)
		if len(im.batch) < o.Batch {
			continue
		}
		if err := im.write(ctx); err != nil {
			return im.told(), err
		}
	}
	err := im.write(ctx)
	return im.told(), err
}

// importTries is how often a batch is tried. Between two tries there is a second, and then two.
const importTries = 3

// importing is one call of Import.
type importing struct {
	*Service
	o      ImportOptions
	report ImportReport
	began  time.Time
	// batch are the accounts that are to be written, from and in the same order: what they
	// were in the export.
	batch []UserImport
	from  []ImportUser
	seen  map[uint64]struct{} // the numbers of a dry run, as their digits
}

// told returns the report, which its caller may keep.
func (im *importing) told() ImportReport {
	r := im.report
	r.Problems = maps.Clone(r.Problems)
	return r
}

func (im *importing) problem(p ImportProblem) {
	im.report.Problems[p.Fault]++
	if im.o.Problem != nil {
		im.o.Problem(p)
	}
}

// take puts u into the batch, if it may be imported.
func (im *importing) take(u ImportUser) {
	im.report.Read++
	n, fault := im.importable(u)
	if fault != "" {
		p := ImportProblem{Source: u.Source, Fault: fault, Phone: n.phone}
		if fault != ImportUnreadable && n.phone.IsZero() && len(u.Phone) <= 32 {
			p.Phone = StoredPhone(u.Phone)
		}
		im.problem(p)
		return
	}
	in := UserImport{Phone: n.phone, UUID: random.UUID(), PasswordHash: u.PasswordHash, CreatedAt: u.CreatedAt.UTC().Truncate(time.Microsecond)}
	if u.CreatedAt.IsZero() || in.CreatedAt.After(im.now()) {
		in.CreatedAt = time.Time{}
	}
	if u.PasswordHash != "" && !im.verifies(u.PasswordHash) {
		im.problem(ImportProblem{Source: u.Source, Fault: ImportHashRefused, Phone: n.phone})
		in.PasswordHash = ""
	}
	im.batch, im.from = append(im.batch, in), append(im.from, u)
}

// importable returns the number of u, or why u is not imported.
func (im *importing) importable(u ImportUser) (number, ImportFault) {
	switch {
	case u.Unreadable:
		return number{}, ImportUnreadable
	case u.Phone == "":
		return number{}, ImportNoPhone
	case !u.Verified:
		return number{}, ImportUnverified
	}
	n, err := parseNumber(u.Phone, im.numbers.home)
	switch _, test := im.tests[n.phone]; {
	case err != nil:
		return n, ImportInvalidPhone
	case !im.numbers.serves(n):
		return n, ImportNotServed
	case test:
		return n, ImportTestNumber
	}
	return n, ""
}

// verifies reports whether the Service can verify hash, at a cost that it bears.
func (s *Service) verifies(hash Secret) bool {
	p := &s.cfg.Password
	return argon2id.Known(string(hash)) || p.Legacy != nil && p.LegacyKnown != nil && p.LegacyKnown(hash)
}

// write imports the batch and empties it. When ctx has ended, its error is that of ctx.
func (im *importing) write(ctx context.Context) error {
	if len(im.batch) == 0 {
		return nil
	}
	err := im.writeBatch(ctx)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (im *importing) writeBatch(ctx context.Context) error {
	done, err := im.stored(ctx)
	if err != nil {
		return err
	}
	for i, u := range done {
		if err := im.count(ctx, i, u); err != nil {
			return err
		}
	}
	im.batch, im.from = im.batch[:0], im.from[:0]
	if im.o.Progress != nil {
		im.o.Progress(im.told())
	}
	if im.o.Rate == 0 || im.o.DryRun {
		return nil
	}
	written := im.report.Created + im.report.Same + im.report.Problems[ImportTaken]
	due := im.began.Add(time.Duration(float64(written) / float64(im.o.Rate) * float64(time.Second)))
	return pause(ctx, time.Until(due))
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// stored gives the batch to the store, or only asks it in a dry run.
func (im *importing) stored(ctx context.Context) ([]ImportedUser, error) {
	if im.o.DryRun {
		return im.lookedUp(ctx)
	}
	for try := 1; ; try++ {
		done, err := im.store.ImportUsers(ctx, im.batch, im.now())
		if err == nil || try == importTries || ctx.Err() != nil {
			return done, err
		}
		if err := pause(ctx, time.Duration(try)*time.Second); err != nil {
			return nil, err
		}
	}
}

// lookedUp returns what ImportUsers would, several look-ups at once.
func (im *importing) lookedUp(ctx context.Context) ([]ImportedUser, error) {
	done, errs := make([]ImportedUser, len(im.batch)), make([]error, len(im.batch))
	const atOnce = 8
	var group sync.WaitGroup
	for first := range atOnce {
		group.Go(func() {
			for i := first; i < len(im.batch); i += atOnce {
				done[i].User, errs[i] = im.phoneAccount(ctx, im.batch[i].Phone)
			}
		})
	}
	group.Wait()
	for i, in := range im.batch {
		digits, _ := strconv.ParseUint(in.Phone.e164[1:], 10, 64) // at most 15 digits
		_, twice := im.seen[digits]
		im.seen[digits] = struct{}{}
		done[i].Created = done[i].User.ID == "" && !twice
	}
	return done, errors.Join(errs...)
}

// count counts what became of the account at i of the batch, and blocks it if it must be.
func (im *importing) count(ctx context.Context, i int, u ImportedUser) error {
	in, from := &im.batch[i], &im.from[i]
	// The UUID tells who was created by a try whose outcome was not known.
	created := u.Created || u.User.UUID == in.UUID
	switch {
	case created:
		im.report.Created++
		if in.PasswordHash != "" {
			im.report.Passwords++
		}
	case !in.became(u.User):
		im.problem(ImportProblem{Source: from.Source, Fault: ImportTaken, Phone: in.Phone, UserID: u.User.ID})
		return nil
	default:
		im.report.Same++
	}
	if im.o.DryRun {
		return nil
	}
	// An account at another epoch was changed since by somebody who knew better.
	if from.Blocked && !u.User.Blocked && u.User.Epoch == 0 {
		blocked, err := im.store.UpdateUser(ctx, UserUpdate{UserID: u.User.ID, Blocked: &from.Blocked, Now: im.now()})
		switch {
		case err == nil:
			u.User = blocked
			im.event(ctx, im.aboutUser(blocked, EventBlocked))
		case !errors.Is(err, ErrStale) && !errors.Is(err, ErrNotFound):
			return err
		}
	}
	if im.o.Done != nil {
		im.o.Done(from.Source, ImportedUser{User: u.User, Created: created})
	}
	return nil
}

// became reports whether u is what an earlier import made of in.
func (in UserImport) became(u User) bool {
	if u.Phone != in.Phone { // of a dry run: an earlier account of the export has the number
		return false
	}
	if !in.CreatedAt.IsZero() {
		return in.CreatedAt.Equal(u.CreatedAt)
	}
	return u.SignedInAt.IsZero() && u.PasswordHash == in.PasswordHash
}
