package integration_test

import (
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/suite/api"
	"github.com/phoneauth/phoneauth/internal/suite/channels"
	"github.com/phoneauth/phoneauth/internal/suite/human"
	"github.com/phoneauth/phoneauth/internal/suite/interleavings"
	"github.com/phoneauth/phoneauth/internal/suite/promises"
	servicesuite "github.com/phoneauth/phoneauth/internal/suite/service"
	"github.com/phoneauth/phoneauth/internal/suite/states"
	"github.com/phoneauth/phoneauth/internal/suite/support"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// suiteRounds is how often each race of a suite is run on a server: its stores have raced in
// storetest already.
const suiteRounds = 10

// suites runs the suites about behaviour on the stores that newStore makes.
func suites(t *testing.T, newStore suite.NewStore) {
	o := suite.Options{Store: newStore, Rounds: suiteRounds, Real: true}
	t.Run("API", func(t *testing.T) { api.Run(t, o) })
	t.Run("Channels", func(t *testing.T) { channels.Run(t, o) })
	t.Run("Promises", func(t *testing.T) { promises.Run(t, o) })
	t.Run("Human", func(t *testing.T) { human.Run(t, o) })
	t.Run("Service", func(t *testing.T) { servicesuite.Run(t, o) })
	t.Run("States", func(t *testing.T) { states.Run(t, o, "../docs/states.md") })
	t.Run("Interleavings", func(t *testing.T) { interleavings.Run(t, o) })
	t.Run("Support", func(t *testing.T) { support.Run(t, o) })
}

func TestSQLSuites(t *testing.T) {
	suite.CheapHashes(t)
	databases(t, func(t *testing.T, d database) {
		t.Parallel()
		suites(t, emptied(t, d))
	})
}

// Users in memory, and the rest in SQLite.
func TestSQLServiceInParts(t *testing.T) {
	rest := emptied(t, sqliteDatabase(t))
	servicesuite.Run(t, suite.Options{Store: func(t testing.TB) phoneauth.Store {
		return suite.Parts(rest(t).(*sqlstore.Store), memstore.New())
	}, Rounds: suiteRounds, Real: true})
}

func TestRedisSuites(t *testing.T) {
	suite.CheapHashes(t)
	inMemory := func(testing.TB) phoneauth.Store { return memstore.New() }
	for name, newStore := range map[string]suite.NewStore{
		"one node": paired(integration.RedisClient(t), inMemory),
		"cluster":  paired(integration.RedisClusterClient(t), inMemory),
		"pairing":  paired(integration.RedisClient(t), emptied(t, postgresDatabase(t))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suites(t, newStore)
		})
	}
}

// emptied makes stores of one database by emptying it each time.
func emptied(t *testing.T, d database) suite.NewStore {
	db := d.open(t)
	store := d.store(t, db)
	return func(t testing.TB) phoneauth.Store {
		t.Helper()
		empty(t, db)
		return store
	}
}

func empty(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"challenges", "counters", "sessions", "users", "journal"} {
		_, err := db.ExecContext(t.Context(), "DELETE FROM phoneauth_"+table)
		require.NoError(t, err)
	}
}

var prefixes atomic.Int64

// paired makes stores with keys of their own in Redis, and with the users of others.
func paired(client redis.UniversalClient, users suite.NewStore) suite.NewStore {
	return func(t testing.TB) phoneauth.Store {
		t.Helper()
		short, err := redisstore.New(t.Context(), client, redisstore.Prefix(fmt.Sprintf("suite%d:", prefixes.Add(1))))
		require.NoError(t, err)
		return suite.Parts(short, users(t))
	}
}
