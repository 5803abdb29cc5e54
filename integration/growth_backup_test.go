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

// backupOfPostgres backs the server up by pg_basebackup and a database by pg_dump, and restores
// both. The server has its memory then: nobody restores with 32 MiB.
func (g *growth) backupOfPostgres(server *integration.Postgres) func(context.Context, *testing.T, grown) {
	return func(ctx context.Context, t *testing.T, size grown) {
		settings := []string{"shared_buffers=2GB", "maintenance_work_mem=512MB", "max_wal_size=4GB"}
		require.NoError(t, server.Restart(settings...))
		g.copied(ctx, t, size, "pg_basebackup", func() (serverCopy, database, error) {
			c, err := server.Copy(ctx)
			if err != nil {
				return nil, database{}, err
			}
			return c, database{sqlstore.Postgres, "pgx", c.DSN(size.name)}, nil
		})
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
	}
}

// slowRestore is for how many users a dump of statements is restored, too: it takes three times as
// long as files of the tables at 10^6 users, and over half an hour at 10^7.
const slowRestore = 1_000_000

// backupOfMariaDB does it by mariadb-backup, if that is here, by files of the tables, and by
// mariadb-dump.
func (g *growth) backupOfMariaDB(server *integration.MariaDB) func(context.Context, *testing.T, grown) {
	return func(ctx context.Context, t *testing.T, size grown) {
		require.NoError(t, server.Restart("innodb-buffer-pool-size=5G", "innodb-log-file-size=1G"))
		if _, err := exec.LookPath("mariadb-backup"); err == nil {
			g.copied(ctx, t, size, "mariadb-backup, and --prepare", func() (serverCopy, database, error) {
				c, err := server.Copy(ctx)
				if err != nil {
					return nil, database{}, err
				}
				return c, database{sqlstore.MySQL, "mysql", c.DSN(size.name)}, nil
			})
		} else {
			t.Log("mariadb-backup is not here: apt-get install -y --no-install-recommends mariadb-backup")
		}
		files := filepath.Join(server.Dir(), "tables")
		took(t, "mariadb-dump --tab", func() error { return dumpTables(ctx, server, size.name, files) })
		logBytes(t, files)
		restored := g.empty(t, "bytables")
		took(t, "mariadb-import, then the keys", func() error { return restoreTables(ctx, server, "bytables", files) })
		g.restored(ctx, t, size, restored)
		runOn(t, size.database, "DROP DATABASE bytables")
		if size.users > slowRestore {
			return
		}
		took(t, "mariadb-dump --single-transaction", func() error {
			return server.Tool(ctx, "", "dump", "mariadb-dump", "--single-transaction", size.name)
		})
		logBytes(t, filepath.Join(server.Dir(), "dump"))
		restored = g.empty(t, "restored")
		took(t, "mariadb, with the dump as its input", func() error {
			return server.Tool(ctx, "dump", "", "mariadb", "restored")
		})
		g.restored(ctx, t, size, restored)
		runOn(t, size.database, "DROP DATABASE restored")
	}
}

// serverCopy is a server that was made of a backup of another one's files.
type serverCopy interface {
	Start() error
	Stop()
	Dir() string
}

// copied starts what a backup of the files makes, looks at it, and removes it.
func (g *growth) copied(ctx context.Context, t *testing.T, size grown, what string, backup func() (serverCopy, database, error)) {
	t.Helper()
	var c serverCopy
	var d database
	took(t, what, func() (err error) { c, d, err = backup(); return err })
	defer c.Stop()
	logBytes(t, c.Dir())
	took(t, "the first start of the copy", c.Start)
	g.restored(ctx, t, size, d)
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
