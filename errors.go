package phoneauth

import (
	"errors"
	"fmt"
	"time"
)

// Errors of the Service. Others are *LimitError, *HumanCheckError, *SendError and
// *PasswordError. Test these with [errors.As], and those below with [errors.Is].
var (
	// ErrInvalidPhone: the text is no valid number, or its region or type is not served.
	ErrInvalidPhone = errors.New("phoneauth: invalid phone number")
	// ErrInvalidCode: the code is wrong, expired, used up, or was never sent. These are
	// one error on purpose. A *CodeError wraps it.
	ErrInvalidCode = errors.New("phoneauth: invalid code")
	// ErrInvalidToken: a verification, refresh, device or challenge token, or that of a notice,
	// is forged, expired, used, of another number or purpose, or its account has changed or no
	// longer exists.
	ErrInvalidToken = errors.New("phoneauth: invalid token")
	// ErrInvalidPassword: the number or the password is wrong. These are one error on
	// purpose.
	ErrInvalidPassword = errors.New("phoneauth: wrong phone number or password")
	// ErrUnauthenticated: the access token is missing, forged or expired, or its session
	// or user no longer exists.
	ErrUnauthenticated = errors.New("phoneauth: not signed in")
	// ErrReauthenticate: the sign-in is more than 5 minutes old. The user must sign in
	// again to do this.
	ErrReauthenticate = errors.New("phoneauth: sign in again to do this")
	// ErrPhoneTaken: another account has the number. A UserStore returns it too.
	ErrPhoneTaken = errors.New("phoneauth: phone number is taken")
	// ErrBlocked: the code or password was right, but the account is blocked. A UserStore
	// returns it too.
	ErrBlocked = errors.New("phoneauth: account is blocked")
	// ErrLocked: the code or password was right, but the owner has locked the account,
	// because somebody else had changed it. A UserStore returns it too.
	ErrLocked = errors.New("phoneauth: account is locked by its owner")
	// ErrRefused: Hooks.BeforeSignIn refused the sign-in, and the error of the hook is wrapped
	// too. Or Hooks.BeforeSend refused what an operator asked for by Resend.
	ErrRefused = errors.New("phoneauth: refused by the host")
	// ErrNoJournal: Config.Journal has no Store.
	ErrNoJournal = errors.New("phoneauth: no journal is kept")
	// ErrChannel: the channel is not among those that are offered for this number and purpose.
	ErrChannel = errors.New("phoneauth: channel not offered")
	// ErrDetails: RegisterRequest.Details are not allowed for this purpose, are malformed, or are
	// too long for a text. The program is wrong, not its user.
	ErrDetails = errors.New("phoneauth: details cannot be named in a text")
	// ErrPurpose: the method does not serve this purpose, or the purpose is malformed.
	// The program is wrong, not its user.
	ErrPurpose = errors.New("phoneauth: purpose not served here")
	// ErrUnavailable: the store, the sender, the human check or a place for hashing was not
	// available in time. The operation may or may not have been done. Nobody was signed in. The cause
	// is wrapped for logs. It is not in the text.
	ErrUnavailable = errors.New("phoneauth: unavailable")
)

// Errors of a Store; see store.go. Most of them reach the caller of the Service as one of
// the errors above.
var (
	// ErrNotFound: there is no such record, or it has expired. Some methods of the Service
	// return it too, for a user or a session that does not exist.
	ErrNotFound = errors.New("phoneauth: not found")
	// ErrMismatch: no digest equals that of the challenge. The try was counted.
	ErrMismatch = errors.New("phoneauth: mismatch")
	// ErrStale: the user is at another epoch than the one that was named.
	ErrStale = errors.New("phoneauth: stale")
	// ErrReused: a refresh token was used a second time. Its session was ended.
	ErrReused = errors.New("phoneauth: refresh token reused")
)

// CodeError is ErrInvalidCode for a client that brought the challenge token of a live
// challenge with a wrong code. It says how many tries are left. A client that knows only
// the number is not told.
type CodeError struct {
	// TriesLeft is how many tries the challenge has left. At 0 the challenge is removed,
	// and a new code is needed.
	TriesLeft int
}

// Error returns the text of ErrInvalidCode.
func (e *CodeError) Error() string { return ErrInvalidCode.Error() }

// Unwrap returns ErrInvalidCode.
func (e *CodeError) Unwrap() error { return ErrInvalidCode }

// SpentTokenError is ErrInvalidToken for the proof of a sign-in that is authentic and has
// not expired, but was used.
type SpentTokenError struct {
	// SignedUp is true when the first use of the proof has created the account, or is
	// about to: the account is not older than the proof, or does not exist yet. The
	// client has asked twice.
	SignedUp bool
}

// Error returns the text of ErrInvalidToken, and that the token was used.
func (e *SpentTokenError) Error() string { return ErrInvalidToken.Error() + ": it was used" }

// Unwrap returns ErrInvalidToken.
func (e *SpentTokenError) Unwrap() error { return ErrInvalidToken }

// BlockedError is ErrBlocked with the account. Only a caller who has proved the number or
// the password gets it.
type BlockedError struct {
	// User is the account that is blocked.
	User User
}

// Error returns the text of ErrBlocked.
func (e *BlockedError) Error() string { return ErrBlocked.Error() }

// Unwrap returns ErrBlocked.
func (e *BlockedError) Unwrap() error { return ErrBlocked }

// Names of the limits, in LimitError.Limit and Event.Limit. In parentheses stands the field
// that configures it.
const (
	// LimitPhoneSends: the number got too many codes (Limits.PhoneSends).
	LimitPhoneSends = "phone_sends"
	// LimitChannelWait: another channel has sent a code to the number, and the wait of the
	// channel that was asked for is not over (Channel.Wait).
	LimitChannelWait = "channel_wait"
	// LimitAddressSends: the address asked for too many codes (Limits.AddressSends).
	LimitAddressSends = "address_sends"
	// LimitServiceSends: the realm sent too many codes (Limits.ServiceSends).
	LimitServiceSends = "service_sends"
	// LimitBlock: the score of the block of the number is too high (Limits.Block).
	LimitBlock = "number_block"
	// LimitWideBlock: the score of the wide block of the number is too high
	// (Limits.WideBlock).
	LimitWideBlock = "number_wide_block"
	// LimitCountry: the score of the country of the number is too high (Limits.Country).
	LimitCountry = "country"
	// LimitPhoneFailures: the number is locked after wrong codes (Limits.PhoneLockout).
	LimitPhoneFailures = "phone_failures"
	// LimitAddressFailures: too many wrong codes and passwords came from the address
	// (Limits.AddressFailures).
	LimitAddressFailures = "address_failures"
	// LimitPasswordFailures: passwords of the number must wait after wrong ones
	// (Limits.PasswordLockout).
	LimitPasswordFailures = "password_failures"
	// LimitPasswords: the number signed in by password too often (Limits.Passwords).
	LimitPasswords = "password_sign_ins"
	// LimitDeviceSends: the known devices of the number asked for 5 codes in a day that
	// were not verified. The Service then charges them to the number budgets, so no caller
	// of the Service gets this name.
	LimitDeviceSends = "device_sends"
	// LimitHumanChecks: the address was asked for too many human checks, or has answered
	// too many (60, then one each 5 s).
	LimitHumanChecks = "human_checks"
	// LimitUnverifiedSends: the address has asked for too many codes that were not
	// verified. The Service then asks for a human check, so no caller of the Service gets
	// this name.
	LimitUnverifiedSends = "unverified_sends"
	// LimitHumanCheckUsed: the answer to a human check was used before. The Service then
	// asks again, so no caller of the Service gets this name.
	LimitHumanCheckUsed = "human_check_used"
	// LimitSpendHour: codes to the country have cost as much as they may in this hour
	// (Spend.PerHour).
	LimitSpendHour = "spend_hour"
	// LimitSpendDay: the same on this day (Spend.PerDay).
	LimitSpendDay = "spend_day"
	// LimitSessions: the user has 100 live sessions, none of which a session by password
	// may end.
	LimitSessions = "sessions"
	// LimitPhoneChange: the number of the account was changed less than 72 hours ago. The owner can
	// undo that by the link of the notice (TextRules.NotMeURL), so its user cannot delete it yet.
	LimitPhoneChange = "phone_change"
)

// LimitError is a refusal by a limit, a lockout or a score. The same request may succeed
// later. Errors of one limit differ in RetryAfter only: they do not tell whether the number
// has an account.
type LimitError struct {
	// Limit is the name of the rule that refused: one of the Limit… constants.
	Limit string
	// RetryAfter is how long to wait before the request can succeed. It is more than 0.
	// The wait becomes longer when others use the same limit in between.
	RetryAfter time.Duration
}

// Error names the limit and the wait.
func (e *LimitError) Error() string {
	return fmt.Sprintf("phoneauth: limit %s: retry after %s", e.Limit, e.RetryAfter)
}

// ChannelError is ErrUnavailable for a code that a channel did not send, where several channels
// are offered. The person can ask for another one. It is never returned for a password reset.
type ChannelError struct {
	// Channel is the Name of the channel that has failed.
	Channel string
	// Channels are as in Pending. If the code was certainly not accepted, no other channel has to
	// wait for this one.
	Channels []ChannelState
	cause    error
}

// Error returns the text of its cause, an ErrUnavailable.
func (e *ChannelError) Error() string { return e.cause.Error() }

// Unwrap returns the cause: an ErrUnavailable that wraps the *SendError.
func (e *ChannelError) Unwrap() error { return e.cause }

// PasswordError says why a new password was not accepted. No code was used up.
type PasswordError struct {
	// Reason is for the user. It completes a sentence that begins with "password", such as
	// "is too short (minimum is 8 characters)". It is the text of the error that
	// PasswordRules.Check returned, if that refused.
	Reason string
}

// Error returns "phoneauth: password " and the Reason.
func (e *PasswordError) Error() string { return "phoneauth: password " + e.Reason }

// unavailable is ErrUnavailable with the step that failed and its cause. The cause can be
// found by errors.Is and As, and is logged. It is not in the text, because the text of a
// driver may hold what must not be shown.
type unavailable struct {
	step  string
	cause error
}

func (e *unavailable) Error() string   { return ErrUnavailable.Error() + ": " + e.step }
func (e *unavailable) Unwrap() []error { return []error{ErrUnavailable, e.cause} }

// causes returns the text of the cause of an ErrUnavailable, for the log.
func causes(err error) string {
	if u, ok := errors.AsType[*unavailable](err); ok {
		return u.cause.Error()
	}
	return ""
}
