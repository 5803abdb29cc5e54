package integration_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// TestSQLPrepared: what SQLite was asked for a few times is not parsed again, also where the pool
// has one connection. A table that has changed meanwhile is no fault.
func TestSQLPrepared(t *testing.T) {
	d := database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "phoneauth.db"))}
	db, c := d.countedDB(t)
	db.SetMaxOpenConns(1)
	s := d.store(t, db)
	phone, _ := caller(1)
	visit := func() {
		t.Helper()
		in := phoneauth.SignIn{Phone: phoneauth.StoredPhone(phone), Epoch: phoneauth.AnyEpoch, UUID: "0d9f0b1e-6b0e-4d5c-9f0a-5d1f6d1c2b3a", Now: time.Now()}
		signed, err := s.SignInUser(t.Context(), in)
		require.NoError(t, err)
		_, err = s.UserByID(t.Context(), signed.User.ID)
		require.NoError(t, err)
		require.NoError(t, takeFrom(t.Context(), s, "one", 100))
	}
	var parsed atomic.Int64
	c.parsed = func(string) { parsed.Add(1) }
	for visits := 0; ; visits++ {
		parsed.Store(0)
		visit()
		if parsed.Load() == 0 {
			break
		}
		require.Less(t, visits, 10, "it still parses statements") // each is prepared soon after its second use
	}

	entries := make([]phoneauth.JournalEntry, 200)
	users := make([]phoneauth.UserImport, 100)
	for round := range 3 {
		for i := range entries {
			entries[i] = phoneauth.JournalEntry{ID: rand.Text(), UserID: "1", Time: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		}
		parsed.Store(0)
		require.NoError(t, s.AppendEntries(t.Context(), entries))
		if round > 1 { // each has been asked for twice
			require.Zero(t, parsed.Load(), "the statements of the journal are kept")
		}
		for i := range users {
			users[i] = phoneauth.UserImport{Phone: phoneauth.StoredPhone(fmt.Sprintf("+2010%d%07d", round, i)), UUID: rand.Text()}
		}
		parsed.Store(0)
		_, err := s.ImportUsers(t.Context(), users, time.Now())
		require.NoError(t, err)
		require.NotZero(t, parsed.Load(), "a long statement is not kept")
	}

	_, err := db.Exec("ALTER TABLE phoneauth_users ADD COLUMN of_the_host TEXT NOT NULL DEFAULT ''")
	require.NoError(t, err)
	visit()
}
