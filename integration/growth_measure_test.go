package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// growthRounds is how often each figure is measured. The sizes take turns in each round, so that
// what else the machine does meets all of them.
const growthRounds, growthWhile = 3, 10 * time.Second

// measure logs a table of what 16 callers do at each size.
func (g *growth) measure(ctx context.Context, t *testing.T) {
	t.Helper()
	t.Logf("the server starts anew with %s", strings.Join(g.tight, ", "))
	require.NoError(t, g.server.Restart(g.tight...))
	found := map[string][]measurement{}
	for _, mode := range g.modes {
		for round := range growthRounds {
			load, _ := os.ReadFile("/proc/loadavg")
			t.Logf("%s, round %d; the load of the machine before it is %s", mode.name, round+1, strings.TrimSpace(string(load)))
			for _, size := range g.sizes {
				for _, what := range []string{"refresh", "sign-in"} {
					m, ok := g.measureOne(ctx, t, size, what, mode.drop)
					if !ok {
						t.Logf("not measured: the system's cache can be dropped by root on Linux alone")
						continue
					}
					t.Logf("%d users, %s: %s", size.users, what, m)
					key := what + mode.name + size.name
					found[key] = append(found[key], m)
				}
			}
		}
	}
	var table strings.Builder
	for _, what := range []string{"refresh", "sign-in"} {
		for _, mode := range g.modes {
			for _, size := range g.sizes {
				if all := found[what+mode.name+size.name]; len(all) > 0 {
					fmt.Fprintf(&table, "| %d, %.0f MB | %s, %s %s\n", size.users, g.bytes(ctx, t, size)/1e6, what, mode.name, rowOf(all))
				}
			}
		}
	}
	t.Logf("medians of %d rounds:\n| users, size | what | a second, of each round | half within | 99 %% within | pages | of them not in memory | ms to read one | bytes of log | whole pages in it |\n%s",
		growthRounds, &table)
}

// bytes is how large a database is. It leaves no connection, which the next restart would break.
func (g *growth) bytes(ctx context.Context, t *testing.T, size grown) (n float64) {
	t.Helper()
	db := size.open(t)
	defer db.Close()
	require.NoError(t, db.QueryRowContext(ctx, g.sized).Scan(&n))
	return n
}

// measurement is what happened in a while, and what each time cost the server.
type measurement struct {
	rate      float64 // a second
	half, p99 time.Duration
	spending
}

// spending is what a server has done: pages that it has looked at, those of them that were not in
// its own memory, how many milliseconds it took to get these, bytes that it has written to its log,
// and the pages that are whole in there. What a server does not tell is 0.
type spending struct{ looked, read, readMS, log, whole float64 }

func (m measurement) String() string {
	return fmt.Sprintf("%.0f a second; half within %v, 99 %% within %v; %.1f pages, %.2f of them not in memory, %.3f ms for each; %.0f bytes of log, %.2f whole pages",
		m.rate, m.half, m.p99, m.looked, m.read, m.readMS, m.log, m.whole)
}

// rowOf is the rates of all rounds and the medians of the rest.
func rowOf(all []measurement) string {
	median := func(of func(m measurement) float64) float64 {
		var values []float64
		for _, m := range all {
			values = append(values, of(m))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	var rates []string
	for _, m := range all {
		rates = append(rates, fmt.Sprintf("%.0f", m.rate))
	}
	return fmt.Sprintf("| %s | %.1f ms | %.1f ms | %.1f | %.2f | %.3f | %.0f | %.2f |", strings.Join(rates, " / "),
		median(func(m measurement) float64 { return m.half.Seconds() * 1000 }), median(func(m measurement) float64 { return m.p99.Seconds() * 1000 }),
		median(func(m measurement) float64 { return m.looked }), median(func(m measurement) float64 { return m.read }),
		median(func(m measurement) float64 { return m.readMS }), median(func(m measurement) float64 { return m.log }),
		median(func(m measurement) float64 { return m.whole }))
}

// measureOne has 16 callers do something for a while, once each of them has a connection. It
// returns false where the system's cache cannot be dropped.
func (g *growth) measureOne(ctx context.Context, t *testing.T, size grown, what string, drop bool) (measurement, bool) {
	t.Helper()
	db, err := sql.Open(size.driver, size.dsn)
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(writers)
	db.SetMaxIdleConns(writers)
	s, err := sqlstore.New(ctx, db, size.dialect)
	require.NoError(t, err)
	svc, inbox := service(t, s, func(*phoneauth.Config) {})
	do := func(caller int) error { return size.refreshed(ctx, s, size.anybody(caller)) }
	if what == "sign-in" {
		do = func(caller int) error { return signedInAgain(ctx, svc, inbox, size.anybody(caller)) }
	}
	before := g.spent(t, db)
	errs := make([]error, writers)
	integration.AtOnce(writers, func(i int) { errs[i] = do(i) })
	if drop && integration.DropCaches() != nil {
		return measurement{}, false
	}
	began := time.Now()
	var each [writers][]time.Duration
	integration.AtOnce(writers, func(i int) {
		for now := time.Now(); now.Sub(began) < growthWhile && errs[i] == nil; now = time.Now() {
			errs[i] = do(i)
			each[i] = append(each[i], time.Since(now))
		}
	})
	took := time.Since(began)
	for _, err := range errs {
		require.NoError(t, err, what)
	}
	all := slices.Sorted(slices.Values(slices.Concat(each[:]...)))
	after, n := g.spent(t, db), float64(len(all)+writers)
	m := measurement{rate: float64(len(all)) / took.Seconds(), half: all[len(all)/2].Round(10 * time.Microsecond), p99: all[len(all)*99/100].Round(10 * time.Microsecond)}
	m.spending = spending{looked: (after.looked - before.looked) / n, read: (after.read - before.read) / n,
		log: (after.log - before.log) / n, whole: (after.whole - before.whole) / n}
	if read := after.read - before.read; read > 0 {
		m.readMS = (after.readMS - before.readMS) / read
	}
	return m, true
}
