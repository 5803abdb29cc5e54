package integration_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/sqlstore"
)

// New names the setting that would lose what was acknowledged.
func TestSQLSettings(t *testing.T) {
	for query, want := range map[string]string{
		"":                           "set journal_mode to WAL, it is DELETE",
		"?_pragma=journal_mode(WAL)": "set busy_timeout to at least 1000 on every connection, it is 0",
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(NORMAL)": "set synchronous to FULL",
	} {
		path := filepath.Join(t.TempDir(), "phoneauth.db") // WAL stays with a file
		d := database{sqlstore.SQLite, "sqlite", "file:" + path + query}
		_, err := sqlstore.New(t.Context(), d.open(t), d.dialect)
		require.ErrorContains(t, err, want)
	}
	good := sqliteDatabase(t)
	one := good.open(t)
	good.store(t, one)
	_, err := one.Exec("PRAGMA synchronous = OFF") // one connection of many
	require.NoError(t, err)
	_, err = sqlstore.New(t.Context(), one, good.dialect)
	require.ErrorContains(t, err, "set synchronous to FULL on every connection")

	d := postgresDatabase(t)
	d.store(t, d.open(t))
	for setting, want := range map[string]string{
		"synchronous_commit=off":                          "set synchronous_commit to on",
		"default_transaction_isolation=repeatable%20read": "set default_transaction_isolation to read committed, it is repeatable read",
		"default_transaction_isolation=serializable":      "set default_transaction_isolation to read committed, it is serializable",
	} {
		set := d
		set.dsn += "&" + setting
		_, err = sqlstore.New(t.Context(), set.open(t), d.dialect)
		require.ErrorContains(t, err, want)
	}
}

// A server that is away is one clear error, at once, and no word of how to reach it.
func TestSQLNoServer(t *testing.T) {
	d := database{sqlstore.Postgres, "pgx", "postgres://someone:secret@127.0.0.1:1/db?sslmode=disable"}
	start := time.Now()
	_, err := sqlstore.New(t.Context(), d.open(t), d.dialect)
	require.Error(t, err)
	assert.Less(t, time.Since(start), 5*time.Second)
	assert.Equal(t, "sqlstore: open: dial: connect: connection refused", err.Error())
	for _, word := range []string{"someone", "secret", "127.0.0.1", "/db"} {
		assert.NotContains(t, err.Error(), word)
	}
	require.ErrorContains(t, sqlstore.Migrate(t.Context(), d.open(t), d.dialect), "connection refused")
}
