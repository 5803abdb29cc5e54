package phoneauth

import (
	"context"
	"errors"
	"time"
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
	// changes no answer of any verb; it may run at any time, also concurrently.
	Purge(ctx context.Context, now time.Time) (int, error)
}

// Stores is a [Store] made of parts, such as users in SQL and the rest in Redis. Its
// SessionStore may be nil under Config.HostSessions. The other parts are required.
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
