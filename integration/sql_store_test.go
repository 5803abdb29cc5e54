package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

var rounds = integration.Rounds

func TestSQLStore(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		t.Parallel()
		s := d.store(t, d.open(t))
		n := *rounds
		if d.dialect == sqlstore.MySQL && !integration.Release() {
			n /= 3 // all of them, and as many on three writers, before a release
		}
		storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(n))
		runJournal(t, s, n)
	})
}

func runJournal(t *testing.T, s *sqlstore.Store, rounds int) {
	t.Run("Journal", func(t *testing.T) {
		storetest.RunJournal(t, func(testing.TB) phoneauth.JournalStore { return s }, storetest.Rounds(rounds))
	})
}

// Each part works with its own tables only, and under another prefix and schema.
func TestSQLStoreOfParts(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		t.Parallel()
		db := d.open(t)
		opts := []sqlstore.Option{sqlstore.Prefix("auth_")}
		if d.dialect == sqlstore.Postgres {
			opts = append(opts, sqlstore.Schema("s_parts"))
			t.Cleanup(func() { _, _ = db.Exec("DROP SCHEMA s_parts CASCADE") })
		}
		only := func(parts ...sqlstore.Part) *sqlstore.Store {
			return d.store(t, db, append(opts[:len(opts):len(opts)], sqlstore.Only(parts...))...)
		}
		users := only(sqlstore.Users)
		storetest.RunUsers(t, func(testing.TB) phoneauth.UserStore { return users }, storetest.Rounds(5))
		rest := only(sqlstore.Challenges, sqlstore.Sessions)
		storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return rest }, storetest.Rounds(5))
		storetest.RunSessions(t, func(testing.TB) phoneauth.SessionStore { return rest }, storetest.Rounds(5))
		runJournal(t, only(sqlstore.Journal), 5)
	})
}

// What a pooler between has to be spoken to in: nothing that is prepared is kept.
func TestSQLStoreUnprepared(t *testing.T) {
	for _, mode := range []string{"exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			d := postgresDatabase(t)
			d.dsn += "&default_query_exec_mode=" + mode
			s := d.store(t, d.open(t))
			storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(2))
			runJournal(t, s, 2)
		})
	}
}

// Tables that the host has partitioned by hash, each by its primary key, pass as well.
func TestSQLStorePartitioned(t *testing.T) { partitioned(t, postgresDatabase(t)) }

func partitioned(t *testing.T, d database) {
	t.Helper()
	db := d.open(t)
	s := d.store(t, db)
	for table, key := range map[string]string{"challenges": "key", "counters": "key", "sessions": "id", "journal": "id"} {
		table = "phoneauth_" + table
		var ddl strings.Builder
		ddl.WriteString("BEGIN; ALTER TABLE " + table + " RENAME TO one;" +
			"CREATE TABLE " + table + " (LIKE one INCLUDING ALL) PARTITION BY HASH (" + key + ");")
		for i := range 4 {
			ddl.WriteString(fmt.Sprintf("CREATE TABLE %s_%d PARTITION OF %s FOR VALUES WITH (MODULUS 4, REMAINDER %d) WITH (fillfactor = 80);", table, i, table, i))
		}
		_, err := db.Exec(ddl.String() + "INSERT INTO " + table + " SELECT * FROM one; DROP TABLE one; COMMIT")
		require.NoError(t, err)
	}
	_, err := db.Exec("ALTER INDEX phoneauth_sessions_user_id_idx RENAME TO phoneauth_sessions_user;" +
		"DELETE FROM phoneauth_migrations WHERE name = '00013_sessions_functions.sql'")
	require.NoError(t, err)
	require.True(t, d.store(t, db).Functions(), "a migration meets the partitions")
	storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(5))
	runJournal(t, s, 5)
}
