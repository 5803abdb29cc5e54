package phoneauth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"reflect"
	"slices"
	"time"
)

// SessionStore keeps sessions: one record for each family of refresh tokens.
type SessionStore interface {
	// CreateSession stores n.Session. Its ID is new; if it is not, that is an error and
	// nothing is stored. When the user has n.Most live sessions at n.Now, one of them ends
	// and is returned, or *LimitError refuses: NewSession.Evict says which. Of any number
	// of concurrent callers no more than n.Most sessions of a user are live. The zero
	// SessionRecord: none had to end.
	//
	// A store that keeps the sessions of a user in several places, as Redis Cluster does,
	// may end the oldest session in place of the one unused longest.
	CreateSession(ctx context.Context, n NewSession) (evicted SessionRecord, err error)

	// SessionByID returns the session with this id. ErrNotFound: none is live at now.
	SessionByID(ctx context.Context, id string, now time.Time) (SessionRecord, error)

	// UserSessions returns the sessions of the user that are live at now, newest use first,
	// as ByLastUse orders them. A user without sessions is no error.
	UserSessions(ctx context.Context, userID string, now time.Time) ([]SessionRecord, error)

	// RotateSession compares r.Digest with the session's digests. In one step:
	//
	//   - No session r.ID is live at r.Now: ErrNotFound.
	//   - It equals Digest: Previous becomes Digest, Digest becomes r.Next, RotatedAt
	//     r.Now, IdleUntil r.IdleUntil, Client r.Client and Place r.Place. Of concurrent
	//     callers exactly one comes here.
	//   - It equals Previous, and r.Now is before RotatedAt plus r.Grace: nothing
	//     changes. The caller lost the answer; Digest is that of the unused successor.
	//   - Else ErrReused: the session is ended, and returned as it was.
	//
	// Without an error the record is returned as it then is. [Rotation.Apply] computes all
	// of this.
	RotateSession(ctx context.Context, r Rotation) (SessionRecord, error)

	// EndSession removes the session of the user. ErrNotFound: the user has no session
	// with this id.
	EndSession(ctx context.Context, userID, id string) error

	// EndUserSessions removes all sessions of the user but exceptID, if that is set. A user
	// without sessions is no error.
	EndUserSessions(ctx context.Context, userID, exceptID string) error
}

// SessionRecord is one sign-in of one user on one device. It is live while now is
// before both IdleUntil and ExpiresAt.
type SessionRecord struct {
	// ID is unique and random. UserID is User.ID.
	ID, UserID string
	// Epoch is the epoch of the user at the sign-in. The Service refuses a session of
	// another epoch.
	Epoch int64
	// DeviceID is the id in the device token of this session.
	DeviceID string
	// Digest is that of the refresh token that is good. Previous is that of the token
	// before it; it is empty before the first rotation. An empty digest equals nothing.
	Digest, Previous []byte
	// AMR says how the user signed in (RFC 8176): "sms", "pwd".
	AMR []string
	// ByPassword is true when the user signed in by a password and nothing else.
	ByPassword bool
	// Client is a rough name of the program, such as "Chrome on Android". Place is what
	// Hooks.Place returned. Each has at most 64 bytes, and may be empty.
	Client, Place string
	// AuthTime is when the user proved who they are.
	AuthTime time.Time
	// CreatedAt is when the session began. RotatedAt is when the digests last changed; it
	// is zero before the first rotation.
	CreatedAt, RotatedAt time.Time
	// IdleUntil is when the session ends if it is not used. ExpiresAt is when it ends in
	// any case.
	IdleUntil, ExpiresAt time.Time
}

// LastUsedAt returns when the session was last used: RotatedAt, or CreatedAt before the first
// rotation.
func (r SessionRecord) LastUsedAt() time.Time {
	if r.RotatedAt.IsZero() {
		return r.CreatedAt
	}
	return r.RotatedAt
}

// Live reports whether the session is live at now.
func (r SessionRecord) Live(now time.Time) bool {
	return now.Before(r.IdleUntil) && now.Before(r.ExpiresAt)
}

// ByLastUse compares two sessions for [slices.SortFunc]: the newest use comes first, and the
// smaller ID between equals.
func ByLastUse(a, b SessionRecord) int {
	return cmp.Or(b.LastUsedAt().Compare(a.LastUsedAt()), cmp.Compare(a.ID, b.ID))
}

// NewSession is the argument of [SessionStore].CreateSession.
type NewSession struct {
	// Session is the session to store.
	Session SessionRecord
	// Most is how many live sessions the user may have, this one included; 0 is any number.
	Most int
	// Now is the time of the step.
	Now time.Time
}

// Evict returns the live session of the user that must end so that there is room for
// n.Session: the one unused longest. A session by password ends only a session by password.
// It is nil when none must end. *LimitError: none may end; RetryAfter is how long until
// the first of them ends by itself, if it is not used.
func (n NewSession) Evict(live []SessionRecord) (*SessionRecord, error) {
	if n.Most <= 0 || len(live) < n.Most {
		return nil, nil
	}
	ends := live[0].End()
	var oldest *SessionRecord
	for i := range live {
		r := &live[i]
		if r.End().Before(ends) {
			ends = r.End()
		}
		if n.Session.ByPassword && !r.ByPassword {
			continue
		}
		if oldest == nil || ByLastUse(*oldest, *r) < 0 {
			oldest = r
		}
	}
	if oldest == nil {
		return nil, &LimitError{Limit: LimitSessions, RetryAfter: max(ends.Sub(n.Now), time.Microsecond)}
	}
	return oldest, nil
}

// End returns when the session ends if it is not used. A store may remove it from then on.
func (r SessionRecord) End() time.Time {
	if r.ExpiresAt.Before(r.IdleUntil) {
		return r.ExpiresAt
	}
	return r.IdleUntil
}

// Refresher is implemented by stores that keep users and sessions in one database. The Service
// finds it by a type assertion, and refreshes a session by one call instead of two, where neither
// a hook nor a TokenIssuer of the host must see the user first. A type that embeds such a store, and has a UserByID or RotateSession of
// its own, needs a RefreshSession of its own too.
type Refresher interface {
	// RefreshSession does RotateSession with r, if r.Digest equals Digest, the user of the session
	// is userID, and that user has this UUID, is at the epoch of the session, and is neither blocked
	// nor locked. It returns the user, and the session as it then is.
	//
	// ErrNotFound: anything else, and nothing has changed. The Service then calls UserByID and
	// RotateSession, which find the answer. A store may always return it.
	RefreshSession(ctx context.Context, userID, uuid string, r Rotation) (User, SessionRecord, error)
}

// Opener is implemented by stores that keep challenges, users and sessions in one database. The Service
// finds it by a type assertion, and signs in by a code or a proof in one call instead of three or four,
// where neither a hook nor a TokenIssuer of the host must see the user first. A type that embeds such a
// store, and has an AttemptChallenge, SignInUser or CreateSession of its own, needs an OpenSession of its
// own too.
type Opener interface {
	// OpenSession does AttemptChallenge with o.Attempt. On a match it does SignInUser with
	// o.SignIn, and CreateSession with o.Session for that user: UserID and Epoch of the
	// session become those of the user, whatever they are in o.
	//
	// Its errors are those of AttemptChallenge, and Opened.Challenge is what that returns.
	// When SignInUser or CreateSession would refuse, neither of the two does anything. Stored
	// is false then, and User is the user of the phone, if there is one. The Service goes on
	// with SignInUser and CreateSession. A store may always leave it at that.
	//
	// It may do all at one moment, or one after the other. It reads the user at the moment of
	// the attempt, or before it: a session is never at an epoch that the user has reached
	// after the challenge was cancelled.
	OpenSession(ctx context.Context, o Opening) (Opened, error)
}

// Opening is the argument of [Opener].OpenSession.
type Opening struct {
	// Attempt is the argument of AttemptChallenge.
	Attempt AttemptParams
	// SignIn is that of SignInUser.
	SignIn SignIn
	// Session is that of CreateSession.
	Session NewSession
}

// Opened is the outcome of [Opener].OpenSession.
type Opened struct {
	// Challenge is the result of AttemptChallenge.
	Challenge Challenge
	// SignedIn is the result of SignInUser.
	SignedIn
	// Stored is true when the session is stored.
	Stored bool
	// Evicted is the ID of the session that had to end for it, or empty.
	Evicted string
}

// SessionAttempter is implemented by stores that keep challenges and sessions in one database, and may have the
// users elsewhere. Where one such store is both the ChallengeStore and the SessionStore of a [Stores],
// [New] and [WrapStore] make an [Opener] of the two parts and the UserStore: a user who is known signs in by
// two calls instead of three. A type that embeds such a store, and has an AttemptChallenge or CreateSession of
// its own, needs an AttemptSession of its own too.
type SessionAttempter interface {
	// AttemptSession does AttemptChallenge with p. On a match it does CreateSession with n, unless
	// UserID of the session is empty.
	//
	// Its errors are those of AttemptChallenge, and Opened.Challenge is what that returns. When
	// CreateSession would refuse, it does nothing: Stored is false then, and the Service calls
	// CreateSession. A store may always leave it at that. SignedIn stays zero.
	AttemptSession(ctx context.Context, p AttemptParams, n NewSession) (Opened, error)
}

// openerOf returns the Opener that s is, that all its parts are, or that they make.
func openerOf(s Store) (Opener, bool) {
	var parts Stores
	switch s := s.(type) {
	case Opener:
		return s, true
	case Stores:
		parts = s
	case *Stores:
		if s != nil {
			parts = *s
		}
	}
	both, ok := parts.ChallengeStore.(SessionAttempter)
	if !ok || parts.UserStore == nil || !reflect.ValueOf(both).Comparable() || any(both) != any(parts.SessionStore) {
		return nil, false
	}
	if one, ok := both.(Opener); ok && any(both) == any(parts.UserStore) {
		return one, true
	}
	return opensInParts{parts, both}, true
}

// opensInParts is an Opener whose users are in another store than its challenges and sessions.
type opensInParts struct {
	Stores
	both SessionAttempter
}

// OpenSession implements [Opener]. It reads the user first. The session of a user who is unknown, or whom
// SignInUser would refuse or change, is left to the Service. Whoever the user is, both stores are asked the
// same.
func (s opensInParts) OpenSession(ctx context.Context, o Opening) (Opened, error) {
	found, err := orNobody(s.UserByPhone(ctx, o.SignIn.Phone))
	if err != nil {
		// The answer of the limits comes before that of the account.
		if refused := s.TakeLimits(ctx, TakeParams{Asks: o.Attempt.Takes, Now: o.Attempt.Now}); IsAnswer(refused) {
			err = refused
		}
		return Opened{}, err
	}
	n := o.Session
	n.Session.UserID = ""
	if o.SignIn.changesNothing(found) {
		n.Session.UserID, n.Session.Epoch = found.ID, found.Epoch
	}
	v, err := s.both.AttemptSession(ctx, o.Attempt, n)
	if err == nil {
		v.SignedIn = SignedIn{User: found}
	}
	return v, err
}

// Rotation is the argument of [SessionStore].RotateSession.
type Rotation struct {
	// ID is the ID of the session.
	ID string
	// Digest is that of the token that was presented. Next is that of its successor.
	Digest, Next []byte
	// Grace is how long after a rotation the previous token is still answered. It is
	// rounded up to whole microseconds.
	Grace time.Duration
	// IdleUntil is the new end of the session if it is not used.
	IdleUntil time.Time
	// Client and Place are those of this use.
	Client, Place string
	// Now is the time of the step.
	Now time.Time
}

// Apply returns the session with the ID of r after r, and whether it must be written.
// ErrNotFound: the session is not live. ErrReused: the session must be removed; it is
// returned as it was.
func (r Rotation) Apply(session SessionRecord) (next SessionRecord, write bool, err error) {
	switch {
	case !session.Live(r.Now):
		return SessionRecord{}, false, ErrNotFound
	case equalDigests(r.Digest, session.Digest):
		session.Previous, session.Digest = session.Digest, slices.Clone(r.Next)
		session.RotatedAt, session.IdleUntil = r.Now.UTC(), r.IdleUntil.UTC()
		session.Client, session.Place = r.Client, r.Place
		return session, true, nil
	case equalDigests(r.Digest, session.Previous) && r.Now.Before(session.RotatedAt.Add(r.Grace)):
		return session, false, nil
	}
	return session, true, ErrReused
}

// equalDigests compares in constant time. An empty digest equals nothing.
func equalDigests(a, b []byte) bool { return len(a) > 0 && subtle.ConstantTimeCompare(a, b) == 1 }
