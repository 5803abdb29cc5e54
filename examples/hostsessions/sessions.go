package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/phoneauth/phoneauth"
)

// The values in a session.
const (
	userKey     = "user"      // User.ID
	uuidKey     = "uuid"      // User.UUID, for ids that are given again after a restore
	epochKey    = "epoch"     // User.Epoch when it began
	authTimeKey = "auth_time" // Session.AuthTime, in Unix seconds
)

func newSessions(store scs.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.IdleTimeout, m.Lifetime = 14*24*time.Hour, 30*24*time.Hour // what phoneauth's own sessions have
	m.Cookie.Name = "__Host-session"                             // no sibling domain can plant one
	m.Cookie.Secure = true
	return m
}

// signedIn returns the hook HTTP.SignedIn. The id of the session changes, so that an id
// that somebody planted before the sign-in does not become a session. phoneauth calls it after a
// change of password or number too. Session.AuthTime is then when the user last proved who they
// are, which the change itself does not.
func (a *app) signedIn(_ http.ResponseWriter, r *http.Request, session *phoneauth.Session) error {
	ctx := r.Context()
	if err := a.sessions.RenewToken(ctx); err != nil {
		return err
	}
	a.sessions.Put(ctx, userKey, session.User.ID)
	a.sessions.Put(ctx, uuidKey, session.User.UUID)
	a.sessions.Put(ctx, epochKey, session.User.Epoch)
	a.sessions.Put(ctx, authTimeKey, session.AuthTime.Unix())
	return nil
}

// claims returns the hook HTTP.Authenticate: phoneauth asks it on its own routes, and Require on the
// host's.
func (a *app) claims(r *http.Request) (phoneauth.Claims, error) {
	user, err := a.user(r.Context())
	if err != nil {
		return phoneauth.Claims{}, err
	}
	authTime := time.Unix(a.sessions.GetInt64(r.Context(), authTimeKey), 0)
	return phoneauth.Claims{UserID: user.ID, Subject: user.UUID, AuthTime: authTime}, nil
}

// user returns the account of the session. Call it for every request. The epoch of an account
// rises with a block, a new password or a new number. A session of another epoch ends here, at
// its next request. So does a session whose account is deleted or blocked.
//
// Errors: phoneauth.ErrUnauthenticated; phoneauth.ErrUnavailable, which leaves the session
// as it is.
func (a *app) user(ctx context.Context) (phoneauth.User, error) {
	id := a.sessions.GetString(ctx, userKey)
	if id == "" {
		return phoneauth.User{}, phoneauth.ErrUnauthenticated
	}
	user, err := a.svc.User(ctx, phoneauth.Claims{UserID: id, Subject: a.sessions.GetString(ctx, uuidKey)})
	if err == nil && user.Epoch != a.sessions.GetInt64(ctx, epochKey) {
		err = phoneauth.ErrUnauthenticated
	}
	if errors.Is(err, phoneauth.ErrUnauthenticated) {
		err = errors.Join(err, a.sessions.Destroy(ctx))
	}
	if err != nil {
		return phoneauth.User{}, err
	}
	return user, nil
}

// signedOut returns the hook HTTP.SignedOut, which POST /logout calls.
func (a *app) signedOut(_ http.ResponseWriter, r *http.Request) error {
	return a.sessions.Destroy(r.Context())
}
