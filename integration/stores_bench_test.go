package integration_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// measured is a store, and what its engine does at the least to keep something: the bare
// statement that the operations stand beside.
type measured struct {
	phoneauth.Store
	bare func(ctx context.Context, n int) error // nil where there is none
}

// BenchmarkStores is operations of the Service a second by 1, 8 and 32 callers, on each
// store. `make bench-stores` makes a table of it.
func BenchmarkStores(b *testing.B) {
	for _, store := range []struct {
		name string
		open func(b *testing.B) measured
	}{
		{"SQLite", func(b *testing.B) measured {
			return measuredSQL(b, database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(b.TempDir(), "phoneauth.db"))})
		}},
		{"Postgres", func(b *testing.B) measured { return measuredSQL(b, postgresDatabase(b)) }},
		{"MariaDB", func(b *testing.B) measured { return measuredSQL(b, mariadbDatabase(b)) }},
		{"Redis always", func(b *testing.B) measured {
			return measuredRedis(b, integration.OwnRedisClient(b, alwaysDurable...), memstore.New())
		}},
		{"Redis everysec", func(b *testing.B) measured {
			return measuredRedis(b, integration.OwnRedisClient(b, "--appendonly", "yes", "--appendfsync", "everysec"), memstore.New())
		}},
		{"Cluster no file", func(b *testing.B) measured {
			return measuredRedis(b, integration.RedisClusterClient(b), memstore.New())
		}},
		{"Postgres and Redis always", func(b *testing.B) measured {
			users := measuredSQL(b, postgresDatabase(b), sqlstore.Only(sqlstore.Users))
			return measuredRedis(b, integration.OwnRedisClient(b, alwaysDurable...), users)
		}},
		{"memory", func(*testing.B) measured { return measured{memstore.New(), nil} }},
	} {
		b.Run(store.name, func(b *testing.B) { benchOperations(b, store.open(b)) })
	}
}

// alwaysDurable is what the promises on Redis are about.
var alwaysDurable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// measuredSQL stands beside an INSERT of one row of two numbers.
func measuredSQL(b *testing.B, d database, opts ...sqlstore.Option) measured {
	db := d.open(b)
	_, err := db.Exec("CREATE TABLE bare (id INTEGER PRIMARY KEY, n INTEGER)")
	require.NoError(b, err)
	insert := func(ctx context.Context, n int) error {
		_, err := db.ExecContext(ctx, "INSERT INTO bare VALUES ($1, $1)", n)
		return err
	}
	switch d.dialect {
	case sqlstore.SQLite:
		insert = oneWriter(db)
	case sqlstore.MySQL:
		insert = func(ctx context.Context, n int) error {
			_, err := db.ExecContext(ctx, "INSERT INTO bare VALUES (?, ?)", n, n)
			return err
		}
	}
	return measured{d.store(b, db, opts...), insert}
}

// oneWriter is how a careful program writes to SQLite: its writers queue up, rather than
// try again and again.
func oneWriter(db *sql.DB) func(context.Context, int) error {
	var mu sync.Mutex
	return func(ctx context.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := db.ExecContext(ctx, "INSERT INTO bare VALUES (?1, ?1)", n)
		return err
	}
}

// measuredRedis has users elsewhere, and stands beside a SET of 200 bytes with a TTL.
func measuredRedis(b *testing.B, client redis.UniversalClient, users phoneauth.UserStore) measured {
	prefix := fmt.Sprint("bench", nobody.Add(1), ":")
	short, err := redisstore.New(b.Context(), client, redisstore.Prefix(prefix))
	require.NoError(b, err)
	value := make([]byte, 200)
	return measured{
		phoneauth.Stores{ChallengeStore: short, UserStore: users, SessionStore: short},
		func(ctx context.Context, n int) error {
			return client.Set(ctx, fmt.Sprint(prefix, "bare:", n), value, time.Minute).Err()
		},
	}
}

var nobody atomic.Int64 // comes twice

func benchOperations(b *testing.B, store measured) {
	svc, inbox := service(b, store.Store, func(*phoneauth.Config) {})
	operations := []string{"Register", "Verify", "Connect", "Login", "Refresh"}
	if store.bare != nil {
		operations = append([]string{"bare statement"}, operations...)
	}
	for _, operation := range operations {
		for _, callers := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/%d", operation, callers), func(b *testing.B) {
				calls := make([]func() error, b.N)
				inParallel(b, 8, b.N, func(i int) (err error) {
					p := person{ctx: b.Context(), svc: svc, inbox: inbox, n: int(nobody.Add(1))}
					p.phone, p.client = caller(p.n)
					calls[i], err = p.prepared(operation, store.bare)
					return err
				})
				b.ResetTimer()
				inParallel(b, callers, b.N, func(i int) error { return calls[i]() })
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			})
		}
	}
}

// inParallel calls do(0) to do(n-1), by so many callers.
func inParallel(b *testing.B, callers, n int, do func(i int) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// person is somebody of whom one operation is measured.
type person struct {
	ctx    context.Context
	svc    *phoneauth.Service
	inbox  *phonetest.Inbox
	n      int
	phone  string
	client phoneauth.ClientInfo
}

// prepared does all that comes before the operation, and returns the operation.
func (p *person) prepared(operation string, bare func(context.Context, int) error) (func() error, error) {
	switch operation {
	case "Register":
		return func() error { _, err := p.register(); return err }, nil
	case "Verify":
		code, err := p.register()
		return func() error { _, err := p.verify(code); return err }, err
	case "Connect": // of a new user
		code, err := p.register()
		if err != nil {
			return nil, err
		}
		proof, err := p.verify(code)
		if err != nil {
			return nil, err
		}
		return func() error {
			_, err := p.svc.Connect(p.ctx, phoneauth.ConnectRequest{Phone: p.phone, Token: proof.Token, Client: p.client})
			return err
		}, nil
	case "Login": // of a user who has signed in before
		if _, err := p.signUp(); err != nil {
			return nil, err
		}
		code, err := p.register()
		return func() error { _, err := p.login(code); return err }, err
	case "Refresh":
		session, err := p.signUp()
		if err != nil {
			return nil, err
		}
		return func() error {
			_, err := p.svc.Refresh(p.ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
			return err
		}, nil
	}
	return func() error { return bare(p.ctx, p.n) }, nil
}

// register returns the code.
func (p *person) register() (string, error) {
	_, err := p.svc.Register(p.ctx, phoneauth.RegisterRequest{Phone: p.phone, Client: p.client})
	m, _ := p.inbox.Last(p.phone)
	return string(m.Code), err
}

func (p *person) verify(code string) (*phoneauth.Proof, error) {
	return p.svc.Verify(p.ctx, phoneauth.VerifyRequest{Phone: p.phone, Code: code, Client: p.client})
}

func (p *person) login(code string) (*phoneauth.Session, error) {
	return p.svc.Login(p.ctx, phoneauth.LoginRequest{Phone: p.phone, Code: code, Client: p.client})
}

func (p *person) signUp() (*phoneauth.Session, error) {
	code, err := p.register()
	if err != nil {
		return nil, err
	}
	return p.login(code)
}
