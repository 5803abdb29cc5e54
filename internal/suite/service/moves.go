package service

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// between are the moments of a change of the number at which another one comes.
var between = map[string]func(store *suite.Spied, do func()){
	"before it is kept": func(store *suite.Spied, do func()) {
		store.Before = func(_ context.Context, verb string, asked ...any) error {
			if p, ok := asked[0].(phoneauth.BeginParams); ok && strings.HasSuffix(p.Challenge.Key, "}m") {
				do()
			}
			return nil
		}
	},
	"before the number is changed": func(store *suite.Spied, do func()) {
		store.Before = func(_ context.Context, verb string, _ ...any) error {
			if verb == "UpdateUser" {
				do()
			}
			return nil
		}
	},
	"after the number was changed or not": func(store *suite.Spied, do func()) {
		store.After = func(verb string, _ error) {
			if verb == "UpdateUser" {
				do()
			}
		}
	},
}

// Of two changes of one number at the same time one fails. It does not let a thief delete the account that
// the other one has taken.
func testMovesAtOnce(t *testing.T, o suite.Options) {
	const taken = "+201061797899"
	for when, spy := range between {
		for _, phones := range [][2]string{{suite.Stranger, taken}, {taken, suite.Stranger}, {suite.Stranger, suite.Third}} {
			t.Run(when+", to "+strings.Join(phones[:], " and "), func(t *testing.T) {
				store := &suite.Spied{Store: o.Store(t)}
				s := suite.On(t, store, suite.LimitsOff, suite.LongCodes, withLinks)
				s.SignIn(taken)
				session := s.SignIn(suite.Owner)
				claims := s.ClaimsOf(session)
				first, second := s.ProveChange(session, phones[0]), s.ProveChange(session, phones[1])
				change := func(p *phoneauth.Proof) *phoneauth.Session {
					moved, err := s.ChangePhone(t.Context(), claims, phoneauth.ConnectRequest{Token: p.Token})
					assert.Equal(t, err == nil, moved != nil)
					return moved
				}
				var all []*phoneauth.Session
				spy(store, func() {
					store.Before, store.After = nil, nil
					all = append(all, change(second))
				})
				all = append(all, change(first))
				all = slices.DeleteFunc(all, func(s *phoneauth.Session) bool { return s == nil })
				require.Len(t, all, 1, "one of the two was made")
				assert.Equal(t, 72*time.Hour, deletable(s, all[0]))
			})
		}
	}
}

// A change of the number that comes too late keeps nobody from deleting their account.
func testMoveTooLate(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	store := &suite.Spied{Store: o.Store(t)}
	s := suite.On(t, store, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignIn(suite.Owner)
	proof := s.ProveChange(session, suite.Stranger)
	between["before the number is changed"](store, func() {
		store.Before = nil
		_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password one"})
		require.NoError(t, err)
	})
	_, err := s.ChangePhone(t.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: proof.Token})
	require.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	assert.Zero(t, deletable(s, s.SignIn(suite.Owner)))
}
