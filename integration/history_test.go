package integration_test

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// everyGame is for stores whose every verb is one step.
var everyGame = []game{phoneGame, userGame, sessionGame, countedGame}

func TestHistoriesInMemory(t *testing.T) {
	opens := &openings{}
	r := &run{store: memstore.New(), games: opens.andEvery()}
	r.holds(t)
	assert.Zero(t, r.lost.Load())
	assert.NotZero(t, opens.stored.Load())
}

func TestSQLHistoriesInSQLite(t *testing.T) {
	d := sqliteDatabase(t)
	opens := &openings{together: always}
	r := &run{store: d.store(t, d.open(t)), games: opens.andEvery(), deadline: someShort}
	r.holds(t)
	assert.NotZero(t, opens.stored.Load())
	assert.NotZero(t, r.lost.Load(), "no deadline was in the middle of a call")
}

func TestSQLHistoriesInPostgres(t *testing.T) {
	d := postgresDatabase(t)
	server := startedPostgres(t)
	db, through := d.throughProxy(t)
	d.store(t, d.open(t))
	opens, faults := &openings{together: always}, []func(){through.cut, through.lose, through.pausing(t, postgresHello, server.Pause, server.Resume)}
	r := &run{store: d.store(t, db), games: opens.andEvery(), deadline: someShort, faults: faults}
	r.holds(t)
	sawFaults(t, r, through)
	assert.NotZero(t, opens.stored.Load())

	opens = &openings{together: onlyPhone}
	r = &run{store: d.store(t, db, sqlstore.WithoutFunctions()), games: []game{opens.game}, calls: historyCalls() / 4, deadline: someShort, faults: faults}
	r.holds(t)
	assert.NotZero(t, opens.stored.Load())
}

// throughProxy opens d by connections that can be cut.
func (d database) throughProxy(t *testing.T) (*sql.DB, *proxy) {
	config, err := pgx.ParseConfig(d.dsn)
	require.NoError(t, err)
	through := newProxy(t, net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))))
	config.DialFunc = through.dial
	config.RuntimeParams["deadlock_timeout"] = "10ms" // in place of a second
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, through
}

func sawFaults(t *testing.T, r *run, through ...*proxy) {
	t.Helper()
	var cuts, losses int64
	for _, p := range through {
		cuts, losses = cuts+p.cuts.Load(), losses+p.losses.Load()
	}
	t.Logf("%d connections cut, %d answers lost", cuts, losses)
	assert.NotZero(t, cuts)
	assert.NotZero(t, losses)
	assert.NotZero(t, r.lost.Load(), "no outcome was unknown")
}

func TestRedisHistories(t *testing.T) {
	d, store := testRedisHistories(t, integration.ServerRedis(t))

	// With the users of another store.
	opens := &openings{}
	parts := phoneauth.Stores{ChallengeStore: store, UserStore: memstore.New(), SessionStore: store}
	r := &run{store: inParts(parts), games: []game{opens.game}, calls: historyCalls() / 4, deadline: someShort, faults: d.faults}
	r.holds(t)
	assert.NotZero(t, opens.stored.Load())
}

func TestRedisClusterHistories(t *testing.T) {
	testRedisHistories(t, strings.Split(integration.ServerRedisCluster(t), ",")...)
}

func testRedisHistories(t *testing.T, addrs ...string) (*redisThroughProxies, *redisstore.Store) {
	d := newRedisThroughProxies(t, addrs)
	store, err := redisstore.New(t.Context(), d.client, redisstore.Prefix("histories:"))
	require.NoError(t, err)
	r := &run{store: phoneauth.Stores{ChallengeStore: store, SessionStore: store}, games: []game{phoneGame, sessionGame},
		deadline: someShort, faults: d.faults}
	r.holds(t)
	sawFaults(t, r, d.through...)
	return d, store
}

// inParts is an Opener made of these parts, if they make one.
func inParts(parts phoneauth.Stores) phoneauth.Store {
	return phoneauth.WrapStore(parts, func(ctx context.Context, _ string, call func(context.Context) error) error { return call(ctx) })
}

// redisThroughProxies is a client of one node, or of a cluster.
type redisThroughProxies struct {
	client  redis.UniversalClient
	through []*proxy
	faults  []func()
}

func newRedisThroughProxies(t *testing.T, addrs []string) *redisThroughProxies {
	d := &redisThroughProxies{}
	byAddr := map[string]*proxy{}
	for _, addr := range addrs {
		p, pid := newProxy(t, addr), redisPID(t, addr)
		byAddr[addr], d.through = p, append(d.through, p)
		d.faults = append(d.faults, p.cut, p.lose, p.pausing(t, redisHello,
			func() error { return syscall.Kill(pid, syscall.SIGSTOP) },
			func() error { return syscall.Kill(pid, syscall.SIGCONT) }))
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		return byAddr[addr].dial(ctx, network, addr)
	}
	d.client = redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs, Dialer: dial, ContextTimeoutEnabled: true, PoolSize: 32})
	t.Cleanup(func() { _ = d.client.Close() })
	return d
}

// redisPID is the process of a server on this machine.
func redisPID(t *testing.T, addr string) int {
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	info, err := client.InfoMap(t.Context(), "server").Result()
	require.NoError(t, err)
	pid, err := strconv.Atoi(info["Server"]["process_id"])
	require.NoError(t, err)
	return pid
}
