package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

var quiet = slog.New(slog.DiscardHandler)

// broken is a part of a store that is away. Each field breaks one part.
type broken struct {
	phoneauth.Store
	challenges, users, sessions error
}

func (b broken) ReadState(context.Context, phoneauth.StateParams) (phoneauth.State, error) {
	return phoneauth.State{}, b.challenges
}

func (b broken) UserByPhone(context.Context, phoneauth.Phone) (phoneauth.User, error) {
	return phoneauth.User{}, b.users
}

func (b broken) SessionByID(context.Context, string, time.Time) (phoneauth.SessionRecord, error) {
	return phoneauth.SessionRecord{}, b.sessions
}

func TestReady(t *testing.T) {
	t.Parallel()
	away, none := errors.New("connection refused"), phoneauth.ErrNotFound
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
			mux, w := http.NewServeMux(), httptest.NewRecorder()
			mountHealth(mux, c.store, quiet)
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			assert.Equal(t, c.status, w.Code)
			assert.NotContains(t, w.Body.String(), away.Error(), "the cause is for the log")
		})
	}
}

// An account outlives its server, whatever characters are in the path of its file.
func TestSQLite(t *testing.T) {
	t.Parallel()
	const phone = "+201061797840"
	path := filepath.Join(t.TempDir(), "100% of #1?.db")
	var ids []any
	for _, isNew := range []bool{true, false} {
		s := start(t, "-store", "sqlite:"+path)
		s.ready()
		s.post("/users/verification/start", body{"phone": phone})
		answer := s.post("/api/v1/login", body{"user": body{"phone": phone, "sms_code": s.code(phone)}})
		assert.Equal(t, isNew, answer["first_sign_in"])
		ids = append(ids, answer["user"].(body)["uuid"])
		require.NoError(t, s.stop())
	}
	assert.Equal(t, ids[0], ids[1])
	assert.FileExists(t, path)
}

// A file that is no database of SQLite's stays what it is.
func TestNoSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "letter")
	letter := strings.Repeat("Dear Sir or Madam, ", 100)
	require.NoError(t, os.WriteFile(path, []byte(letter), 0o600))
	_, _, err := openStores(t.Context(), options{store: "sqlite:" + path})
	assert.EqualError(t, err, "-store: the file is no SQLite database (SQLite error 26)")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, letter, string(data))
}

// Told to stop while it waits for its stores, the server stops.
func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	output := newOutput()
	args := []string{"-store", "memory", "-redis", "redis://" + silent.Addr().String(), "-key", filepath.Join(t.TempDir(), "key")}
	assert.NoError(t, run(ctx, args, func(string) string { return "" }, output, output))
	assert.Empty(t, output.String())
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
