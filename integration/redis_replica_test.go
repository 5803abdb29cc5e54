package integration

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// RedisPair is a cluster of three masters, of which the first has a replica. Masters agree after
// a second that one of them is gone, and the slots of the others go on meanwhile.
type RedisPair struct {
	// Master and Replica have a third of the slots.
	Master, Replica *RedisServer
	Addrs           []string
}

// OwnRedisPair starts one of the test's own.
func OwnRedisPair(t testing.TB) *RedisPair {
	t.Helper()
	needRedis(t)
	ctx := t.Context()
	var nodes []*redisServer
	var bus []int
	p := &RedisPair{}
	for range 4 {
		r, port, err := newRedisNode("--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no",
			"--repl-diskless-sync-delay", "0")
		require.NoError(t, err)
		require.NoError(t, r.start())
		t.Cleanup(func() {
			_ = r.kill()
			_ = os.RemoveAll(r.dir)
		})
		nodes, bus, p.Addrs = append(nodes, r), append(bus, port), append(p.Addrs, r.addr())
	}
	p.Master, p.Replica = nodes[0], nodes[3]
	require.NoError(t, formCluster(nodes[:3], bus[:3]))
	master, replica := clientOf(t, p.Master), clientOf(t, p.Replica)
	id, err := master.ClusterMyID(ctx).Result()
	require.NoError(t, err)
	require.NoError(t, replica.Do(ctx, "cluster", "meet", "127.0.0.1", p.Master.port, bus[0]).Err())
	require.NoError(t, Poll(20*time.Second, func() error { return replica.ClusterReplicate(ctx, id).Err() }))
	require.NoError(t, p.Paired(ctx))
	return p
}

// Paired waits until Replica follows Master, and every node knows it.
func (p *RedisPair) Paired(ctx context.Context) error {
	return Poll(20*time.Second, func() error {
		for _, addr := range p.Addrs {
			client := redis.NewClient(&redis.Options{Addr: addr})
			nodes, err := client.ClusterNodes(ctx).Result()
			_ = client.Close()
			if err != nil {
				return err
			}
			if strings.Count(nodes, "slave") != 1 || strings.Contains(nodes, "fail") || strings.Contains(nodes, "handshake") {
				return errors.New("the replica is not known: " + nodes)
			}
		}
		client := redis.NewClient(&redis.Options{Addr: p.Replica.addr()})
		defer client.Close()
		info, err := client.Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New("the replica does not follow")
		}
		return err
	})
}

// Behind stops Replica and cuts the link to it, so that it lacks what is written from then on
// until it is resumed. Else it would find that in the buffer of its connection.
func (p *RedisPair) Behind(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: p.Master.addr()})
	defer client.Close()
	return errors.Join(p.Replica.pause(), client.ClientKillByFilter(ctx, "TYPE", "replica").Err())
}

// TakenOver waits until Replica is a master.
func (p *RedisPair) TakenOver(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: p.Replica.addr()})
	defer client.Close()
	return Poll(30*time.Second, func() error {
		info, err := client.Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "role:master") {
			err = errors.New("the replica is no master")
		}
		return err
	})
}

// ComeBack starts the former master, which follows the new one.
func (p *RedisPair) ComeBack(ctx context.Context) error {
	if err := p.Master.start(); err != nil {
		return err
	}
	p.Master, p.Replica = p.Replica, p.Master
	return p.Paired(ctx)
}
