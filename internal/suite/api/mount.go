package api

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// hostView is what a host adds to its users; it also tries what it must not.
func hostView(_ context.Context, u phoneauth.User) (phoneauth.UserView, error) {
	return phoneauth.UserView{
		Attributes: map[string]any{
			"first_name": "John", "balance": 0, "notes": nil,
			"uid": "host's", "phone": "host's", "phone_verified": false, "new_user": "host's",
			"created_at": nil, "updated_at": nil,
			"id": "host's", "uuid": "host's", "token": "no token", "refresh_token": "no token",
			"device_token": "no token", "has_password": "host's",
		},
		Relationships: map[string]any{
			"addresses": map[string]any{"data": []any{map[string]any{"id": "36", "type": "address", "of": u.ID}}},
		},
	}, nil
}

// allRoutes are the routes of each API as the contract lists them.
var allRoutes = map[phoneauth.API][]string{
	phoneauth.ConnectAPI: {"POST /users/verification/start", "POST /users/verification/verify", "POST /connect"},
	phoneauth.PhoneAPI:   {"POST /api/phone/register", "POST /api/phone/verify"},
	phoneauth.UsersAPI: {"POST /api/v1/users", "POST /api/v1/users/verify", "PUT /api/v1/users/forget_password",
		"PUT /api/v1/users/recover_password", "PUT /api/v1/users/reset_password"},
	phoneauth.LoginAPI: {"POST /api/v1/login"},
	phoneauth.SessionAPI: {"POST /token/refresh", "POST /logout", "POST /users/phone/start", "POST /users/phone/verify",
		"DELETE /users/me", "GET /users/me", "GET /.well-known/jwks.json"},
}

func testAPIMountedByAPI(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t)
	for mounted := range allRoutes {
		s.handler = s.svc.Handler(mounted)
		for api, routes := range allRoutes {
			for _, route := range routes {
				method, path, _ := strings.Cut(route, " ")
				a := s.client().do(method, path, "{}")
				assert.Equal(t, api == mounted, a.status != 404, "%s with only %s", route, mounted)
			}
		}
	}
}

// A client goes through all four APIs, wherever they are mounted.
func testAPIMountedAnywhere(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	under := func(prefix string, h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(prefix+"/", http.StripPrefix(prefix, h))
		return mux
	}
	apart := func(svc *phoneauth.Service) http.Handler {
		mux := http.NewServeMux()
		for api, routes := range allRoutes {
			h := svc.Handler(api)
			for _, route := range routes {
				mux.Handle(route, h)
			}
		}
		return mux
	}
	for name, mount := range map[string]func(*phoneauth.Service) http.Handler{
		"alone": func(svc *phoneauth.Service) http.Handler { return svc.Handler() },
		"all named": func(svc *phoneauth.Service) http.Handler {
			return svc.Handler("login", "session", "users", "phone", "connect")
		},
		"each route":        apart,
		"prefix":            func(svc *phoneauth.Service) http.Handler { return under("/auth", svc.Handler()) },
		"prefix of routes":  func(svc *phoneauth.Service) http.Handler { return under("/auth/v2", apart(svc)) },
		"a ServeMux's root": func(svc *phoneauth.Service) http.Handler { return under("", svc.Handler()) },
	} {
		s := newServer(t)
		s.handler = mount(s.svc)
		if prefix := map[string]string{"prefix": "/auth", "prefix of routes": "/auth/v2"}[name]; prefix != "" {
			inner := s.handler
			s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = prefix + r.URL.Path
				inner.ServeHTTP(w, r)
			})
		}
		c := s.client()
		c.connect(cairo)
		c.do("GET", "/users/me", nil).ok()
		c.do("GET", "/.well-known/jwks.json", nil).ok()
		assert.Equal(t, true, c.login(paris, c.start(paris)).ok().get("first_sign_in"), name)
		a := c.post("/api/phone/register", object{"phone_number": delhi}).ok()
		body := object{"phone_number": delhi, "security_code": s.inbox.Code(t, delhi), "session_token": a.get("session_token")}
		c.post("/api/phone/verify", body).ok()
		c.put("/api/v1/users/forget_password", object{"msisdn": "84932466"}).ok()
		c.post("/logout", object{"refresh_token": "none"}).ok(204)
	}
}

func testAPIUserView(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	s := newServer(t, func(cfg *phoneauth.Config) { cfg.HTTP.UserView = hostView })
	c := s.client()
	a := c.connect(cairo)
	attributes := a.get("data.attributes").(map[string]any)
	assert.Equal(t, true, attributes["phone_verified"])
	assert.Equal(t, true, attributes["new_user"])
	timeOf(t, a.str("data.attributes.created_at"))
	timeOf(t, a.str("data.attributes.updated_at"))
	assert.NotEqual(t, "host's", a.str("data.id"))
	assert.Equal(t, a.str("data.id"), a.str("data.relationships.addresses.data.0.of"), "the hook is given the user")
	assert.NotContains(t, a.get("meta"), "first_name")

	a = c.login(paris, c.start(paris)).ok()
	for _, name := range []string{"id", "uuid", "token", "refresh_token", "device_token", "has_password", "phone", "created_at"} {
		assert.NotContains(t, []any{"host's", "no token", nil}, a.get("user."+name), name)
	}
	assert.False(t, a.has("user.addresses"), "the Login API has no relationships")
	assert.Contains(t, a.get("user"), "notes", "null is a value")
}

func testAPIHostSessions(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	const hostCookie = "host_session"
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Store = phoneauth.Stores{ChallengeStore: cfg.Store, UserStore: cfg.Store} // no SessionStore
		cfg.HostSessions = true
		cfg.HTTP.SignedIn = func(w http.ResponseWriter, _ *http.Request, session *phoneauth.Session) error {
			at := t.Now().Format(time.RFC3339)
			http.SetCookie(w, &http.Cookie{Name: hostCookie, Value: session.User.ID + "|" + at, Path: "/"})
			return nil
		}
		cfg.HTTP.Authenticate = func(r *http.Request) (phoneauth.Claims, error) {
			cookie, err := r.Cookie(hostCookie)
			if err != nil {
				return phoneauth.Claims{}, err
			}
			id, text, _ := strings.Cut(cookie.Value, "|")
			at, err := time.Parse(time.RFC3339, text)
			return phoneauth.Claims{UserID: id, AuthTime: at}, err
		}
	})
	c := s.newBrowser()
	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
	a := c.redeem(cairo, c.proof(cairo)).ok()
	assert.False(t, a.has("meta"))
	require.NotNil(t, a.cookie(hostCookie))
	assert.Len(t, a.cookies, 2, "the host's session, and the known device")
	assert.Equal(t, a.get("data.id"), c.do("GET", "/users/me", nil).ok().get("data.id"))

	a = c.login(paris, c.start(paris)).ok()
	assert.False(t, a.has("user.token"))
	assert.False(t, a.has("user.refresh_token"))
	assert.NotNil(t, a.cookie(hostCookie))

	token := c.register(singapore, goodPassword).ok().str("session_token")
	a = c.post("/api/v1/users/verify", object{"code": s.inbox.Code(t, singapore), "session_token": token}).ok()
	assert.Equal(t, true, a.get("valid_for_authentication"))
	assert.False(t, a.has("authentication_token"))
	assert.False(t, a.has("refresh_token"))
	assert.NotNil(t, a.cookie(hostCookie))

	c.put("/api/v1/users/reset_password", object{"current_password": goodPassword, "password": "another password"}).ok()
	c.post("/users/phone/start", object{"phone": delhi}).ok()
	body := object{"phone": delhi, "verification_code": s.inbox.Code(t, delhi)}
	a = c.post("/users/phone/verify", body).ok()
	assert.Equal(t, delhi, a.str("data.attributes.phone"))
	assert.False(t, a.has("meta"))
	assert.NotNil(t, a.cookie(hostCookie))

	c.header["Sec-Fetch-Site"] = "cross-site"
	c.do("DELETE", "/users/me", nil).refused(403, "cross_origin")
	delete(c.header, "Sec-Fetch-Site")
	t.Elapse(5*time.Minute + time.Second)
	c.do("DELETE", "/users/me", nil).refused(403, "reauthentication_required")
	c.post("/token/refresh", object{"refresh_token": "x"}).refused(401, "invalid_refresh_token")
	c.login(delhi, c.start(delhi)).ok()
	c.do("DELETE", "/users/me", nil).ok(204)
	c.do("GET", "/users/me", nil).refused(401, "unauthorized")
}

// Nothing of one realm means anything in another, over one store of challenges.
func testAPIRealms(tt *testing.T, o suite.Options) {
	t := newTest(tt, o)
	one, two := t.newStore(), t.newStore()
	red := newServer(t, func(cfg *phoneauth.Config) { cfg.Store, cfg.Realm = one, "red" })
	blue := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Store = phoneauth.Stores{ChallengeStore: one, UserStore: two, SessionStore: two}
		cfg.Realm = "blue"
	})
	r, b := red.client(), blue.client()
	code := r.start(cairo)
	b.login(cairo, code).refused(401, "unauthorized", "a code")
	blueCode := b.start(cairo) // limits are a realm's own too
	proof := r.post("/users/verification/verify", object{"phone": cairo, "verification_code": code}).ok().str("verification_token")
	b.redeem(cairo, proof).refused(422, "invalid_data")
	a := r.redeem(cairo, proof).ok()

	b.bearer = a.str("meta.access_token")
	b.do("GET", "/users/me", nil).refused(401, "unauthorized")
	b.post("/token/refresh", object{"refresh_token": a.get("meta.refresh_token")}).refused(401, "invalid_refresh_token")
	b.post("/logout", object{"refresh_token": a.get("meta.refresh_token")}).ok(204)
	r.post("/token/refresh", object{"refresh_token": a.get("meta.refresh_token")}).ok()
	b.login(cairo, blueCode).ok()

	session := r.post("/api/phone/register", object{"phone_number": delhi}).ok().str("session_token")
	body := object{"phone_number": delhi, "security_code": red.inbox.Code(t, delhi), "session_token": session}
	b.post("/api/phone/verify", body).refused(422, "invalid_security_code")
	r.post("/api/phone/verify", body).ok()
}

func testAPIJWKS(tt *testing.T, o suite.Options) { bubble(tt, o, jWKS) }

func jWKS(t *test) {
	assert.JSONEq(t, `{"keys":[]}`, newServer(t).client().do("GET", "/.well-known/jwks.json", nil).ok().text)

	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	old, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	s := newServer(t, func(cfg *phoneauth.Config) {
		cfg.Tokens, err = phoneauth.NewJWT(phoneauth.JWTConfig{Issuer: "acme", Audience: "acme", Keys: []phoneauth.SigningKey{
			{ID: "new", Key: private}, {ID: "old", Key: old}, {ID: "mac", Key: []byte(strings.Repeat("m", 32))},
		}})
		require.NoError(t, err)
	})
	c := s.client()
	a := c.do("GET", "/.well-known/jwks.json", "a body is ignored").ok()
	assert.Len(t, a.get("keys"), 2, "never an HMAC key")
	assert.Equal(t, "new", a.str("keys.0.kid"))
	assert.Equal(t, "old", a.str("keys.1.kid"))
	assert.Equal(t, "OKP", a.str("keys.0.kty"))
	assert.Equal(t, "Ed25519", a.str("keys.0.crv"))
	assert.Equal(t, base64.RawURLEncoding.EncodeToString(public), a.str("keys.0.x"))
	assert.NotContains(t, a.text, `"d"`)

	c.connect(cairo)
	head, rest, _ := strings.Cut(c.bearer, ".")
	header, err := base64.RawURLEncoding.DecodeString(head)
	require.NoError(t, err)
	assert.Contains(t, string(header), `"EdDSA"`)
	claims, signature, _ := strings.Cut(rest, ".")
	sum, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	assert.True(t, ed25519.Verify(public, []byte(head+"."+claims), sum), "anybody verifies it by the published key")
	c.do("GET", "/users/me", nil).ok()
}
