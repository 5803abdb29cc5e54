package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/phoneauth/phoneauth"
)

// resource is both services, and clients of them.
type resource struct {
	t   *testing.T
	url string
	rpc *grpc.ClientConn
}

func newResource(t *testing.T, i *issuer) *resource {
	t.Helper()
	auth := httptest.NewServer(i)
	t.Cleanup(auth.Close)
	keys := NewKeySet(auth.URL+keysPath, issuerName, audience, slog.New(slog.DiscardHandler))
	keys.pause = 0 // the tests of KeySet have the time
	web := httptest.NewServer(routes(keys))
	t.Cleanup(web.Close)

	listener := bufconn.Listen(1 << 16)
	server := newGRPC(keys)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		assert.NoError(t, <-served)
	})
	rpc, err := grpc.NewClient("passthrough:///resource", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, rpc.Close()) })
	return &resource{t: t, url: web.URL, rpc: rpc}
}

// get asks the HTTP service.
func (r *resource) get(authorization string) (status int, body string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/orders", nil)
	require.NoError(r.t, err)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	challenge := resp.Header.Get("WWW-Authenticate")
	assert.Equal(r.t, resp.StatusCode == http.StatusUnauthorized, challenge == `Bearer error="invalid_token"`)
	return resp.StatusCode, string(text)
}

// call asks the gRPC service.
func (r *resource) call(authorization ...string) (string, codes.Code) {
	r.t.Helper()
	ctx := r.t.Context()
	for _, value := range authorization {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
	}
	out := new(wrapperspb.StringValue)
	err := r.rpc.Invoke(ctx, whoAmI, new(emptypb.Empty), out)
	return out.GetValue(), status.Code(err)
}

func (r *resource) accepts(session *phoneauth.Session) {
	r.t.Helper()
	authorization := "Bearer " + string(session.AccessToken)
	code, body := r.get(authorization)
	assert.Equal(r.t, http.StatusOK, code, body)
	assert.JSONEq(r.t, `{"user":"`+session.User.UUID+`","orders":[]}`, body)
	user, rpc := r.call(authorization)
	assert.Equal(r.t, codes.OK, rpc)
	assert.Equal(r.t, session.User.UUID, user)
}

func (r *resource) refuses(token phoneauth.Secret) {
	r.t.Helper()
	authorization := "Bearer " + string(token)
	code, _ := r.get(authorization)
	assert.Equal(r.t, http.StatusUnauthorized, code)
	_, rpc := r.call(authorization)
	assert.Equal(r.t, codes.Unauthenticated, rpc)
}

// What a phoneauth server signs, with either kind of key, opens both services; through
// rotations nobody has to sign in again before their token has expired.
func TestResourceThroughRotations(t *testing.T) {
	t.Parallel()
	first, second, third := edKey(t, "a"), ecKey(t, "b"), edKey(t, "c")
	i := newIssuer(t, first)
	r := newResource(t, i)
	a := i.signIn()
	r.accepts(a)

	i.rotate(second, first)
	b := i.signIn()
	r.accepts(b) // its key is unknown: the document is fetched
	r.accepts(a)

	i.rotate(third, second)
	r.accepts(i.signIn())
	r.accepts(b)
	r.refuses(a.AccessToken)
}

func TestResourceRefuses(t *testing.T) {
	t.Parallel()
	key := edKey(t, "a")
	i := newIssuer(t, key)
	r := newResource(t, i)
	session := i.signIn()
	r.accepts(session)

	other := newIssuer(t, edKey(t, "a")) // another key of the same id
	r.refuses(other.signIn().AccessToken)
	r.refuses(session.AccessToken[:len(session.AccessToken)-4])
	r.refuses(session.RefreshToken) // it is for the issuer alone
	r.refuses(session.DeviceToken)
	r.refuses("junk")
	r.refuses("")
	tokens, err := phoneauth.NewJWT(phoneauth.JWTConfig{Issuer: issuerName, Audience: "another", Keys: []phoneauth.SigningKey{key}})
	require.NoError(t, err)
	elsewhere, err := tokens.IssueToken(t.Context(), phoneauth.Claims{UserID: "1", Subject: "1", ExpiresAt: session.ExpiresAt})
	require.NoError(t, err)
	r.refuses(elsewhere)

	for _, authorization := range []string{"", "Bearer", "Basic " + string(session.AccessToken), string(session.AccessToken)} {
		code, _ := r.get(authorization)
		assert.Equal(t, http.StatusUnauthorized, code, authorization)
	}
	_, rpc := r.call()
	assert.Equal(t, codes.Unauthenticated, rpc)
	_, rpc = r.call("Bearer "+string(session.AccessToken), "Bearer "+string(session.AccessToken))
	assert.Equal(t, codes.Unauthenticated, rpc, "two tokens are none")
}

// While the keys cannot be had nobody is let in, and nobody is told to sign in.
func TestResourceWithoutItsIssuer(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, edKey(t, "a"))
	r := newResource(t, i)
	session := i.signIn()
	i.down.Store(true)
	code, _ := r.get("Bearer " + string(session.AccessToken))
	assert.Equal(t, http.StatusServiceUnavailable, code)
	_, rpc := r.call("Bearer " + string(session.AccessToken))
	assert.Equal(t, codes.Unavailable, rpc)
	i.down.Store(false)
	r.accepts(session)
}

// An issuer with shared secrets publishes no key.
func TestResourceOfASharedSecret(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, phoneauth.SigningKey{ID: "a", Key: []byte("a secret of at least 32 bytes, say")})
	r := newResource(t, i)
	code, _ := r.get("Bearer " + string(i.signIn().AccessToken))
	assert.Equal(t, http.StatusServiceUnavailable, code)
}
