package phoneauth

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
