package phoneauth_test

import (
	"context"
	"strings"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// apiStore is a store that can be down, verb by verb.
type apiStore struct {
	phoneauth.Store
	mu   sync.Mutex
	fail func(verb string) error
}

// set makes every verb ask fail first; nil ends that.
func (s *apiStore) set(fail func(verb string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// down makes every verb fail with err.
func (s *apiStore) down(err error) { s.set(func(string) error { return err }) }

// newAPIStore is s with a switch.
func newAPIStore(s phoneauth.Store) *apiStore {
	a := new(apiStore)
	a.Store = phoneauth.WrapStore(s, func(ctx context.Context, verb string, call func(context.Context) error) error {
		a.mu.Lock()
		fail := a.fail
		a.mu.Unlock()
		if fail != nil {
			if err := fail(verb); err != nil {
				return err
			}
		}
		return call(ctx)
	})
	return a
}

// apiTextIDs is a UserStore whose ids are text.
type apiTextIDs struct{ phoneauth.UserStore }

const apiTextID = "user_"

func (s apiTextIDs) out(u phoneauth.User, err error) (phoneauth.User, error) {
	if u.ID != "" {
		u.ID = apiTextID + u.ID
	}
	return u, err
}

func (s apiTextIDs) in(id string) string { return strings.TrimPrefix(id, apiTextID) }

func (s apiTextIDs) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	in.UserID = s.in(in.UserID)
	signed, err := s.UserStore.SignInUser(ctx, in)
	signed.User, err = s.out(signed.User, err)
	return signed, err
}

func (s apiTextIDs) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByID(ctx, s.in(id)))
}

func (s apiTextIDs) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByPhone(ctx, p))
}

func (s apiTextIDs) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	u.UserID = s.in(u.UserID)
	return s.out(s.UserStore.UpdateUser(ctx, u))
}

func (s apiTextIDs) DeleteUser(ctx context.Context, id string) error {
	return s.UserStore.DeleteUser(ctx, s.in(id))
}
