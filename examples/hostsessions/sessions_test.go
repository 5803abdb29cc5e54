package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sessionmemory "github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// A change of the password or the number does not make an old sign-in young: what wants a
// sign-in of the last five minutes is refused after them. A sign-in does, and so does the
// current password.
func TestChangesDoNotRenewTheSignIn(t *testing.T) {
	t.Parallel()
	inbox := phonetest.New()
	a, err := newApp(sessionmemory.NewWithCleanupInterval(0), inbox, phoneauth.Limits{InsecureOff: true})
	require.NoError(t, err)
	ctx, err := a.sessions.Load(t.Context(), "")
	require.NoError(t, err)
	const other, changed = "+33600000178", "another horse"
	code := func(ctx context.Context, method, path, to, body string) string {
		t.Helper()
		if path != "" {
			request(ctx, t, a, method, path, body)
		}
		return inbox.Code(t, to)
	}
	signIn := func() {
		t.Helper()
		c := code(ctx, "POST", "/users/verification/start", phone, `{"phone":"`+phone+`"}`)
		request(ctx, t, a, "POST", "/api/v1/login", `{"user":{"phone":"`+phone+`","sms_code":"`+c+`"}}`)
	}
	renews := func(do func()) bool {
		t.Helper()
		old := time.Now().Add(-4 * time.Minute).Unix()
		a.sessions.Put(ctx, authTimeKey, old)
		do()
		now := a.sessions.GetInt64(ctx, authTimeKey)
		assert.GreaterOrEqual(t, now, old)
		return now != old
	}
	assert.True(t, renews(signIn), "a code")
	assert.False(t, renews(func() {
		request(ctx, t, a, "PUT", "/api/v1/users/reset_password", `{"password":"`+password+`"}`)
	}), "a first password")
	assert.True(t, renews(func() {
		request(ctx, t, a, "PUT", "/api/v1/users/reset_password", `{"current_password":"`+password+`","password":"`+changed+`"}`)
	}), "the current password")
	assert.False(t, renews(func() {
		c := code(ctx, "POST", "/users/phone/start", other, `{"phone":"`+other+`"}`)
		request(ctx, t, a, "POST", "/users/phone/verify", `{"phone":"`+other+`","verification_code":"`+c+`"}`)
	}), "another number")
}

// request makes a request in the session of ctx, which must succeed.
func request(ctx context.Context, t *testing.T, a *app, method, path, body string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.svc.Handler().ServeHTTP(w, r)
	require.Equal(t, 200, w.Code, "%s %s: %s", method, path, w.Body)
}
