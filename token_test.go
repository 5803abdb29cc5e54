package phoneauth

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/internal/jws"
)

var (
	testHMAC    = []byte("CANARY-HMAC-KEY-of-more-than-32-bytes")
	testEd      = ed25519.NewKeyFromSeed([]byte("CANARY-ED25519-SEED-of-32-bytes!"))
	testEC, _   = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testKeys    = []SigningKey{{"h1", testHMAC}, {"e1", testEd}, {"p1", testEC}}
	testContext = context.Background()
	testPublics = []SigningKey{{"e1", testEd.Public()}, {"p1", &testEC.PublicKey}}
)

func newTestJWT(t testing.TB, keys ...SigningKey) *JWT {
	t.Helper()
	j, err := NewJWT(JWTConfig{Issuer: "https://issuer.test", Audience: "app", Keys: keys})
	require.NoError(t, err)
	return j
}

func testClaims() Claims {
	now := time.Now().UTC().Truncate(time.Second)
	return Claims{
		UserID: "42", Subject: "0b9d6f0c-6d0d-4c0e-8b0f-6f9d0c1e2a3b", SessionID: "s1",
		AuthTime: now.Add(-time.Minute), AMR: []string{"sms", "pwd"}, ExpiresAt: now.Add(15 * time.Minute),
	}
}

func TestJWTRoundTrip(t *testing.T) {
	t.Parallel()
	for i, key := range testKeys {
		t.Run(key.ID, func(t *testing.T) {
			t.Parallel()
			j := newTestJWT(t, key)
			want := testClaims()
			token, err := j.IssueToken(testContext, want)
			require.NoError(t, err)
			got, err := j.VerifyToken(testContext, token)
			require.NoError(t, err)
			assert.Equal(t, want, got)

			// The wire, as another library reads it.
			var claims jwt.MapClaims
			parsed, err := jwt.NewParser(
				jwt.WithStrictDecoding(), jwt.WithIssuer("https://issuer.test"), jwt.WithAudience("app"), jwt.WithIssuedAt(),
				jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
			).ParseWithClaims(string(token), &claims, func(*jwt.Token) (any, error) { return keyNamed(j, key.ID).Verify, nil })
			require.NoError(t, err)
			assert.Equal(t, map[string]any{"alg": []string{"HS256", "EdDSA", "ES256"}[i], "kid": key.ID, "typ": "at+jwt"}, parsed.Header)
			assert.Equal(t, want.Subject, claims["sub"])
			assert.Equal(t, "42", claims["uid"])
			assert.Equal(t, "s1", claims["sid"])
			assert.Equal(t, []any{"sms", "pwd"}, claims["amr"])
			assert.EqualValues(t, want.AuthTime.Unix(), claims["auth_time"])
			assert.EqualValues(t, want.ExpiresAt.Unix(), claims["exp"])
			assert.InDelta(t, time.Now().Unix(), claims["iat"], 5)
			assert.Equal(t, claims["iat"], claims["nbf"])
			assert.GreaterOrEqual(t, len(claims["jti"].(string)), 22)
			assert.Len(t, claims, 11)

			another, err := j.IssueToken(testContext, want)
			require.NoError(t, err)
			assert.NotEqual(t, token, another, "jti is random")
		})
	}
}

func TestJWTMinimalClaims(t *testing.T) {
	t.Parallel()
	j := newTestJWT(t, testKeys...)
	want := Claims{UserID: "42", Subject: "s", ExpiresAt: time.Now().UTC().Truncate(time.Second).Add(time.Minute)}
	token, err := j.IssueToken(testContext, want)
	require.NoError(t, err)
	got, err := j.VerifyToken(testContext, token)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestJWTExtra(t *testing.T) {
	t.Parallel()
	j := newTestJWT(t, testKeys...)
	claims := testClaims()
	claims.Extra = map[string]any{
		"role": "admin", "level": 3, "tags": []string{"a"}, "SUB": "capitals", "\u017fub": "long s", "Sid": 1, "EXP": 1, "AMR": []string{"x"},
		"<b>": "é", "": "empty",
	}
	for name := range accessNames {
		claims.Extra[name] = "overwritten"
	}
	given := len(claims.Extra)
	token, err := j.IssueToken(testContext, claims)
	require.NoError(t, err)
	assert.Len(t, claims.Extra, given, "the caller's map is left alone")
	got, err := j.VerifyToken(testContext, token)
	require.NoError(t, err)
	want := claims
	want.Extra = map[string]any{
		"role": "admin", "level": 3.0, "tags": []any{"a"}, "SUB": "capitals", "\u017fub": "long s", "Sid": 1.0, "EXP": 1.0, "AMR": []any{"x"},
		"<b>": "é", "": "empty",
	}
	assert.Equal(t, want, got)

	// Absent claims cannot be supplied, in any case.
	claims.SessionID, claims.AMR, claims.AuthTime = "", nil, time.Time{}
	claims.Extra = map[string]any{"sid": "s2", "SID": "s3", "amr": []string{"x"}, "auth_time": 1}
	token, err = j.IssueToken(testContext, claims)
	require.NoError(t, err)
	got, err = j.VerifyToken(testContext, token)
	require.NoError(t, err)
	claims.Extra = map[string]any{"SID": "s3"}
	assert.Equal(t, claims, got)

	claims.Extra = map[string]any{"sub": "only ours"}
	token, err = j.IssueToken(testContext, claims)
	require.NoError(t, err)
	got, err = j.VerifyToken(testContext, token)
	require.NoError(t, err)
	assert.Nil(t, got.Extra)
}

func TestJWTIssueRefuses(t *testing.T) {
	t.Parallel()
	j := newTestJWT(t, testKeys...)
	for name, change := range map[string]func(*Claims){
		"no UserID":       func(c *Claims) { c.UserID = "" },
		"no Subject":      func(c *Claims) { c.Subject = "" },
		"no ExpiresAt":    func(c *Claims) { c.ExpiresAt = time.Time{} },
		"past ExpiresAt":  func(c *Claims) { c.ExpiresAt = time.Now() },
		"long life":       func(c *Claims) { c.ExpiresAt = time.Now().Add(15*time.Minute + 2*time.Second) },
		"Extra no JSON":   func(c *Claims) { c.Extra = map[string]any{"f": func() {}} },
		"Extra too long":  func(c *Claims) { c.Extra = map[string]any{"x": strings.Repeat("x", 4096)} },
		"Subject too big": func(c *Claims) { c.Subject = strings.Repeat("x", 4096) },
	} {
		c := testClaims()
		change(&c)
		token, err := j.IssueToken(testContext, c)
		require.Error(t, err, name)
		assert.Empty(t, token)
		assert.NotErrorIs(t, err, ErrUnauthenticated)
	}
	var zero JWT
	_, err := zero.IssueToken(testContext, testClaims())
	require.Error(t, err)
	_, err = zero.VerifyToken(testContext, "a.b.c")
	require.ErrorIs(t, err, ErrUnauthenticated)
	assert.Empty(t, zero.JWKS())
}

func TestJWTRotation(t *testing.T) {
	t.Parallel()
	for _, old := range testKeys {
		token, err := newTestJWT(t, old).IssueToken(testContext, testClaims())
		require.NoError(t, err)

		next := SigningKey{"next", bytes.Repeat([]byte{1}, 32)}
		rotated := newTestJWT(t, next, old)
		_, err = rotated.VerifyToken(testContext, token)
		require.NoError(t, err)
		fresh, err := rotated.IssueToken(testContext, testClaims())
		require.NoError(t, err)
		_, err = newTestJWT(t, next).VerifyToken(testContext, fresh)
		require.NoError(t, err, "the first key signs")
		_, err = newTestJWT(t, next).VerifyToken(testContext, token)
		require.ErrorIs(t, err, ErrUnauthenticated, "the old key was dropped")
	}
	// Public keys verify.
	verifier := newTestJWT(t, append([]SigningKey{{"h1", testHMAC}}, testPublics...)...)
	for _, key := range testKeys {
		token, err := newTestJWT(t, key).IssueToken(testContext, testClaims())
		require.NoError(t, err)
		_, err = verifier.VerifyToken(testContext, token)
		require.NoError(t, err)
	}
	// Keys are copied.
	secret := bytes.Clone(testHMAC)
	j := newTestJWT(t, SigningKey{"h1", secret})
	clear(secret)
	token, err := j.IssueToken(testContext, testClaims())
	require.NoError(t, err)
	_, err = verifier.VerifyToken(testContext, token)
	require.NoError(t, err)
}

func TestNewJWTFaults(t *testing.T) {
	t.Parallel()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	mismatched := *testEC
	mismatched.PublicKey = other.PublicKey
	badEd := append(bytes.Clone(testEd[:32]), make([]byte, 32)...)
	var nobody *ecdsa.PrivateKey
	_, err = NewJWT(JWTConfig{Keys: []SigningKey{
		{"public", testEd.Public()},
		{"", testHMAC[:31]},
		{"public", testHMAC},
		{"k 3", nil},
		{strings.Repeat("x", 65), "string"},
		{"k5", p384},
		{"k6", &p384.PublicKey},
		{"k7", nobody},
		{"k8", &ecdsa.PrivateKey{}},
		{"k9", &ecdsa.PublicKey{Curve: elliptic.P256()}},
		{"k10", &mismatched},
		{"k11", ed25519.PrivateKey(badEd)},
		{"k12", ed25519.PrivateKey("short")},
		{"k13", ed25519.PublicKey("short")},
		{"k14", *testEC},
	}})
	require.Error(t, err)
	assert.Equal(t, strings.Split(strings.TrimSpace(`
phoneauth: jwt: Issuer is required
phoneauth: jwt: Audience is required
phoneauth: jwt: Keys[1].ID must be 1 to 64 letters, digits, '-' or '_'
phoneauth: jwt: Keys[1].Key must be at least 32 bytes, have 31
phoneauth: jwt: Keys[2].ID "public" is taken by another key
phoneauth: jwt: Keys[3].ID must be 1 to 64 letters, digits, '-' or '_'
phoneauth: jwt: Keys[3].Key is required
phoneauth: jwt: Keys[4].ID must be 1 to 64 letters, digits, '-' or '_'
phoneauth: jwt: Keys[4].Key must be of a type that SigningKey lists, not string
phoneauth: jwt: Keys[5].Key must be an ECDSA key on P-256, with all its fields
phoneauth: jwt: Keys[6].Key must be an ECDSA key on P-256, with all its fields
phoneauth: jwt: Keys[7].Key must be an ECDSA key on P-256, with all its fields
phoneauth: jwt: Keys[8].Key must be an ECDSA key on P-256, with all its fields
phoneauth: jwt: Keys[9].Key must be an ECDSA key on P-256, with all its fields
phoneauth: jwt: Keys[10].Key has a public half that is not of its private half
phoneauth: jwt: Keys[11].Key has a public half that is not of its private half
phoneauth: jwt: Keys[12].Key must be an Ed25519 private key of 64 bytes, have 5
phoneauth: jwt: Keys[13].Key must be an Ed25519 public key of 32 bytes, have 5
phoneauth: jwt: Keys[14].Key must be of a type that SigningKey lists, not ecdsa.PrivateKey
phoneauth: jwt: Keys[0].Key is public, but the first key signs: a key that can sign must come first
`), "\n"), strings.Split(err.Error(), "\n"))

	_, err = NewJWT(JWTConfig{Issuer: "i", Audience: "a"})
	require.EqualError(t, err, "phoneauth: jwt: Keys is required: the first signs")
}

func TestJWTLeeway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := newTestJWT(t, testKeys...)
		header := b64(`{"alg":"HS256","kid":"h1","typ":"at+jwt"}`) + "."
		start := time.Now()
		token, err := j.IssueToken(testContext, testClaims())
		require.NoError(t, err)
		early := Secret(hs256(testHMAC, header+b64(payload(t, map[string]any{"nbf": start.Unix() + 60, "exp": start.Unix() + 900}))))
		future := Secret(hs256(testHMAC, header+b64(payload(t, map[string]any{"iat": start.Unix() + 60, "exp": start.Unix() + 900}))))
		at := func(d time.Duration) { bubble.Elapse(time.Until(start.Add(d))) }
		valid := func(token Secret, want bool) {
			t.Helper()
			_, err := j.VerifyToken(testContext, token)
			assert.Equal(t, want, err == nil, "after %s: %v", time.Since(start), err)
		}
		valid(token, true)
		at(30*time.Second - time.Microsecond)
		valid(early, false)
		valid(future, false)
		at(30 * time.Second)
		valid(early, true)
		valid(future, true)
		at(15*time.Minute + 30*time.Second - time.Microsecond)
		valid(token, true)
		at(15*time.Minute + 30*time.Second)
		valid(token, false)

		// The longest and the shortest life.
		c := testClaims()
		c.ExpiresAt = time.Now().Add(15*time.Minute + time.Second)
		_, err = j.IssueToken(testContext, c)
		require.NoError(t, err)
		c.ExpiresAt = c.ExpiresAt.Add(1)
		_, err = j.IssueToken(testContext, c)
		require.Error(t, err)
		c.ExpiresAt = time.Now()
		_, err = j.IssueToken(testContext, c)
		require.Error(t, err)
	})
}

func TestJWTKeySet(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `{"keys":[]}`, string(newTestJWT(t, testKeys[0]).JWKS()))

	for _, keys := range [][]SigningKey{testKeys, append([]SigningKey{testKeys[0]}, testPublics...)} {
		j := newTestJWT(t, keys...)
		j.JWKS()[0] = 'x' // a copy
		var set struct{ Keys []map[string]string }
		require.NoError(t, json.Unmarshal(j.JWKS(), &set))
		require.Len(t, set.Keys, 2)
		decode := func(s string) []byte {
			b, err := base64.RawURLEncoding.Strict().DecodeString(s)
			require.NoError(t, err)
			require.Len(t, b, 32)
			return b
		}
		ed, ec := set.Keys[0], set.Keys[1]
		public := ed25519.PublicKey(decode(ed["x"]))
		assert.True(t, public.Equal(testEd.Public()))
		assert.Equal(t, map[string]string{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "e1", "x": ed["x"]}, ed)

		point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, decode(ec["x"])...), decode(ec["y"])...))
		require.NoError(t, err)
		assert.True(t, point.Equal(&testEC.PublicKey))
		assert.Equal(t, map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "p1", "x": ec["x"], "y": ec["y"]}, ec)

		// Who has only the document verifies.
		for i, key := range []SigningKey{{"e1", public}, {"p1", point}} {
			token, err := newTestJWT(t, testKeys[i+1]).IssueToken(testContext, testClaims())
			require.NoError(t, err)
			_, err = newTestJWT(t, SigningKey{"own", testHMAC}, key).VerifyToken(testContext, token)
			require.NoError(t, err)
		}
	}
}

func TestJWTPrintsNoKey(t *testing.T) {
	t.Parallel()
	j := newTestJWT(t, testKeys...)
	config := JWTConfig{Issuer: "i", Audience: "a", Keys: testKeys}
	scalar, err := testEC.Bytes()
	require.NoError(t, err)
	var out bytes.Buffer
	for _, v := range []any{j, *j, config, &config, testKeys[0], &testKeys[1], testKeys, testKeys[2], struct{ K SigningKey }{testKeys[0]}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(text)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	assert.Contains(t, out.String(), "phoneauth.SigningKey(h1)")
	for _, secret := range [][]byte{testHMAC, testEd, testEd.Seed(), scalar, []byte("CANARY")} {
		for _, form := range []string{
			string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint(secret), "[]"), fmt.Sprintf("%o", secret),
			base64.StdEncoding.EncodeToString(secret)[:8], base64.RawURLEncoding.EncodeToString(secret)[:8],
		} {
			assert.NotContains(t, out.String(), form)
		}
	}
	private, err := json.Marshal(testEC)
	require.NoError(t, err)
	var fields struct{ D json.Number }
	require.NoError(t, json.Unmarshal(private, &fields))
	assert.NotContains(t, out.String(), fields.D.String())
}

func BenchmarkJWT(b *testing.B) {
	for i, key := range testKeys {
		method := []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodEdDSA, jwt.SigningMethodES256}[i]
		j := newTestJWT(b, key)
		k := keyNamed(j, key.ID)
		c := testClaims()
		c.ExpiresAt = time.Now().Add(15 * time.Minute)
		token, err := j.IssueToken(testContext, c)
		require.NoError(b, err)
		b.Run(method.Alg()+"/issue/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = j.IssueToken(testContext, c)
			}
		})
		b.Run(method.Alg()+"/issue/golang-jwt", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t := jwt.NewWithClaims(method, jwt.MapClaims{
					"iss": "i", "aud": "a", "sub": c.Subject, "uid": c.UserID, "sid": c.SessionID, "iat": 1, "nbf": 1, "exp": 1,
					"jti": rand.Text(), "auth_time": 1, "amr": c.AMR,
				})
				t.Header["kid"] = "k"
				_, _ = t.SignedString(k.Sign)
			}
		})
		b.Run(method.Alg()+"/verify/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := j.VerifyToken(testContext, token); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(method.Alg()+"/verify/golang-jwt", func(b *testing.B) {
			p := jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithIssuer("https://issuer.test"), jwt.WithAudience("app"), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{method.Alg()}))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Parse(string(token), func(*jwt.Token) (any, error) { return k.Verify, nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func keyNamed(j *JWT, id string) *jws.Key {
	for _, k := range j.byHeader {
		if header, err := jws.Header(k.Method, id, accessType); err == nil && k.Header == header {
			return k
		}
	}
	return nil
}
