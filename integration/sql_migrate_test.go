package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

func TestSQLMigrateAgain(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db := d.open(t)
		_, err := sqlstore.New(t.Context(), db, d.dialect)
		require.ErrorContains(t, err, "has Migrate been called?")
		d.use(t, d.store(t, db))
		d.use(t, d.store(t, db))
	})
}

// use signs somebody in and back out.
func (d database) use(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	svc, inbox := service(t, s, func(*phoneauth.Config) {})
	phone, client := caller(int(time.Now().UnixNano() % 1e6))
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(t, err)
	session, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: inbox.Code(t, phone), Client: client})
	require.NoError(t, err)
	require.NoError(t, svc.Logout(t.Context(), session.RefreshToken))
}

func TestSQLMigrateAtOnce(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		var opts []sqlstore.Option
		for round := range 5 {
			opts = []sqlstore.Option{sqlstore.Prefix(fmt.Sprintf("p%d_", round))}
			if d.dialect == sqlstore.Postgres {
				schema := fmt.Sprintf("at_once_%d", round)
				opts = append(opts, sqlstore.Schema(schema))
				db := d.open(t)
				t.Cleanup(func() { _, _ = db.Exec("DROP SCHEMA " + schema + " CASCADE") })
			}
			var all sync.WaitGroup
			for range 8 {
				db := d.open(t)
				all.Go(func() { assert.NoError(t, sqlstore.Migrate(t.Context(), db, d.dialect, opts...)) })
			}
			all.Wait()
			d.store(t, d.open(t), opts...)
		}
	})
}

// migrateAsChild migrates, or says midway and does nothing more.
func migrateAsChild(of task) error {
	endWithParent()
	db, counts := openCounted(database{of.Place.Dialect, of.Place.Driver, of.Place.DSN})
	counts.before = func(n int64) {
		if n > of.After {
			_ = tell("midway")
			select {}
		}
	}
	if err := sqlstore.Migrate(context.Background(), db, of.Place.Dialect); err != nil {
		return err
	}
	return tell("done")
}

// A process that is killed midway leaves nothing half done, and nobody waiting: whoever
// migrates beside it goes on.
func TestSQLMigrateKilledMidway(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		if d.dialect == sqlstore.MySQL {
			t.Skip("see TestSQLMigrateMySQLKilledMidway: what was done stays")
		}
		midway := 0
		for after := int64(1); ; after++ {
			c := startChild(t, task{Do: "migrate", Place: d.place(), After: after})
			var said string
			require.NoError(t, c.hear(&said))
			if said == "done" {
				break
			}
			midway++
			db := d.open(t)
			if after%2 == 0 {
				beside := make(chan error, 1)
				go func() { beside <- sqlstore.Migrate(t.Context(), db, d.dialect) }()
				c.end()
				require.NoError(t, <-beside)
				d.use(t, d.store(t, db))
				d.reset(t, db)
				continue
			}
			c.end()
			_, err := sqlstore.New(t.Context(), db, d.dialect)
			require.Error(t, err, "killed after %d statements, and yet all is there", after)
		}
		assert.Greater(t, midway, 8, "killed after each statement")
		d.use(t, d.store(t, d.open(t)))
	})
}

// reset takes the tables away again.
func (d database) reset(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"users", "challenges", "counters", "sessions", "turns", "journal", "migrations"} {
		_, err := db.Exec("DROP TABLE IF EXISTS phoneauth_" + table)
		require.NoError(t, err)
	}
	d.dropFunctions(t, db)
}

// goose applies the same files, before Migrate or after it.
func TestSQLGoose(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		db := d.open(t)
		files, err := sqlstore.Migrations(d.dialect)
		require.NoError(t, err)
		provider := d.goose(t, db, files)
		results, err := provider.Up(t.Context())
		require.NoError(t, err)
		want := map[sqlstore.Dialect]int{sqlstore.SQLite: 7, sqlstore.Postgres: 13, sqlstore.MySQL: 4}
		assert.Len(t, results, want[d.dialect])
		s, err := sqlstore.New(t.Context(), db, d.dialect)
		require.NoError(t, err)
		d.use(t, s)

		d.use(t, d.store(t, db)) // Migrate after goose
		_, err = provider.DownTo(t.Context(), 0)
		require.NoError(t, err)
		_, err = sqlstore.New(t.Context(), db, d.dialect)
		require.Error(t, err)

		_, err = db.Exec("DROP TABLE phoneauth_migrations")
		require.NoError(t, err)
		d.store(t, db)
		if d.dialect == sqlstore.SQLite { // which cannot add a column only where it is missing
			for _, result := range results {
				_, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?1, 1)", result.Source.Version)
				require.NoError(t, err)
			}
		}
		_, err = provider.Up(t.Context()) // goose after Migrate
		require.NoError(t, err)
		d.use(t, d.store(t, db))
	})
}

func (d database) goose(t *testing.T, db *sql.DB, files fs.FS) *goose.Provider {
	t.Helper()
	dialect := map[sqlstore.Dialect]goose.Dialect{sqlstore.SQLite: goose.DialectSQLite3, sqlstore.Postgres: goose.DialectPostgres, sqlstore.MySQL: goose.DialectMySQL}[d.dialect]
	provider, err := goose.NewProvider(dialect, db, files)
	require.NoError(t, err)
	return provider
}

func TestSQLMigrationFiles(t *testing.T) {
	files, err := sqlstore.Migrations(sqlstore.Postgres, sqlstore.Prefix("auth_"), sqlstore.Only(sqlstore.Users))
	require.NoError(t, err)
	names, err := fs.Glob(files, "*")
	require.NoError(t, err)
	assert.Equal(t, []string{"00001_users.sql", "00004_users_locked.sql"}, names)
	text, err := fs.ReadFile(files, names[0])
	require.NoError(t, err)
	assert.Contains(t, string(text), "CREATE TABLE IF NOT EXISTS auth_users")
	assert.NotContains(t, string(text), "phoneauth_")
	_, err = fs.ReadFile(files, "00003_sessions.sql")
	assert.True(t, errors.Is(err, fs.ErrNotExist))
}
