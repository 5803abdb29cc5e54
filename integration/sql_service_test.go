package integration_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// service is one with all of its defaults, limits and budgets too.
func service(t testing.TB, store phoneauth.Store, change func(*phoneauth.Config)) (*phoneauth.Service, *phonetest.Inbox) {
	t.Helper()
	svc, inbox, err := newService(store, change)
	require.NoError(t, err)
	return svc, inbox
}

func newService(store phoneauth.Store, change func(*phoneauth.Config)) (*phoneauth.Service, *phonetest.Inbox, error) {
	inbox := phonetest.New()
	config := phoneauth.Config{
		Name: "Acme", Store: store, Sender: inbox, Logger: slog.New(slog.DiscardHandler),
		Keys: phoneauth.Keys{
			Index:   []byte(strings.Repeat("i", 32)),
			Secrets: []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("s", 32))}},
		},
		// Test phones come faster than people: as many limits as there are by default, but
		// wider ones.
		Limits: phoneauth.Limits{
			PhoneSends:      []phoneauth.Limit{{Burst: 1000, Every: time.Second}, {Burst: 1000, Every: time.Minute}, {Burst: 1000, Every: time.Hour}},
			AddressSends:    phoneauth.Limit{Burst: 1e5, Every: time.Second},
			AddressFailures: phoneauth.Limit{Burst: 1e5, Every: time.Second},
			Block:           1e6, WideBlock: 1e6, Country: 1e6,
		},
	}
	change(&config)
	svc, err := phoneauth.New(config)
	return svc, inbox, err
}

// caller is the n-th: a phone in a block of its own, and an address of its own.
func caller(n int) (string, phoneauth.ClientInfo) {
	addr := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	return phoneOfUser(n), phoneauth.ClientInfo{Addr: addr}
}

// TestSQLCosts counts what each operation asks of the database, once all statements are
// prepared. The figures are those of docs/operations.md.
func TestSQLCosts(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		ctx := t.Context()
		db, c := d.countedDB(t)
		db.SetMaxOpenConns(1) // so that what is prepared once is prepared
		svc, inbox := service(t, d.store(t, db), func(*phoneauth.Config) {})
		type cost struct{ commits, calls, sent int64 }
		costs, order := map[string]cost{}, []string{}
		count := func(name string, operation func() error) {
			c.reset()
			require.NoError(t, operation(), name)
			if _, ok := costs[name]; !ok {
				order = append(order, name)
			}
			costs[name] = cost{c.commits.Load(), c.calls.Load(), c.sent.Load()}
		}
		// The country is thinned by chance: the rounds are many enough for every statement
		// to be prepared, and the figures those of the last.
		for n := range 40 {
			phone, client := caller(n)
			var pending *phoneauth.Pending
			var proof *phoneauth.Proof
			var session *phoneauth.Session
			count("Register", func() (err error) {
				pending, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
				return err
			})
			count("Verify", func() (err error) {
				proof, err = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: inbox.Code(t, phone), ChallengeToken: pending.ChallengeToken, Client: client})
				return err
			})
			count("Connect of a new user", func() (err error) {
				session, err = svc.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client})
				return err
			})
			count("Refresh", func() (err error) {
				session, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
				return err
			})
			count("Logout", func() error { return svc.Logout(ctx, session.RefreshToken) })
			_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
			require.NoError(t, err)
			count("Login of a known user", func() (err error) {
				_, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: inbox.Code(t, phone), Client: client})
				return err
			})
			phone, client = caller(1_000 + n)
			_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
			require.NoError(t, err)
			code := inbox.Code(t, phone)
			count("Verify of a wrong code", func() error {
				_, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: wrong(code), Client: client})
				assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
				return nil
			})
			count("Login of a new user", func() (err error) {
				_, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
				return err
			})
		}
		for _, name := range order {
			got := costs[name]
			t.Logf("%-22s %d commits, %2d statements, %2d messages", name, got.commits, got.calls, got.sent)
		}
		most := map[string]int64{"Register": 1, "Verify": 1, "Connect of a new user": 1, "Refresh": 1, "Logout": 1,
			"Login of a known user": 1, "Login of a new user": 1}
		if d.dialect == sqlstore.MySQL { // nothing that others wait for is locked over more round trips
			most["Login of a known user"], most["Login of a new user"] = 2, 3
		}
		for name, commits := range most {
			assert.LessOrEqual(t, costs[name].commits, commits, name)
		}
		if d.dialect != sqlstore.Postgres {
			return
		}
		for name, trips := range map[string]int64{"Register": 1, "Verify": 2, "Verify of a wrong code": 2, "Connect of a new user": 1, "Refresh": 1,
			"Logout": 1, "Login of a known user": 1, "Login of a new user": 1} {
			assert.LessOrEqual(t, costs[name].sent, trips, name)
		}
	})
}

// TestSQLNoDeadlock: what the Service does to few phones in one block from one address,
// by many at once, comes to no deadlock on the server.
func TestSQLNoDeadlock(t *testing.T) {
	d := postgresDatabase(t)
	ctx := t.Context()
	db := d.open(t)
	store := d.store(t, db)
	deadlocks := func() (n int) {
		require.NoError(t, db.QueryRowContext(ctx, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
		return n
	}
	before := deadlocks()
	for round := range 10 {
		// Another realm has other keys: nothing is there at the start of a round.
		svc, inbox := service(t, store, func(c *phoneauth.Config) {
			c.Realm = fmt.Sprint(round)
			c.Limits.ServiceSends = phoneauth.Limit{Burst: 1e6, Every: time.Second}
		})
		var all sync.WaitGroup
		for i := range 64 {
			phone, _ := caller(round*10_000 + i%4)
			_, client := caller(round*10_000 + i%3)
			all.Go(func() {
				pending, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
				if err != nil {
					assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
					return
				}
				message, _ := inbox.Last(phone)
				code := string(message.Code)
				for range 2 {
					_, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: wrong(code), ChallengeToken: pending.ChallengeToken, Client: client})
					assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
				}
				_, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, ChallengeToken: pending.ChallengeToken, Client: client})
				assert.NotErrorIs(t, err, phoneauth.ErrUnavailable)
			})
		}
		all.Wait()
	}
	if !assert.Equal(t, before, deadlocks()) {
		t.Log(startedPostgres(t).Log())
	}
}
