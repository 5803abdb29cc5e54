package phoneauth

import (
	"context"
	"errors"
	"time"
)

// Store keeps what must be remembered: challenges and limits, users, and
// sessions. [Stores] puts one together from parts that live in different
// databases. The suite in package storetest holds every sentence below as a test.
//
// The Service holds every rule; a store holds none. Each verb is one atomic step:
// one statement or one short transaction, one script, one critical section. These
// rules hold for all of them:
//
//   - A store is safe for concurrent use, by goroutines and by processes. It returns soon
//     after its context ends.
//   - A store never reads a clock: the time is an argument. Times are UTC and whole
//     microseconds, and come back as the same instant in UTC; the zero time comes
//     back zero. Something with an expiry is live while now is before it, and gone
//     at that very microsecond, whether or not its row is still there.
//   - Values go in and come out: a store neither keeps nor changes a slice it was
//     handed, and what it returns is the caller's.
//   - Keys and ids are opaque printable ASCII of at most 128 bytes, compared byte by
//     byte. Empty and nil byte slices are the same. Challenges, limits, failures and
//     budgets each have keys of their own: one string may be all four.
//   - Errors: the named ones are answers, tested with [errors.Is] and [errors.As],
//     and unless a verb says otherwise they leave the store as it was. Any other
//     error means that the outcome is unknown; the Service then lets nobody in. No
//     error text holds an argument or a connection string.
type Store interface {
	ChallengeStore
	UserStore
	SessionStore
}

// ChallengeStore keeps everything short-lived: challenges and proofs, limits,
// failure counters and budgets.
type ChallengeStore interface {
	// BeginChallenge asks and takes what b names, then stores b.Challenge or, when a
	// live challenge has its Key, touches that one and returns it. The order of
	// refusals: b.Failures locked, b.Renew unmet, each of b.Takes, each of b.Budgets.
	//
	// Touching keeps ID, Digest, Sealed, TriesLeft and Until of the live challenge;
	// replaces Pending; adds the given Sends to its Sends; and moves ExpiresAt to the
	// given one or to Until, whichever is earlier. With b.Renew it also replaces ID.
	//
	// *LimitError: refused, by the first limit in that order to say no. ErrNotFound:
	// b.Renew names no live challenge under this Key. Either way nothing is stored,
	// touched, taken or charged. Of concurrent callers with one new Key exactly one
	// stores, the others touch. A challenge has at least one try left while it lives.
	BeginChallenge(ctx context.Context, b Begin) (Begun, error)

	// AttemptChallenge counts one try and compares a.Digests with the challenge's
	// Digest. In order, all in one step:
	//
	//   - a.Failures is locked, or one of a.Takes refuses: *LimitError, nothing is
	//     taken or counted.
	//   - No live challenge has a.Key, or a.ID is set and is not its ID: ErrNotFound.
	//     The takes stay taken, nothing else is counted.
	//   - No digest equals: ErrMismatch. The takes stay taken, TriesLeft falls by one,
	//     a failure is counted, and the returned Challenge's TriesLeft says what
	//     remains; at none the challenge is gone. An empty digest equals nothing.
	//   - One equals: the challenge is taken away and returned as it was, of any number
	//     of concurrent callers to exactly one. a.Then is stored, the failure counter
	//     is cleared, a.GiveBack is given back, and the scores of a.Earned are credited.
	AttemptChallenge(ctx context.Context, a Attempt) (Challenge, error)

	// CancelChallenges takes away the challenges with these keys. Keys without a
	// challenge are no error. Counters, limits and scores stay.
	CancelChallenges(ctx context.Context, keys ...string) error

	// TakeLimits takes all of takes or none: *LimitError names the first that refused.
	TakeLimits(ctx context.Context, takes []Take, now time.Time) error

	// CountFailure counts one failure of f, and locks f.Key when the count reaches a
	// step; with a zero Key it does nothing. *LimitError: it is locked at now, nothing
	// was counted. Concurrent callers are all counted; those after the one that locked
	// are refused.
	CountFailure(ctx context.Context, f Failures, now time.Time) error

	// ClearFailures forgets the count and the lock of key. A key without either is no
	// error.
	ClearFailures(ctx context.Context, key string) error
}

// Challenge is one secret given to one phone for one purpose, or a proof that such a
// secret was given back.
type Challenge struct {
	// Key is where the challenge is found; there is one live challenge a key. It begins
	// with the phone's print in braces, so that all of one phone is one Redis slot.
	Key string
	// ID tells this challenge from earlier and later ones under its key.
	ID string
	// Digest of the secret, keyed. Never empty.
	Digest []byte
	// Sealed holds what the Service must read back: encrypted, at most 1 KiB.
	Sealed []byte
	// Pending holds a password that waits for the proof: encrypted, at most 1 KiB.
	Pending []byte
	// TriesLeft is how often the secret may still be compared, at least 1 when stored.
	TriesLeft int
	// Sends counts the codes sent for this challenge, as Begin said.
	Sends int
	// ExpiresAt is when the challenge is gone, Until the latest time to which touching
	// moves it.
	ExpiresAt, Until time.Time
}

// Begin is what [ChallengeStore].BeginChallenge is asked to do.
type Begin struct {
	Challenge Challenge
	// Renew, unless empty, is the ID of the live challenge to be touched and renamed to
	// Challenge.ID. Without it a touched challenge keeps its ID.
	Renew string
	// Failures is asked, never counted. A zero Key asks nothing.
	Failures Failures
	// Takes and Budgets are taken in this order, all or none.
	Takes   []Take
	Budgets []Budget
	Now     time.Time
}

// Begun is the outcome of [ChallengeStore].BeginChallenge.
type Begun struct {
	// Challenge is the live challenge, as stored or as touched.
	Challenge Challenge
	// ResendAt is the earliest time at which Takes, asked again, would all be admitted
	// if nobody else took; Begin.Now when that is at once.
	ResendAt time.Time
}

// Attempt is what [ChallengeStore].AttemptChallenge is asked to do.
type Attempt struct {
	Key string
	// ID, unless empty, is the ID the challenge must have.
	ID string
	// Digests of the presented secret, one for each live key.
	Digests [][]byte
	// Then, unless nil, is stored on a match, in the same step, in place of whatever has
	// its Key.
	Then *Challenge
	// Failures is asked first, counted on a mismatch, cleared on a match. A zero Key
	// does none of it.
	Failures Failures
	// Takes are taken first. GiveBack is given back on a match: its costs are negative.
	Takes, GiveBack []Take
	// Earned are the scores to credit on a match, each by one change: Add once for each of
	// the challenge's Sends, and Bonus.Add once more if Bonus.Take is admitted. Max does
	// not matter, and a sum of zero changes nothing.
	Earned []Budget
	// Bonus is taken on a match when Earned is not empty; its refusal refuses nothing.
	Bonus Bonus
	Now   time.Time
}

// Bonus is a credit beyond what was charged, once for as often as Take is admitted.
type Bonus struct {
	Take Take
	Add  float64
}

// Limit admits Burst at once, then one each Every: the generic cell rate algorithm.
//
// It keeps one instant a key, tat, the zero time at first. With t the later of tat
// and now, a cost of c is admitted when t + c·Every − now ≤ Burst·Every, and then tat
// becomes t + c·Every. A refusal's RetryAfter is how long until that would hold. A
// store may forget tat once now has reached it. The zero Limit is no limit: the
// Service never hands it to a store.
type Limit struct {
	Burst int
	Every time.Duration
}

// Take is one use of a Limit.
type Take struct {
	// Name says which rule this is; it is LimitError.Limit when the take is refused.
	Name string
	Key  string
	Limit
	// Cost is how many are taken. Zero asks whether one would be admitted and takes
	// nothing. A negative cost gives back: tat becomes tat + Cost·Every, always
	// admitted. One key may be asked under several Bursts of the same Every.
	Cost int
}

// Budget is a decaying score: the guard against SMS pumping.
//
// A positive score (owed) fades with the e-fold time Owed, a negative one (earned)
// with the e-fold time Earned: after d it is score·e^(−d/Owed) or score·e^(−d/Earned).
// A charge is refused when the faded score plus Add, rounded half away from zero,
// exceeds Max; RetryAfter is how long until it would be admitted, or where no wait
// would do, until the score is forgotten. Else the sum becomes the score. A time before
// the last change fades nothing, and the later of the two is then the last change. A store may forget
// a score four times the longer of Owed and Earned after its last change.
type Budget struct {
	// Name says which rule this is; it is LimitError.Limit when the charge is refused.
	Name string
	Key  string
	// Max is the score not to be exceeded by a charge; +Inf refuses nothing.
	Max float64
	// Add is the charge, positive in Begin, negative in Attempt.
	Add          float64
	Owed, Earned time.Duration
	// Thin and Weight spare the row of a busy key: while its faded score is below Thin,
	// each change is multiplied by Weight, and with Weight 0 nothing is written. What is
	// refused goes by Add alone. Thin 0 is never.
	Thin, Weight float64
}

// Failures is a counter of failures in a row, with locks.
//
// When the count reaches Steps[i].At, the key is locked for Steps[i].Wait from then;
// beyond the last step each further failure locks for the last Wait. It is locked
// while now is before the lock's end. The count is forgotten once neither a failure
// came for Forget nor the lock holds.
type Failures struct {
	// Name says which rule this is; it is LimitError.Limit while the key is locked.
	Name   string
	Key    string
	Steps  []Step // ascending by At, the first At at least 1
	Forget time.Duration
}

// Step locks a Failures counter for Wait when its count reaches At.
type Step struct {
	At   int
	Wait time.Duration
}

// AnyEpoch in place of an epoch: whatever the user's epoch is.
const AnyEpoch int64 = -1

// UserStore keeps accounts: one a phone number. A host may implement it over its own
// table; see examples/ownusers.
//
// A verb that takes an epoch does its work only while the user is at that epoch, or
// at any for AnyEpoch, else it returns ErrStale. Set verbs raise User.Epoch by one and
// set UpdatedAt in the same step, so that every session and proof of the epoch before
// is worth nothing from then on. Unless a verb says otherwise, ErrNotFound: there is
// no such user.
type UserStore interface {
	// SignInUser finds the user of s.Phone, or creates one: of any number of concurrent
	// callers with a new phone exactly one sees Created, and all get the same user. The
	// first sign-in of an account sets SignedInAt and UpdatedAt to s.Now; exactly one
	// caller in the life of an account sees First. Creating is a sign-in.
	//
	// In this order, and changing nothing: ErrBlocked, the user is blocked (the User is
	// returned all the same); ErrPhoneTaken, s.PasswordHash is set and there is a user;
	// ErrNotFound, s.UserID is set and the phone's user is another or none; ErrStale,
	// the user's epoch is not s.Epoch, where no user counts as epoch 0. All of it is
	// SignIn.Refusal.
	SignInUser(ctx context.Context, s SignIn) (SignedIn, error)

	// UserByID returns the user with the store's id.
	UserByID(ctx context.Context, id string) (User, error)

	// UserByPhone returns the user who has proved p.
	UserByPhone(ctx context.Context, p Phone) (User, error)

	// SetPassword replaces the password hash. With s.KeepEpoch the epoch stays and so
	// does UpdatedAt: the same password, hashed anew.
	SetPassword(ctx context.Context, s PasswordUpdate) (User, error)

	// SetPhone replaces the phone, also by the one it is. ErrPhoneTaken: another user has
	// it, and the epoch was right.
	SetPhone(ctx context.Context, s PhoneUpdate) (User, error)

	// SetBlocked blocks or unblocks, at any epoch, also where nothing changes.
	SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (User, error)

	// DeleteUser removes the user; the phone is free at once. An unknown id is no
	// error. Ids are not used again.
	DeleteUser(ctx context.Context, id string) error
}

// User is an account.
type User struct {
	// ID is the store's. When it is a decimal number, the Login API writes it as one.
	ID string
	// UUID is random, made by the Service, and the subject of access tokens.
	UUID string
	// Phone is the number that was proved. Stores write Phone.E164 and read it back
	// with StoredPhone; they never parse it anew.
	Phone Phone
	// PasswordHash is a PHC string, empty for a user without a password.
	PasswordHash Secret
	// Epoch counts the changes that end what was open before: 0 for a new account.
	Epoch   int64
	Blocked bool
	// SignedInAt is the first sign-in, zero before it.
	CreatedAt, UpdatedAt, SignedInAt time.Time
}

// SignIn is what [UserStore].SignInUser is asked to do.
type SignIn struct {
	Phone Phone
	// UserID, unless empty, is the user it must be: no account is created.
	UserID string
	// Epoch the account must be at; 0 where there is none yet.
	Epoch int64
	// UUID of the account, if one is created.
	UUID string
	// PasswordHash, unless empty, is the password of the account that is created; with
	// it an account that exists is an error.
	PasswordHash Secret
	Now          time.Time
}

// Refusal is how [UserStore].SignInUser refuses s where the user of s.Phone is found, the
// zero User if there is none; nil when it does not.
func (s SignIn) Refusal(found User) error {
	switch {
	case found.Blocked:
		return ErrBlocked
	case found.ID != "" && s.PasswordHash != "":
		return ErrPhoneTaken
	case s.UserID != "" && s.UserID != found.ID:
		return ErrNotFound
	case s.Epoch != found.Epoch && s.Epoch != AnyEpoch:
		return ErrStale
	}
	return nil
}

// SignedIn is the outcome of [UserStore].SignInUser.
type SignedIn struct {
	User User
	// Created: this call made the account. First: it is the account's first sign-in.
	Created, First bool
}

// PasswordUpdate is what [UserStore].SetPassword is asked to do.
type PasswordUpdate struct {
	UserID       string
	PasswordHash Secret
	Epoch        int64
	KeepEpoch    bool
	Now          time.Time
}

// PhoneUpdate is what [UserStore].SetPhone is asked to do.
type PhoneUpdate struct {
	UserID string
	Phone  Phone
	Epoch  int64
	Now    time.Time
}

// SessionStore keeps sessions: one record a refresh-token family.
type SessionStore interface {
	// CreateSession stores s. Its ID is new; if it is not, that is an error and nothing
	// is stored.
	CreateSession(ctx context.Context, s SessionRecord) error

	// SessionByID returns the session with this id. ErrNotFound: none is live at now.
	SessionByID(ctx context.Context, id string, now time.Time) (SessionRecord, error)

	// RotateSession compares r.Digest with the session's digests. In one step:
	//
	//   - No session r.ID is live at r.Now: ErrNotFound.
	//   - It equals Digest: Previous becomes Digest, Digest becomes r.Next, RotatedAt
	//     r.Now and IdleUntil r.IdleUntil. Of concurrent callers exactly one comes here.
	//   - It equals Previous, and r.Now is before RotatedAt plus r.Grace: nothing
	//     changes. The caller lost the answer; Digest is that of the unused successor.
	//   - Else ErrReused: the session is ended, and returned as it was.
	//
	// Without an error the record is returned as it then is.
	RotateSession(ctx context.Context, r Rotation) (SessionRecord, error)

	// EndSession removes the session. An unknown id is no error.
	EndSession(ctx context.Context, id string) error

	// EndUserSessions removes all sessions of the user but exceptID, if that is set.
	EndUserSessions(ctx context.Context, userID, exceptID string) error
}

// SessionRecord is one sign-in of one user on one device. It is live while now is
// before both IdleUntil and ExpiresAt.
type SessionRecord struct {
	ID, UserID string
	// Epoch of the user at the sign-in. A session of another epoch is worth nothing.
	Epoch int64
	// DeviceID is what the known-device token of this session names.
	DeviceID string
	// Digest of the refresh token that is good, and of the one Previous to it: empty
	// before the first rotation.
	Digest, Previous []byte
	// AMR says how the user signed in (RFC 8176): "sms", "pwd".
	AMR []string
	// AuthTime is when the user proved who they are, RotatedAt when the digests last
	// changed: zero before the first rotation.
	AuthTime, CreatedAt, RotatedAt time.Time
	IdleUntil, ExpiresAt           time.Time
}

// Rotation is what [SessionStore].RotateSession is asked to do.
type Rotation struct {
	ID           string
	Digest, Next []byte
	Grace        time.Duration
	IdleUntil    time.Time
	Now          time.Time
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
