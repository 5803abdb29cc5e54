package integration_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// What only reads is one statement without a transaction, and what writes is committed
// once.
func TestSQLVerbCosts(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db, c := d.countedDB(t)
		s := d.store(t, db)
		now := time.Now().UTC().Truncate(time.Microsecond)
		take := phoneauth.Take{Name: "limit", Key: "{a}l", Limit: phoneauth.Limit{Burst: 5, Every: time.Hour}, Cost: 1}
		charge := phoneauth.Charge{Score: phoneauth.Score{Name: "score", Key: "{b}s", Max: 9, DebtDecay: time.Hour, CreditDecay: time.Hour}, Amount: 1}
		session := phoneauth.SessionRecord{ID: "s", UserID: "1", Digest: []byte("d"), CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour)}
		var entries []phoneauth.JournalEntry
		var users []phoneauth.UserImport
		for i := range 256 {
			entries = append(entries, phoneauth.JournalEntry{ID: fmt.Sprint("e", i), Time: now, ExpiresAt: now.Add(time.Hour), Print: "p"})
			users = append(users, phoneauth.UserImport{Phone: phoneauth.StoredPhone(fmt.Sprintf("+2010%08d", i)), UUID: fmt.Sprint("u", i)})
		}
		for name, verb := range map[string]struct {
			statements, commits int64 // 0 statements: any number
			call                func(context.Context) error
		}{
			"asking": {1, 0, func(ctx context.Context) error {
				return s.TakeLimits(ctx, phoneauth.TakeParams{Asks: []phoneauth.Take{take, take}, Now: now})
			}},
			"taking": {0, 1, func(ctx context.Context) error {
				return s.TakeLimits(ctx, phoneauth.TakeParams{Takes: []phoneauth.Take{take}, Charges: []phoneauth.Charge{charge}, Now: now})
			}},
			"giving back": {0, 1, func(ctx context.Context) error {
				return s.GiveBack(ctx, phoneauth.GiveBackParams{Takes: []phoneauth.Take{take}, Credits: []phoneauth.Charge{charge}, Now: now})
			}},
			"giving nothing back": {0, 0, func(ctx context.Context) error { return s.GiveBack(ctx, phoneauth.GiveBackParams{Now: now}) }},
			"reading the state": {1, 0, func(ctx context.Context) error {
				_, err := s.ReadState(ctx, phoneauth.StateParams{Challenges: []string{"{a}c", "{a}d"}, Lockouts: []string{"{a}f"},
					Takes: []phoneauth.Take{take}, Scores: []phoneauth.Score{charge.Score}, Now: now})
				return err
			}},
			"importing users": {0, 1, func(ctx context.Context) error { _, err := s.ImportUsers(ctx, users, now); return err }},
			"creating a session": {0, 1, func(ctx context.Context) error {
				_, err := s.CreateSession(ctx, phoneauth.NewSession{Session: session, Most: 100, Now: now})
				return err
			}},
			"listing sessions":  {1, 0, func(ctx context.Context) error { _, err := s.UserSessions(ctx, "1", now); return err }},
			"appending entries": {0, 1, func(ctx context.Context) error { return s.AppendEntries(ctx, entries) }},
			"reading entries": {1, 0, func(ctx context.Context) error {
				_, err := s.Entries(ctx, phoneauth.JournalQuery{Print: "p", Limit: 50, Now: now})
				return err
			}},
			"counting entries": {1, 0, func(ctx context.Context) error {
				_, err := s.CountEntries(ctx, phoneauth.JournalCountQuery{From: now.Add(-time.Hour), To: now})
				return err
			}},
			"blanking entries": {0, 1, func(ctx context.Context) error { return s.BlankEntries(ctx, "1", "p", now) }},
		} {
			c.reset()
			require.NoError(t, verb.call(t.Context()), name)
			assert.Equal(t, verb.commits, c.commits.Load(), name)
			if d.dialect == sqlstore.Postgres && name != "importing users" {
				assert.Equal(t, verb.commits > 0 || verb.statements > 0, c.calls.Load() == 1, "%s: one round trip", name)
			}
			if verb.statements > 0 {
				assert.Equal(t, verb.statements, c.calls.Load(), name)
			}
		}
	})
}
