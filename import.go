package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth/internal/argon2id"
	"github.com/phoneauth/phoneauth/internal/random"
)

// ImportUser is an account of another system, as its export has it. Package importer reads
// exports.
type ImportUser struct {
	// Source names the account in an [ImportProblem] and for ImportOptions.Done: its id in
	// the other system, or its place in the export. It is not stored.
	Source string
	// Phone is the number, in a form that [ParsePhone] reads. Empty means none.
	Phone string
	// Verified is true when the other system says that the owner has proved Phone. Other
	// accounts are not imported, because anybody may have typed the number there.
	Verified bool
	// PasswordHash is an argon2id hash in PHC format, or one that PasswordRules.LegacyKnown
	// knows. Empty means none.
	PasswordHash Secret
	// CreatedAt is when the other system created the account. Zero, or a time that is yet to
	// come, means the time of the import.
	CreatedAt time.Time
	// Blocked is true when the other system lets nobody sign in. The account is blocked here
	// too.
	Blocked bool
	// Unreadable is true when the export could not be read at this place. Every other field
	// but Source is ignored.
	Unreadable bool
}

// ImportOptions say how [Service.Import] works. The zero value imports as fast as it can.
type ImportOptions struct {
	// DryRun reads everything, and creates and tells nothing. It keeps about 20 bytes for each
	// number, and looks every number up by itself. A run keeps as much for each account without
	// a CreatedAt.
	DryRun bool
	// Batch is how many accounts one call of the store imports, from 1 to 1,000. 0 means 500.
	// A call that takes more than 2 seconds fails: take fewer for a slow store.
	Batch int
	// Rate is how many accounts are imported in a second at most. 0 means any number.
	Rate int
	// Progress is called after every batch, with what was done so far. Nil tells nothing.
	Progress func(ImportReport)
	// Problem is called for each account that is not imported, or not whole. Nil tells
	// nothing; the report has the counts.
	Problem func(ImportProblem)
	// Done is called for each account that was imported now or by an earlier run, so that a
	// host can note which of its ids became which. A dry run does not call it.
	Done func(source string, u ImportedUser)
}

// ImportFault says why an account was not imported, or not whole.
type ImportFault string

// The faults. All but ImportHashRefused mean that the account was not imported.
const (
	// ImportUnreadable: the export could not be read at this place.
	ImportUnreadable ImportFault = "unreadable"
	// ImportNoPhone: the account has no number.
	ImportNoPhone ImportFault = "no_phone"
	// ImportUnverified: the other system does not say that the number was proved.
	ImportUnverified ImportFault = "unverified"
	// ImportInvalidPhone: no numbering plan of today has the number. It is mistyped, or of an
	// old plan; docs/operations.md lists those that changed for most people.
	ImportInvalidPhone ImportFault = "invalid_phone"
	// ImportNotServed: the number is valid, and NumberRules do not serve it.
	ImportNotServed ImportFault = "not_served"
	// ImportTestNumber: NumberRules.Test has the number, so others know its code.
	ImportTestNumber ImportFault = "test_number"
	// ImportTaken: another account has the number, or an earlier one of the same export.
	ImportTaken ImportFault = "taken"
	// ImportHashRefused: the account was imported without its password, because nothing here
	// can verify the hash, or because it asks for too much.
	ImportHashRefused ImportFault = "hash_refused"
)

// ImportProblem is an account that was not imported, or not whole.
type ImportProblem struct {
	// Source is ImportUser.Source.
	Source string
	// Fault says why.
	Fault ImportFault
	// Phone is the number. With ImportInvalidPhone it is what the export has, of at most 32
	// bytes. It prints masked. Zero if there is none.
	Phone Phone
	// UserID is the ID of the account that has the number, for ImportTaken; it may be empty if
	// an earlier account of the export has it.
	UserID string
}

// ImportReport are the counts of an import.
type ImportReport struct {
	// Read is how many accounts the export had so far.
	Read int
	// Created is how many accounts this call created, or would have created in a dry run.
	Created int
	// Same is how many were there, because an earlier run has imported them.
	Same int
	// Passwords is how many of Created have a password.
	Passwords int
	// Problems counts the rest, by fault. Accounts with ImportHashRefused are among Created
	// or Same too.
	Problems map[ImportFault]int
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
//   - ErrUnavailable: the store failed, or the journal. A batch is tried three times, a look-up of a
//     dry run and a block once.
//   - That of ctx. The batch that was on its way may have been imported.
func (s *Service) Import(ctx context.Context, users iter.Seq2[ImportUser, error], o ImportOptions) (ImportReport, error) {
	if o.Batch == 0 {
		o.Batch = 500
	}
	if o.Batch < 1 || o.Batch > 1000 || o.Rate < 0 {
		return ImportReport{}, errors.New("phoneauth: import: Batch must be from 1 to 1000, and Rate not negative")
	}
	im := &importing{Service: s, o: o, report: ImportReport{Problems: map[ImportFault]int{}}, began: time.Now(), seen: map[uint64]struct{}{}}
	if !o.DryRun {
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
	// written is how many accounts the store was given.
	written int
	// batch are the accounts that are to be written, from and in the same order: what they
	// were in the export.
	batch []UserImport
	from  []ImportUser
	seen  map[uint64]struct{} // the numbers that twice has to know, as their digits
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
	if im.twice(in) {
		im.problem(ImportProblem{Source: u.Source, Fault: ImportTaken, Phone: n.phone})
		return
	}
	if u.PasswordHash != "" && !im.verifies(u.PasswordHash) {
		in.PasswordHash = "" // see count
	}
	im.batch, im.from = append(im.batch, in), append(im.from, u)
}

// twice reports whether an earlier account of the export has the number of in. A run leaves it to
// the store where a date tells the two apart, so that it does not remember every number.
func (im *importing) twice(in UserImport) bool {
	if !im.o.DryRun && !in.CreatedAt.IsZero() {
		return false
	}
	digits, _ := strconv.ParseUint(in.Phone.e164[1:], 10, 64) // at most 15 digits
	_, twice := im.seen[digits]
	im.seen[digits] = struct{}{}
	return twice
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
	im.written += len(im.batch)
	im.batch, im.from = im.batch[:0], im.from[:0]
	if im.o.Progress != nil {
		im.o.Progress(im.told())
	}
	if im.o.Rate == 0 || im.o.DryRun {
		return nil
	}
	due := im.began.Add(time.Duration(float64(im.written) / float64(im.o.Rate) * float64(time.Second)))
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

// lookedUp returns what ImportUsers would, several look-ups at once. The first that fails ends it.
func (im *importing) lookedUp(ctx context.Context) ([]ImportedUser, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	done := make([]ImportedUser, len(im.batch))
	const atOnce = 8
	var looked [atOnce]func()
	for first := range looked {
		looked[first] = concurrently(func() {
			for i := first; i < len(done) && ctx.Err() == nil; i += atOnce {
				user, err := im.phoneAccount(ctx, im.batch[i].Phone)
				if err != nil {
					fail(err)
				}
				done[i] = ImportedUser{User: user, Created: user.ID == ""}
			}
		})
	}
	waitForAll(looked[:])
	return done, context.Cause(ctx)
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
	if from.PasswordHash != "" && in.PasswordHash == "" {
		im.problem(ImportProblem{Source: from.Source, Fault: ImportHashRefused, Phone: in.Phone})
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
	if !in.CreatedAt.IsZero() {
		return in.CreatedAt.Equal(u.CreatedAt)
	}
	return u.SignedInAt.IsZero() && u.PasswordHash == in.PasswordHash
}
