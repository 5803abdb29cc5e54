package integration_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// The arithmetic of the functions is that of package phoneauth: 2,000 steps, or 1,000,000
// before a release. No step is left to a transaction.
func TestSQLDifferential(t *testing.T) {
	d := postgresDatabase(t)
	db, c := d.countedDB(t)
	s := d.store(t, db)
	require.True(t, s.Functions())
	var left, begun, attempted atomic.Int64
	c.queries = func(query string, _ []driver.NamedValue) {
		switch {
		case strings.HasSuffix(query, " FOR UPDATE) c") && strings.Contains(query, "phoneauth_counters"):
			left.Add(1)
		case strings.HasPrefix(query, "WITH b AS"):
			begun.Add(1)
		case strings.HasPrefix(query, "WITH d AS"):
			attempted.Add(1)
		}
	}
	storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return s }, 0)
	assert.Zero(t, left.Load(), "steps in transactions")
	t.Logf("%d of BeginChallenge and %d of AttemptChallenge were tried in one statement", begun.Load(), attempted.Load())
	assert.Positive(t, min(begun.Load(), attempted.Load()))
}

// opening is a store that attempts by OpenSession. leaves is true for one that may leave the session to CreateSession.
type opening struct {
	*sqlstore.Store
	leaves bool
}

func (s opening) AttemptChallenge(ctx context.Context, p phoneauth.AttemptParams) (phoneauth.Challenge, error) {
	id := rand.Text()
	v, err := s.OpenSession(ctx, phoneauth.Opening{
		Attempt: p,
		SignIn:  phoneauth.SignIn{Phone: phoneauth.StoredPhone("+" + id), UUID: id, Epoch: phoneauth.AnyEpoch, Now: p.Now},
		Session: phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: id, IdleUntil: p.Now.Add(time.Hour), ExpiresAt: p.Now.Add(time.Hour)}, Most: 1, Now: p.Now},
	})
	if err == nil && !v.Stored && !s.leaves {
		err = errors.New("the session is not stored")
	}
	return v.Challenge, err
}

// An attempt is the same where a session is opened in its step.
func TestSQLDifferentialOpens(t *testing.T) {
	for name, opts := range map[string][]sqlstore.Option{"functions": nil, "transactions": {sqlstore.WithoutFunctions()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgresDatabase(t)
			s := d.store(t, d.open(t), opts...)
			storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return opening{s, !s.Functions()} }, 0)
		})
	}
	for name, d := range map[string]database{"sqlite": sqliteDatabase(t), "mariadb": mariadbDatabase(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := d.store(t, d.open(t))
			storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return opening{s, name == "mariadb"} }, 500)
		})
	}
}

// dropFunctions takes the functions away, as a role would see it that may not execute them.
func (d database) dropFunctions(t *testing.T, db *sql.DB) {
	t.Helper()
	if d.dialect != sqlstore.Postgres {
		return
	}
	_, err := db.Exec("DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT p.oid FROM pg_proc p" +
		" WHERE p.pronamespace = current_schema()::regnamespace LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP; END $$")
	require.NoError(t, err)
}

// Where the functions were left out, every verb is a transaction, and the store passes as well.
func TestSQLStoreWithoutFunctions(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	s := d.store(t, db, sqlstore.WithoutFunctions())
	require.False(t, s.Functions())
	storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(20))
	storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return s }, 500)
}

// New calls the functions only if its role may execute all of them, and they are beside the
// tables. A store whose functions are dropped goes on in transactions.
func TestSQLFindsFunctions(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	before := d.store(t, db)
	require.True(t, before.Functions())
	open := func(opts ...sqlstore.Option) *sqlstore.Store {
		s, err := sqlstore.New(t.Context(), db, d.dialect, opts...)
		require.NoError(t, err)
		return s
	}
	assert.True(t, open().Functions())
	assert.True(t, open(sqlstore.Only(sqlstore.Sessions)).Functions())
	assert.False(t, open(sqlstore.Only(sqlstore.Users)).Functions())
	assert.False(t, open(sqlstore.WithoutFunctions()).Functions())

	var public int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a"+
		" WHERE p.pronamespace = current_schema()::regnamespace AND (a.grantee = 0 OR p.prosecdef)").Scan(&public))
	assert.Zero(t, public, "what everybody may execute, or what runs as its owner")

	d.dropFunctions(t, db)
	assert.False(t, open().Functions())
	d.use(t, before)
	d.use(t, open())

	// A migration that changes functions goes on where somebody has dropped them.
	_, err := db.Exec("DELETE FROM phoneauth_migrations WHERE name = '00013_sessions_functions.sql'")
	require.NoError(t, err)
	assert.False(t, d.store(t, db).Functions())
}

// Where the question for the functions fails for another reason than that the server does not
// understand it, New fails, too: a store would go on without them for as long as it lives.
func TestSQLFindsFunctionsOrFails(t *testing.T) {
	d := postgresDatabase(t)
	db, c := d.countedDB(t)
	d.store(t, db)
	for expression, want := range map[string]string{"1/0": "SQLSTATE 22012", "unheard_of()": ""} {
		c.rewrite = func(query string) string { return strings.Replace(query, "count(DISTINCT p.proname)", expression, 1) }
		s, err := sqlstore.New(t.Context(), db, d.dialect)
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		assert.False(t, s.Functions())
	}
}

// A role that may use the tables and not the functions works in transactions, and in functions
// once it was granted them.
func TestSQLFunctionsOfAnotherRole(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	d.store(t, db)
	var schema string
	require.NoError(t, db.QueryRow("SELECT current_schema()").Scan(&schema))
	role := "role_" + schema
	_, err := db.Exec("CREATE ROLE " + role + " LOGIN; GRANT USAGE ON SCHEMA " + schema + " TO " + role +
		"; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + role)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = db.Exec("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	d.dsn = strings.Replace(d.dsn, "phoneauth@", role+"@", 1)
	theirs := d.open(t)
	for _, granted := range []bool{false, true} {
		if granted {
			_, err := db.Exec("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA " + schema + " TO " + role)
			require.NoError(t, err)
		}
		s, err := sqlstore.New(t.Context(), theirs, d.dialect)
		require.NoError(t, err)
		assert.Equal(t, granted, s.Functions())
		d.use(t, s)
	}
}

// A role that may not use PL/pgSQL has no functions: Migrate makes the rest all the same, and the
// functions once the role may.
func TestSQLMigrateWithoutFunctions(t *testing.T) {
	_, d := ownPostgres(t)
	db := d.open(t)
	_, err := db.Exec("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; CREATE ROLE host LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO host")
	require.NoError(t, err)
	d.dsn = strings.Replace(d.dsn, "phoneauth@", "host@", 1)
	theirs := d.open(t)
	s := d.store(t, theirs)
	assert.False(t, s.Functions())
	d.use(t, s)
	_, err = db.Exec("GRANT USAGE ON LANGUAGE plpgsql TO host")
	require.NoError(t, err)
	s = d.store(t, theirs)
	assert.True(t, s.Functions())
	d.use(t, s)
}

// Numbers that the database cannot hold are left to a transaction.
func TestSQLFunctionsOutOfRange(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	huge := phoneauth.TakeParams{Now: time.Now(), Charges: []phoneauth.Charge{{Amount: 1e308, Score: phoneauth.Score{Name: "score",
		Key: "{a}huge", Max: math.Inf(1), DebtDecay: 1 << 62, CreditDecay: time.Hour}}}}
	for range 3 {
		require.NoError(t, s.TakeLimits(t.Context(), huge))
	}
	state, err := s.ReadState(t.Context(), phoneauth.StateParams{Scores: []phoneauth.Score{huge.Charges[0].Score}, Now: huge.Now})
	require.NoError(t, err)
	assert.True(t, math.IsInf(state.Scores[0], 1))
}
