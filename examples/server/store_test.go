package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/console"
)

var quiet = slog.New(slog.DiscardHandler)

// broken is a part of a store that is away. Each field breaks one part.
type broken struct {
	phoneauth.Store
	challenges, users, sessions error
}

func (b broken) TakeLimits(context.Context, []phoneauth.Take, time.Time) error { return b.challenges }

func (b broken) UserByPhone(context.Context, phoneauth.Phone) (phoneauth.User, error) {
	return phoneauth.User{}, b.users
}

func (b broken) SessionByID(context.Context, string, time.Time) (phoneauth.SessionRecord, error) {
	return phoneauth.SessionRecord{}, b.sessions
}

func TestReady(t *testing.T) {
	t.Parallel()
	away, none := errors.New("connection refused"), phoneauth.ErrNotFound
	keys, err := loadKeys(t.TempDir() + "/key")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		store  broken
		status int
	}{
		"all there":       {broken{nil, nil, none, none}, http.StatusOK},
		"challenges away": {broken{nil, away, none, none}, http.StatusServiceUnavailable},
		"users away":      {broken{nil, nil, away, none}, http.StatusServiceUnavailable},
		"sessions away":   {broken{nil, nil, none, away}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.store.Store = memstore.New()
			svc, err := phoneauth.New(phoneauth.Config{Store: c.store, Sender: console.New(io.Discard), Keys: keys})
			require.NoError(t, err)
			w := httptest.NewRecorder()
			routes(svc, c.store, quiet).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			assert.Equal(t, c.status, w.Code)
			assert.NotContains(t, w.Body.String(), away.Error(), "the cause is for the log")
		})
	}
}

// counter counts how often it is purged.
type counter struct {
	phoneauth.Store
	purged int
}

func (c *counter) Purge(context.Context, time.Time) (int, error) {
	c.purged++
	return 0, errors.New("which is no reason to stop")
}

func TestPurge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*purgeEvery+time.Second)
		defer cancel()
		c := new(counter)
		purge(ctx, c, quiet)
		assert.Equal(t, 3, c.purged)
	})
}
