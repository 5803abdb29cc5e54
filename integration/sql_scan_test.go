package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// manyRows is how many there are in every table, half of them expired.
const manyRows = 100_000

// sealedBytes are those of a code of six digits, sealed under a key with an id of one.
const sealedBytes = 36

// fill makes manyRows of everything, with keys, ids and blobs as long as the Service's.
func (d database) fill(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"users", "challenges", "counters", "sessions", "journal"} {
		d.fillTable(t, db, table, manyRows)
	}
}

// fillTable makes so many rows of one table.
func (d database) fillTable(t *testing.T, db *sql.DB, table string, rows int) {
	t.Helper()
	numbers := "generate_series(1, $1) AS n (n)"
	print := "substr(md5(n::text), 1, 22)"
	blob := func(n int) string { return fmt.Sprintf("decode(substr(repeat(md5(n::text), 4), 1, %d), 'hex')", 2*n) }
	bytes := func(text string) string { return "convert_to(" + text + ", 'UTF8')" }
	if d.dialect == sqlstore.SQLite {
		numbers = "(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r WHERE n < ?1) SELECT n FROM r)"
		print = "substr(hex(randomblob(11)), 1, 22)"
		blob = func(n int) string { return fmt.Sprintf("randomblob(%d)", n) }
		bytes = func(text string) string { return "CAST(" + text + " AS BLOB)" }
	}
	if d.dialect == sqlstore.MySQL {
		print = "substr(md5(n), 1, 22)"
		blob = func(n int) string { return fmt.Sprintf("unhex(substr(repeat(md5(n), 4), 1, %d))", 2*n) }
		bytes = func(text string) string { return strings.ReplaceAll(text, " AS TEXT)", " AS CHAR)") }
	}
	us := time.Now().UnixMicro()
	ends := func(grain time.Duration) string { // an hour ago or in an hour, in whole grains
		return fmt.Sprintf("(CASE WHEN n %% 2 = 0 THEN %d ELSE %d END)",
			(us-time.Hour.Microseconds())/grain.Microseconds(), (us+time.Hour.Microseconds())/grain.Microseconds())
	}
	end := ends(time.Microsecond)
	columns := map[string][][2]string{
		"users": {{"created_at", "0"}, {"updated_at", "0"}, {"signed_in_at", "0"},
			{"uuid", print + " || '01234567890123'"}, {"phone", "'+30' || (1000000000 + n)"}},
		"challenges": {{"key", bytes("'{' || " + print + " || '}c' || " + print)}, {"id", bytes(print)},
			{"digest", blob(32)}, {"sealed", blob(sealedBytes)}, {"pending", blob(0)}, {"tries_left", "5"}, {"sends", "1"},
			{"expires_at", end}, {"until_at", end}, {"due", ends(time.Minute)}},
		"counters": {{"key", bytes("'l{' || " + print + " || '}s0'")}, {"at_us", end}, {"until_us", end},
			{"amount", "0"}, {"due", ends(time.Hour)}},
		"sessions": {{"id", bytes(print)}, {"user_id", bytes("CAST(n AS TEXT)")}, {"epoch", "0"}, {"device_id", bytes(print)},
			{"digest", blob(32)}, {"previous", blob(32)}, {"amr", bytes(`'["sms"]'`)}, {"auth_time", end}, {"created_at", end},
			{"rotated_at", end}, {"idle_until", end}, {"expires_at", end}, {"due", ends(24 * time.Hour)},
			{"client", bytes("'Chrome on Android'")}, {"place", bytes("'Cairo'")}},
		"journal": {{"id", bytes(print)}, {"time_us", fmt.Sprintf("%d - n", us-2*time.Hour.Microseconds())}, {"expires_at", end}, {"count", "0"}, {"hour", ends(time.Hour)}, {"due", ends(24 * time.Hour)},
			{"print", bytes("'a fingerprint of ' || (n % 2000)")}, {"user_id", bytes("CASE WHEN n % 3 = 0 THEN CAST(n % 7000 AS TEXT) ELSE '' END")},
			{"message_id", bytes("CASE WHEN n % 3 = 1 THEN " + print + " ELSE '' END")}, {"type", bytes("'code_sent'")}, {"region", bytes("'EG'")},
			{"purpose", bytes("'login'")}, {"channel", bytes("'sms'")}, {"sender", bytes("'twilio'")}, {"data", blob(60)}},
	}[table]
	var names, values []string
	for _, column := range columns {
		names, values = append(names, column[0]), append(values, column[1])
	}
	if d.dialect == sqlstore.MySQL {
		fillMySQL(t, db, table, names, values)
		return
	}
	insert := "INSERT INTO phoneauth_" + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + numbers
	_, err := db.Exec(insert, rows)
	require.NoError(t, err, insert)
	if d.dialect == sqlstore.Postgres {
		// A vacuum after the Purge would make the table small, and a small one is best read from end to end.
		_, err = db.Exec("ALTER TABLE phoneauth_" + table + " SET (autovacuum_enabled = off)")
		require.NoError(t, err)
	}
	_, err = db.Exec("ANALYZE phoneauth_" + table)
	require.NoError(t, err)
}

// everyOperation has the Service do what it does, with as many limits as there are by default,
// and removes what has expired of so many rows a table.
func everyOperation(t *testing.T, s *sqlstore.Store, rows int) {
	t.Helper()
	svc, inbox := service(t, s, func(c *phoneauth.Config) { c.Limits.ServiceSends = phoneauth.Limit{Burst: 1e6, Every: time.Second} })
	ctx, now := t.Context(), time.Now()
	for n := range 20 {
		phone, client := caller(5_000 + n)
		_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.NoError(t, err)
		pending, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.NoError(t, err)
		code := inbox.Code(t, phone)
		_, err = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: wrong(code), Client: client})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, ChallengeToken: pending.ChallengeToken, Client: client})
		require.NoError(t, err)
		_, err = svc.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client})
		require.NoError(t, err)
		_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.NoError(t, err)
		session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: inbox.Code(t, phone), Client: client})
		require.NoError(t, err)
		session, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		require.NoError(t, err)
		require.NoError(t, svc.Logout(ctx, session.RefreshToken))
		require.NoError(t, svc.LogoutAll(ctx, session.User.ID))
		require.NoError(t, svc.Unlock(ctx, phone))
		require.NoError(t, svc.SetBlocked(ctx, session.User.ID, true))
	}
	start := time.Now()
	removed, err := s.Purge(ctx, now)
	require.NoError(t, err)
	t.Logf("Purge of %d rows in %v", removed, time.Since(start).Round(time.Millisecond))
	require.Greater(t, removed, rows)
}

// countsOfAll knows how often all entries were counted. That does read all of them.
type countsOfAll struct {
	phoneauth.JournalStore
	n atomic.Int64
}

func (c *countsOfAll) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	if q.From.IsZero() {
		c.n.Add(1)
	}
	return c.JournalStore.CountEntries(ctx, q)
}

// TestSQLScansNothing: no statement of what the Service and storetest ask for reads a table
// from end to end, except for a count of all entries.
func TestSQLScansNothing(t *testing.T) {
	everything := func(t *testing.T, s *sqlstore.Store) (ofAll int) {
		everyOperation(t, s, manyRows) // before storetest, which purges years ahead
		storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(1))
		c := countsOfAll{JournalStore: s}
		storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return &c }, storetest.Rounds(1))
		return int(c.n.Load())
	}
	t.Run("postgres", func(t *testing.T) {
		d := postgresDatabase(t)
		admin := d.open(t)
		d.counted(t, func(db *sql.DB) {
			d.store(t, db)
			d.fill(t, db)
		})
		d.sizes(t, admin)
		before, indexedBefore := scans(t, admin)
		var ofAll int
		d.counted(t, func(db *sql.DB) {
			s, err := sqlstore.New(t.Context(), db, d.dialect)
			require.NoError(t, err)
			ofAll = everything(t, s)
		})
		after, indexed := scans(t, admin)
		const journal = "phoneauth_journal"
		assert.LessOrEqual(t, after[journal], before[journal]+ofAll, "a count of all may read it by an index too")
		after[journal] = before[journal]
		assert.Equal(t, before, after)
		for table, n := range indexed {
			assert.Greater(t, n, indexedBefore[table]+100, table)
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		d := sqliteDatabase(t)
		db, c := d.countedDB(t)
		s := d.store(t, db)
		d.fill(t, db)
		d.sizes(t, db)
		var mu sync.Mutex
		statements := map[string][]driver.NamedValue{}
		c.queries = func(query string, args []driver.NamedValue) {
			mu.Lock()
			defer mu.Unlock()
			statements[query] = args
		}
		everything(t, s)
		c.queries = nil
		for query, args := range statements {
			if strings.HasSuffix(query, " WHERE 0") { // it looks at no row
				continue
			}
			switch verb, _, _ := strings.Cut(query, " "); verb {
			case "SELECT", "INSERT", "UPDATE", "DELETE":
				assertNoScan(t, db, query, args)
			}
		}
		t.Logf("%d statements", len(statements))
		assert.Greater(t, len(statements), 35)
	})
}

// On PostgreSQL the sessions of a user are read one by one, through the index, and those that have ended are not
// read again and again.
func TestSQLSessionsByIndex(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	d.store(t, db)
	const users, most = 400, 50
	_, err := db.Exec("INSERT INTO phoneauth_sessions (epoch, auth_time, created_at, rotated_at, idle_until, expires_at, due, id, user_id, device_id, digest, previous, amr)"+
		" SELECT 0, n, n, n, $1, $1, 1000000, convert_to('before ' || n, 'UTF8'), convert_to('user ' || n % CAST($2 AS INTEGER), 'UTF8'), '', sha256('x'), '', '' FROM generate_series(1, CAST($3 AS INTEGER)) AS n",
		time.Now().Add(time.Hour).UnixMicro(), users, users*most)
	require.NoError(t, err)
	_, err = db.Exec("ANALYZE phoneauth_sessions")
	require.NoError(t, err)
	everybody := func(round int) (entries, rows int) {
		d.counted(t, func(db *sql.DB) {
			s, err := sqlstore.New(t.Context(), db, d.dialect)
			require.NoError(t, err)
			now := time.Now()
			for n := range users {
				ended, err := s.CreateSession(t.Context(), phoneauth.NewSession{Session: phoneauth.SessionRecord{
					ID: fmt.Sprint(round, " of ", n), UserID: fmt.Sprint("user ", n), Digest: []byte{1}, CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour),
				}, Most: most, Now: now})
				require.NoError(t, err)
				require.NotEmpty(t, ended.ID)
			}
		})
		scans(t, db) // what the closed connections did is known
		require.NoError(t, db.QueryRow("SELECT idx_tup_read, idx_tup_fetch FROM pg_stat_user_indexes"+
			" WHERE schemaname = current_schema() AND indexrelname = 'phoneauth_sessions_user'").Scan(&entries, &rows))
		return entries, rows
	}
	var entries, rows, was, had int
	for round := range 4 {
		was, had = entries, rows
		entries, rows = everybody(round)
		t.Logf("round %d: %d entries of the index, %d rows that are there", round, entries-was, rows-had)
		// The sessions of the user are counted, and then the oldest is looked for. One more entry is read, of the session that ended last.
		assert.Equal(t, 2*most*users, rows-had)
		assert.LessOrEqual(t, entries-was, (2*most+3)*users)
	}
}

// countedAs is the name of connections whose scans count.
const countedAs = "counted"

// counted calls do with connections that are closed afterwards: then what they did is
// known to pg_stat for certain. See scans.
func (d database) counted(t *testing.T, do func(db *sql.DB)) {
	t.Helper()
	d.dsn += "&application_name=" + countedAs + "&max_parallel_workers_per_gather=0" // each worker would count
	db, err := sql.Open(d.driver, d.dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	do(db)
}

func assertNoScan(t *testing.T, db *sql.DB, query string, args []driver.NamedValue) {
	t.Helper()
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg.Value
	}
	rows, err := db.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, values...)
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		assert.False(t, strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "CONSTANT ROW") && !strings.Contains(detail, "VALUES CLAUSE"), "%s: %s", detail, query)
	}
	require.NoError(t, rows.Err())
}

// scans are how often each table was read from end to end, and by an index.
func scans(t *testing.T, db *sql.DB) (sequential, indexed map[string]int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var left int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", countedAs).Scan(&left))
		return left == 0
	}, 10*time.Second, 10*time.Millisecond)
	rows, err := db.Query("SELECT relname, seq_scan, idx_scan FROM pg_stat_user_tables" +
		" WHERE schemaname = current_schema() AND relname <> 'phoneauth_migrations'")
	require.NoError(t, err)
	defer rows.Close()
	sequential, indexed = map[string]int{}, map[string]int{}
	for rows.Next() {
		var table string
		var seq, idx int
		require.NoError(t, rows.Scan(&table, &seq, &idx))
		sequential[table], indexed[table] = seq, idx
	}
	require.NoError(t, rows.Err())
	require.Len(t, sequential, 5)
	return sequential, indexed
}
