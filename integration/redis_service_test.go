package integration

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/redisstore"
)

// paired is a Service whose users are in memory and whose rest is in Redis.
type paired struct {
	*phoneauth.Service
	inbox *phonetest.Inbox
	next  atomic.Int64
}

func newPaired(t testing.TB, client redis.UniversalClient, options ...redisstore.Option) *paired {
	t.Helper()
	short := newRedisStore(t, client, options...)
	inbox := phonetest.New()
	secret := []byte("integration tests, 32 bytes long")
	svc, err := phoneauth.New(phoneauth.Config{
		Store:  phoneauth.Stores{ChallengeStore: short, UserStore: memstore.New(), SessionStore: short},
		Sender: inbox,
		Keys:   phoneauth.Keys{Index: secret, Secrets: []phoneauth.Key{{ID: "1", Secret: secret}}},
		Limits: phoneauth.Limits{Block: 1e9, WideBlock: 1e9, Country: 1e9},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return &paired{Service: svc, inbox: inbox}
}

// person is a phone and an address that nobody had before.
func (p *paired) person() (string, phoneauth.ClientInfo) {
	n := p.next.Add(1)
	return fmt.Sprintf("+2010%08d", n), phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// code registers phone and reads the code.
func (p *paired) code(t testing.TB, phone string, c phoneauth.ClientInfo) string {
	t.Helper()
	_, err := p.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: c})
	require.NoError(t, err, "Register")
	return p.inbox.Code(t, phone)
}

func (p *paired) signIn(t testing.TB) *phoneauth.Session {
	t.Helper()
	phone, c := p.person()
	s, err := p.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: p.code(t, phone, c), Client: c})
	require.NoError(t, err, "Login")
	return s
}

// trips counts round trips: commands, and pipelines as one.
type trips struct{ n atomic.Int64 }

func (h *trips) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.n.Add(1)
		return next(ctx, cmd)
	}
}
func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.n.Add(1)
		return next(ctx, cmds)
	}
}

// Round trips of each operation. On a cluster those to several slots after a match are
// under way together.
func TestRedisRoundTrips(t *testing.T) {
	for _, on := range []struct {
		name   string
		client func(testing.TB) redis.UniversalClient
		want   map[string]int64
	}{
		{"one node", func(t testing.TB) redis.UniversalClient { return redisNode(t) }, map[string]int64{
			"Register": 1, "Verify": 2, "Connect": 2, "Login": 2, "Login again": 1, "Refresh": 1, "Authenticate": 0, "Logout": 1, "LogoutAll": 1}},
		{"cluster", func(t testing.TB) redis.UniversalClient { return redisCluster(t) }, map[string]int64{
			"Register": 6, "Verify": 7, "Connect": 3, "Login": 8, "Login again": 8, "Refresh": 1, "Authenticate": 0, "Logout": 2, "LogoutAll": 4}},
	} {
		t.Run(on.name, func(t *testing.T) {
			client, count := on.client(t), &trips{}
			p := newPaired(t, client)
			client.AddHook(count)
			got := map[string]int64{}
			// The first time, a server has to be sent the scripts: the least counts.
			for range 8 {
				for what, n := range countTrips(t, p, count) {
					if least, ok := got[what]; !ok || n < least {
						got[what] = n
					}
				}
			}
			t.Logf("round trips: %v", got)
			for what, want := range on.want { // fewer where two slots happen to be one
				assert.LessOrEqual(t, got[what], want, what)
			}
		})
	}
}

// countTrips does each operation once.
func countTrips(t *testing.T, p *paired, count *trips) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	counted := func(what string, call func() error) {
		t.Helper()
		before := count.n.Load()
		require.NoError(t, call(), what)
		got[what] = count.n.Load() - before
	}
	ctx := t.Context()
	phone, c := p.person()
	var proof *phoneauth.Proof
	var s *phoneauth.Session
	counted("Register", func() error {
		_, err := p.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: c})
		return err
	})
	counted("Verify", func() (err error) {
		proof, err = p.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: p.inbox.Code(t, phone), Client: c})
		return err
	})
	counted("Connect", func() (err error) {
		s, err = p.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: c})
		return err
	})
	counted("Refresh", func() (err error) {
		s, err = p.Refresh(ctx, phoneauth.RefreshRequest{Token: s.RefreshToken})
		return err
	})
	counted("Authenticate", func() error { _, err := p.Authenticate(ctx, s.AccessToken); return err })
	counted("Logout", func() error { return p.Logout(ctx, s.RefreshToken) })
	phone, c = p.person()
	for _, what := range []string{"Login", "Login again"} {
		code := p.code(t, phone, c)
		counted(what, func() (err error) {
			s, err = p.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
			return err
		})
	}
	counted("LogoutAll", func() error { return p.LogoutAll(ctx, s.User.ID) })
	return got
}

// What a phone, a limit and a session take in Redis, keys and all.
func TestRedisSizes(t *testing.T) {
	client := redisNode(t)
	p := newPaired(t, client, redisstore.Prefix("sizes:"))
	for range 20 {
		p.signIn(t)
		phone, c := p.person()
		p.code(t, phone, c)
	}
	sum, n := map[string]int64{}, map[string]int64{}
	all := client.Scan(t.Context(), 0, "sizes:*", 1000).Iterator()
	for all.Next(t.Context()) {
		size, err := client.MemoryUsage(t.Context(), all.Val()).Result()
		require.NoError(t, err)
		kind := all.Val()[len("sizes:"):][:1]
		sum[kind], n[kind] = sum[kind]+size, n[kind]+1
	}
	require.NoError(t, all.Err())
	for kind, name := range map[string]string{"c": "challenge", "l": "limit", "b": "score", "s": "session", "u": "list of a user"} {
		require.NotZero(t, n[kind], name)
		t.Logf("%s: %d bytes", name, sum[kind]/n[kind])
	}
	assert.LessOrEqual(t, sum["l"]/n["l"], int64(180))
}
