package phoneauth

import (
	"context"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth/internal/deadline"
)

// Store keeps what a [Service] must remember: challenges and limits, users, and sessions.
// [Stores] joins parts that are in different databases. Package storetest tests every
// sentence of the contracts below. docs/writing-a-store.md explains how to write a store.
//
// A store contains no rules of its own. The functions that compute what a step does to its
// rows are in this package: [BeginParams.Run], [AttemptParams.Run], [TakeParams.Run],
// [GiveBackParams.Run], [StateParams.Run], [Lockout.Run], [SignIn.Run], [UserUpdate.Apply],
// [UserImport.Apply], [Rotation.Apply] and [NewSession.Evict]. In one transaction, a store
// loads rows, calls such a function, and writes the rows that have changed.
//
// The methods are called verbs here. Each verb is one atomic step: one statement, one short
// transaction, one script, or one critical section. These rules apply to all verbs:
//
//   - A store is safe for concurrent use, by goroutines and by processes. A verb returns
//     soon after its context ends. A verb whose context ends may have done its work.
//   - A store never reads a clock: the time is an argument. Times are UTC and whole
//     microseconds, and come back as the same instant in UTC; the zero time comes
//     back zero. Durations are rounded up to whole microseconds. Something with an expiry
//     is live while now is before it, and gone at that very microsecond, whether or not
//     its row is still there. Times of concurrent callers may differ and may go back.
//   - A store copies values: a store neither keeps nor changes a slice it was handed, and
//     what it returns belongs to the caller.
//   - Keys and ids are opaque printable ASCII of at most 128 bytes, compared byte by
//     byte. Empty and nil byte slices are the same. Challenges, limits, lockouts and
//     scores each have keys of their own: one string may be the key of all four. A list
//     may name one key twice: the second use sees what the first has done.
//   - The errors that a contract names are answers. Test them with [errors.Is] and
//     [errors.As]; [IsAnswer] knows them all. An answer leaves the store as it was, unless
//     [Commits] is true for it. Where a verb does not say what it returns beside an error,
//     the value is zero. Any other error means that the outcome is unknown, and the
//     Service then signs nobody in. No error text holds an argument or a connection
//     string.
type Store interface {
	ChallengeStore
	UserStore
	SessionStore
}

// Purger is implemented by stores that do not remove expired records by themselves. The host
// calls Purge about once a minute.
type Purger interface {
	// Purge removes what is gone at now, and returns how many records it removed. It
	// changes no answer of any verb but [JournalStore].CountEntries; it may run at any time,
	// also concurrently.
	Purge(ctx context.Context, now time.Time) (int, error)
}

// Stores is a [Store] made of parts, such as users in SQL and the rest in Redis. Its
// SessionStore may be nil under Config.HostSessions. The other parts are required. If one
// [SessionAttempter] keeps both challenges and sessions, give the same value for both.
type Stores struct {
	ChallengeStore
	UserStore
	SessionStore
}

// Purge calls Purge of every part that is a [Purger], and returns the sum of what they
// removed. It calls all of them even after an error, and joins their errors.
func (s Stores) Purge(ctx context.Context, now time.Time) (int, error) {
	var removed int
	var errs []error
	for _, part := range []any{s.ChallengeStore, s.UserStore, s.SessionStore} {
		if p, ok := part.(Purger); ok {
			n, err := p.Purge(ctx, now)
			removed += n
			errs = append(errs, err)
		}
	}
	return removed, errors.Join(errs...)
}

// IsAnswer reports whether err is an answer of a store: an error that its contract names.
// The outcome of the verb is then known. Any other error is a fault, and the outcome is
// unknown. IsAnswer is false for nil.
func IsAnswer(err error) bool {
	for _, answer := range [...]error{ErrNotFound, ErrMismatch, ErrStale, ErrReused, ErrBlocked, ErrLocked, ErrPhoneTaken} {
		if errors.Is(err, answer) {
			return true
		}
	}
	_, limited := errors.AsType[*LimitError](err)
	return limited
}

// Commits reports whether the transaction of a step that ends with err must be committed.
// It is true without an error; for ErrMismatch, because AttemptChallenge counts the try; for
// ErrNotFound, because AttemptChallenge keeps what was taken; and for ErrReused, because
// RotateSession ends the session. Other steps that return ErrNotFound have changed nothing,
// so committing them does no harm.
func Commits(err error) bool {
	return err == nil || errors.Is(err, ErrMismatch) || errors.Is(err, ErrReused) || errors.Is(err, ErrNotFound)
}

// Around is called for every method of a wrapped store. verb is the name of the method, such
// as "BeginChallenge". AdmitUser of an [Admitter], RefreshSession of a [Refresher] and OpenSession of an
// [Opener] are calls of their own, in place of those that they join. Around must call call exactly once, with ctx or a context made of it.
// The error that Around returns is the error of the method. It is called concurrently.
type Around func(ctx context.Context, verb string, call func(context.Context) error) error

// WrapStore returns a Store that calls around for every method of s, so that calls can be
// bounded, measured or traced. When a method returns an error for which [IsAnswer] is false,
// its other result is replaced by the zero value. The Store is a [Purger] exactly if s is
// one. It is an [Opener] exactly if s is one, or a [Stores] whose challenges and sessions are in one
// [SessionAttempter].
func WrapStore(s Store, around Around) Store {
	w := wrapped{s, around}
	if inner, ok := s.(interface{ parts() wrapped }); ok {
		w = inner.parts().within(around)
	}
	opener, opens := openerOf(w.store)
	_, purges := s.(Purger)
	switch {
	case opens && purges:
		return struct {
			wrapped
			wrappedOpener
			wrappedPurger
		}{w, wrappedOpener{w, opener}, wrappedPurger{w}}
	case opens:
		return struct {
			wrapped
			wrappedOpener
		}{w, wrappedOpener{w, opener}}
	case purges:
		return struct {
			wrapped
			wrappedPurger
		}{w, wrappedPurger{w}}
	}
	return w
}

// unwrap returns the Store that was wrapped.
func (w wrapped) unwrap() Store { return w.store }

func (w wrapped) parts() wrapped { return w }

// within returns w with around in front of its own: one wrapper costs less than two.
func (w wrapped) within(around Around) wrapped {
	inner := w.around
	return wrapped{w.store, func(ctx context.Context, verb string, call func(context.Context) error) error {
		return around(ctx, verb, func(ctx context.Context) error { return inner(ctx, verb, call) })
	}}
}

// wrapped is a Store with around in front of each method.
type wrapped struct {
	store  Store
	around Around
}

// known returns the result of a method, or the zero value if the outcome is unknown.
func known[T any](v T, err error) (T, error) {
	if err != nil && !IsAnswer(err) {
		var none T
		return none, err
	}
	return v, err
}

// wrappedOpener is the OpenSession of a wrapped Store.
type wrappedOpener struct {
	of     wrapped
	opener Opener
}

// OpenSession implements [Opener].
func (w wrappedOpener) OpenSession(ctx context.Context, o Opening) (v Opened, err error) {
	err = w.of.around(ctx, "OpenSession", func(ctx context.Context) (err error) { v, err = w.opener.OpenSession(ctx, o); return err })
	return known(v, err)
}

// wrappedPurger is the Purge of a wrapped Store.
type wrappedPurger struct{ of wrapped }

// Purge returns the count also with an error: so many records were removed.
func (w wrappedPurger) Purge(ctx context.Context, now time.Time) (removed int, err error) {
	purger := w.of.store.(Purger)
	err = w.of.around(ctx, "Purge", func(ctx context.Context) (err error) {
		removed, err = purger.Purge(ctx, now)
		return err
	})
	return removed, err
}

func (w wrapped) BeginChallenge(ctx context.Context, p BeginParams) (v BeginResult, err error) {
	err = w.around(ctx, "BeginChallenge", func(ctx context.Context) (err error) { v, err = w.store.BeginChallenge(ctx, p); return err })
	return known(v, err)
}

func (w wrapped) AttemptChallenge(ctx context.Context, p AttemptParams) (v Challenge, err error) {
	err = w.around(ctx, "AttemptChallenge", func(ctx context.Context) (err error) { v, err = w.store.AttemptChallenge(ctx, p); return err })
	return known(v, err)
}

func (w wrapped) CancelChallenges(ctx context.Context, keys ...string) error {
	return w.around(ctx, "CancelChallenges", func(ctx context.Context) error { return w.store.CancelChallenges(ctx, keys...) })
}

func (w wrapped) TakeLimits(ctx context.Context, p TakeParams) error {
	return w.around(ctx, "TakeLimits", func(ctx context.Context) error { return w.store.TakeLimits(ctx, p) })
}

func (w wrapped) GiveBack(ctx context.Context, p GiveBackParams) error {
	return w.around(ctx, "GiveBack", func(ctx context.Context) error { return w.store.GiveBack(ctx, p) })
}

func (w wrapped) CountFailure(ctx context.Context, l Lockout, now time.Time) error {
	return w.around(ctx, "CountFailure", func(ctx context.Context) error { return w.store.CountFailure(ctx, l, now) })
}

func (w wrapped) ClearFailures(ctx context.Context, key string) error {
	return w.around(ctx, "ClearFailures", func(ctx context.Context) error { return w.store.ClearFailures(ctx, key) })
}

func (w wrapped) ReadState(ctx context.Context, p StateParams) (v State, err error) {
	err = w.around(ctx, "ReadState", func(ctx context.Context) (err error) { v, err = w.store.ReadState(ctx, p); return err })
	return known(v, err)
}

func (w wrapped) SignInUser(ctx context.Context, s SignIn) (v SignedIn, err error) {
	err = w.around(ctx, "SignInUser", func(ctx context.Context) (err error) { v, err = w.store.SignInUser(ctx, s); return err })
	return known(v, err)
}

func (w wrapped) UserByID(ctx context.Context, id string) (v User, err error) {
	err = w.around(ctx, "UserByID", func(ctx context.Context) (err error) { v, err = w.store.UserByID(ctx, id); return err })
	return known(v, err)
}

func (w wrapped) UserByPhone(ctx context.Context, p Phone) (v User, err error) {
	err = w.around(ctx, "UserByPhone", func(ctx context.Context) (err error) { v, err = w.store.UserByPhone(ctx, p); return err })
	return known(v, err)
}

func (w wrapped) UpdateUser(ctx context.Context, u UserUpdate) (v User, err error) {
	err = w.around(ctx, "UpdateUser", func(ctx context.Context) (err error) { v, err = w.store.UpdateUser(ctx, u); return err })
	return known(v, err)
}

func (w wrapped) ImportUsers(ctx context.Context, users []UserImport, now time.Time) (v []ImportedUser, err error) {
	err = w.around(ctx, "ImportUsers", func(ctx context.Context) (err error) { v, err = w.store.ImportUsers(ctx, users, now); return err })
	return known(v, err)
}

func (w wrapped) DeleteUser(ctx context.Context, id string) error {
	return w.around(ctx, "DeleteUser", func(ctx context.Context) error { return w.store.DeleteUser(ctx, id) })
}

func (w wrapped) CreateSession(ctx context.Context, n NewSession) (v SessionRecord, err error) {
	err = w.around(ctx, "CreateSession", func(ctx context.Context) (err error) { v, err = w.store.CreateSession(ctx, n); return err })
	return known(v, err)
}

func (w wrapped) SessionByID(ctx context.Context, id string, now time.Time) (v SessionRecord, err error) {
	err = w.around(ctx, "SessionByID", func(ctx context.Context) (err error) { v, err = w.store.SessionByID(ctx, id, now); return err })
	return known(v, err)
}

func (w wrapped) UserSessions(ctx context.Context, userID string, now time.Time) (v []SessionRecord, err error) {
	err = w.around(ctx, "UserSessions", func(ctx context.Context) (err error) { v, err = w.store.UserSessions(ctx, userID, now); return err })
	return known(v, err)
}

func (w wrapped) RotateSession(ctx context.Context, r Rotation) (v SessionRecord, err error) {
	err = w.around(ctx, "RotateSession", func(ctx context.Context) (err error) { v, err = w.store.RotateSession(ctx, r); return err })
	return known(v, err)
}

// AdmitUser implements [Admitter]. If the store is none, it calls both verbs.
func (w wrapped) AdmitUser(ctx context.Context, p TakeParams, phone Phone) (u User, err error) {
	store, ok := w.store.(Admitter)
	if !ok {
		if err := w.TakeLimits(ctx, p); err != nil {
			return User{}, err
		}
		return w.UserByPhone(ctx, phone)
	}
	err = w.around(ctx, "AdmitUser", func(ctx context.Context) (err error) { u, err = store.AdmitUser(ctx, p, phone); return err })
	return known(u, err)
}

// RefreshSession implements [Refresher]. It returns ErrNotFound if the store is no Refresher.
func (w wrapped) RefreshSession(ctx context.Context, userID, uuid string, r Rotation) (u User, v SessionRecord, err error) {
	store, ok := w.store.(Refresher)
	if !ok {
		return User{}, SessionRecord{}, ErrNotFound
	}
	err = w.around(ctx, "RefreshSession", func(ctx context.Context) (err error) {
		u, v, err = store.RefreshSession(ctx, userID, uuid, r)
		return err
	})
	if err != nil {
		return User{}, SessionRecord{}, err
	}
	return u, v, nil
}

func (w wrapped) EndSession(ctx context.Context, userID, id string) error {
	return w.around(ctx, "EndSession", func(ctx context.Context) error { return w.store.EndSession(ctx, userID, id) })
}

func (w wrapped) EndUserSessions(ctx context.Context, userID, exceptID string) error {
	return w.around(ctx, "EndUserSessions", func(ctx context.Context) error { return w.store.EndUserSessions(ctx, userID, exceptID) })
}

// storeDeadline bounds every call of the store.
const storeDeadline = 2 * time.Second

// guarded returns s with a deadline for every call. Every error of it is either an answer
// (see IsAnswer) or ErrUnavailable.
func guarded(s Store) Store {
	return WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		bounded := deadline.New(ctx, storeDeadline)
		defer bounded.End()
		err := call(bounded)
		if err == nil || IsAnswer(err) {
			return err
		}
		return &unavailable{verb, err}
	})
}

// JournalStore keeps the journal: the list of what happened to a phone or an account, which a
// support desk reads. It is not part of a [Store]: Config.Journal takes it. The general rules of
// Store apply to it.
type JournalStore interface {
	// AppendEntries stores entries. An entry whose ID the store has already adds its Count
	// to that one and changes nothing else: so an entry without a Count may be appended
	// again after an unknown outcome. Concurrent callers are all counted.
	AppendEntries(ctx context.Context, entries []JournalEntry) error

	// Entries returns the entries that q asks for, newest first; between equal times the
	// smaller ID comes first. Entries that are gone at q.Now are left out.
	Entries(ctx context.Context, q JournalQuery) ([]JournalEntry, error)

	// CountEntries returns how many entries there are of each kind with a Time from q.From
	// on and before q.To, in any order. An entry counts as its Count, or as 1: see
	// JournalEntry.Counted. An entry that has expired may be counted until it is removed.
	CountEntries(ctx context.Context, q JournalCountQuery) ([]JournalCount, error)

	// BlankEntries empties Data, MessageID and UserID of the entries of this user, and of
	// the entries with this print whose Time is before the given one. All else stays. An
	// empty userID or print matches nothing.
	BlankEntries(ctx context.Context, userID, print string, before time.Time) error
}

// JournalEntry is one line of the journal. It holds no secret and no whole number.
type JournalEntry struct {
	// ID is unique. It begins with the time and is random, or it is made of what the entry
	// counts.
	ID string
	// Time is when it happened.
	Time time.Time
	// ExpiresAt is when the entry is gone.
	ExpiresAt time.Time
	// Print is the print of the phone. UserID is User.ID. Either may be empty.
	Print, UserID string
	// MessageID is Receipt.ID. Delivery reports find the send by it. It may be empty.
	MessageID string
	// Type says what happened.
	Type EventType
	// Region, Purpose, Channel and Sender are what entries are counted by; each may be
	// empty. Sender of an EventLimited is the limit that refused.
	Region, Purpose, Channel, Sender string
	// Count is how many refusals of one rule the entry stands for. It is 0 for other
	// entries, and for refusals of operators.
	Count int
	// Data is everything else, opaque to the store, at most 1 KiB.
	Data []byte
}

// Counted returns what e adds to the counts of [JournalStore].CountEntries: its hour, its
// kind, and its Count or 1.
func (e JournalEntry) Counted() JournalCount {
	return JournalCount{
		Hour: e.Time.UTC().Truncate(time.Hour), Type: e.Type,
		Region: e.Region, Purpose: e.Purpose, Channel: e.Channel, Sender: e.Sender,
		Count: max(e.Count, 1),
	}
}

// JournalQuery is the argument of [JournalStore].Entries.
type JournalQuery struct {
	// Print or UserID or MessageID: exactly one is set.
	Print, UserID, MessageID string
	// Before leaves out entries of this time and later; zero leaves out none.
	Before time.Time
	// Limit is how many entries are returned at most, at least 1.
	Limit int
	// Now decides which entries have expired.
	Now time.Time
}

// JournalCountQuery is the argument of [JournalStore].CountEntries.
type JournalCountQuery struct {
	// From is the first time that counts. To is the first one after it that does not.
	From, To time.Time
}

// JournalCount says how many entries of one kind there are in one hour.
type JournalCount struct {
	// Hour is the beginning of the hour, UTC.
	Hour time.Time
	// Type is that of the entries.
	Type EventType
	// Region, Purpose, Channel and Sender are those of the entries.
	Region, Purpose, Channel, Sender string
	// Count is the sum of the counts of the entries, where an entry without a Count
	// counts as 1.
	Count int
}
