package phoneauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
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

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func hs256(secret []byte, signed string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// payload is a good one, with members changed, or left out by nil.
func payload(t testing.TB, changes map[string]any) string {
	now := time.Now().Unix()
	m := map[string]any{
		"iss": "https://issuer.test", "aud": "app", "sub": "s", "uid": "42", "sid": "s1",
		"iat": now, "nbf": now, "exp": now + 60, "jti": "CANARY", "auth_time": now, "amr": []string{"sms"},
	}
	for name, value := range changes {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return string(text)
}

func TestJWTVerifyRefuses(t *testing.T) {
	t.Parallel()
	j := newTestJWT(t, testKeys...)
	const header = `{"alg":"HS256","kid":"h1","typ":"at+jwt"}`
	forge := func(header, payload string) string { return hs256(testHMAC, b64(header)+"."+b64(payload)) }
	good := forge(header, payload(t, nil))
	parts := strings.Split(good, ".")
	now := time.Now().Unix()
	edPublic := []byte(testEd.Public().(ed25519.PublicKey))
	point, err := testEC.PublicKey.Bytes()
	require.NoError(t, err)
	es, err := newTestJWT(t, testKeys[2]).IssueToken(testContext, testClaims())
	require.NoError(t, err)

	for name, token := range map[string]string{
		"good":                              good,
		"good, aud a list of one":           forge(header, payload(t, map[string]any{"aud": []string{"app"}})),
		"good, no sid, amr, auth_time, jti": forge(header, payload(t, map[string]any{"sid": nil, "amr": nil, "auth_time": nil, "jti": nil})),
	} {
		_, err := j.VerifyToken(testContext, Secret(token))
		require.NoError(t, err, name)
	}

	rows := map[string]string{
		"empty":                 "",
		"no dots":               "abc",
		"one dot":               parts[0] + "." + parts[1],
		"three dots":            good + ".",
		"three dots, in front":  "." + good,
		"JWE":                   "a.b.c.d.e",
		"only dots":             "..",
		"no header":             hs256(testHMAC, "."+parts[1]),
		"no payload":            hs256(testHMAC, parts[0]+"."),
		"no signature":          parts[0] + "." + parts[1] + ".",
		"short signature":       good[:len(good)-4],
		"long signature":        good + "AAAA",
		"other signature":       hs256(testHMAC[1:], parts[0]+"."+parts[1]),
		"unused bits set":       good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[len(good)-1])|1]),
		"other payload":         parts[0] + "." + b64(payload(t, map[string]any{"uid": "1"})) + "." + parts[2],
		"padding":               good + "=",
		"padded header":         hs256(testHMAC, base64.URLEncoding.EncodeToString([]byte(header))+"."+parts[1]),
		"standard alphabet":     hs256(testHMAC, parts[0]+"."+parts[1]+"/"),
		"line break":            good[:20] + "\n" + good[20:],
		"line break, signed":    hs256(testHMAC, parts[0]+".\n"+parts[1]),
		"carriage return":       good + "\r",
		"space in front":        " " + good,
		"Bearer":                "Bearer " + good,
		"full-width":            good + "．",
		"over 4 KiB":            forge(header, payload(t, map[string]any{"x": strings.Repeat("x", 4096)})),
		"over 4 KiB, all dots":  strings.Repeat(".", 5000),
		"payload no base64":     hs256(testHMAC, parts[0]+".A"),
		"payload no JSON":       forge(header, "{"),
		"payload no object":     forge(header, `"x"`),
		"payload null":          forge(header, `null`),
		"payload trailing":      forge(header, payload(t, nil)+"{}"),
		"header no JSON":        forge("{", payload(t, nil)),
		"header null":           forge("null", payload(t, nil)),
		"header list":           forge(`["alg"]`, payload(t, nil)),
		"header trailing":       forge(header+"{}", payload(t, nil)),
		"header trailing junk":  forge(header+"x", payload(t, nil)),
		"header trailing comma": forge(`{"typ":"at+jwt","alg":"HS256","kid":"h1",}`, payload(t, nil)),
		"header empty":          forge(`{}`, payload(t, nil)),
		"header spaced":         forge(`{"alg": "HS256","kid":"h1","typ":"at+jwt"}`, payload(t, nil)),
		"header in other order": forge(`{"typ":"at+jwt","alg":"HS256","kid":"h1"}`, payload(t, nil)),

		"alg none":                   b64(`{"typ":"at+jwt","alg":"none","kid":"h1"}`) + "." + parts[1] + ".",
		"alg None":                   b64(`{"typ":"at+jwt","alg":"None","kid":"h1"}`) + "." + parts[1] + ".",
		"alg none, signed":           forge(`{"typ":"at+jwt","alg":"none","kid":"h1"}`, payload(t, nil)),
		"alg missing":                forge(`{"typ":"at+jwt","kid":"h1"}`, payload(t, nil)),
		"alg empty":                  forge(`{"typ":"at+jwt","alg":"","kid":"h1"}`, payload(t, nil)),
		"alg null":                   forge(`{"typ":"at+jwt","alg":null,"kid":"h1"}`, payload(t, nil)),
		"alg list":                   forge(`{"typ":"at+jwt","alg":["HS256"],"kid":"h1"}`, payload(t, nil)),
		"alg hs256":                  forge(`{"typ":"at+jwt","alg":"hs256","kid":"h1"}`, payload(t, nil)),
		"alg HS512":                  forge(`{"typ":"at+jwt","alg":"HS512","kid":"h1"}`, payload(t, nil)),
		"alg of another key":         forge(`{"typ":"at+jwt","alg":"EdDSA","kid":"h1"}`, payload(t, nil)),
		"HS256 under a public key":   hs256(edPublic, b64(`{"typ":"at+jwt","alg":"HS256","kid":"e1"}`)+"."+parts[1]),
		"EdDSA said, HMAC made":      hs256(edPublic, b64(`{"typ":"at+jwt","alg":"EdDSA","kid":"e1"}`)+"."+parts[1]),
		"HS256 under an EC point":    hs256(point, b64(`{"typ":"at+jwt","alg":"HS256","kid":"p1"}`)+"."+parts[1]),
		"HS256 under its public id":  hs256([]byte("e1"), b64(`{"typ":"at+jwt","alg":"HS256","kid":"e1"}`)+"."+parts[1]),
		"ES256 with an r and s of 0": b64(`{"alg":"ES256","kid":"p1","typ":"at+jwt"}`) + "." + parts[1] + "." + b64(strings.Repeat("\x00", 64)),
		"ES256 in ASN.1":             string(es[:strings.LastIndexByte(string(es), '.')+1]) + b64("\x30\x06\x02\x01\x01\x02\x01\x01"),
		"EdDSA with zeros":           b64(`{"alg":"EdDSA","kid":"e1","typ":"at+jwt"}`) + "." + parts[1] + "." + b64(strings.Repeat("\x00", 64)),

		"kid unknown":                 forge(`{"typ":"at+jwt","alg":"HS256","kid":"h2"}`, payload(t, nil)),
		"kid of a path":               forge(`{"typ":"at+jwt","alg":"HS256","kid":"../h1"}`, payload(t, nil)),
		"kid missing":                 forge(`{"typ":"at+jwt","alg":"HS256"}`, payload(t, nil)),
		"kid empty":                   forge(`{"typ":"at+jwt","alg":"HS256","kid":""}`, payload(t, nil)),
		"kid number":                  forge(`{"typ":"at+jwt","alg":"HS256","kid":1}`, payload(t, nil)),
		"kid in another case of name": forge(`{"typ":"at+jwt","alg":"HS256","KID":"h1"}`, payload(t, nil)),

		"typ missing":   forge(`{"alg":"HS256","kid":"h1"}`, payload(t, nil)),
		"typ JWT":       forge(`{"typ":"JWT","alg":"HS256","kid":"h1"}`, payload(t, nil)),
		"typ long":      forge(`{"typ":"application/at+jwt","alg":"HS256","kid":"h1"}`, payload(t, nil)),
		"typ capitals":  forge(`{"typ":"AT+JWT","alg":"HS256","kid":"h1"}`, payload(t, nil)),
		"typ of others": forge(`{"typ":"device+jwt","alg":"HS256","kid":"h1"}`, payload(t, nil)),

		"alg twice":               forge(`{"alg":"none","typ":"at+jwt","alg":"HS256","kid":"h1"}`, payload(t, nil)),
		"kid twice":               forge(`{"typ":"at+jwt","alg":"HS256","kid":"h1","kid":"h1"}`, payload(t, nil)),
		"kid twice, escaped":      forge(`{"typ":"at+jwt","alg":"HS256","kid":"h1","k\u0069d":"h1"}`, payload(t, nil)),
		"alg twice in other case": forge(`{"typ":"at+jwt","alg":"HS256","ALG":"none","kid":"h1"}`, payload(t, nil)),
		"nested":                  forge(strings.Repeat(`{"alg":`, 500)+`""`+strings.Repeat("}", 500), payload(t, nil)),

		"iss other":        forge(header, payload(t, map[string]any{"iss": "https://issuer.test/"})),
		"iss missing":      forge(header, payload(t, map[string]any{"iss": nil})),
		"iss list":         forge(header, payload(t, map[string]any{"iss": []string{"https://issuer.test"}})),
		"aud other":        forge(header, payload(t, map[string]any{"aud": "App"})),
		"aud missing":      forge(header, payload(t, map[string]any{"aud": nil})),
		"aud empty":        forge(header, payload(t, map[string]any{"aud": []string{}})),
		"aud nested":       forge(header, payload(t, map[string]any{"aud": [][]string{{"app"}}})),
		"sub missing":      forge(header, payload(t, map[string]any{"sub": nil})),
		"sub empty":        forge(header, payload(t, map[string]any{"sub": ""})),
		"sub number":       forge(header, payload(t, map[string]any{"sub": 1})),
		"uid missing":      forge(header, payload(t, map[string]any{"uid": nil})),
		"uid empty":        forge(header, payload(t, map[string]any{"uid": ""})),
		"uid in capitals":  forge(header, payload(t, map[string]any{"uid": nil, "UID": "42"})),
		"exp missing":      forge(header, payload(t, map[string]any{"exp": nil})),
		"exp past":         forge(header, payload(t, map[string]any{"exp": now - 31})),
		"exp zero":         forge(header, payload(t, map[string]any{"exp": 0})),
		"exp negative":     forge(header, payload(t, map[string]any{"exp": -now})),
		"exp string":       forge(header, payload(t, map[string]any{"exp": fmt.Sprint(now + 60)})),
		"exp enormous":     forge(header, payload(t, map[string]any{"exp": 1e300})),
		"exp in 2^63":      forge(header, payload(t, map[string]any{"exp": uint64(1 << 63)})),
		"iat missing":      forge(header, payload(t, map[string]any{"iat": nil})),
		"iat in future":    forge(header, payload(t, map[string]any{"iat": now + 120})),
		"nbf missing":      forge(header, payload(t, map[string]any{"nbf": nil})),
		"nbf in future":    forge(header, payload(t, map[string]any{"nbf": now + 120})),
		"NUL":              good + "\x00",
		"not UTF-8":        "\xff\xfe." + parts[1] + "." + parts[2],
		"header not UTF-8": forge("{\"typ\":\"at+jwt\",\"alg\":\"HS256\",\"kid\":\"h1\xff\"}", payload(t, nil)),
	}
	for _, member := range []string{
		`"crit":["exp"]`, `"crit":[]`, `"crit":"exp"`, `"jku":"https://evil.test/jwks.json"`, `"jwk":{"kty":"oct","k":"AA"}`,
		`"x5u":"https://evil.test"`, `"x5c":["AA"]`, `"x5t":"AA"`, `"x5t#S256":"AA"`, `"b64":false`, `"zip":"DEF"`, `"cty":"JWT"`,
		`"enc":"A256GCM"`, `"other":"x"`, `"":""`,
	} {
		rows["member "+member] = forge(`{"typ":"at+jwt","alg":"HS256","kid":"h1",`+member+`}`, payload(t, nil))
		rows["first member "+member] = forge(`{`+member+`,"typ":"at+jwt","alg":"HS256","kid":"h1"}`, payload(t, nil))
	}
	for name, token := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims, err := j.VerifyToken(testContext, Secret(token))
			require.ErrorIs(t, err, ErrUnauthenticated)
			assert.Zero(t, claims)
			for _, word := range []string{"CANARY", "evil", "h1", "42", "HS256"} {
				assert.NotContains(t, err.Error(), word)
			}
		})
	}
}

// Whatever is done to a token, it is one of those we made, or refused.
func FuzzToken(f *testing.F) {
	j := newTestJWT(f, testKeys...)
	for _, key := range testKeys {
		token, err := newTestJWT(f, key).IssueToken(testContext, testClaims())
		require.NoError(f, err)
		f.Add(string(token))
	}
	f.Add("..")
	f.Add(b64(`{"typ":"at+jwt","alg":"none","kid":"h1"}`) + "." + b64(payload(f, nil)) + ".")
	f.Add(hs256(testHMAC[1:], b64(`{"typ":"at+jwt","alg":"HS256","kid":"h1"}`)+"."+b64(payload(f, nil))))
	f.Fuzz(func(t *testing.T, token string) {
		check := func(token string, made bool) {
			claims, err := j.VerifyToken(testContext, Secret(token))
			if err != nil {
				require.ErrorIs(t, err, ErrUnauthenticated)
				require.Zero(t, claims)
				return
			}
			require.True(t, made, "accepted: %q", token)
			require.NotEmpty(t, claims.UserID)
		}
		// Seeds are ours, and what is left of them in a mutation is their signature.
		segments := strings.Split(token, ".")
		check(token, len(segments) == 3 && signedByUs(segments[0], segments[1], segments[2]))

		// As header and as payload, honestly signed: refused unless it is as we write it.
		good := b64(`{"alg":"HS256","kid":"h1","typ":"at+jwt"}`)
		asHeader := hs256(testHMAC, b64(token)+"."+b64(payload(t, nil)))
		check(asHeader, token == `{"alg":"HS256","kid":"h1","typ":"at+jwt"}`)
		var claims map[string]any
		isObject := json.Unmarshal([]byte(token), &claims) == nil
		check(hs256(testHMAC, good+"."+b64(token)), isObject && claims["iss"] == "https://issuer.test" && claims["uid"] != "" && claims["sub"] != "")
	})
}

// signedByUs asks golang-jwt's parser and the standard library.
func signedByUs(header, body, signature string) bool {
	signed := header + "." + body
	if hs256(testHMAC, signed) == signed+"."+signature {
		return true
	}
	for _, key := range []any{testEd.Public(), &testEC.PublicKey} {
		parsed, err := jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()).
			Parse(signed+"."+signature, func(*jwt.Token) (any, error) { return key, nil })
		if err == nil && parsed.Valid {
			return true
		}
	}
	return false
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
