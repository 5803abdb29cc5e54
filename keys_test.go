package phoneauth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGenerateKeys(t *testing.T) {
	t.Parallel()
	keys, other := GenerateKeys(), GenerateKeys()
	assert.Len(t, keys.Index, 32)
	require.Len(t, keys.Secrets, 1)
	assert.Equal(t, "1", keys.Secrets[0].ID)
	assert.Len(t, keys.Secrets[0].Secret, 32)
	for _, secret := range [][]byte{keys.Secrets[0].Secret, other.Index, other.Secrets[0].Secret} {
		assert.NotEqual(t, keys.Index, secret)
	}
	keys.validate(func(field, format string, _ ...any) { t.Errorf("%s: %s", field, format) })
}

// What Encode writes, ParseKeys reads, in the order that says which key signs.
func TestKeysEncode(t *testing.T) {
	t.Parallel()
	keys := GenerateKeys()
	keys.Secrets = append(keys.Secrets, Key{ID: "2026-11_b", Secret: []byte(strings.Repeat("\x00\xff", 16))})
	text := keys.Encode()
	read, err := ParseKeys(text)
	require.NoError(t, err)
	assert.Equal(t, keys, read)
	assert.Contains(t, string(text), "The first of secrets signs")
	assert.True(t, strings.HasSuffix(string(text), "}\n"))
}

// Encode is the one way out: what writes a Keys by an interface of the standard library
// writes no key.
func TestKeysAreWrittenByEncodeAlone(t *testing.T) {
	t.Parallel()
	keys := GenerateKeys()
	written, err := json.Marshal(struct{ Keys Keys }{keys})
	require.NoError(t, err)
	printed := fmt.Sprintf("%v %+v %#v %s %x", keys, keys, keys, keys, keys)
	var parsed struct {
		Index   string
		Secrets []struct{ Secret string }
	}
	require.NoError(t, json.Unmarshal(keys.Encode(), &parsed))
	for _, secret := range []string{parsed.Index, parsed.Secrets[0].Secret} {
		require.Len(t, secret, 44)
		assert.NotContains(t, string(written), secret)
		assert.NotContains(t, printed, secret)
	}
}

// Files of the time before there was an Encode are read, and a program of that time reads
// what Encode writes.
func TestKeysOfBeforeEncode(t *testing.T) {
	t.Parallel()
	index, secret := strings.Repeat("i", 32), strings.Repeat("s", 32)
	type before struct {
		Index   []byte `json:"index"`
		Secrets []struct {
			ID     string `json:"id"`
			Secret []byte `json:"secret"`
		} `json:"secrets"`
	}
	keys, err := ParseKeys([]byte(`{"index":"aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk=",
		"secrets":[{"id":"1","secret":"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="}]}`))
	require.NoError(t, err)
	assert.Equal(t, Keys{Index: []byte(index), Secrets: []Key{{"1", []byte(secret)}}}, keys)

	var old before
	require.NoError(t, json.Unmarshal(keys.Encode(), &old))
	assert.Equal(t, index, string(old.Index))
	require.Len(t, old.Secrets, 1)
	assert.Equal(t, "1", old.Secrets[0].ID)
	assert.Equal(t, secret, string(old.Secrets[0].Secret))
}

// An error names what is wrong and quotes nothing of it.
func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	good := string(GenerateKeys().Encode())
	const long = `"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="`
	notJSON := "phoneauth: keys: not the JSON that Keys.Encode writes"
	for text, want := range map[string]string{
		"":                         notJSON,
		"hunter2":                  notJSON,
		`"hunter2"`:                notJSON,
		`[]`:                       notJSON,
		`{"index":"hunter2!"}`:     notJSON,
		`{"index":7777777777777}`:  notJSON,
		`{"hunter2":"x"}`:          notJSON,
		good + good:                notJSON,
		good + "hunter2":           notJSON,
		`null`:                     "phoneauth: keys: Keys.Index: must be at least 32 bytes, has 0\nphoneauth: keys: Keys.Secrets: is required",
		`{"index":` + long + `}`:   "phoneauth: keys: Keys.Secrets: is required",
		`{"secrets":[{"id":"1"}]}`: "phoneauth: keys: Keys.Index: must be at least 32 bytes, has 0\nphoneauth: keys: Keys.Secrets[0]: Secret must be at least 32 bytes, has 0",
		`{"index":` + long + `,"secrets":[{"id":"1","secret":"aHVudGVyMg=="}]}`:                                "phoneauth: keys: Keys.Secrets[0]: Secret must be at least 32 bytes, has 7",
		`{"index":` + long + `,"secrets":[{"id":"1","secret":` + long + `},{"id":"1","secret":` + long + `}]}`: "phoneauth: keys: Keys.Secrets[1]: ID is used twice",
	} {
		keys, err := ParseKeys([]byte(text))
		require.EqualError(t, err, want, text)
		assert.Equal(t, Keys{}, keys)
	}
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

// A program that only verifies has the public keys and nothing else.
func TestJWTOfPublicKeysAlone(t *testing.T) {
	t.Parallel()
	verifier := newTestJWT(t, testPublics...)
	for _, key := range testKeys[1:] {
		token, err := newTestJWT(t, key).IssueToken(testContext, testClaims())
		require.NoError(t, err)
		claims, err := verifier.VerifyToken(testContext, token)
		require.NoError(t, err, key.ID)
		assert.Equal(t, testClaims().UserID, claims.UserID)
	}
	hmac, err := newTestJWT(t, testKeys[0]).IssueToken(testContext, testClaims())
	require.NoError(t, err)
	_, err = verifier.VerifyToken(testContext, hmac)
	require.ErrorIs(t, err, ErrUnauthenticated)

	token, err := verifier.IssueToken(testContext, testClaims())
	require.EqualError(t, err, "phoneauth: issue token: every key of this JWT is public: it verifies only")
	assert.Empty(t, token)

	var set struct{ Keys []map[string]string }
	require.NoError(t, json.Unmarshal(verifier.JWKS(), &set))
	assert.Len(t, set.Keys, 2, "it can pass on what it verifies by")
}

// A Service issues tokens: one that cannot is refused when it is made, not at the first
// sign-in.
func TestServiceNeedsAJWTThatSigns(t *testing.T) {
	t.Parallel()
	cfg := Config{Tokens: newTestJWT(t, testPublics...)}
	_, err := New(cfg)
	require.ErrorContains(t, err, "phoneauth: config: Tokens: must have a key that signs")
	_, err = New(Config{Tokens: (*JWT)(nil)})
	require.ErrorContains(t, err, "phoneauth: config: Tokens: must have a key that signs")
	cfg.HostSessions = true // it issues none
	_, err = New(cfg)
	assert.NotContains(t, err.Error(), "Tokens")
	cfg = Config{Tokens: newTestJWT(t, testKeys...)}
	_, err = New(cfg)
	assert.NotContains(t, err.Error(), "Tokens")
}
