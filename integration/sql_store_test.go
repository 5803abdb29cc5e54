package integration_test

import (
	"flag"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

var rounds = flag.Int("rounds", 300, "of each race of storetest")

func TestSQLStore(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		s := d.store(t, d.open(t))
		storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(*rounds))
	})
}

// Each part works with its own tables only, and under another prefix and schema.
func TestSQLStoreOfParts(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
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
		storetest.RunUsers(t, func(testing.TB) phoneauth.UserStore { return users }, storetest.Rounds(20))
		rest := only(sqlstore.Challenges, sqlstore.Sessions)
		storetest.RunChallenges(t, func(testing.TB) phoneauth.ChallengeStore { return rest }, storetest.Rounds(20))
		storetest.RunSessions(t, func(testing.TB) phoneauth.SessionStore { return rest }, storetest.Rounds(20))
	})
}
