package main

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/phoneauth/phoneauth/redisstore"
)

// unlogged is the logger of go-redis, which writes addresses to standard error, in
// its own format. Every failure is the error of a call too.
type unlogged struct{}

func (unlogged) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(unlogged{}) }

func openRedis(ctx context.Context, spec string) (*redisstore.Store, func() error, error) {
	client, err := redisClient(spec)
	if err != nil {
		return nil, nil, err
	}
	store, err := redisStore(ctx, client)
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return store, client.Close, nil
}

func redisStore(ctx context.Context, client redis.UniversalClient) (*redisstore.Store, error) {
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, cause(ctx, err, errors.New("no Redis that can be talked to is there: is it its port, and redis:// or rediss:// as it wants?"))
	}
	if _, one := client.(*redis.Client); one && strings.Contains(client.Info(ctx, "cluster").Val(), "cluster_enabled:1") {
		return nil, errors.New("the server is a node of a Redis Cluster: give the addresses of several nodes, with commas between them")
	}
	store, err := redisstore.New(ctx, client)
	return store, cause(ctx, err, err)
}

// redisClient returns a client of the server at spec. With commas in spec it is a client of a
// cluster, and the first URL has the settings for all nodes.
func redisClient(spec string) (redis.UniversalClient, error) {
	// The errors of go-redis quote the URL.
	unreadable := errors.New("cannot be read, must be redis://HOST:PORT, or several with commas between them")
	urls := strings.Split(spec, ",")
	var addrs []string
	for i, u := range urls {
		if u == "" {
			return nil, unreadable
		}
		if !strings.Contains(u, "://") {
			urls[i] = "redis://" + u
		}
		o, err := redis.ParseURL(urls[i])
		if err != nil {
			return nil, unreadable
		}
		if len(urls) == 1 {
			o.ContextTimeoutEnabled = true
			return redis.NewClient(o), nil
		}
		if o.DB != 0 {
			return nil, errors.New("a Redis Cluster has no databases but 0")
		}
		addrs = append(addrs, o.Addr)
	}
	o, err := redis.ParseClusterURL(urls[0])
	if err != nil {
		return nil, unreadable
	}
	o.Addrs = addrs
	o.ContextTimeoutEnabled = true
	return redis.NewClusterClient(o), nil
}

// redisCause returns what may be said of an answer that is an error, or nil. The answer
// itself may quote the password.
func redisCause(err redis.Error) error {
	text := err.Error()
	for prefix, say := range map[string]string{
		"NOAUTH":                    "the server wants a password",
		"WRONGPASS":                 "the server refuses the user or the password",
		"ERR AUTH":                  "the server refuses the user or the password",
		"NOPERM":                    "the user may not do what is needed",
		"LOADING":                   "the server is still loading what it holds",
		"ERR max number of clients": "the server has no connection left",
		"ERR This instance has cluster support disabled": "the server is no node of a Redis Cluster: give its address alone",
		"CLUSTERDOWN": "the cluster is down",
	} {
		if strings.HasPrefix(text, prefix) {
			return errors.New(say)
		}
	}
	return nil
}
