package keyring

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/jws"
)

func secretOf(id string, b byte) Secret { return Secret{ID: id, Secret: bytes.Repeat([]byte{b}, 32)} }

func ring(t testing.TB, realm string, secrets ...Secret) *Ring {
	t.Helper()
	r, err := New(bytes.Repeat([]byte{9}, 32), secrets, realm)
	require.NoError(t, err)
	return r
}

// What is stored or handed out must be found again by every later version.
func TestDerivedValuesStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	r := ring(t, "realm", secretOf("a", 1))
	assert.Equal(t, "ZjhkVoOZu8nlmqDuWTKeHg", r.Print("phone", "+201061797840"))
	token := r.SignToken(Device, []byte("data"), time.Unix(1e9, 0))
	assert.Equal(t, "d1.AWGAlOvcA2RhdGGL8YYGofYyImt8ei58QPMi", token)
}

func TestPartsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	r := ring(t, "realm", secretOf("a", 1))
	assert.NotEqual(t, r.Print("ab", "c"), r.Print("a", "bc"))
	assert.NotEqual(t, r.Print("ab"), r.Print("ab", ""))
	assert.NotEqual(t, r.Print("ab"), ring(t, "other", secretOf("a", 1)).Print("ab"), "each realm has its own")
	assert.Equal(t, r.Print("ab"), ring(t, "realm", secretOf("b", 2)).Print("ab"), "a rotation of secrets changes no print")
}

func TestRotation(t *testing.T) {
	t.Parallel()
	a, b := secretOf("a", 1), secretOf("b", 2)
	old, rotated, dropped := ring(t, "", a), ring(t, "", b, a), ring(t, "", b)
	blob := old.Seal("use", "plain")
	token, err := old.SealToken(Challenge, []byte("data"), time.Now().Add(time.Minute))
	require.NoError(t, err)

	plain, ok := rotated.Open("use", blob)
	assert.True(t, ok)
	assert.Equal(t, "plain", plain)
	data, ok := rotated.OpenToken(Challenge, token, time.Now())
	assert.True(t, ok)
	assert.Equal(t, "data", data)
	assert.Equal(t, [][]byte{dropped.Digest("key", "code"), old.Digest("key", "code")}, rotated.Digests("key", "code"))
	assert.Equal(t, []string{dropped.Successor("id", "s"), old.Successor("id", "s")}, slices.Collect(rotated.Successors("id", "s")))
	assert.Equal(t, rotated.Successor("id", "s"), dropped.Successor("id", "s"), "the first makes")
	require.Len(t, rotated.AccessKeys(), 2)
	assert.Equal(t, "b", rotated.AccessKeys()[0].ID)

	_, ok = dropped.Open("use", blob)
	assert.False(t, ok)
	_, ok = dropped.OpenToken(Challenge, token, time.Now())
	assert.False(t, ok)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	r := ring(t, "realm", secretOf("a", 1))
	blob := r.Seal("use", "plain")
	assert.NotEqual(t, blob, r.Seal("use", "plain"), "the nonce is new")
	_, ok := r.Open("other", blob)
	assert.False(t, ok, "another use")
	_, ok = ring(t, "other", secretOf("a", 1)).Open("use", blob)
	assert.False(t, ok, "another realm")
	for i := range blob {
		changed := bytes.Clone(blob)
		changed[i] ^= 1
		_, ok := r.Open("use", changed)
		assert.False(t, ok, "byte %d", i)
		_, ok = r.Open("use", blob[:i])
		assert.False(t, ok, "%d bytes", i)
	}
}

// made is a token of one kind, and how it is read.
type made struct {
	kind  Kind
	token string
	read  func(r *Ring, kind Kind, token string, now time.Time) (string, bool)
}

// oneOfEachKind makes a token of each kind that holds "data" until the time.
func oneOfEachKind(t *testing.T, r *Ring, until time.Time) (all []made) {
	for _, kind := range kinds {
		m := made{kind: kind, read: (*Ring).OpenToken}
		switch kind {
		case Challenge, Verification:
			token, err := r.SealToken(kind, []byte("data"), until)
			require.NoError(t, err)
			m.token = token
		default:
			m.token, m.read = r.SignToken(kind, []byte("data"), until), (*Ring).VerifyToken
		}
		all = append(all, m)
	}
	return all
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a, b := secretOf("a", 1), secretOf("b", 2)
	r := ring(t, "realm", a)
	until := time.Unix(1e9, 1)
	for _, m := range oneOfEachKind(t, r, until) {
		verify := func(r *Ring, kind Kind, token string, now time.Time) bool {
			data, ok := m.read(r, kind, token, now)
			if ok {
				assert.Equal(t, "data", data)
			}
			return ok
		}
		assert.True(t, verify(r, m.kind, m.token, until), "it lives on to a whole second")
		assert.False(t, verify(r, m.kind, m.token, time.Unix(1e9+1, 0)))
		for _, kind := range kinds {
			_, opened := r.OpenToken(kind, m.token, until)
			_, verified := r.VerifyToken(kind, m.token, until)
			assert.Equal(t, kind == m.kind, opened || verified, "%s as %s", m.kind, kind)
			assert.False(t, opened && verified)
		}
		assert.True(t, verify(ring(t, "realm", b, a), m.kind, m.token, until), "a key that was rotated")
		assert.False(t, verify(ring(t, "realm", b), m.kind, m.token, until), "a key that was dropped")
		assert.False(t, verify(ring(t, "realm", secretOf("a", 2)), m.kind, m.token, until), "another key of that id")
		assert.False(t, verify(ring(t, "other", a), m.kind, m.token, until), "another realm")

		for i := range m.token {
			assert.False(t, verify(r, m.kind, m.token[:i], until), "%s cut at %d", m.kind, i)
			for _, c := range "AQgw_-.9" {
				if changed := m.token[:i] + string(c) + m.token[i+1:]; changed != m.token {
					assert.False(t, verify(r, m.kind, changed, until), "%s with %q at %d", m.kind, c, i)
				}
			}
		}
		for _, bad := range []string{"", ".", "..", m.token + "\n", m.token + "=", "." + m.token, m.token + "A", strings.ToUpper(m.token[:1]) + m.token[1:] + strings.Repeat("A", 5000)} {
			assert.False(t, verify(r, m.kind, bad, until), "%q", bad)
		}
	}
}

// The length of an id is one byte, of which every value is refused without a panic, whether or not
// so many bytes follow.
func TestLengthsOfIDs(t *testing.T) {
	t.Parallel()
	r := ring(t, "realm", secretOf("a", 1))
	for length := range 256 {
		for _, room := range []int{length, length + 1, length + 64} {
			body := append([]byte{byte(length)}, make([]byte, room)...)
			_, ok := r.Open("use", body)
			assert.False(t, ok)
			for kind, prefix := range prefixes {
				token := prefix + jws.Base64.EncodeToString(body)
				_, opened := r.OpenToken(kind, token, time.Now())
				_, verified := r.VerifyToken(kind, token, time.Now())
				assert.False(t, opened || verified, "%s of %d and %d bytes", kind, length, room)
			}
		}
	}
}

// TestSignedTokensAreTheSame: a refresh token that is made again is the same text.
func TestSignedTokensAreTheSame(t *testing.T) {
	t.Parallel()
	r, until := ring(t, "", secretOf("a", 1)), time.Unix(1e9, 0)
	assert.Equal(t, r.SignToken(Refresh, []byte("data"), until), r.SignToken(Refresh, []byte("data"), until))
	assert.NotEqual(t, r.SignToken(Refresh, []byte("data"), until), r.SignToken(Refresh, []byte("data"), until.Add(time.Second)))
	one, err := r.SealToken(Verification, []byte("data"), until)
	require.NoError(t, err)
	other, err := r.SealToken(Verification, []byte("data"), until)
	require.NoError(t, err)
	assert.NotEqual(t, one, other, "the nonce is new")
	assert.NotContains(t, one, jws.Base64.EncodeToString([]byte("data")))
}

// FuzzTokens: whatever is behind the prefix of a token, nothing panics, and only what was made is
// read.
func FuzzTokens(f *testing.F) {
	r, until := ring(f, "realm", secretOf("a", 1)), time.Unix(1e9, 0)
	for kind := range prefixes {
		f.Add(string(kind), append([]byte{255}, make([]byte, 300)...))
	}
	token := r.SignToken(Device, []byte("data"), until)
	body, err := jws.Base64.DecodeString(token[len(prefixes[Device]):])
	require.NoError(f, err)
	f.Add(string(Device), body)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r.Open("use", body)
		text := prefixes[Kind(kind)] + jws.Base64.EncodeToString(body)
		_, opened := r.OpenToken(Kind(kind), text, until.Add(-time.Second))
		_, verified := r.VerifyToken(Kind(kind), text, until.Add(-time.Second))
		require.Equal(t, text == token, opened || verified)
	})
}
