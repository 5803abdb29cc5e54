package integration_test

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// sharedServer is one server of a test run, which is started by the first test that needs it.
// TestMain ends it.
type sharedServer[S interface{ Stop() }] struct {
	start func() (S, error)
	once  sync.Once
	s     S
	err   error
	used  bool
}

func (s *sharedServer[S]) get() (S, error) {
	s.once.Do(func() {
		s.s, s.err = s.start()
		s.used = s.err == nil
	})
	return s.s, s.err
}

// stop is called when no test runs.
func (s *sharedServer[S]) stop() {
	if s.used {
		s.s.Stop()
	}
}

var mariadbServer = sharedServer[*integration.MariaDB]{start: func() (*integration.MariaDB, error) {
	return integration.StartMariaDB()
}}

func startedMariaDB(t testing.TB) *integration.MariaDB {
	t.Helper()
	m, err := mariadbServer.get()
	needMariaDB(t, err)
	return m
}

func needMariaDB(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, integration.ErrNoMariaDB) && os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
}

func mariadbDatabase(t testing.TB) database {
	m := startedMariaDB(t)
	name := newMySQLDatabase(t, m)
	return database{sqlstore.MySQL, "mysql", m.DSN(name)}
}

func newMySQLDatabase(t testing.TB, m *integration.MariaDB) string {
	t.Helper()
	name := "s" + strings.ToLower(rand.Text())
	drop, err := m.Database(t.Context(), name)
	require.NoError(t, err)
	t.Cleanup(drop)
	return name
}

// ownMariaDB is a server of the test's own, which it may kill, and a database of it.
func ownMariaDB(t testing.TB, settings ...string) (*integration.MariaDB, database) {
	t.Helper()
	m, err := integration.StartMariaDB(settings...)
	needMariaDB(t, err)
	t.Cleanup(m.Stop)
	return m, database{sqlstore.MySQL, "mysql", m.DSN(newMySQLDatabase(t, m))}
}
