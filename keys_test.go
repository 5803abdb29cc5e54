package phoneauth

import (
	"bytes"
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
