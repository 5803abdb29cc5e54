package main

import (
	"net/http/httptest"
	"testing"
	"time"

	sessionmemory "github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// A change of the password does not make an old sign-in young: what wants a sign-in of the
// last five minutes is refused after them.
func TestPasswordDoesNotRenewTheSignIn(t *testing.T) {
	t.Parallel()
	a, err := newApp(sessionmemory.NewWithCleanupInterval(0), phonetest.New(), phoneauth.Limits{})
	require.NoError(t, err)
	for path, renewed := range map[string]bool{
		"/auth/api/v1/users/reset_password": false,
		"/api/v1/login":                     true,
		"/connect":                          true,
		"/users/phone/verify":               true, // the new number was proved
	} {
		ctx, err := a.sessions.Load(t.Context(), "")
		require.NoError(t, err)
		old := time.Now().Add(-4 * time.Minute).Unix()
		a.sessions.Put(ctx, authTimeKey, old)
		r := httptest.NewRequest("POST", path, nil).WithContext(ctx)
		require.NoError(t, a.signedIn(nil, r, &phoneauth.Session{User: phoneauth.User{ID: "1", UUID: "u"}}))
		assert.Equal(t, renewed, a.sessions.GetInt64(ctx, authTimeKey) > old, path)
	}
}
