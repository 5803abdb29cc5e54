package phoneauth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"slices"
	"time"
)

// SessionStore keeps sessions: one record a refresh-token family.
type SessionStore interface {
	// CreateSession stores n.Session. Its ID is new; if it is not, that is an error and
	// nothing is stored. When the user has n.Most live sessions at n.Now, one of them ends
	// and is returned, or *LimitError refuses: NewSession.Evict says which. Of any number
	// of concurrent callers no more than n.Most sessions of a user are live. The zero
	// SessionRecord: none had to end.
	//
	// A store that keeps a user's sessions apart, as Redis Cluster does, may end the oldest
	// in place of the one that was unused longest.
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
	// Without an error the record is returned as it then is. All of it is Rotation.Apply.
	RotateSession(ctx context.Context, r Rotation) (SessionRecord, error)

	// EndSession removes the session of the user. ErrNotFound: the user has no session
	// with this id.
	EndSession(ctx context.Context, userID, id string) error

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
	// before the first rotation. An empty digest equals nothing.
	Digest, Previous []byte
	// AMR says how the user signed in (RFC 8176): "sms", "pwd".
	AMR []string
	// ByPassword: the user signed in by a password alone.
	ByPassword bool
	// Client is a coarse name of the program, such as "Chrome on Android", and Place what
	// the host says of the address: at most 64 bytes each, empty where unknown.
	Client, Place string
	// AuthTime is when the user proved who they are.
	AuthTime time.Time
	// CreatedAt is when the session began, RotatedAt when the digests last changed: zero
	// before the first rotation.
	CreatedAt, RotatedAt time.Time
	// IdleUntil is when the session ends unless it is used, ExpiresAt its absolute end.
	IdleUntil, ExpiresAt time.Time
}

// LastUsedAt is when the session was last used: at its rotation, or at its sign-in.
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

// ByLastUse orders sessions, newest use first; the ID decides between equals.
func ByLastUse(a, b SessionRecord) int {
	return cmp.Or(b.LastUsedAt().Compare(a.LastUsedAt()), cmp.Compare(a.ID, b.ID))
}

// NewSession is what [SessionStore].CreateSession is asked to do.
type NewSession struct {
	Session SessionRecord
	// Most live sessions that the user may have, this one included; 0 is any number.
	Most int
	Now  time.Time
}

// Evict says which of the live sessions of the user must end so that there is room for
// n.Session: the one unused longest. A session by password ends only a session by password.
// It is nil when none must end. *LimitError: none may end; RetryAfter is how long until
// the first of them ends by itself, used no more.
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

// End is when the session ends by itself, used no more: a store may drop it then.
func (r SessionRecord) End() time.Time {
	if r.ExpiresAt.Before(r.IdleUntil) {
		return r.ExpiresAt
	}
	return r.IdleUntil
}

// Rotation is what [SessionStore].RotateSession is asked to do.
type Rotation struct {
	ID string
	// Digest of the token that was presented, and of the Next one.
	Digest, Next []byte
	// Grace is how long after a rotation the previous token is still answered.
	Grace     time.Duration
	IdleUntil time.Time
	// Client and Place as of this use.
	Client, Place string
	Now           time.Time
}

// Apply is what r makes of the session with its ID, and whether that is to be written.
// ErrNotFound: the session is not live. ErrReused: the session is to be removed; it is
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
