package integration_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// postgresServer is the one server of a test run; TestMain ends it.
var (
	postgresServer = sync.OnceValues(func() (*integration.Postgres, error) { return integration.StartPostgres("log_min_messages=error") })
	postgresUsed   bool
	postgresOnce   sync.Mutex
)

func TestMain(m *testing.M) {
	integration.QuietMySQL()
	if child := os.Getenv(childOf); child != "" {
		os.Exit(runChild(child))
	}
	code := m.Run()
	integration.EndChromium()
	postgresOnce.Lock()
	if postgresUsed {
		if p, err := postgresServer(); err == nil {
			p.Stop()
		}
	}
	mariadbServer.stop()
	galeraCluster.stop()
	os.Exit(code)
}

func startedPostgres(t testing.TB) *integration.Postgres {
	t.Helper()
	postgresOnce.Lock()
	postgresUsed = true
	postgresOnce.Unlock()
	p, err := postgresServer()
	needPostgres(t, err)
	return p
}

func needPostgres(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, integration.ErrNoPostgres) && os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
}

// ownPostgres is a server of the test's own, which it may kill, and a database of it.
func ownPostgres(t testing.TB, settings ...string) (*integration.Postgres, database) {
	t.Helper()
	p, err := integration.StartPostgres(settings...)
	needPostgres(t, err)
	t.Cleanup(p.Stop)
	return p, database{sqlstore.Postgres, "pgx", p.DSN("public")}
}

// database is one for a test of its own, with no tables.
type database struct {
	dialect     sqlstore.Dialect
	driver, dsn string
}

// databases are the engines that every test is for.
func databases(t *testing.T, test func(t *testing.T, d database)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteDatabase(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresDatabase(t)) })
	t.Run("mariadb", func(t *testing.T) { test(t, mariadbDatabase(t)) })
}

func sqliteDatabase(t testing.TB) database {
	return database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(t.TempDir(), "phoneauth.db"))}
}

func sqliteDSN(path string) string {
	return "file:" + path + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}

func postgresDatabase(t testing.TB) database {
	p := startedPostgres(t)
	schema := "s" + strings.ToLower(rand.Text())
	drop, err := p.Schema(t.Context(), "pgx", schema)
	require.NoError(t, err)
	t.Cleanup(drop)
	return database{sqlstore.Postgres, "pgx", p.DSN(schema)}
}

func (d database) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// store has its tables.
func (d database) store(t testing.TB, db *sql.DB, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, sqlstore.Migrate(ctx, db, d.dialect, opts...))
	s, err := sqlstore.New(ctx, db, d.dialect, opts...)
	require.NoError(t, err)
	return s
}
