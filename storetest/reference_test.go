package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth"
)

// accounts are a UserStore and a SessionStore in their shortest form, as reference is a
// ChallengeStore.
type accounts struct {
	mu       sync.Mutex
	lastID   int
	users    map[string]phoneauth.User
	sessions map[string]phoneauth.SessionRecord
	// cloned is a session as it goes in and out: cloneSession, but for wrong stores.
	cloned func(phoneauth.SessionRecord) phoneauth.SessionRecord
}

func newAccounts() *accounts {
	return &accounts{users: map[string]phoneauth.User{}, sessions: map[string]phoneauth.SessionRecord{}, cloned: cloneSession}
}

// whole is a Store of references.
type whole struct {
	*reference
	*accounts
}

func newWhole() whole { return whole{newReference(), newAccounts()} }

// Purge implements [phoneauth.Purger].
func (w whole) Purge(ctx context.Context, now time.Time) (int, error) {
	n, err := w.reference.Purge(ctx, now)
	more, _ := w.accounts.Purge(ctx, now)
	return n + more, err
}

// byPhone is the user with this phone, or the zero User.
func (a *accounts) byPhone(p phoneauth.Phone) phoneauth.User {
	for _, user := range a.users {
		if user.Phone == p {
			return user
		}
	}
	return phoneauth.User{}
}

// insert gives a new user an id.
func (a *accounts) insert(user phoneauth.User) phoneauth.User {
	a.lastID++
	user.ID = strconv.Itoa(a.lastID)
	a.users[user.ID] = user
	return user
}

func (a *accounts) SignInUser(_ context.Context, s phoneauth.SignIn) (phoneauth.SignedIn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in, err := s.Run(a.byPhone(s.Phone))
	if err != nil {
		return in, err
	}
	switch {
	case in.Created:
		in.User = a.insert(in.User)
	case in.First:
		a.users[in.User.ID] = in.User
	}
	return in, nil
}

func (a *accounts) UserByID(_ context.Context, id string) (phoneauth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return there(a.users[id])
}

func (a *accounts) UserByPhone(_ context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return there(a.byPhone(p))
}

// there is user, or ErrNotFound for the zero User.
func there(user phoneauth.User) (phoneauth.User, error) {
	if user.ID == "" {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	return user, nil
}

func (a *accounts) UpdateUser(_ context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	user, err := there(a.users[u.UserID])
	if err != nil {
		return phoneauth.User{}, err
	}
	if user, err = u.Apply(user); err != nil {
		return phoneauth.User{}, err
	}
	if owner := a.byPhone(user.Phone); owner.ID != "" && owner.ID != user.ID {
		return phoneauth.User{}, phoneauth.ErrPhoneTaken
	}
	a.users[user.ID] = user
	return user, nil
}

func (a *accounts) ImportUsers(_ context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	imported := make([]phoneauth.ImportedUser, len(users))
	for i, u := range users {
		imported[i].User = a.byPhone(u.Phone)
		if imported[i].User.ID == "" {
			imported[i] = phoneauth.ImportedUser{User: a.insert(u.Apply(now)), Created: true}
		}
	}
	return imported, nil
}

func (a *accounts) DeleteUser(_ context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.users, id)
	return nil
}

// errNotNew is the fault of a session whose ID is there already.
var errNotNew = errors.New("storetest: the ID of a session is not new")

func (a *accounts) CreateSession(_ context.Context, n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.sessions[n.Session.ID]; ok {
		return phoneauth.SessionRecord{}, errNotNew
	}
	oldest, err := n.Evict(a.live(n.Session.UserID, n.Now))
	if err != nil {
		return phoneauth.SessionRecord{}, err
	}
	a.sessions[n.Session.ID] = a.cloned(n.Session)
	if oldest == nil {
		return phoneauth.SessionRecord{}, nil
	}
	delete(a.sessions, oldest.ID)
	return a.cloned(*oldest), nil
}

// live are the live sessions of a user, newest use first.
func (a *accounts) live(userID string, now time.Time) (live []phoneauth.SessionRecord) {
	for _, r := range a.sessions {
		if r.UserID == userID && r.Live(now) {
			live = append(live, a.cloned(r))
		}
	}
	slices.SortFunc(live, phoneauth.ByLastUse)
	return live
}

func (a *accounts) SessionByID(_ context.Context, id string, now time.Time) (phoneauth.SessionRecord, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.sessions[id]
	if !r.Live(now) {
		return phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	}
	return a.cloned(r), nil
}

func (a *accounts) UserSessions(_ context.Context, userID string, now time.Time) ([]phoneauth.SessionRecord, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.live(userID, now), nil
}

func (a *accounts) RotateSession(_ context.Context, r phoneauth.Rotation) (phoneauth.SessionRecord, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next, write, err := r.Apply(a.sessions[r.ID])
	switch {
	case write && err != nil:
		delete(a.sessions, r.ID)
	case write:
		a.sessions[r.ID] = a.cloned(next)
	}
	return a.cloned(next), err
}

func (a *accounts) EndSession(_ context.Context, userID, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.sessions[id]; !ok || r.UserID != userID {
		return phoneauth.ErrNotFound
	}
	delete(a.sessions, id)
	return nil
}

func (a *accounts) EndUserSessions(_ context.Context, userID, exceptID string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, r := range a.sessions {
		if r.UserID == userID && id != exceptID {
			delete(a.sessions, id)
		}
	}
	return nil
}

// Purge implements [phoneauth.Purger].
func (a *accounts) Purge(_ context.Context, now time.Time) (removed int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, r := range a.sessions {
		if !r.Live(now) {
			delete(a.sessions, id)
			removed++
		}
	}
	return removed, nil
}

// cloneSession is r with slices of its own and times in UTC.
func cloneSession(r phoneauth.SessionRecord) phoneauth.SessionRecord {
	r.Digest, r.Previous, r.AMR = slices.Clone(r.Digest), slices.Clone(r.Previous), slices.Clone(r.AMR)
	for _, at := range []*time.Time{&r.AuthTime, &r.CreatedAt, &r.RotatedAt, &r.IdleUntil, &r.ExpiresAt} {
		*at = at.UTC()
	}
	return r
}
