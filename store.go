package phoneauth

import (
	"context"
	"errors"
	"time"
)

// Store keeps what a [Service] must remember: challenges and limits, users, and
// sessions. [Stores] puts one together from parts that live in different databases.
// Package storetest holds every sentence of the contracts below as a test, and
// docs/writing-a-store.md leads through a store of your own.
//
// The Service holds every rule; a store holds none. What a step does to the rows it
// names is written once, in Go, beside the records: see [BeginParams.Run],
// [AttemptParams.Run], [TakeParams.Run], [GiveBackParams.Run], [Lockout], [SignIn],
// [UserUpdate], [Rotation] and [NewSession]. A store loads rows, calls that, and writes
// what has changed, in one transaction.
//
// Each verb is one atomic step: one statement or one short transaction, one script, one
// critical section. These rules hold for all of them:
//
//   - A store is safe for concurrent use, by goroutines and by processes. A verb returns
//     soon after its context ends. A verb whose context ends may have done its work.
//   - A store never reads a clock: the time is an argument. Times are UTC and whole
//     microseconds, and come back as the same instant in UTC; the zero time comes
//     back zero. Durations are rounded up to whole microseconds. Something with an expiry
//     is live while now is before it, and gone at that very microsecond, whether or not
//     its row is still there. Times of concurrent callers may differ and may go back.
//   - Values go in and come out: a store neither keeps nor changes a slice it was
//     handed, and what it returns is the caller's.
//   - Keys and ids are opaque printable ASCII of at most 128 bytes, compared byte by
//     byte. Empty and nil byte slices are the same. Challenges, limits, lockouts and
//     scores each have keys of their own: one string may be the key of all four. A list
//     may name one key twice: the second use sees what the first has done.
//   - Errors: the named ones are answers, tested with [errors.Is] and [errors.As], and
//     [IsAnswer] tells them. They leave the store as it was, except those of [Commits].
//     Where a verb does not say what stands beside an error, the value is zero. Any other
//     error means that the outcome is unknown; the Service then lets nobody in. No
//     error text holds an argument or a connection string.
type Store interface {
	ChallengeStore
	UserStore
	SessionStore
}

// Purger is what a store implements when it does not drop by itself what has expired.
type Purger interface {
	// Purge removes what is gone at now, and returns how many records that were. It
	// changes no answer of any verb; it may run at any time, also concurrently.
	Purge(ctx context.Context, now time.Time) (int, error)
}

// Stores joins parts to a [Store]: users in SQL, say, and the rest in Redis.
type Stores struct {
	ChallengeStore
	UserStore
	SessionStore
}

// Purge asks every part that is a [Purger], and adds up what they removed. It goes on
// after an error, and returns all of them joined.
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

// IsAnswer reports whether err is an answer of a store: one that its contract names. The
// outcome of the verb is known then. Any other error is a fault, and the outcome is
// unknown.
func IsAnswer(err error) bool {
	for _, answer := range [...]error{ErrNotFound, ErrMismatch, ErrStale, ErrReused, ErrBlocked, ErrLocked, ErrPhoneTaken} {
		if errors.Is(err, answer) {
			return true
		}
	}
	_, limited := errors.AsType[*LimitError](err)
	return limited
}

// Commits reports whether a step that ends with err has changed rows all the same, so
// that its transaction must be committed: a step without an error; AttemptChallenge with
// ErrMismatch, which counts the try, or with ErrNotFound, which keeps what was taken; and
// RotateSession with ErrReused, which ends the session.
func Commits(err error) bool {
	return err == nil || errors.Is(err, ErrMismatch) || errors.Is(err, ErrReused) || errors.Is(err, ErrNotFound)
}
