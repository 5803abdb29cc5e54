package integration_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/internal/cputime"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// BenchmarkSignIn is what a sign-in of a known user costs on each engine: Register and Login, by
// eight callers in this process. A Service without limits and one with as many as there are by
// default take turns in one run. The figures are those of the median turn: CPU of this process and
// of the database, statements, commits, and bytes that the engine has logged or, for SQLite, that
// this process has written. `make bench-signin` makes the table of docs/performance.md.
func BenchmarkSignIn(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(b *testing.B) signInEngine
	}{
		{"memory", func(*testing.B) signInEngine { return signInEngine{Store: memstore.New(), used: cputime.Used} }},
		{"SQLite", func(b *testing.B) signInEngine {
			d := database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(b.TempDir(), "phoneauth.db"))}
			e := signInSQL(b, d, cputime.Used)
			e.logged = bytesWritten
			return e
		}},
		{"Postgres", func(b *testing.B) signInEngine {
			server := startedPostgres(b)
			e := signInSQL(b, postgresDatabase(b), func() time.Duration { return cputime.Used() + server.Used() })
			e.logged = e.asked("SELECT pg_current_wal_insert_lsn() - '0/0'")
			return e
		}},
		{"MariaDB", func(b *testing.B) signInEngine {
			server := startedMariaDB(b)
			e := signInSQL(b, mariadbDatabase(b), func() time.Duration { return cputime.Used() + server.Used() })
			e.logged = e.asked("SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_os_log_written'")
			return e
		}},
		{"Postgres and Redis", func(b *testing.B) signInEngine {
			server, short := startedPostgres(b), integration.OwnRedis(b, "--appendonly", "yes", "--appendfsync", "everysec")
			e := signInSQL(b, postgresDatabase(b), func() time.Duration { return cputime.Used() + server.Used() + short.Used() })
			client := short.Client(b)
			s, err := redisstore.New(b.Context(), client)
			require.NoError(b, err)
			e.Store, e.trips = phoneauth.Stores{ChallengeStore: s, UserStore: e.Store, SessionStore: s}, &integration.Trips{}
			client.AddHook(e.trips)
			e.logged = func(ctx context.Context) float64 { return infoOf(ctx, client, "aof_current_size") }
			return e
		}},
	} {
		b.Run(engine.name, func(b *testing.B) { benchSignIn(b, engine.open) })
	}
}

// signInEngine is a store, and how it is known what it has done until now.
type signInEngine struct {
	phoneauth.Store
	used   func() time.Duration
	logged func(context.Context) float64 // nil where nothing is
	counts *counted                      // of the database, if there is one
	trips  *integration.Trips            // to Redis, if there is one
	db     *sql.DB
}

func signInSQL(b *testing.B, d database, used func() time.Duration) signInEngine {
	db, counts := d.countedDB(b)
	return signInEngine{Store: d.store(b, db), used: used, counts: counts, db: db}
}

// asked returns a function that asks the database for one number.
func (e *signInEngine) asked(query string) func(context.Context) float64 {
	return func(ctx context.Context) (n float64) {
		_ = e.db.QueryRowContext(ctx, query).Scan(&n)
		return n
	}
}

// bytesWritten is how many bytes this process has written. It is 0 where that cannot be told.
func bytesWritten(context.Context) float64 {
	text, _ := os.ReadFile("/proc/self/io")
	_, rest, _ := strings.Cut(string(text), "wchar: ")
	n, _, _ := strings.Cut(rest, "\n")
	bytes, _ := strconv.ParseFloat(n, 64)
	return bytes
}

// infoOf is one number that Redis tells.
func infoOf(ctx context.Context, client *redis.Client, field string) float64 {
	text, _ := client.Info(ctx, "persistence").Result()
	_, rest, _ := strings.Cut(text, field+":")
	n, _, _ := strings.Cut(rest, "\r")
	value, _ := strconv.ParseFloat(n, 64)
	return value
}

// signInSide is one of the two Services, and what a flow has cost in each of its turns.
type signInSide struct {
	signInEngine
	svc   *phoneauth.Service
	inbox *phonetest.Inbox
	costs map[string][]float64
}

// signInTurn is how many flows there are before those of the other side.
const signInTurn = 200

func benchSignIn(b *testing.B, open func(b *testing.B) signInEngine) {
	var sides [2]*signInSide
	for i := range sides {
		s := &signInSide{signInEngine: open(b), costs: map[string][]float64{}}
		s.svc, s.inbox = service(b, s.Store, func(c *phoneauth.Config) {
			if i == 0 {
				c.Limits = phoneauth.Limits{InsecureOff: true}
			}
		})
		s.turn(b) // so that everything is prepared
		sides[i] = s
	}
	b.ResetTimer()
	for n := 0; n < b.N; n += signInTurn {
		for k := range sides {
			s := sides[(k+n/signInTurn)%len(sides)] // each is first in every other turn
			for what, cost := range s.turn(b) {
				s.costs[what] = append(s.costs[what], cost)
			}
		}
	}
	for i, limits := range [...]string{"off", "default"} {
		for what, costs := range sides[i].costs {
			b.ReportMetric(median(costs), what+"/"+limits)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// turn signs up so many people, and returns what it has cost each of them to sign in again.
func (s *signInSide) turn(b *testing.B) map[string]float64 {
	const callers = 8
	ctx := b.Context()
	people := make([]person, signInTurn)
	inParallel(b, callers, len(people), func(i int) error {
		people[i] = person{ctx: ctx, svc: s.svc, inbox: s.inbox, n: int(nobody.Add(1))}
		people[i].phone, people[i].client = caller(people[i].n)
		_, err := people[i].signUp()
		return err
	})
	before, start := s.done(ctx), time.Now()
	inParallel(b, callers, len(people), func(i int) error {
		code, err := people[i].register()
		if err != nil {
			return err
		}
		_, err = people[i].login(code)
		return err
	})
	took, costs := time.Since(start), s.done(ctx)
	for what := range costs {
		costs[what] = (costs[what] - before[what]) / signInTurn
	}
	costs["flow/s"] = signInTurn / took.Seconds()
	return costs
}

// done is what there was until now, by name.
func (e *signInEngine) done(ctx context.Context) map[string]float64 {
	all := map[string]float64{"µs": 1e6 * e.used().Seconds()}
	if e.counts != nil {
		all["statement"], all["commit"] = float64(e.counts.calls.Load()), float64(e.counts.commits.Load())
	}
	if e.trips != nil {
		all["trip"] = float64(e.trips.Count())
	}
	if e.logged != nil {
		all["log-B"] = e.logged(ctx)
	}
	return all
}
