package keyring

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	token, err := r.SignToken(Device, []byte("data"), time.Unix(1e9, 0))
	require.NoError(t, err)
	assert.Equal(t, "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJwaG9uZWF1dGgtZGV2aWNlK2p3dCJ9."+
		"eyJleHAiOjEwMDAwMDAwMDAsImQiOiJaR0YwWVE9PSJ9."+
		"rxY3cvWcw1O-nOkD3AMnqdqhj7OVUPq0xBfzfDvRyAA", token)
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

func TestTokenRefuses(t *testing.T) {
	t.Parallel()
	r := ring(t, "realm", secretOf("a", 1))
	until := time.Unix(1e9, 1)
	token, err := r.SignToken(Device, []byte("data"), until)
	require.NoError(t, err)
	verify := func(r *Ring, kind Kind, token string, now time.Time) bool {
		_, ok := r.VerifyToken(kind, token, now)
		return ok
	}
	assert.True(t, verify(r, Device, token, until), "it lives on to a whole second")
	assert.False(t, verify(r, Device, token, time.Unix(1e9+1, 0)))
	for _, kind := range kinds {
		assert.Equal(t, kind == Device, verify(r, kind, token, until), kind)
	}
	assert.False(t, verify(ring(t, "other", secretOf("a", 1)), Device, token, until))
	_, ok := r.OpenToken(Device, token, until)
	assert.False(t, ok, "it was not sealed")
	parts := strings.Split(token, ".")
	for _, bad := range []string{
		"", "..", parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2], parts[0] + ".e30." + parts[2], token + "\n", token + "=", "." + token,
	} {
		assert.False(t, verify(r, Device, bad, until), "%q", bad)
	}
}
