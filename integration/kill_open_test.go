package integration_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// opens is a deed that is about to be done: a session with the id Secret, by the challenge whose key is
// in Session, for somebody new.
const opens = "opening"

// tellsOpenings is a store that tells of every OpenSession before it.
type tellsOpenings struct {
	*sqlstore.Store
	tell func(deed) error
}

func (s tellsOpenings) OpenSession(ctx context.Context, o phoneauth.Opening) (phoneauth.Opened, error) {
	err := s.tell(deed{What: opens, Phone: o.SignIn.Phone.E164(), Session: o.Attempt.Candidates[0].Key, Secret: o.Session.Session.ID})
	if err != nil {
		return phoneauth.Opened{}, err
	}
	return s.Store.OpenSession(ctx, o)
}

// remembered is a list that many append to.
type remembered struct {
	mu  sync.Mutex
	all []deed
}

func (r *remembered) add(d deed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, d)
	return nil
}

// atOnce reports whether the store at p does all of an OpenSession at one moment, with the limits of a Service.
func (p place) atOnce() bool { return len(p.Redis) == 0 && p.Dialect != sqlstore.MySQL }

// undivided sees that none of these openings was done in part: there is no session for a code that can be
// used again and, if atOnce, no used code and no account without the session. An account in ended may
// have ended its session since.
func undivided(t *testing.T, store phoneauth.Store, all []deed, atOnce bool, ended map[string]bool) {
	t.Helper()
	done, open := 0, 0
	for _, d := range all {
		require.NoError(t, integration.Poll(5*time.Second, func() error { // what was under way may just come to its end
			used, stored, has, err := d.opened(t.Context(), store)
			switch {
			case err != nil:
				return err
			case stored && !(used && has):
				return fmt.Errorf("a session: the code is used: %t, there is an account: %t", used, has)
			case atOnce && !stored && (used || has) && !ended[d.Phone]:
				return fmt.Errorf("no session: the code is used: %t, there is an account: %t", used, has)
			case used:
				done++
			default:
				open++
			}
			return nil
		}))
	}
	t.Logf("of %d openings %d are done and %d are not", len(all), done, open)
}

// opened reports whether the code of d is used, whether its session is stored, and whether the account of
// that session, or of the phone, is there.
func (d deed) opened(ctx context.Context, store phoneauth.Store) (used, stored, account bool, err error) {
	now := time.Now()
	state, err := store.ReadState(ctx, phoneauth.StateParams{Challenges: []string{d.Session}, Now: now})
	if err != nil {
		return false, false, false, err
	}
	session, err := store.SessionByID(ctx, d.Secret, now)
	if err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
		return false, false, false, err
	}
	stored = err == nil
	user, err := store.UserByPhone(ctx, phoneauth.StoredPhone(d.Phone))
	if err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
		return false, false, false, err
	}
	return state.Challenges[0].ID == "", stored, err == nil && (!stored || user.ID == session.UserID), nil
}

// wholly is undivided for the openings that a child has told of. It was killed before it told of some
// that were done. Who did tell of it may have ended the session.
func wholly(t *testing.T, p place, openings, deeds []deed) {
	t.Helper()
	if len(p.Redis) > 0 {
		return // challenges and accounts are apart
	}
	ended := map[string]bool{}
	for _, d := range deeds {
		ended[d.Phone] = true
	}
	require.NotEmpty(t, openings)
	undivided(t, p.store(t), openings, p.atOnce(), ended)
}
