package integration_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// A timeline of a large journal is one statement, which searches one index and reads no
// more entries than it returns.
func TestSQLJournalPlans(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db, c := d.countedDB(t)
		s := d.store(t, db)
		d.fill(t, db)
		now := time.Now()
		var entry phoneauth.JournalEntry
		for index, q := range map[string]func() phoneauth.JournalQuery{
			"phoneauth_journal_print":   func() phoneauth.JournalQuery { return phoneauth.JournalQuery{Print: "a fingerprint of 7"} },
			"phoneauth_journal_user":    func() phoneauth.JournalQuery { return phoneauth.JournalQuery{UserID: "9"} },
			"phoneauth_journal_message": func() phoneauth.JournalQuery { return phoneauth.JournalQuery{MessageID: d.someMessage(t, db)} },
		} {
			ask := q()
			ask.Limit, ask.Now = 5, now.Add(-2*time.Hour) // nothing is gone
			statements := recorded(c, func() {
				found, err := s.Entries(t.Context(), ask)
				require.NoError(t, err)
				require.NotEmpty(t, found)
				entry = found[0]
			})
			require.Len(t, statements, 1, index)
			plan := d.plan(t, db, statements[0])
			assert.Contains(t, plan, index)
			assert.NotContains(t, plan, "Seq Scan")
		}
		assert.NotEmpty(t, entry.Type)

		statements := recorded(c, func() {
			counts, err := s.CountEntries(t.Context(), phoneauth.JournalCountQuery{From: now.Add(-time.Minute), To: now})
			require.NoError(t, err)
			assert.Empty(t, counts)
		})
		require.Len(t, statements, 1)
		assert.Contains(t, d.plan(t, db, statements[0]), "phoneauth_journal_hour")

		statements = recorded(c, func() {
			require.NoError(t, s.BlankEntries(t.Context(), "9", "a fingerprint of 7", now))
		})
		plan := d.plan(t, db, statements[len(statements)-1])
		assert.Contains(t, plan, "phoneauth_journal_user")
		assert.Contains(t, plan, "phoneauth_journal_print")
		assert.NotContains(t, plan, "Seq Scan")
	})
}

// someMessage is an id of a message in the journal.
func (d database) someMessage(t *testing.T, db *sql.DB) (id string) {
	t.Helper()
	require.NoError(t, db.QueryRow("SELECT message_id FROM phoneauth_journal WHERE length(message_id) > 0 LIMIT 1").Scan(&id))
	return id
}

// statement is what a database was asked.
type statement struct {
	text string
	args []any
}

// recorded are the statements of do which read or write rows.
func recorded(c *counted, do func()) (all []statement) {
	var mu sync.Mutex
	c.queries = func(query string, named []driver.NamedValue) {
		mu.Lock()
		defer mu.Unlock()
		if verb, _, _ := strings.Cut(query, " "); verb == "BEGIN" || verb == "COMMIT" {
			return
		}
		args := make([]any, len(named))
		for i, arg := range named {
			args[i] = arg.Value
		}
		all = append(all, statement{query, args})
	}
	defer func() { c.queries = nil }()
	do()
	return all
}

// plan is how the database goes about a statement.
func (d database) plan(t *testing.T, db *sql.DB, s statement) string {
	t.Helper()
	if d.dialect == sqlstore.MySQL {
		return fmt.Sprint(d.explained(t, db, s))
	}
	explain := "EXPLAIN "
	if d.dialect == sqlstore.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := db.Query(explain+s.text, s.args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var plan strings.Builder
	for rows.Next() {
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		require.NoError(t, rows.Scan(into...))
		fmt.Fprintln(&plan, *into[len(into)-1].(*any))
	}
	require.NoError(t, rows.Err())
	return plan.String()
}

// Purge takes a few hundred entries at a time: no statement holds many rows, or for long.
func TestSQLJournalPurge(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		const entries, batch = 1200, 500
		db, c := d.countedDB(t)
		s := d.store(t, db)
		now := time.Now().UTC().Truncate(time.Microsecond)
		all := make([]phoneauth.JournalEntry, entries)
		for i := range all {
			all[i] = phoneauth.JournalEntry{ID: fmt.Sprint("entry ", i), Time: now, ExpiresAt: now.Add(time.Hour), Print: "p", Type: phoneauth.EventCodeSent}
		}
		require.NoError(t, s.AppendEntries(t.Context(), all))
		c.reset()
		removed, err := s.Purge(t.Context(), now.Add(48*time.Hour))
		require.NoError(t, err)
		assert.Equal(t, entries, removed)
		// Three for the journal, the last of them not full, and one for each other table.
		assert.EqualValues(t, entries/batch+1+3, c.commits.Load())
	})
}
