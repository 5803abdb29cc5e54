package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// manyRows is how many there are in every table, half of them expired.
const manyRows = 100_000

// fill makes manyRows of everything, with keys and blobs as long as the Service's.
func (d database) fill(t *testing.T, db *sql.DB) {
	t.Helper()
	numbers, key, random := "generate_series(1, $1) AS n (n)", "convert_to('{' || md5(n::text) || '}' || substr(md5((-n)::text), 1, 14), 'UTF8')",
		func(n string) string { return "decode(substr(repeat(md5(n::text), 40), 1, 2*" + n + "), 'hex')" }
	if d.dialect == sqlstore.SQLite {
		numbers = "(WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r WHERE n < ?1) SELECT n FROM r)"
		key = "CAST('{' || printf('%032d', n) || '}' || printf('%014d', n) AS BLOB)"
		random = func(n string) string { return "randomblob(" + n + ")" }
	}
	us := time.Now().UnixMicro()
	ends := func(grain int64) string { // an hour ago or in an hour, in whole grains
		d := time.Hour.Microseconds()
		return "(CASE WHEN n % 2 = 0 THEN " + itoa((us-d)/grain) + " ELSE " + itoa((us+d)/grain) + " END)"
	}
	minute := time.Minute.Microseconds()
	for _, insert := range []string{
		"phoneauth_users (created_at, updated_at, signed_in_at, uuid, phone) SELECT 0, 0, 0, 'u' || n, '+30' || (10000000 + n) FROM ",
		"phoneauth_challenges (key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due) SELECT " + key +
			", " + random("22") + ", " + random("32") + ", " + random("64") + ", " + random("0") + ", 5, 1, " + ends(1) + ", " + ends(1) + ", " + ends(minute) + " FROM ",
		"phoneauth_counters (key, at_us, until_us, amount, due) SELECT " + key + ", " + ends(1) + ", " + ends(1) + ", 1, " + ends(60*minute) + " FROM ",
		"phoneauth_sessions (id, user_id, epoch, device_id, digest, previous, amr, auth_time, created_at, rotated_at, idle_until, expires_at, due) SELECT " +
			random("22") + ", " + key + ", 0, " + random("22") + ", " + random("32") + ", " + random("32") + ", " + random("7") + ", 0, 0, 0, " +
			ends(1) + ", " + ends(1) + ", " + ends(24*60*minute) + " FROM ",
	} {
		insert = strings.Replace(insert, random("22")+", "+key, key+", "+key, 1) // ids are unique, as keys are
		_, err := db.Exec("INSERT INTO "+insert+numbers, manyRows)
		require.NoError(t, err, insert)
	}
	_, err := db.Exec("ANALYZE")
	require.NoError(t, err)
}

// everyVerb calls every verb and each of its outcomes.
func everyVerb(t *testing.T, s *sqlstore.Store) {
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
		require.Error(t, err)
		session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, SessionToken: pending.SessionToken, Client: client})
		require.NoError(t, err)
		_, err = svc.Refresh(ctx, session.Refresh)
		require.NoError(t, err)
		require.NoError(t, svc.Unlock(ctx, phone))
		id := session.User.ID
		_, err = s.SetPassword(ctx, phoneauth.PasswordUpdate{UserID: id, Now: now})
		require.NoError(t, err)
		_, err = s.SetPhone(ctx, phoneauth.PhoneUpdate{UserID: id, Phone: phoneauth.StoredPhone("+99" + phone[1:]), Epoch: 1, Now: now})
		require.NoError(t, err)
		_, err = s.SetPhone(ctx, phoneauth.PhoneUpdate{UserID: id, Phone: session.User.Phone, Epoch: 1, Now: now})
		require.ErrorIs(t, err, phoneauth.ErrStale)
		_, err = s.SetBlocked(ctx, id, true, now)
		require.NoError(t, err)
		f := phoneauth.Failures{Name: "f", Key: phone, Steps: []phoneauth.Step{{At: 1, Wait: time.Hour}}, Forget: time.Hour}
		require.NoError(t, s.CountFailure(ctx, f, now))
		require.Error(t, s.CountFailure(ctx, f, now))
		require.NoError(t, s.ClearFailures(ctx, phone))
		require.NoError(t, s.CancelChallenges(ctx, phone, phone+"x"))
		_, err = s.SessionByID(ctx, session.ID, now)
		require.NoError(t, err)
		_, err = s.RotateSession(ctx, phoneauth.Rotation{ID: session.ID, Digest: []byte("reused"), Now: now})
		require.ErrorIs(t, err, phoneauth.ErrReused)
		require.NoError(t, s.EndSession(ctx, session.ID))
		require.NoError(t, s.EndUserSessions(ctx, id, "other"))
		require.NoError(t, s.DeleteUser(ctx, id))
	}
	start := time.Now()
	removed, err := s.Purge(ctx, now)
	require.NoError(t, err)
	t.Logf("Purge of %d rows in %v", removed, time.Since(start).Round(time.Millisecond))
	require.Greater(t, removed, manyRows)
}

func TestSQLScansNothing(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		d := postgresDatabase(t)
		admin := d.open(t)
		d.store(t, admin)
		d.fill(t, admin)
		sizes(t, admin)
		time.Sleep(2 * time.Second) // for what admin did to be known: a server tells it each second
		before, indexedBefore := scans(t, admin)
		d.dsn += "&application_name=verbs"
		db := d.open(t)
		s, err := sqlstore.New(t.Context(), db, d.dialect)
		require.NoError(t, err)
		everyVerb(t, s)
		require.NoError(t, db.Close())
		after, indexed := scans(t, admin)
		assert.Equal(t, before, after)
		for table, n := range indexed {
			assert.Greater(t, n, indexedBefore[table]+20, table)
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		d := sqliteDatabase(t)
		db, c := d.countedDB(t)
		s := d.store(t, db)
		d.fill(t, db)
		var mu sync.Mutex
		statements := map[string][]driver.NamedValue{}
		c.queries = func(query string, args []driver.NamedValue) {
			mu.Lock()
			defer mu.Unlock()
			statements[query] = args
		}
		everyVerb(t, s)
		c.queries = nil
		for query, args := range statements {
			switch verb, _, _ := strings.Cut(query, " "); verb {
			case "SELECT", "INSERT", "UPDATE", "DELETE":
				assertNoScan(t, db, query, args)
			}
		}
		assert.Greater(t, len(statements), 25)
	})
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
	// What a connection did is known for certain once it is gone.
	require.Eventually(t, func() bool {
		var left int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'verbs'").Scan(&left))
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
	require.Len(t, sequential, 4)
	return sequential, indexed
}
