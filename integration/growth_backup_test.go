package integration_test

import (
	"context"
	"io/fs"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// backupOfPostgres backs a database up by pg_dump and the server by pg_basebackup, and restores
// both. The server has its memory then: nobody restores with 32 MiB.
func (g *growth) backupOfPostgres(server *integration.Postgres) func(context.Context, *testing.T, grown) {
	return func(ctx context.Context, t *testing.T, size grown) {
		settings := []string{"shared_buffers=2GB", "maintenance_work_mem=512MB", "max_wal_size=4GB"}
		require.NoError(t, server.Restart(settings...))
		dump := filepath.Join(server.Dir(), "dump")
		took(t, "pg_dump -Fd -j2", func() error {
			return server.Tool(ctx, "pg_dump", "-Fd", "-j2", "-n", size.name, "-f", dump, "postgres")
		})
		logBytes(t, dump)
		require.NoError(t, server.Tool(ctx, "createdb", "restored"))
		took(t, "pg_restore -j2", func() error {
			return server.Tool(ctx, "pg_restore", "-j2", "-d", "restored", dump)
		})
		g.restored(ctx, t, size, database{sqlstore.Postgres, "pgx", server.DSNOf("restored", size.name)})
		require.NoError(t, server.Tool(ctx, "dropdb", "--force", "restored"))

		var copied *integration.Postgres
		took(t, "pg_basebackup", func() (err error) { copied, err = server.Copy(ctx); return err })
		t.Cleanup(copied.Stop)
		logBytes(t, copied.Dir())
		took(t, "the first start of the copy", copied.Start)
		g.restored(ctx, t, size, database{sqlstore.Postgres, "pgx", copied.DSN(size.name)})
	}
}

// backupOfMariaDB does it by mariadb-dump and mariadb-backup.
func (g *growth) backupOfMariaDB(server *integration.MariaDB) func(context.Context, *testing.T, grown) {
	return func(ctx context.Context, t *testing.T, size grown) {
		require.NoError(t, server.Restart("innodb-buffer-pool-size=5G", "innodb-log-file-size=1G"))
		took(t, "mariadb-dump --single-transaction", func() error {
			return server.Tool(ctx, "", "dump", "mariadb-dump", "--single-transaction", size.name)
		})
		logBytes(t, filepath.Join(server.Dir(), "dump"))
		restored := g.empty(t, "restored")
		took(t, "mariadb, with the dump as its input", func() error {
			return server.Tool(ctx, "dump", "", "mariadb", "restored")
		})
		g.restored(ctx, t, size, restored)
		runOn(t, size.database, "DROP DATABASE restored")

		if _, err := exec.LookPath("mariadb-backup"); err != nil {
			t.Log("mariadb-backup is not here: apt-get install -y --no-install-recommends mariadb-backup")
			return
		}
		var copied *integration.MariaDB
		took(t, "mariadb-backup, and --prepare", func() (err error) { copied, err = server.Copy(ctx); return err })
		t.Cleanup(copied.Stop)
		logBytes(t, copied.Dir())
		took(t, "the first start of the copy", copied.Start)
		g.restored(ctx, t, size, database{sqlstore.MySQL, "mysql", copied.DSN(size.name)})
	}
}

// restored finds in a restored database what the one it is of has: New accepts it, nobody is
// missing, and they refresh and sign in.
func (g *growth) restored(ctx context.Context, t *testing.T, size grown, d database) {
	t.Helper()
	db := d.open(t)
	defer db.Close()
	s, err := sqlstore.New(ctx, db, d.dialect)
	require.NoError(t, err)
	assert.Equal(t, d.dialect == sqlstore.Postgres, s.Functions())
	original := size.open(t)
	defer original.Close()
	for _, table := range []string{"phoneauth_users", "phoneauth_sessions"} {
		var want, got int
		require.NoError(t, original.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&want))
		require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&got))
		assert.Equal(t, want, got, table)
	}
	svc, inbox := service(t, s, func(*phoneauth.Config) {})
	for caller := range writers {
		require.NoError(t, size.refreshed(ctx, s, size.anybody(caller)))
		require.NoError(t, signedInAgain(ctx, svc, inbox, size.anybody(caller)))
	}
}

// took logs how long something takes.
func took(t *testing.T, what string, do func() error) {
	t.Helper()
	began := time.Now()
	require.NoError(t, do(), what)
	t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
}

// logBytes logs how large a file is, or all files in a folder are.
func logBytes(t *testing.T, path string) {
	t.Helper()
	var bytes int64
	require.NoError(t, filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return err
	}))
	t.Logf("%s: %d MB", filepath.Base(path), bytes/1e6)
}
