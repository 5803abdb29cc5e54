package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// What needs a database is in the module integration.

func TestOptions(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"dialect must be Postgres, SQLite or MySQL": check(0),
		"Schema: sqlite has no schemas":             check(SQLite, Schema("auth")),
		"Schema: mysql has no schemas":              check(MySQL, Schema("auth")),
		"Prefix must be":                            check(Postgres, Prefix("x; DROP TABLE users")),
		"Schema must be":                            check(Postgres, Schema("1")),
		`there is no part "user"`:                   check(Postgres, Only("user")),
		"Only needs a part":                         check(Postgres, Only()),
	} {
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, check(Postgres, Schema("auth"), Prefix("p_"), Only(Users)))
}

func check(d Dialect, opts ...Option) error {
	_, err := optionsOf(d, opts)
	return err
}

type pgError struct{ code string }

func (e pgError) Error() string    { return "secret argument" }
func (e pgError) SQLState() string { return e.code }

type sqliteError int

func (e sqliteError) Error() string { return "secret argument" }
func (e sqliteError) Code() int     { return int(e) }

func TestErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3)}, Err: errors.New("refused")}
	for want, cause := range map[string]error{
		"SQLSTATE 23505":            fmt.Errorf("secret: %w", pgError{"23505"}),
		"SQLite error 13":           sqliteError(13),
		"context deadline exceeded": fmt.Errorf("secret: %w", context.DeadlineExceeded),
		"dial: refused":             fmt.Errorf("postgres://secret@10.1.2.3: %w", refused),
		"*errors.errorString":       errors.New("secret"),
	} {
		err := failed("step", cause)
		assert.Equal(t, "sqlstore: step: "+want, err.Error())
		assert.ErrorIs(t, err, cause)
	}
	assert.Equal(t, phoneauth.ErrStale, failed("step", phoneauth.ErrStale))
}

func TestWhatIsDoneAgain(t *testing.T) {
	t.Parallel()
	for _, err := range []error{pgError{"40001"}, pgError{"40P01"}, sqliteError(5), sqliteError(5 | 2<<8), errors.New("database is locked"), errRaced} {
		assert.True(t, rolledBack(err), "%v", err)
	}
	for _, err := range []error{nil, pgError{"57P01"}, sqliteError(6), context.Canceled, phoneauth.ErrNotFound, errors.New("broken pipe")} {
		assert.False(t, rolledBack(err), "%v", err)
	}
	calls := 0
	assert.ErrorIs(t, again(t.Context(), func() error { calls++; return errRaced }), errRows)
	assert.Equal(t, mostTries, calls)
}

func TestDue(t *testing.T) {
	t.Parallel()
	for end, want := range map[int64]int32{0: 0, hour - 1: 0, hour: 1, -1: -1, -hour: -1, -hour - 1: -2, math.MaxInt64: math.MaxInt32, math.MinInt64: math.MinInt32} {
		assert.Equal(t, want, due(end, hour), end)
	}
}

// Files of two dialects are the same but for their types, and each statement ends its line.
// PostgreSQL has files of functions too, each of which is one statement.
func TestMigrations(t *testing.T) {
	t.Parallel()
	former := []string{"00001_users.sql", "00002_challenges.sql", "00003_sessions.sql",
		"00004_users_locked.sql", "00005_sessions_client.sql", "00006_journal.sql"}
	for d, want := range map[Dialect]struct {
		names      []string
		statements int
	}{
		Postgres: {former, 18}, SQLite: {append(former[:len(former):len(former)], "00007_journal_indexes.sql"), 24},
		MySQL: {[]string{"00001_users.sql", "00002_challenges.sql", "00003_sessions.sql", "00004_journal.sql"}, 6},
	} {
		files, err := Migrations(d, WithoutFunctions())
		require.NoError(t, err)
		names, err := fs.Glob(files, "*.sql")
		require.NoError(t, err)
		require.Equal(t, want.names, names)
		n := 0
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			require.NoError(t, err)
			statements := up(string(text))
			n += len(statements)
			for _, s := range statements {
				assert.Regexp(t, `^(CREATE (TABLE|INDEX) IF NOT EXISTS phoneauth_|ALTER TABLE phoneauth_\w+ ADD COLUMN |DROP INDEX IF EXISTS phoneauth_journal_)`, s)
			}
		}
		assert.Equal(t, want.statements, n, d)
	}
	all, err := Migrations(Postgres, Prefix("auth_"))
	require.NoError(t, err)
	names, err := fs.Glob(all, "*"+functionFiles)
	require.NoError(t, err)
	require.Equal(t, []string{"00007_challenges_functions.sql", "00008_sessions_functions.sql", "00009_challenges_functions.sql", "00010_sessions_functions.sql", "00011_challenges_functions.sql", "00012_sessions_functions.sql", "00013_sessions_functions.sql"}, names)
	for _, name := range names {
		text, err := fs.ReadFile(all, name)
		require.NoError(t, err)
		statements := up(string(text))
		require.Len(t, statements, 1, name)
		made := `CREATE OR REPLACE FUNCTION @\.auth_\w+_v\d+\(.*REVOKE ALL ON FUNCTION .* FROM PUBLIC;`
		if strings.Contains(statements[0], "ALTER FUNCTION") {
			made = `(ALTER FUNCTION @\.auth_\w+_v\d+ SET \w+ = \w+;\s+)+\$functions\$`
		}
		assert.Regexp(t, `(?s)^DO \$migration\$\n.*`+made+`.*END\n\$migration\$$`, statements[0])
		assert.NotContains(t, string(text), "phoneauth_")
		assert.NotContains(t, statements[0], "SECURITY DEFINER")
	}
}
