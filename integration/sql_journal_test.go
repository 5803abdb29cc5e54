package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// manyEntries are those of a large journal; before a release 10⁶ of them.
func manyEntries() int {
	if integration.Release() {
		return 1_000_000
	}
	return manyRows
}

// A timeline of a large journal is one statement, which searches one index and reads no
// more entries than it returns.
func TestSQLJournalPlans(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db, c := d.countedDB(t)
		s := d.store(t, db)
		start := time.Now()
		d.fillTable(t, db, "journal", manyEntries())
		t.Logf("%d entries in %v", manyEntries(), time.Since(start).Round(time.Millisecond))
		now := time.Now()
		var entry phoneauth.JournalEntry
		for index, q := range map[string]func() phoneauth.JournalQuery{
			"phoneauth_journal_print":   func() phoneauth.JournalQuery { return phoneauth.JournalQuery{Print: "a fingerprint of 7"} },
			"phoneauth_journal_user":    func() phoneauth.JournalQuery { return phoneauth.JournalQuery{UserID: "9"} },
			"phoneauth_journal_message": func() phoneauth.JournalQuery { return phoneauth.JournalQuery{MessageID: d.someMessage(t, db)} },
		} {
			ask := q()
			ask.Limit, ask.Now = 5, now.Add(-2*time.Hour) // nothing is gone
			var took time.Duration
			statements := recorded(c, func() {
				start := time.Now()
				found, err := s.Entries(t.Context(), ask)
				took = time.Since(start)
				require.NoError(t, err)
				require.NotEmpty(t, found)
				entry = found[0]
			})
			t.Logf("%s in %v", index, took.Round(time.Microsecond))
			require.Len(t, statements, 1, index)
			plan := d.plan(t, db, statements[0])
			assert.Contains(t, plan, index)
			assert.NotContains(t, plan, "Seq Scan")
			if d.dialect == sqlstore.Postgres { // it says how many it read
				for _, read := range regexp.MustCompile(`Index Scan .*actual.* rows=(\d+)`).FindAllStringSubmatch(d.analyzed(t, db, statements[0]), -1) {
					n, err := strconv.Atoi(read[1])
					require.NoError(t, err)
					assert.LessOrEqual(t, n, ask.Limit+1, "%s: entries read", index)
				}
			} else {
				assert.NotContains(t, plan, "USE TEMP B-TREE FOR ORDER BY", "only entries of one time are sorted")
			}
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

// SQLite keeps a copy of each page that a statement of several rows changes, if the statement may
// fail halfway and be undone alone: if it halts with the code 2, or calls a function. The one for
// entries without a count does neither.
func TestSQLiteJournalAppendsWithoutCopies(t *testing.T) {
	d := database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "phoneauth.db"))}
	db, c := d.countedDB(t)
	s := d.store(t, db)
	now := time.Now()
	entries := make([]phoneauth.JournalEntry, 32)
	for i := range entries {
		entries[i] = phoneauth.JournalEntry{ID: fmt.Sprint("entry ", i), Time: now, ExpiresAt: now.Add(time.Hour), Print: "p", Type: phoneauth.EventCodeSent}
	}
	for _, statement := range recorded(c, func() { require.NoError(t, s.AppendEntries(t.Context(), entries)) }) {
		if !strings.Contains(statement.text, "INTO phoneauth_journal") {
			continue
		}
		rows, err := db.Query("EXPLAIN "+statement.text, statement.args...)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var addr, p1, p2, p3, p5 int
			var opcode string
			var p4, comment any
			require.NoError(t, rows.Scan(&addr, &opcode, &p1, &p2, &p3, &p4, &p5, &comment))
			assert.NotContains(t, opcode, "Func")
			assert.False(t, opcode == "HaltIfNull" && p2 == 2, "%d: it undoes the statement alone", addr)
		}
		require.NoError(t, rows.Err())
		return
	}
	t.Fatal("no statement")
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
	return explained(t, db, explain, s)
}

// analyzed is plan with what Postgres read when it ran it.
func (d database) analyzed(t *testing.T, db *sql.DB, s statement) string {
	t.Helper()
	return explained(t, db, "EXPLAIN (ANALYZE, TIMING OFF) ", s)
}

func explained(t *testing.T, db *sql.DB, explain string, s statement) string {
	t.Helper()
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

// heldJournal writes nothing until it is released.
type heldJournal struct {
	phoneauth.JournalStore
	released chan struct{}
}

func (h heldJournal) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	<-h.released
	return h.JournalStore.AppendEntries(context.WithoutCancel(ctx), entries)
}

// No request waits for the journal: with one that writes nothing, each operation is done
// after the same commits as without one. All of it is one commit afterwards,
// or two where a second has passed meanwhile.
func TestSQLJournalIsOffThePath(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db, c := d.countedDB(t)
		s := d.store(t, db)
		held := heldJournal{s, make(chan struct{})}
		svc, inbox := service(t, s, func(*phoneauth.Config) {})
		without := operationCosts(t, c, person{ctx: t.Context(), svc: svc, inbox: inbox}, 1)
		svc, inbox = service(t, s, func(cfg *phoneauth.Config) { cfg.Journal.Store = held })
		with := operationCosts(t, c, person{ctx: t.Context(), svc: svc, inbox: inbox}, 100)
		assert.Equal(t, without, with)
		t.Log("commits:", with)

		c.reset()
		close(held.released)
		require.NoError(t, svc.Close(t.Context()))
		assert.LessOrEqual(t, c.commits.Load(), int64(2))
		assert.Zero(t, svc.JournalLost())
		phone, _ := caller(100)
		entries, err := svc.Timeline(t.Context(), phoneauth.TimelineQuery{Phone: phone})
		require.NoError(t, err)
		assert.Len(t, entries, 6, "two codes sent, one right, one wrong, a sign-up, a refresh")
	})
}

// operationCosts are the commits of what the n-th person does.
func operationCosts(t *testing.T, c *counted, p person, n int) map[string]int64 {
	t.Helper()
	costs := map[string]int64{}
	count := func(name string, do func() error) {
		c.reset()
		require.NoError(t, do(), name)
		costs[name] = c.commits.Load()
	}
	p.phone, p.client = caller(n)
	var code string
	var session *phoneauth.Session
	count("Register", func() (err error) { code, err = p.register(); return err })
	count("Login", func() (err error) { session, err = p.login(code); return err })
	count("Refresh", func() error {
		_, err := p.svc.Refresh(p.ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		return err
	})
	_, err := p.register()
	require.NoError(t, err)
	count("Login with a wrong code", func() error {
		_, err := p.login("000000")
		if !errors.Is(err, phoneauth.ErrInvalidCode) {
			return fmt.Errorf("%w", err)
		}
		return nil
	})
	count("LogoutAll", func() error { return p.svc.LogoutAll(p.ctx, session.User.ID) })
	return costs
}
