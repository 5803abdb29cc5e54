package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// benchDatabases are databases, for benchmarks.
func benchDatabases(b *testing.B, bench func(b *testing.B, d database)) {
	b.Run("sqlite", func(b *testing.B) {
		bench(b, database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(b.TempDir(), "phoneauth.db"))})
	})
	b.Run("postgres", func(b *testing.B) { bench(b, postgresDatabase(b)) })
}

var benchCallers atomic.Int64 // nobody comes twice

// BenchmarkSQL is operations of the Service by 1, 8 and 32 callers, beside one bare
// statement that writes one row.
func BenchmarkSQL(b *testing.B) {
	benchDatabases(b, func(b *testing.B, d database) {
		db := d.open(b)
		_, err := db.Exec("CREATE TABLE bare (id INTEGER PRIMARY KEY, n INTEGER)")
		require.NoError(b, err)
		svc, inbox := service(b, d.store(b, db), func(*phoneauth.Config) {})
		ctx := context.Background()
		must := func(err error) {
			if err != nil {
				panic(err)
			}
		}
		operations := []struct {
			name string
			// prepare is not timed; what it returns is.
			prepare func(n int) func()
		}{
			{"bare", func(n int) func() {
				insert := "INSERT INTO bare VALUES ($1, $1)"
				if d.dialect == sqlstore.SQLite {
					insert = "INSERT INTO bare VALUES (?1, ?1)"
				}
				return func() { must(bare(ctx, db, insert, n)) }
			}},
			{"Register", func(n int) func() {
				phone, client := caller(n)
				return func() {
					_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
					must(err)
				}
			}},
			{"Verify", func(n int) func() {
				phone, code, client := registered(svc, inbox, n)
				return func() {
					_, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, Client: client})
					must(err)
				}
			}},
			{"Connect", func(n int) func() {
				phone, code, client := registered(svc, inbox, n)
				proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, Client: client})
				must(err)
				return func() {
					_, err := svc.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client})
					must(err)
				}
			}},
			{"Login", func(n int) func() { // of a known user
				phone, code, client := registered(svc, inbox, n)
				_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
				must(err)
				_, code, _ = registered(svc, inbox, n)
				return func() {
					_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
					must(err)
				}
			}},
			{"Refresh", func(n int) func() {
				phone, code, client := registered(svc, inbox, n)
				session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
				must(err)
				return func() {
					_, err := svc.Refresh(ctx, session.Refresh)
					must(err)
				}
			}},
		}
		for _, o := range operations {
			for _, callers := range []int{1, 8, 32} {
				b.Run(fmt.Sprintf("%s/%d", o.name, callers), func(b *testing.B) {
					work := make(chan func(), b.N)
					prepared := make([]func(), b.N)
					parallel(8, b.N, func(i int) { prepared[i] = o.prepare(int(benchCallers.Add(1))) })
					for _, do := range prepared {
						work <- do
					}
					close(work)
					start := time.Now()
					b.ResetTimer()
					var all sync.WaitGroup
					for range callers {
						all.Go(func() {
							for do := range work {
								do()
							}
						})
					}
					all.Wait()
					b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "op/s")
				})
			}
		}
	})
}

// bare is how a careful program writes to either database.
func bare(ctx context.Context, db *sql.DB, insert string, n int) error {
	if !strings.Contains(insert, "?1") {
		_, err := db.ExecContext(ctx, insert, n)
		return err
	}
	bareWriter.Lock()
	defer bareWriter.Unlock()
	_, err := db.ExecContext(ctx, insert, n)
	return err
}

var bareWriter sync.Mutex

func registered(svc *phoneauth.Service, inbox interface {
	Last(string) (phoneauth.Message, bool)
}, n int) (phone, code string, client phoneauth.Client) {
	phone, client = caller(n)
	_, err := svc.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	if err != nil {
		panic(err)
	}
	m, _ := inbox.Last(phone)
	return phone, string(m.Code), client
}

// parallel calls do(0) to do(n-1), some at a time.
func parallel(workers, n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
