package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// openStore opens what -store names, and returns how to close it. Its errors do not
// quote spec, in which there may be a password.
func openStore(spec string) (store phoneauth.Store, closeStore func() error, err error) {
	switch spec {
	case "memory":
		return memstore.New(), func() error { return nil }, nil
	}
	return nil, nil, errors.New(`unknown kind of store, must be "memory"`)
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
	free := phoneauth.Take{Name: "ready", Key: "ready", Limit: phoneauth.Limit{Burst: 1, Every: time.Second}, Cost: 0}
	challenges := store.TakeLimits(ctx, []phoneauth.Take{free}, now)
	_, users := store.UserByPhone(ctx, phoneauth.StoredPhone("+0")) // nobody's
	_, sessions := store.SessionByID(ctx, "ready", now)
	var faults []error
	for _, err := range []error{challenges, users, sessions} {
		if !errors.Is(err, phoneauth.ErrNotFound) { // which is an answer
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
