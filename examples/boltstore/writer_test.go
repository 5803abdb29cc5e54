package boltstore

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/phoneauth/phoneauth"
)

// A writer who waits for another gives up when its context ends. Readers do not wait.
func TestWriterWaitsWithItsContext(t *testing.T) {
	t.Parallel()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "phoneauth.db"), 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	store, err := New(db)
	require.NoError(t, err)

	store.writer <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = store.DeleteUser(ctx, "1")
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, phoneauth.IsAnswer(err))
	_, err = store.UserByID(t.Context(), "1")
	require.ErrorIs(t, err, phoneauth.ErrNotFound)
	<-store.writer
	require.NoError(t, store.DeleteUser(t.Context(), "1"))
}
