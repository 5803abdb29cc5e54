// Package redisstore keeps challenges, limits, sessions and the journal in Redis: one
// node, Sentinel or Redis Cluster. Users do not live here; [phoneauth.Stores] joins both:
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	short, err := redisstore.New(ctx, client)
//	…
//	store := phoneauth.Stores{ChallengeStore: short, UserStore: users, SessionStore: short}
//
// What must be one step is one Lua script on one node, and one a hash slot on a cluster.
// Every key has a TTL, so there is nothing to purge. What a crash or a failover may lose,
// and which settings decide that, says README.md.
package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/phoneauth/phoneauth"
)

var (
	_ phoneauth.ChallengeStore   = (*Store)(nil)
	_ phoneauth.SessionStore     = (*Store)(nil)
	_ phoneauth.SessionAttempter = (*Store)(nil)
	_ phoneauth.JournalStore     = (*Store)(nil)
)

// Store is a [phoneauth.ChallengeStore], a [phoneauth.SessionStore] and a
// [phoneauth.JournalStore] in Redis. [New] makes one. It holds nothing but the client: any
// number of them, in any number of processes, share what is in Redis.
type Store struct {
	client  redis.UniversalClient
	prefix  string
	cluster bool
}

// Option sets something about a [Store].
type Option func(*Store)

// Prefix is what every key begins with: "pa:" unless set. It has no braces, since those
// choose the slot of a key in Redis Cluster. Stores with different prefixes share
// nothing.
func Prefix(prefix string) Option { return func(s *Store) { s.prefix = prefix } }

// New returns a Store on the servers of client, which stays the caller's to close.
//
// The client must have ContextTimeoutEnabled, or no deadline would hold. The servers
// must be reachable, version 6.2 or later, masters, and must not evict keys; a server
// that does not tell its settings is taken at its word. A [redis.Ring] is refused: it
// loses what it holds when its shards change.
//
// Its retries do not matter: what was sent may have been done, so the Store has nothing
// sent twice but what may be done twice.
func New(ctx context.Context, client redis.UniversalClient, options ...Option) (*Store, error) {
	s := &Store{client: client, prefix: "pa:"}
	for _, set := range options {
		set(s)
	}
	if strings.ContainsAny(s.prefix, "{}") {
		return nil, errors.New("redisstore: Prefix must have no braces")
	}
	if err := checkClient(client); err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	nodes, ok := client.(interface {
		ForEachMaster(context.Context, func(context.Context, *redis.Client) error) error
	})
	s.cluster = ok
	var err error
	if ok {
		err = nodes.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return checkServer(ctx, node, true)
		})
	} else {
		err = checkServer(ctx, client, false)
	}
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	return s, nil
}

// What a key holds. Kinds are apart even where callers give one key to several.
const (
	challengeKind = "c:"
	limitKind     = "l:"
	scoreKind     = "b:"
	lockoutKind   = "f:"
	sessionKind   = "s:"
	userKind      = "u:" // the list of a user's sessions
	indexKind     = "x:" // the index of a full list
	entryKind     = "j:"
	printKind     = "jp:" // the entries with a print
	entryUserKind = "ju:" // those of a user
	messageKind   = "jm:" // those of a message
	timesKind     = "jt:" // what was counted in an hour
	weightsKind   = "jw:" // the counts of its entries
	sumsKind      = "jn:" // the sums of its kinds
	hoursKind     = "jh:" // which hours there are
)

func (s *Store) key(kind, key string) string { return s.prefix + kind + key }
