package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/storetest"
)

// Whoever writes a UserStore runs this suite: it knows what is easily got wrong.
func TestUserStore(t *testing.T) {
	t.Parallel()
	storetest.RunUsers(t, func(t testing.TB) phoneauth.UserStore { return openMembers(t) })
}

func openMembers(t testing.TB) *Members {
	t.Helper()
	members, err := OpenMembers(context.Background(), filepath.Join(t.TempDir(), "members of 100%?#.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, members.Close()) })
	return members
}
