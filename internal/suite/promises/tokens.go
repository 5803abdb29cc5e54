package promises

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// tokens are one of each kind, all of one phone.
type tokens struct {
	*suite.Service
	phone, code string
	by          map[string]phoneauth.Secret

	mu    sync.Mutex
	calls []string // of the store
}

// makeTokens makes them: none is used.
func makeTokens(t testing.TB, store phoneauth.Store, change ...func(*phoneauth.Config)) *tokens {
	t.Helper()
	k := &tokens{phone: suite.FreshPhone()}
	spy := &suite.Spied{Store: store, Before: func(_ context.Context, verb string, _ ...any) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.calls = append(k.calls, verb)
		return nil
	}}
	k.Service = suite.On(t, spy, append([]func(*phoneauth.Config){suite.Loose, suite.NoEvents}, change...)...)
	session := k.SignIn(k.phone)
	k.by = map[string]phoneauth.Secret{
		"access": session.AccessToken, "refresh": session.RefreshToken, "device": session.DeviceToken,
		"verification": k.Prove(k.phone).Token,
	}
	_, code := k.SendCodeFor(phoneauth.RegisterRequest{Phone: k.phone, Purpose: "payment", BoundTo: "7"})
	proof, err := k.Verify(t.Context(), phoneauth.VerifyRequest{Phone: k.phone, Purpose: "payment", BoundTo: "7", Code: code})
	require.NoError(t, err)
	k.by["verification, payment"] = proof.Token
	p, code := k.SendCode(k.phone)
	k.by["session"], k.code = p.ChallengeToken, code
	return k
}

// uses of a token: what each returns for one that is none, by which kind it is served.
var uses = []struct {
	name, kind string
	refusal    error
	use        func(k *tokens, s phoneauth.Secret) error
}{
	{"Verify", "session", phoneauth.ErrInvalidCode, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Verify(context.Background(), phoneauth.VerifyRequest{Code: k.code, ChallengeToken: s})
		return err
	}},
	{"Login", "session", phoneauth.ErrInvalidCode, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Login(context.Background(), phoneauth.LoginRequest{Code: k.code, ChallengeToken: s})
		return err
	}},
	{"Login, password registration", "none", phoneauth.ErrInvalidCode, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Login(context.Background(), phoneauth.LoginRequest{
			Code: k.code, ChallengeToken: s, Purpose: phoneauth.PurposePasswordRegistration,
		})
		return err
	}},
	{"Verify, payment", "none", phoneauth.ErrInvalidCode, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Verify(context.Background(), phoneauth.VerifyRequest{Code: k.code, ChallengeToken: s, Purpose: "payment", BoundTo: "7"})
		return err
	}},
	{"Connect", "verification", phoneauth.ErrInvalidToken, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Connect(context.Background(), phoneauth.ConnectRequest{Token: s})
		return err
	}},
	{"Redeem", "verification, payment", phoneauth.ErrInvalidToken, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Redeem(context.Background(), phoneauth.RedeemRequest{Token: s, Purpose: "payment", BoundTo: "7"})
		return err
	}},
	{"Redeem, another subject", "none", phoneauth.ErrInvalidToken, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Redeem(context.Background(), phoneauth.RedeemRequest{Token: s, Purpose: "payment", BoundTo: "8"})
		return err
	}},
	{"Redeem, another purpose", "none", phoneauth.ErrInvalidToken, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Redeem(context.Background(), phoneauth.RedeemRequest{Token: s, Purpose: "delivery", BoundTo: "7"})
		return err
	}},
	{"Refresh", "refresh", phoneauth.ErrInvalidToken, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Refresh(context.Background(), phoneauth.RefreshRequest{Token: s})
		return err
	}},
	{"Authenticate", "access", phoneauth.ErrUnauthenticated, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Authenticate(context.Background(), s)
		return err
	}},
	// A device token that is none is no error. The code is malformed, so that nothing but
	// the look-up of the device would ask the store.
	{"Device", "device", phoneauth.ErrInvalidCode, func(k *tokens, s phoneauth.Secret) error {
		_, err := k.Verify(context.Background(), phoneauth.VerifyRequest{Phone: k.phone, Code: "none", Client: phoneauth.ClientInfo{Device: s}})
		return err
	}},
	{"Logout", "refresh", nil, func(k *tokens, s phoneauth.Secret) error { return k.Logout(context.Background(), s) }},
}

// assertNothing: token is nothing to any use but that of its kind, and costs no call of
// the store.
func (k *tokens) assertNothing(t testing.TB, token phoneauth.Secret, kind string) {
	t.Helper()
	for _, u := range uses {
		if u.kind == kind {
			continue
		}
		k.calls = nil
		if err := u.use(k, token); u.refusal == nil {
			require.NoError(t, err, "%s token to %s", kind, u.name)
		} else {
			require.ErrorIs(t, err, u.refusal, "%s token to %s", kind, u.name)
		}
		require.Empty(t, k.calls, "%s token to %s: asked the store", kind, u.name)
	}
}

// testPromiseTokenKinds: each kind of token is nothing to another kind, purpose, realm,
// or key; and in the end each is good for its own.
func testPromiseTokenKinds(t *testing.T, o suite.Options) {
	store := o.Store(t)
	k := makeTokens(t, store)
	for kind, token := range k.by {
		k.assertNothing(t, token, kind)
	}
	for name, change := range map[string]func(*phoneauth.Config){
		"realm":   func(c *phoneauth.Config) { c.Realm = "other" },
		"secrets": func(c *phoneauth.Config) { c.Keys.Secrets[0].Secret = []byte("another secret of 32 bytes or more") },
		"key id":  func(c *phoneauth.Config) { c.Keys.Secrets[0].ID = "other" },
	} {
		other := makeTokens(t, store, change)
		other.phone, other.code = k.phone, k.code
		for kind, token := range k.by {
			if name == "realm" && kind == "access" {
				continue // see TestPromiseRealms
			}
			other.assertNothing(t, token, kind+" of another "+name)
		}
	}
	for _, u := range uses {
		if u.kind == "device" || u.kind == "none" || u.name == "Login" || u.name == "Logout" {
			continue
		}
		require.NoError(t, u.use(k, k.by[u.kind]), "%s, at last", u.name)
	}
	k.calls = nil
	_ = uses[10].use(k, k.by["device"])
	assert.Equal(t, []string{"UserByID", "ReadState"}, k.calls, "a device token that is one")
}

// testPromiseRealms: nothing of one realm means anything in another, access tokens
// included.
func testPromiseRealms(t *testing.T, o suite.Options) {
	store := o.Store(t)
	one := makeTokens(t, store)
	two := makeTokens(t, store, func(c *phoneauth.Config) { c.Realm = "two" })
	_, err := two.Authenticate(t.Context(), one.by["access"])
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	_, err = two.Verify(t.Context(), phoneauth.VerifyRequest{Phone: one.phone, Code: one.code})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "a code of another realm")
}

// testPromiseOtherPhone: a session or verification token goes with its own phone only.
func testPromiseOtherPhone(t *testing.T, o suite.Options) {
	k := makeTokens(t, o.Store(t))
	other := suite.FreshPhone()
	_, err := k.Verify(t.Context(), phoneauth.VerifyRequest{Phone: other, Code: k.code, ChallengeToken: k.by["session"]})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	_, err = k.Connect(t.Context(), phoneauth.ConnectRequest{Phone: other, Token: k.by["verification"]})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = k.Connect(t.Context(), phoneauth.ConnectRequest{Phone: "+20 10", Token: k.by["verification"]})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidPhone)
	k.calls = nil
	_, err = k.Verify(t.Context(), phoneauth.VerifyRequest{Phone: other, Code: "none", Client: phoneauth.ClientInfo{Device: k.by["device"]}})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	assert.Empty(t, k.calls, "a device of another phone is none")
	_, err = k.Connect(t.Context(), phoneauth.ConnectRequest{Phone: k.phone, Token: k.by["verification"]})
	assert.NoError(t, err, "and all this used nothing up")
}

// testPromiseTampering: a token with any one character changed, or cut, or longer, is
// nothing, and asks no store.
func testPromiseTampering(t *testing.T, o suite.Options) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	k := makeTokens(t, o.Store(t))
	use := map[string][]int{}
	for i, u := range uses {
		use[u.kind] = append(use[u.kind], i)
	}
	for kind, token := range k.by {
		require.Less(t, len(token), 1024, kind)
		var tampered []string
		for i := range len(token) {
			at := strings.IndexByte(alphabet, token[i])
			for _, step := range []int{1, 2, 4, 8, 16, 32} { // each bit, and so the spare ones at the end
				if at >= 0 {
					tampered = append(tampered, string(token[:i])+string(alphabet[at^step])+string(token[i+1:]))
				}
			}
			if i%16 == 0 {
				tampered = append(tampered, string(token[:i]), string(token[i+1:]), string(token[:i])+"="+string(token[i:]), string(token[:i])+"\n"+string(token[i:]))
			}
		}
		tampered = slices.DeleteFunc(tampered, func(s string) bool { return s == "" }) // no token is not a forged one
		header, rest, _ := strings.Cut(string(token), ".")
		claims, _, _ := strings.Cut(rest, ".")
		tampered = append(tampered, string(token)+".", string(token)+"x", string(token)+"=", " "+string(token), string(token)+"\n", "Bearer "+string(token),
			header+"."+claims+".", header+"."+claims, "."+rest, "eyJhbGciOiJub25lIn0."+claims+".", string(token)+strings.Repeat("A", 4096))
		tampered = slices.DeleteFunc(tampered, func(s string) bool { return s == string(token) }) // one without a third part
		k.calls = nil
		for _, forged := range tampered {
			for _, i := range use[kind] {
				if err := uses[i].use(k, phoneauth.Secret(forged)); uses[i].refusal != nil {
					require.ErrorIs(t, err, uses[i].refusal, "%s, a forged %s token: %q of %q", uses[i].name, kind, forged, string(token))
				}
			}
		}
		require.Empty(t, k.calls, "a forged %s token asked the store", kind)
	}
	_, err := k.Login(t.Context(), phoneauth.LoginRequest{Phone: k.phone, Code: k.code, ChallengeToken: k.by["session"]})
	assert.NoError(t, err, "the real challenge lost no try")
}

// testPromiseTokenSizes: tokens fit a header and a cookie, and tell no number. Those that only
// the Service reads are compact, but for the session token, which is a JWT.
func testPromiseTokenSizes(t *testing.T, o suite.Options) {
	k := makeTokens(t, o.Store(t))
	for kind, token := range k.by {
		t.Logf("%s: %d bytes", kind, len(token))
		assert.LessOrEqual(t, len(token), 700, kind)
		if dots := strings.Count(string(token), "."); dots != 2 {
			assert.Equal(t, 1, dots, kind)
			assert.Regexp(t, "^[drv]1\\.", string(token), kind)
			assert.LessOrEqual(t, len(token), 270, kind)
		}
		if kind == "refresh" {
			assert.Less(t, len(token), 160)
		}
		assert.NotContains(t, string(token), k.phone[1:], kind)
	}
}

// failingIssuer fails to issue while down.
type failingIssuer struct {
	down   error
	claims phoneauth.Claims
}

func (f *failingIssuer) IssueToken(_ context.Context, c phoneauth.Claims) (phoneauth.Secret, error) {
	f.claims = c
	return "access", f.down
}

func (f *failingIssuer) VerifyToken(context.Context, phoneauth.Secret) (phoneauth.Claims, error) {
	return f.claims, nil
}

// testPromiseRefreshedIsTold: an event says that a session was refreshed once its tokens are
// issued, and not when the host's claims or tokens fail. The refresh token is good again then.
func testPromiseRefreshedIsTold(t *testing.T, o suite.Options) {
	down := errors.New("down")
	var claims error
	issuer := &failingIssuer{}
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
		c.Tokens = issuer
		c.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return nil, claims }
	})
	session := svc.SignIn(suite.FreshPhone())
	refresh := func() error {
		_, err := svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
		return err
	}
	claims = down
	require.ErrorIs(t, refresh(), phoneauth.ErrUnavailable)
	assert.Empty(t, svc.Events(phoneauth.EventRefreshed), "no claims")
	claims, issuer.down = nil, down
	require.ErrorIs(t, refresh(), phoneauth.ErrUnavailable)
	assert.Empty(t, svc.Events(phoneauth.EventRefreshed), "no token")
	svc.Elapse(time.Minute) // longer than a lost answer may be asked for again
	issuer.down = nil
	require.NoError(t, refresh())
	told := svc.Events(phoneauth.EventRefreshed)
	require.Len(t, told, 1)
	assert.Equal(t, session.ID, told[0].SessionID)
}

// testPromiseClaimsThatCannotBeIssued: claims of the host's that no token can hold end no session.
func testPromiseClaimsThatCannotBeIssued(t *testing.T, o suite.Options) {
	var extra map[string]any
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
		c.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return extra, nil }
	})
	session := svc.SignIn(suite.FreshPhone())
	for _, extra = range []map[string]any{{"f": func() {}}, {"long": strings.Repeat("x", 5000)}} {
		_, err := svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		svc.Elapse(time.Minute)
	}
	extra = map[string]any{"role": "admin"}
	session, err := svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	require.NoError(t, err)
	assert.Equal(t, extra, svc.ClaimsOf(session).Extra)
}

// testPromiseNoTokenNoSession: where no access token can be issued there is no session, and none of
// the user's has to end for it.
func testPromiseNoTokenNoSession(t *testing.T, o suite.Options) {
	issuer := &failingIssuer{down: errors.New("down")}
	svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) { c.Tokens = issuer })
	phone := suite.FreshPhone()
	_, err := svc.TrySignIn(phone)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	user, err := svc.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(phone))
	require.NoError(t, err)
	sessions, err := svc.Sessions(t.Context(), user.ID)
	require.NoError(t, err)
	assert.Empty(t, sessions)
}

// testPromiseClaimsNameAUser: claims without a user are nobody's, whatever the issuer of the host says.
func testPromiseClaimsNameAUser(t *testing.T, o suite.Options) {
	svc := o.Service(t, func(c *phoneauth.Config) { c.Tokens = &failingIssuer{} })
	_, err := svc.Authenticate(t.Context(), "forged")
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
}
