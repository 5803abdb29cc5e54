package integration

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// redisServer is a redis-server of our own on a loopback port. It ends with this
// process, however that ends: its shell waits for the end of our pipe.
type redisServer struct {
	dir  string
	port int
	args []string
	// config is a file of settings, or empty.
	config string
	// shared: no test ends it, nor clears up after it.
	shared bool

	shell *exec.Cmd
	hold  io.Closer
	pid   int
}

// guardScript runs a server until its standard input ends, and ends it then; LEAVE=no
// leaves nothing of it.
const guardScript = `"$@" </dev/null >>log 2>&1 & echo $! >pid.new && mv pid.new pid
cat >/dev/null; kill -9 $! 2>/dev/null; wait; [ "$LEAVE" != no ] || rm -rf "$PWD"`

// quiet keeps go-redis from reporting each server that a test has ended.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var quietRedis = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// needRedis skips the test, or fails it in CI, where there is no redis-server.
func needRedis(t testing.TB) {
	t.Helper()
	quietRedis()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return
	}
	const missing = "no redis-server in PATH: apt-get install -y --no-install-recommends redis-server"
	if os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// newRedisServer makes ready a server in a directory of its own, with further settings
// as arguments. It is started by start.
func newRedisServer(args ...string) (*redisServer, error) {
	dir, err := os.MkdirTemp("", "phoneauth-redis-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	return &redisServer{dir: dir, port: port, args: args}, err
}

func (r *redisServer) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// start starts the server and waits until it answers.
func (r *redisServer) start() error {
	_ = os.Remove(filepath.Join(r.dir, "pid"))
	args := []string{"-c", guardScript, "sh", "redis-server"}
	if r.config != "" {
		args = append(args, r.config)
	}
	args = append(args, "--bind", "127.0.0.1", "--port", strconv.Itoa(r.port),
		"--dir", r.dir, "--save", "", "--maxmemory-policy", "noeviction")
	args = append(args, r.args...)
	r.shell = exec.Command("sh", args...)
	r.shell.Dir = r.dir
	if r.shared {
		r.shell.Env = append(os.Environ(), "LEAVE=no")
	}
	hold, err := r.shell.StdinPipe()
	if err != nil {
		return err
	}
	r.hold = hold
	if err := r.shell.Start(); err != nil {
		return err
	}
	return Poll(10*time.Second, func() error {
		client := redis.NewClient(&redis.Options{Addr: r.addr(), MaxRetries: -1})
		defer client.Close()
		if err := client.Ping(context.Background()).Err(); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(r.dir, "pid"))
		if err != nil {
			return err
		}
		r.pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err
	})
}

// kill ends the server as a power cut would end its process.
func (r *redisServer) kill() error {
	_ = r.hold.Close()
	return r.shell.Wait()
}

// pause stops the server without closing anything; resume lets it go on.
func (r *redisServer) pause() error  { return syscall.Kill(r.pid, syscall.SIGSTOP) }
func (r *redisServer) resume() error { return syscall.Kill(r.pid, syscall.SIGCONT) }

// oneRedis is the server that the tests share, on which nothing is ever killed.
var oneRedis = sync.OnceValues(func() (*redisServer, error) {
	r, err := newRedisServer()
	if err != nil {
		return nil, err
	}
	r.shared = true
	return r, r.start()
})

// redisNode is a client of the server that the tests share.
func redisNode(t testing.TB) *redis.Client {
	t.Helper()
	needRedis(t)
	r, err := oneRedis()
	require.NoError(t, err, "start redis-server")
	return clientOf(t, r)
}

func clientOf(t testing.TB, r *redisServer) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: r.addr(), ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// ownRedis is a server of this test only, which it may kill.
func ownRedis(t testing.TB, args ...string) *redisServer {
	t.Helper()
	needRedis(t)
	r, err := newRedisServer(args...)
	require.NoError(t, err)
	require.NoError(t, r.start(), "start redis-server")
	t.Cleanup(func() {
		_ = r.kill()
		_ = os.RemoveAll(r.dir)
	})
	return r
}

// threeRedis is a cluster of three masters without replicas.
var threeRedis = sync.OnceValues(func() ([]*redisServer, error) {
	var nodes []*redisServer
	var bus []int
	for range 3 {
		r, port, err := newRedisNode("--cluster-node-timeout", "15000")
		if err != nil {
			return nil, err
		}
		r.shared = true
		if err := r.start(); err != nil {
			return nil, err
		}
		nodes, bus = append(nodes, r), append(bus, port)
	}
	return nodes, formCluster(nodes, bus)
})

// newRedisNode makes ready a node of a cluster, and returns the port of its bus.
func newRedisNode(args ...string) (r *redisServer, bus int, err error) {
	if bus, err = freePort(); err != nil {
		return nil, 0, err
	}
	r, err = newRedisServer(append([]string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-port", strconv.Itoa(bus)}, args...)...)
	return r, bus, err
}

func formCluster(nodes []*redisServer, bus []int) error {
	ctx := context.Background()
	const slots = 16384
	clients := make([]*redis.Client, len(nodes))
	for i, node := range nodes {
		clients[i] = redis.NewClient(&redis.Options{Addr: node.addr()})
		defer clients[i].Close()
		from, to := slots*i/len(nodes), slots*(i+1)/len(nodes)-1
		if err := errors.Join(
			clients[i].Do(ctx, "cluster", "addslotsrange", from, to).Err(),
			clients[i].Do(ctx, "cluster", "set-config-epoch", i+1).Err()); err != nil {
			return err
		}
	}
	for i := range nodes {
		for j := range nodes {
			if i != j {
				if err := clients[i].Do(ctx, "cluster", "meet", "127.0.0.1", nodes[j].port, bus[j]).Err(); err != nil {
					return err
				}
			}
		}
	}
	return Poll(20*time.Second, func() error {
		for _, client := range clients {
			info, err := client.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") ||
				!strings.Contains(info, "cluster_slots_ok:16384") {
				return errors.New("the cluster is not yet formed")
			}
		}
		return nil
	})
}

// redisCluster is a client of the cluster that the tests share.
func redisCluster(t testing.TB) *redis.ClusterClient {
	t.Helper()
	needRedis(t)
	nodes, err := threeRedis()
	require.NoError(t, err, "start a Redis Cluster")
	var addrs []string
	for _, node := range nodes {
		addrs = append(addrs, node.addr())
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = client.Close() })
	return client
}
