package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// startTimeout is how long the servers of the stores have to answer at start. After that
// this one gives up.
const startTimeout = 4 * time.Second

// openStores opens what -store and -redis name, and returns how to close it. Its errors
// do not quote what the flags say, in which there may be a password.
func openStores(ctx context.Context, o options) (store phoneauth.Store, closeStores func() error, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer within %v", startTimeout))
	defer cancel()
	var parts []sqlstore.Option
	if o.redis != "" {
		parts = append(parts, sqlstore.Only(sqlstore.Users))
	}
	store, closeStore, err := openStore(ctx, o.store, parts...)
	if err != nil {
		return nil, nil, fmt.Errorf("-store: %w", err)
	}
	if o.redis == "" {
		return store, closeStore, nil
	}
	short, closeRedis, err := openRedis(ctx, o.redis)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("-redis: %w", err), closeStore())
	}
	return phoneauth.Stores{ChallengeStore: short, UserStore: store, SessionStore: short},
		func() error { return errors.Join(closeRedis(), closeStore()) }, nil
}

func openStore(ctx context.Context, spec string, parts ...sqlstore.Option) (phoneauth.Store, func() error, error) {
	kind, where, _ := strings.Cut(spec, ":")
	switch {
	case spec == "memory":
		return memstore.New(), func() error { return nil }, nil
	case kind == "sqlite" && where != "" && where != ":memory:":
		return openSQLite(ctx, where, parts...)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		return openPostgres(ctx, spec, parts...)
	case kind == "mysql" && strings.HasPrefix(where, "//"):
		return openMySQL(ctx, spec, parts...)
	}
	return nil, nil, errors.New(`unknown kind of store, must be "memory", "sqlite:PATH", "postgres://…" or "mysql://…"`)
}

// purgeEvery is how often what has expired is removed. It is gone for every caller
// anyway; this gives its space back.
const purgeEvery = time.Minute

// purge purges store until ctx ends, if it is one that wants to be purged.
func purge(ctx context.Context, store phoneauth.Store, logger *slog.Logger) {
	purger, ok := store.(phoneauth.Purger)
	if !ok {
		return
	}
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if _, err := purger.Purge(ctx, now); err != nil && ctx.Err() == nil {
				logger.ErrorContext(ctx, "purge", "error", err)
			}
		}
	}
}

// ready asks each part of store something that changes nothing: the parts may live in
// different databases.
func ready(ctx context.Context, store phoneauth.Store) error {
	now := time.Now()
	_, challenges := store.ReadState(ctx, phoneauth.StateParams{Challenges: []string{"ready"}, Now: now})
	_, users := store.UserByPhone(ctx, phoneauth.StoredPhone("+0")) // a number that nobody has
	_, sessions := store.SessionByID(ctx, "ready", now)
	var faults []error
	for _, err := range []error{challenges, users, sessions} {
		if !errors.Is(err, phoneauth.ErrNotFound) { // which is an answer
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
