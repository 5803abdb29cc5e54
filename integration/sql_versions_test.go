package integration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// Every major release of PostgreSQL from 13 to 18 passes storetest, with the functions of the
// database and without them. For every change these are the oldest and the newest; TestSQLStore
// has the one of the machine. Before a release they are all, with partitioned tables, too.
func TestSQLVersions(t *testing.T) {
	majors, rounds := []string{"13", "18"}, 2
	if integration.Release() {
		majors, rounds = integration.PostgresMajors, 50
	}
	for _, major := range majors {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			p := integration.StartPostgresOf(t, major, "log_min_messages=error")
			schema := func(t *testing.T, name string) database {
				drop, err := p.Schema(t.Context(), "pgx", name)
				require.NoError(t, err)
				t.Cleanup(drop)
				return database{sqlstore.Postgres, "pgx", p.DSN(name)}
			}
			t.Run("functions", func(t *testing.T) {
				d := schema(t, "functions")
				db := d.open(t)
				s := d.store(t, db)
				require.True(t, s.Functions())
				var version string
				require.NoError(t, db.QueryRow("SHOW server_version").Scan(&version))
				t.Log("PostgreSQL", version)
				storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(rounds))
				runJournal(t, s, rounds)
				storetest.Differential(t, func(testing.TB) phoneauth.ChallengeStore { return s }, 500)
			})
			t.Run("transactions", func(t *testing.T) {
				d := schema(t, "transactions")
				s := d.store(t, d.open(t), sqlstore.WithoutFunctions())
				require.False(t, s.Functions())
				storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(rounds))
			})
			t.Run("partitions", func(t *testing.T) {
				beforeARelease(t)
				partitioned(t, schema(t, "partitions"))
			})
		})
	}
}
