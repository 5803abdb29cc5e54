package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// A store on a master that Sentinel watches goes on with the replica that is promoted,
// and with all that this replica had.
func TestRedisSentinel(t *testing.T) {
	ctx := t.Context()
	master := ownRedis(t)
	replica := ownRedis(t, "--replicaof", "127.0.0.1", strconv.Itoa(master.port))
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "phoneauth",
		SentinelAddrs: []string{ownSentinel(t, master, replica)}, ContextTimeoutEnabled: true})
	defer client.Close()
	p := newPaired(t, client)
	s := p.signIn(t)
	phone, c := p.person()
	code := p.code(t, phone, c)
	used, d := p.person()
	usedCode := p.code(t, used, d)
	_, err := p.Login(ctx, phoneauth.LoginRequest{Phone: used, Code: usedCode, Client: d})
	require.NoError(t, err)
	written := offsetOf(t, master, "master_repl_offset")
	require.NoError(t, Poll(5*time.Second, func() error {
		if offsetOf(t, replica, "slave_repl_offset") < written {
			return errors.New("the replica is behind")
		}
		return nil
	}))

	require.NoError(t, master.kill())
	killed := time.Now()
	require.NoError(t, Poll(15*time.Second, func() error {
		other, c := p.person()
		_, err := p.Register(ctx, phoneauth.RegisterRequest{Phone: other, Client: c})
		if err != nil {
			require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		}
		return err
	}), "on with the replica")
	t.Logf("on with the replica %v after the master", time.Since(killed).Round(time.Millisecond))
	p.signIn(t)
	_, err = p.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
	assert.NoError(t, err, "the code from before is good")
	_, err = p.Login(ctx, phoneauth.LoginRequest{Phone: used, Code: usedCode, Client: d})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "the one that was used is not")
	_, err = p.Refresh(ctx, phoneauth.RefreshRequest{Token: s.RefreshToken})
	assert.NoError(t, err, "the session is there")
}

// ownSentinel watches master, and knows of its replica. It returns its address.
func ownSentinel(t *testing.T, master, replica *redisServer) string {
	t.Helper()
	r, err := newRedisServer("--sentinel")
	require.NoError(t, err)
	r.config = filepath.Join(r.dir, "sentinel.conf")
	require.NoError(t, os.WriteFile(r.config, fmt.Appendf(nil, `sentinel monitor phoneauth 127.0.0.1 %d 1
sentinel down-after-milliseconds phoneauth 500
sentinel failover-timeout phoneauth 2000
`, master.port), 0o600))
	require.NoError(t, r.start(), "start redis-server --sentinel")
	t.Cleanup(func() {
		_ = r.kill()
		_ = os.RemoveAll(r.dir)
	})
	client := redis.NewSentinelClient(&redis.Options{Addr: r.addr()})
	defer client.Close()
	require.NoError(t, Poll(20*time.Second, func() error {
		replicas, err := client.Replicas(t.Context(), "phoneauth").Result()
		if err == nil && (len(replicas) != 1 || replicas[0]["port"] != strconv.Itoa(replica.port) ||
			replicas[0]["flags"] != "slave" || replicas[0]["master-link-status"] != "ok") {
			err = fmt.Errorf("replicas: %v", replicas)
		}
		return err
	}))
	return r.addr()
}

// offsetOf is how much of the stream of writes a server has.
func offsetOf(t *testing.T, r *redisServer, field string) int {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: r.addr()})
	defer client.Close()
	text, err := client.Info(t.Context(), "replication").Result()
	require.NoError(t, err)
	_, rest, _ := strings.Cut(text, field+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.Atoi(value)
	require.NoError(t, err)
	return n
}
