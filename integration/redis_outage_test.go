package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

// While Redis is away nobody gets in and nothing is sent, and every answer comes within
// the 2 s that the Service gives a store; when it is back, so are we.
func TestRedisOutage(t *testing.T) {
	for _, how := range []struct {
		name      string
		away, was func(*redisServer) error
	}{
		{"killed", (*redisServer).kill, (*redisServer).start},
		{"paused", (*redisServer).pause, (*redisServer).resume},
	} {
		t.Run(how.name, func(t *testing.T) {
			server := ownRedis(t, "--appendonly", "yes", "--appendfsync", "always")
			p := newPaired(t, clientOf(t, server))
			s := p.signIn(t)
			phone, c := p.person()
			code := p.code(t, phone, c)
			sent := p.inbox.Sends()

			require.NoError(t, how.away(server))
			errs := make([]error, 32)
			began := time.Now()
			atOnce(len(errs), func(i int) {
				switch i % 4 {
				case 0:
					other, c := p.person()
					_, errs[i] = p.Register(t.Context(), phoneauth.RegisterRequest{Phone: other, Client: c})
				case 1:
					other, c := p.person()
					_, errs[i] = p.Verify(t.Context(), phoneauth.VerifyRequest{Phone: other, Code: "123456", Client: c})
				case 2:
					_, errs[i] = p.Refresh(t.Context(), s.Refresh)
				case 3:
					errs[i] = p.Logout(t.Context(), s.Refresh)
				}
			})
			for i, err := range errs {
				assert.ErrorIs(t, err, phoneauth.ErrUnavailable, "call %d", i)
			}
			assert.Less(t, time.Since(began), 3*time.Second)
			assert.Equal(t, sent, p.inbox.Sends(), "nothing is sent")

			require.NoError(t, how.was(server))
			back := time.Now()
			require.NoError(t, poll(5*time.Second, func() error {
				other, c := p.person()
				_, err := p.Register(t.Context(), phoneauth.RegisterRequest{Phone: other, Client: c})
				return err
			}), "back without a restart")
			t.Logf("back %v after the server was", time.Since(back).Round(time.Millisecond))
			_, err := p.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
			require.NoError(t, err, "the code from before is good")
		})
	}
}

// Deadlines hold though the server says nothing.
func TestRedisDeadline(t *testing.T) {
	server := ownRedis(t)
	store := newRedisStore(t, clientOf(t, server))
	require.NoError(t, server.pause())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := store.SessionByID(ctx, "id", redisStart)
	require.Error(t, err)
	require.NotErrorIs(t, err, phoneauth.ErrNotFound)
	assert.Less(t, time.Since(began), time.Second)
	require.NoError(t, server.resume())
}

// A Redis that has lost everything refuses every open code, proof and session.
func TestRedisEmptied(t *testing.T) {
	server := ownRedis(t)
	client := clientOf(t, server)
	p := newPaired(t, client)
	s := p.signIn(t)
	phone, c := p.person()
	code := p.code(t, phone, c)
	other, d := p.person()
	proof, err := p.Verify(t.Context(), phoneauth.VerifyRequest{Phone: other, Code: p.code(t, other, d), Client: d})
	require.NoError(t, err)

	require.NoError(t, client.FlushAll(t.Context()).Err())
	_, err = p.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = p.Connect(t.Context(), phoneauth.ConnectRequest{Phone: other, Token: proof.Token, Client: d})
	assert.True(t, errors.Is(err, phoneauth.ErrInvalidToken) || errors.Is(err, phoneauth.ErrPhoneTaken), "%v", err)
	_, err = p.Refresh(t.Context(), s.Refresh)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

// With appendfsync always, kill -9 under 16 writers loses nothing that was acknowledged
// and revives no code that was used.
func TestRedisKill(t *testing.T) {
	server := ownRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	client := clientOf(t, server)
	store := newRedisStore(t, client)
	for kill := range 5 {
		var mu sync.Mutex
		var created, used []string
		var writers sync.WaitGroup
		var done atomic.Int64
		for w := range 16 {
			writers.Go(func() {
				for i := 0; ; i++ {
					id := fmt.Sprint(kill, "-", w, "-", i)
					ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
					err := signInOnce(ctx, store, id)
					cancel()
					if err != nil {
						return
					}
					done.Add(1)
					mu.Lock()
					created, used = append(created, id), append(used, id)
					mu.Unlock()
				}
			})
		}
		require.NoError(t, poll(20*time.Second, func() error {
			if n := done.Load(); n < 500 {
				return fmt.Errorf("%d acknowledged", n)
			}
			return nil
		}))
		_ = server.kill()
		writers.Wait()
		require.NoError(t, server.start())
		lost, revived := 0, 0
		for _, id := range created {
			if _, err := store.SessionByID(t.Context(), id, redisStart); err != nil {
				require.ErrorIs(t, err, phoneauth.ErrNotFound)
				lost++
			}
		}
		for _, id := range used {
			ch := redisChallenge(id)
			_, err := store.AttemptChallenge(t.Context(), phoneauth.Attempt{Key: ch.Key, Digests: [][]byte{ch.Digest}, Now: redisStart})
			if err == nil {
				revived++
			}
		}
		assert.Zero(t, lost, "sessions lost of %d", len(created))
		assert.Zero(t, revived, "codes revived of %d", len(used))
	}
}

// signInOnce opens a challenge, uses it, and creates a session.
func signInOnce(ctx context.Context, store *redisstore.Store, id string) error {
	ch := redisChallenge(id)
	if _, err := store.BeginChallenge(ctx, phoneauth.Begin{Challenge: ch, Now: redisStart}); err != nil {
		return err
	}
	if _, err := store.AttemptChallenge(ctx, phoneauth.Attempt{Key: ch.Key, Digests: [][]byte{ch.Digest}, Now: redisStart}); err != nil {
		return err
	}
	return store.CreateSession(ctx, phoneauth.SessionRecord{ID: id, UserID: "user", Digest: ch.Digest,
		CreatedAt: redisStart, IdleUntil: redisStart.Add(time.Hour), ExpiresAt: redisStart.Add(time.Hour)})
}

// A lost answer is an unknown outcome: nothing is sent again, though the client retries.
func TestRedisSendsNothingTwice(t *testing.T) {
	server := ownRedis(t)
	var lose atomic.Bool
	client := redis.NewClient(&redis.Options{Addr: server.addr(), ContextTimeoutEnabled: true, // and three retries
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &forgetful{conn, &lose}, err
		}})
	defer client.Close()
	store := newRedisStore(t, client, redisstore.Prefix(""))
	f := phoneauth.Failures{Name: "f", Key: "phone", Forget: time.Hour, Steps: []phoneauth.Step{{At: 1000, Wait: time.Hour}}}
	require.NoError(t, store.CountFailure(t.Context(), f, redisStart))
	for range 10 {
		require.NoError(t, client.Ping(t.Context()).Err(), "there is a connection")
		lose.Store(true)
		err := store.CountFailure(t.Context(), f, redisStart)
		require.Error(t, err)
		_, limited := errors.AsType[*phoneauth.LimitError](err)
		require.False(t, limited, "%v", err)
	}
	raw, err := client.Get(t.Context(), "f:phone").Result()
	require.NoError(t, err)
	assert.Equal(t, "11", strings.Fields(raw)[0], "each is counted once")

	lose.Store(true) // the connection that was used last is there
	require.NoError(t, client.Incr(t.Context(), "other").Err())
	assert.Equal(t, "2", client.Get(t.Context(), "other").Val(), "go-redis would have sent it again")
}

// forgetful loses the next answer, when told so, and its connection with it.
type forgetful struct {
	net.Conn
	lose *atomic.Bool
}

func (c *forgetful) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.lose.CompareAndSwap(true, false) {
		_ = c.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}

// What cannot keep the promises is refused at the start, and the error says what to do.
func TestRedisChecks(t *testing.T) {
	evicting := ownRedis(t)
	client := clientOf(t, evicting)
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err())
	_, err := redisstore.New(t.Context(), client)
	assert.ErrorContains(t, err, "set maxmemory-policy to noeviction")
	require.NoError(t, client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err())
	newRedisStore(t, client)

	redisCluster(t)
	nodes, err := threeRedis()
	require.NoError(t, err)
	_, err = redisstore.New(t.Context(), clientOf(t, nodes[0]))
	assert.ErrorContains(t, err, "redis.NewClusterClient")

	gone := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true})
	defer gone.Close()
	began := time.Now()
	_, err = redisstore.New(t.Context(), gone)
	assert.ErrorContains(t, err, "ping")
	assert.Less(t, time.Since(began), 5*time.Second)

	replica := ownRedis(t, "--replicaof", "127.0.0.1", fmt.Sprint(evicting.port))
	_, err = redisstore.New(t.Context(), clientOf(t, replica))
	assert.ErrorContains(t, err, "replica")

	cluster := newRedisStore(t, redisCluster(t))
	ch := redisChallenge("one")
	_, err = cluster.AttemptChallenge(t.Context(), phoneauth.Attempt{Key: ch.Key, Digests: [][]byte{ch.Digest}, Now: redisStart,
		Failures: phoneauth.Failures{Name: "f", Key: "{two}f", Forget: time.Hour}})
	assert.ErrorContains(t, err, "one {tag}")
}
