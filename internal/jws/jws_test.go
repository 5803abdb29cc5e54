package jws

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tests of phoneauth.JWT have every key and every token that is refused. These are the
// rules in short.

func TestHeaderOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a", HeaderOf("a.b.c"))
	for _, token := range []string{
		"", "a", "a.b", "a.b.c.d", ".b.c", "a.b.c\n", "a\r.b.c", "a.b." + strings.Repeat("x", MaxLength),
	} {
		assert.Empty(t, HeaderOf(token), "%.20q", token)
	}
}

func TestSignVerifies(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for _, material := range []any{private, make([]byte, MinSecret)} {
		k, err := NewKey("k1", "at+jwt", material)
		require.NoError(t, err)
		token, err := Sign(k.Header, []byte(`{"a":1}`), k.Sign)
		require.NoError(t, err)
		assert.Equal(t, k.Header, HeaderOf(token))
		parts := strings.Split(token, ".")
		signature, err := Base64.DecodeString(parts[2])
		require.NoError(t, err)
		assert.NoError(t, k.Method.Verify(parts[0]+"."+parts[1], signature, k.Verify))
		assert.Error(t, k.Method.Verify(parts[0]+"."+parts[0], signature, k.Verify))
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	secret, err := NewKey("h", "at+jwt", make([]byte, MinSecret))
	require.NoError(t, err)
	public, err := NewKey("e", "at+jwt", ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))
	require.NoError(t, err)
	assert.Nil(t, public.Sign)
	set, err := Set([]*Key{secret, public})
	require.NoError(t, err)
	assert.JSONEq(t, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","alg":"EdDSA","use":"sig","kid":"e"}]}`, string(set))
	set, err = Set(nil)
	require.NoError(t, err)
	assert.Equal(t, `{"keys":[]}`, string(set))
}
