package integration_test

import (
	"crypto/rand"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// TestSQLRestore checks what docs/operations.md says of a database that is restored from a backup:
// New accepts it, what was used since the backup is good again, and nothing of it is once the keys
// are new and ids go on beyond those that were given.
func TestSQLRestore(t *testing.T) {
	for name, open := range map[string]func(*testing.T) backedUp{
		"sqlite": backupSQLite, "postgres": backupPostgres,
		"mariadb": backupMariaDB, "mariadb by tables": backupMariaDBTables, "mariadb-backup": backupMariaDBFiles,
	} {
		t.Run(name, func(t *testing.T) { restored(t, open(t)) })
	}
}

// restores is how often a test calls restore.
const restores = 3

// backedUp is a database, how to back it up, and what makes a new database of the last backup.
type backedUp struct {
	database
	backup  func()
	restore func() database
	// skipIDs is the statement of docs/operations.md that lets ids go on.
	skipIDs string
}

// tenant is a Service on one database, and what it sends.
type tenant struct {
	*phoneauth.Service
	inbox *phonetest.Inbox
}

func restored(t *testing.T, b backedUp) {
	ctx := t.Context()
	under := func(d database, change func(*phoneauth.Config)) tenant {
		svc, inbox := service(t, d.store(t, d.open(t)), change)
		return tenant{svc, inbox}
	}
	same := func(*phoneauth.Config) {}
	one := under(b.database, same)
	used, rotated, late := "+201061797840", "+201061797841", "+201061797842"
	code := one.send(t, used)
	_, err := one.login(t, used, code)
	require.NoError(t, err)
	first, err := one.signUp(t, rotated)
	require.NoError(t, err)
	code = one.send(t, used) // which is pending in the backup
	b.backup()

	_, err = one.login(t, used, code)
	require.NoError(t, err)
	second, err := one.Refresh(ctx, phoneauth.RefreshRequest{Token: first.RefreshToken})
	require.NoError(t, err)
	gone, err := one.signUp(t, late)
	require.NoError(t, err)

	again := under(b.restore(), same)
	_, err = again.login(t, used, code)
	assert.NoError(t, err, "a used code is good again")
	_, err = again.Refresh(ctx, phoneauth.RefreshRequest{Token: gone.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "the account is gone")
	other, err := again.signUp(t, "+201061797843")
	require.NoError(t, err)
	assert.Equal(t, gone.User.ID, other.User.ID, "an id is given again")
	_, err = again.User(ctx, mustClaims(t, again.Service, gone.AccessToken))
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "and opens nothing of somebody else's")
	_, err = again.Refresh(ctx, phoneauth.RefreshRequest{Token: first.RefreshToken})
	assert.NoError(t, err, "a used refresh token is good again")

	reused := under(b.restore(), same)
	_, err = reused.Refresh(ctx, phoneauth.RefreshRequest{Token: second.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "a token of later ends its session as reused")
	_, err = reused.Refresh(ctx, phoneauth.RefreshRequest{Token: first.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)

	d := b.restore()
	db := d.open(t)
	runOn(t, d, b.skipIDs)
	safe := under(d, func(c *phoneauth.Config) {
		c.Keys.Secrets = []phoneauth.Key{{ID: "2", Secret: []byte(strings.Repeat("n", 32))}}
	})
	_, err = safe.login(t, used, code)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	for _, token := range []phoneauth.Secret{first.RefreshToken, second.RefreshToken, gone.RefreshToken} {
		_, err = safe.Refresh(ctx, phoneauth.RefreshRequest{Token: token})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	}
	_, err = safe.Authenticate(ctx, first.AccessToken)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	next, err := safe.signUp(t, "+201061797843")
	require.NoError(t, err)
	assert.NotEqual(t, gone.User.ID, next.User.ID)
	known, err := safe.signUp(t, used)
	require.NoError(t, err)
	assert.False(t, known.New, "accounts are there")
	var users int
	require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM phoneauth_users").Scan(&users))
	assert.Equal(t, 3, users)
}

func (s tenant) send(t *testing.T, phone string) string {
	t.Helper()
	_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	message, _ := s.inbox.Last(phone)
	return string(message.Code)
}

func (s tenant) login(t *testing.T, phone, code string) (*phoneauth.Session, error) {
	t.Helper()
	return s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code})
}

func (s tenant) signUp(t *testing.T, phone string) (*phoneauth.Session, error) {
	t.Helper()
	return s.login(t, phone, s.send(t, phone))
}

func mustClaims(t *testing.T, svc *phoneauth.Service, token phoneauth.Secret) phoneauth.Claims {
	t.Helper()
	claims, err := svc.Authenticate(t.Context(), token)
	require.NoError(t, err)
	return claims
}

func backupSQLite(t *testing.T) backedUp {
	d := sqliteDatabase(t)
	copied := filepath.Join(t.TempDir(), "backup.db")
	return backedUp{
		database: d,
		backup:   func() { runOn(t, d, "VACUUM INTO '"+copied+"'") },
		restore: func() database {
			restored := sqliteDatabase(t)
			from, err := sql.Open("sqlite", sqliteDSN(copied))
			require.NoError(t, err)
			defer from.Close()
			_, path, _ := strings.Cut(restored.dsn, "file:")
			path, _, _ = strings.Cut(path, "?")
			_, err = from.ExecContext(t.Context(), "VACUUM INTO '"+path+"'")
			require.NoError(t, err)
			return restored
		},
		skipIDs: "UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name = 'phoneauth_users'",
	}
}

func backupPostgres(t *testing.T) backedUp {
	server, d := startedPostgres(t), postgresDatabase(t)
	_, schema, _ := strings.Cut(d.dsn, "search_path=")
	dump := filepath.Join(server.Dir(), "dump-"+schema)
	return backedUp{
		database: d,
		backup: func() {
			require.NoError(t, server.Tool(t.Context(), "pg_dump", "-Fc", "-n", schema, "-f", dump, "postgres"))
		},
		restore: func() database {
			name := "restored" + strings.ToLower(rand.Text())
			require.NoError(t, server.Tool(t.Context(), "createdb", name))
			require.NoError(t, server.Tool(t.Context(), "pg_restore", "-d", name, dump))
			return database{sqlstore.Postgres, "pgx", server.DSNOf(name, schema)}
		},
		skipIDs: "SELECT setval(pg_get_serial_sequence('phoneauth_users', 'id'), (SELECT max(id) + 1000000 FROM phoneauth_users))",
	}
}

func backupMariaDB(t *testing.T) backedUp {
	server := startedMariaDB(t)
	name := newMySQLDatabase(t, server)
	return backedUp{
		database: database{sqlstore.MySQL, "mysql", server.DSN(name)},
		backup: func() {
			require.NoError(t, server.Tool(t.Context(), "", "dump-"+name, "mariadb-dump", "--single-transaction", name))
		},
		restore: func() database {
			restored := newMySQLDatabase(t, server)
			require.NoError(t, server.Tool(t.Context(), "dump-"+name, "", "mariadb", restored))
			return database{sqlstore.MySQL, "mysql", server.DSN(restored)}
		},
		skipIDs: skipIDsOfMariaDB,
	}
}

const skipIDsOfMariaDB = "ALTER TABLE phoneauth_users AUTO_INCREMENT = 1000003"

// backupMariaDBTables is by a file for each table, the way for large ones.
func backupMariaDBTables(t *testing.T) backedUp {
	server := startedMariaDB(t)
	name := newMySQLDatabase(t, server)
	d := database{sqlstore.MySQL, "mysql", server.DSN(name)}
	files := filepath.Join(server.Dir(), "tables-"+name)
	return backedUp{
		database: d,
		backup:   func() { require.NoError(t, dumpTables(t.Context(), server, name, files)) },
		restore: func() database {
			restored := newMySQLDatabase(t, server)
			require.NoError(t, restoreTables(t.Context(), server, restored, files))
			d := database{sqlstore.MySQL, "mysql", server.DSN(restored)}
			assert.Equal(t, keysOfMySQL(t, database{sqlstore.MySQL, "mysql", server.DSN(name)}), keysOfMySQL(t, d))
			return d
		},
		skipIDs: skipIDsOfMariaDB,
	}
}

// keysOfMySQL are the keys of all tables.
func keysOfMySQL(t *testing.T, d database) (all []string) {
	t.Helper()
	rows, err := d.open(t).Query("SELECT concat(table_name, '.', index_name, '.', seq_in_index, '.', column_name, '.', non_unique)" +
		" FROM information_schema.statistics WHERE table_schema = database() ORDER BY 1")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var key string
		require.NoError(t, rows.Scan(&key))
		all = append(all, key)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, len(all), 10)
	return all
}

// backupMariaDBFiles is by mariadb-backup. Each restore is a server of its own.
func backupMariaDBFiles(t *testing.T) backedUp {
	if _, err := exec.LookPath("mariadb-backup"); err != nil && os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "" {
		t.Skip("apt-get install -y --no-install-recommends mariadb-backup")
	}
	server, d := ownMariaDB(t)
	config, err := mysql.ParseDSN(d.dsn)
	require.NoError(t, err)
	var copies []*integration.MariaDB
	return backedUp{
		database: d,
		backup: func() {
			for range restores {
				c, err := server.Copy(t.Context())
				require.NoError(t, err)
				t.Cleanup(c.Stop)
				copies = append(copies, c)
			}
		},
		restore: func() database {
			c := copies[0]
			copies = copies[1:]
			require.NoError(t, c.Start())
			return database{sqlstore.MySQL, "mysql", c.DSN(config.DBName)}
		},
		skipIDs: skipIDsOfMariaDB,
	}
}
