package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

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
	_, err = p.Refresh(t.Context(), phoneauth.RefreshRequest{Token: s.RefreshToken})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
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
	l := phoneauth.Lockout{Name: "f", Key: "phone", TTL: time.Hour, Steps: []phoneauth.LockoutStep{{Failures: 1000, Wait: time.Hour}}}
	require.NoError(t, store.CountFailure(t.Context(), l, redisStart))
	for range 10 {
		require.NoError(t, client.Ping(t.Context()).Err(), "there is a connection")
		lose.Store(true)
		err := store.CountFailure(t.Context(), l, redisStart)
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
	for _, p := range []phoneauth.AttemptParams{
		{Lockout: phoneauth.Lockout{Name: "f", Key: "{two}f", TTL: time.Hour}},
		{Candidates: []phoneauth.Candidate{{Key: redisChallenge("two").Key}}},
	} {
		p.Candidates, p.Now = append([]phoneauth.Candidate{{Key: ch.Key, Digests: [][]byte{ch.Digest}}}, p.Candidates...), redisStart
		_, err = cluster.AttemptChallenge(t.Context(), p)
		assert.ErrorContains(t, err, "one {tag}")
	}
}

// A server whose memory is full takes no write. It does not tell then whether a code is right: a wrong
// one is not counted, and so could be tried without end.
func TestRedisFullTellsNothing(t *testing.T) {
	client := clientOf(t, ownRedis(t))
	store := newRedisStore(t, client)
	full := func(is bool) {
		require.NoError(t, client.ConfigSet(t.Context(), "maxmemory", map[bool]string{true: "1", false: "0"}[is]).Err())
	}
	proof := redisChallenge("one")
	proof.Key += "proof"
	take := phoneauth.Take{Name: "l", Key: proof.Key, Limit: phoneauth.Limit{Burst: 1000, Every: time.Second}, Cost: 1}
	session := redisSession("user of "+proof.Key, 0, 0)
	challenge := func(p phoneauth.AttemptParams) error {
		_, err := store.AttemptChallenge(t.Context(), p)
		return err
	}
	for name, c := range map[string]struct {
		then  phoneauth.OnMatch
		takes []phoneauth.Take
		do    func(phoneauth.AttemptParams) error
	}{
		"a code":          {phoneauth.OnMatch{Store: &proof}, nil, challenge},
		"a code, limited": {phoneauth.OnMatch{Store: &proof, Refunds: []phoneauth.Take{take}}, []phoneauth.Take{take}, challenge},
		"a proof":         {phoneauth.OnMatch{}, nil, challenge},
		"a sign-in": {phoneauth.OnMatch{Refunds: []phoneauth.Take{take}}, []phoneauth.Take{take}, func(p phoneauth.AttemptParams) error {
			v, err := store.AttemptSession(t.Context(), p, newSession(session, 1))
			assert.Equal(t, err == nil, v.Stored)
			_, found := store.SessionByID(t.Context(), session.ID, redisStart)
			assert.Equal(t, err == nil, found == nil, "the session is stored where the code is right")
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ch := redisChallenge("one")
			l := phoneauth.Lockout{Name: "f", Key: ch.Key, TTL: time.Hour, Steps: []phoneauth.LockoutStep{{Failures: 1000, Wait: time.Hour}}}
			attempt := func(digest []byte) error {
				return c.do(phoneauth.AttemptParams{Lockout: l, Takes: c.takes, Now: redisStart,
					Candidates: []phoneauth.Candidate{{Key: ch.Key, Digests: [][]byte{digest}, OnMatch: c.then}}})
			}
			_, err := store.BeginChallenge(t.Context(), phoneauth.BeginParams{Challenge: ch, Now: redisStart})
			require.NoError(t, err)
			full(true)
			wrong, right := attempt([]byte("wrong")), attempt(ch.Digest)
			full(false)
			require.ErrorContains(t, wrong, "OOM")
			require.ErrorContains(t, right, "OOM")
			assert.NoError(t, attempt(ch.Digest))
		})
	}
}
