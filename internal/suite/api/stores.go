package api

import (
	"context"
	"strings"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// switched is a store that can be down, verb by verb.
type switched struct {
	phoneauth.Store
	mu   sync.Mutex
	fail func(verb string) error
}

// set makes every verb ask fail first; nil ends that.
func (s *switched) set(fail func(verb string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// down makes every verb fail with err.
func (s *switched) down(err error) { s.set(func(string) error { return err }) }

// newSwitched is s with a switch.
func newSwitched(s phoneauth.Store) *switched {
	a := new(switched)
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

// textIDs is a UserStore whose ids are text.
type textIDs struct{ phoneauth.UserStore }

const textIDPrefix = "user_"

func (s textIDs) out(u phoneauth.User, err error) (phoneauth.User, error) {
	if u.ID != "" {
		u.ID = textIDPrefix + u.ID
	}
	return u, err
}

func (s textIDs) in(id string) string { return strings.TrimPrefix(id, textIDPrefix) }

func (s textIDs) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	in.UserID = s.in(in.UserID)
	signed, err := s.UserStore.SignInUser(ctx, in)
	signed.User, err = s.out(signed.User, err)
	return signed, err
}

func (s textIDs) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByID(ctx, s.in(id)))
}

func (s textIDs) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	return s.out(s.UserStore.UserByPhone(ctx, p))
}

func (s textIDs) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (phoneauth.User, error) {
	u.UserID = s.in(u.UserID)
	return s.out(s.UserStore.UpdateUser(ctx, u))
}

func (s textIDs) DeleteUser(ctx context.Context, id string) error {
	return s.UserStore.DeleteUser(ctx, s.in(id))
}
