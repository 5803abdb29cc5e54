package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// checkClient finds clients that cannot keep the promises of a store.
func checkClient(client redis.UniversalClient) error {
	heeds := true
	switch c := client.(type) {
	case nil:
		return errors.New("the client is nil")
	case *redis.Ring:
		return errors.New("a redis.Ring is no store: use redis.NewClusterClient")
	case *redis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	}
	if !heeds {
		return errors.New("set ContextTimeoutEnabled in the options of the client: without it no deadline holds")
	}
	return nil
}

// checkServer finds servers that cannot keep them. Where a server does not let us ask,
// there is nothing to find.
func checkServer(ctx context.Context, node redis.Cmdable, cluster bool) error {
	if err := node.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	info := map[string]string{}
	for _, section := range []string{"server", "replication", "cluster", "memory"} {
		text, err := node.Info(ctx, section).Result()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("info: %w", err)
		}
		if err == nil {
			readInfo(info, text)
		}
	}
	if version := info["redis_version"]; version != "" && !atLeast(version, 6, 2) {
		return fmt.Errorf("the server is Redis %s: 6.2 or later is needed", version)
	}
	if info["role"] == "slave" {
		return errors.New("the server is a replica: give the address of the master, or use Sentinel")
	}
	if info["cluster_enabled"] == "1" && !cluster {
		return errors.New("the server is a node of a Redis Cluster: use redis.NewClusterClient")
	}
	policy := info["maxmemory_policy"]
	if values, err := node.ConfigGet(ctx, "maxmemory-policy").Result(); err == nil && values["maxmemory-policy"] != "" {
		policy = values["maxmemory-policy"]
	}
	if policy != "" && policy != "noeviction" {
		return fmt.Errorf("the server drops live keys when its memory is full: set maxmemory-policy to noeviction (it is %s)", policy)
	}
	return nil
}

// readInfo adds the lines of an answer to INFO to fields.
func readInfo(fields map[string]string, text string) {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
}

func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return true
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA != nil || errB != nil || a > major || a == major && b >= minor
}
