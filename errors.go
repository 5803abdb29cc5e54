package phoneauth

import (
	"errors"
	"fmt"
	"time"
)

// What a caller of the Service can meet, beside *LimitError, *SendError and
// *PasswordError. Test with [errors.Is].
var (
	// ErrInvalidPhone: no valid number, or one whose region or type is not allowed.
	ErrInvalidPhone = errors.New("phoneauth: invalid phone number")
	// ErrInvalidCode: wrong, expired, used up, or never sent; on purpose one error. A
	// *CodeError is one, too.
	ErrInvalidCode = errors.New("phoneauth: invalid code")
	// ErrInvalidToken: a verification or refresh token that is forged, expired, used,
	// of another phone or purpose, or of a user who is gone.
	ErrInvalidToken = errors.New("phoneauth: invalid token")
	// ErrInvalidPassword: wrong phone or password; on purpose one error.
	ErrInvalidPassword = errors.New("phoneauth: wrong phone number or password")
	// ErrUnauthenticated: an access token that is missing, forged or expired, or whose
	// session or user is gone.
	ErrUnauthenticated = errors.New("phoneauth: not signed in")
	// ErrReauthenticate: the sign-in is too old for what is asked; sign in again.
	ErrReauthenticate = errors.New("phoneauth: sign in again to do this")
	// ErrPhoneTaken: the number belongs to an account already. A UserStore returns it
	// too.
	ErrPhoneTaken = errors.New("phoneauth: phone number is taken")
	// ErrBlocked: the secret proved right, but the account is blocked. A UserStore
	// returns it too.
	ErrBlocked = errors.New("phoneauth: account is blocked")
	// ErrLocked: the secret proved right, but the owner has locked the account, after a
	// change that was not theirs. A UserStore returns it too.
	ErrLocked = errors.New("phoneauth: account is locked by its owner")
	// ErrRefused: Config.BeforeSignIn said no. The hook's error is wrapped beside it.
	ErrRefused = errors.New("phoneauth: sign-in refused")
	// ErrPurpose: a purpose that this method does not serve, or a malformed one. A
	// fault of the program, not of its user.
	ErrPurpose = errors.New("phoneauth: purpose not served here")
	// ErrUnavailable: the store, the sender or a hash slot did not answer in time. What
	// was asked may or may not have happened; nobody was let in. The cause is wrapped,
	// for logs, and is not part of the text.
	ErrUnavailable = errors.New("phoneauth: unavailable")
)

// What a Store answers; see store.go. The Service turns them into the errors above.
var (
	// ErrNotFound: there is no such record, or it is gone.
	ErrNotFound = errors.New("phoneauth: not found")
	// ErrMismatch: the digest is not the challenge's; the try was counted.
	ErrMismatch = errors.New("phoneauth: mismatch")
	// ErrStale: the user's epoch is another.
	ErrStale = errors.New("phoneauth: stale")
	// ErrReused: a refresh token was used a second time; its family is ended.
	ErrReused = errors.New("phoneauth: refresh token reused")
)

// CodeError is ErrInvalidCode for whoever brought the session token of a live challenge:
// they hear how many tries it has left. Whoever has the number only does not.
type CodeError struct {
	// TriesLeft of the challenge. At 0 it is gone, and a new code is needed.
	TriesLeft int
}

func (e *CodeError) Error() string { return ErrInvalidCode.Error() }

// Unwrap returns ErrInvalidCode.
func (e *CodeError) Unwrap() error { return ErrInvalidCode }

// SpentTokenError is ErrInvalidToken for a sign-in proof that is authentic and has not
// expired, but was used.
type SpentTokenError struct {
	// SignedUp: the phone's account is not older than the proof, or there is none yet. So
	// the first use of the proof has signed up, or is about to: the client asked twice.
	SignedUp bool
}

func (e *SpentTokenError) Error() string { return ErrInvalidToken.Error() + ": it was used" }

// Unwrap returns ErrInvalidToken.
func (e *SpentTokenError) Unwrap() error { return ErrInvalidToken }

// BlockedError is ErrBlocked with the account, for whoever has proved to be its owner.
type BlockedError struct {
	User User
}

func (e *BlockedError) Error() string { return ErrBlocked.Error() }

// Unwrap returns ErrBlocked.
func (e *BlockedError) Unwrap() error { return ErrBlocked }

// LimitError is a refusal that time mends. Errors of one limit differ in RetryAfter
// only, whatever the number is and whether or not it has an account.
type LimitError struct {
	// Limit is the name of the rule that refused, one of the Limit… constants.
	Limit string
	// RetryAfter is how long to wait, more than 0, unless others take in between.
	RetryAfter time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("phoneauth: limit %s: retry after %s", e.Limit, e.RetryAfter)
}

// PasswordError says why a new password was not accepted. Nothing was consumed.
type PasswordError struct {
	// Reason is for the user, and completes "password …": "is too short (minimum is 8
	// characters)", or the text of the error that PasswordRules.Check returned.
	Reason string
}

func (e *PasswordError) Error() string { return "phoneauth: password " + e.Reason }

// unavailable is ErrUnavailable with the step that failed and its cause. The cause is
// reachable by errors.Is and As, and logged, but not in the text: a driver's words are
// not ours to show.
type unavailable struct {
	step  string
	cause error
}

func (e *unavailable) Error() string   { return ErrUnavailable.Error() + ": " + e.step }
func (e *unavailable) Unwrap() []error { return []error{ErrUnavailable, e.cause} }

// causes is the text of what was wrong behind an ErrUnavailable, for the log.
func causes(err error) string {
	if u, ok := errors.AsType[*unavailable](err); ok {
		return u.cause.Error()
	}
	return ""
}
