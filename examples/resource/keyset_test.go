package main

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
)

// newTestKeySet fetches from i without a network.
func newTestKeySet(i *issuer) *KeySet {
	k := NewKeySet(issuerName+keysPath, issuerName, audience, slog.New(slog.DiscardHandler))
	k.client = &http.Client{Transport: i}
	return k
}

func junk(id string) phoneauth.Secret {
	header := fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":"at+jwt"}`, id)
	return phoneauth.Secret(base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30.AAAA")
}

// Tokens with invented key ids cost the issuer one request in ten seconds, and do not keep
// anybody out.
func TestKeySetAsksSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(t, edKey(t, "a"))
		k := newTestKeySet(i)
		token := i.signIn().AccessToken
		for n := range 100 {
			_, err := k.Verify(t.Context(), junk(fmt.Sprint(n)))
			require.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
			_, err = k.Verify(t.Context(), token)
			require.NoError(t, err)
		}
		assert.EqualValues(t, 1, i.fetches.Load())
		bubble.Elapse(defaultPause)
		for range 100 {
			_, err := k.Verify(t.Context(), junk("x"))
			require.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		}
		assert.EqualValues(t, 2, i.fetches.Load())
		for _, token := range []phoneauth.Secret{"", ".", "a.b.c", "e30.e30.", junk("")} {
			bubble.Elapse(defaultPause)
			_, err := k.Verify(t.Context(), token)
			require.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
		}
		assert.EqualValues(t, 2, i.fetches.Load(), "what names no key is refused at once")
	})
}

// Of many requests that need the document at once, one fetches it.
func TestKeySetFetchesOnce(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, edKey(t, "a"))
	k := newTestKeySet(i)
	token := i.signIn().AccessToken
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			_, err := k.Verify(t.Context(), token)
			assert.NoError(t, err)
		})
	}
	callers.Wait()
	assert.EqualValues(t, 1, i.fetches.Load())
}

// A key that the issuer has dropped is good for five minutes more. One that it has never
// dropped is good for as long as a token lives, though the issuer does not answer.
func TestKeySetForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leaked, next := edKey(t, "leaked"), ecKey(t, "next")
		i := newIssuer(t, leaked)
		k := newTestKeySet(i)
		verify := func(token phoneauth.Secret) error {
			_, err := k.Verify(t.Context(), token)
			return err
		}
		stolen := i.signIn().AccessToken
		require.NoError(t, verify(stolen))
		i.rotate(next)
		require.NoError(t, verify(stolen))
		bubble.Elapse(maxAge + time.Second)
		require.ErrorIs(t, verify(stolen), phoneauth.ErrUnauthenticated)

		i.down.Store(true)
		bubble.Elapse(maxStale - time.Minute)
		token := i.signIn().AccessToken
		require.NoError(t, verify(token), "the issuer is down, and the keys are young enough")
		bubble.Elapse(2 * time.Minute)
		require.ErrorIs(t, verify(token), phoneauth.ErrUnavailable)
		i.down.Store(false)
		bubble.Elapse(defaultPause)
		require.NoError(t, verify(token))
	})
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	const ed = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"EdDSA","use":"sig","kid":"a"}`
	keys, err := publicKeys([]byte(`{"keys":[` + ed + `,
		{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256","use":"sig","kid":"rsa"},
		{"kty":"oct","k":"AAAA","alg":"HS256","kid":"mac"},
		{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"ECDH-ES","use":"enc","kid":"x"}]}`))
	require.NoError(t, err)
	require.Len(t, keys, 1, "what phoneauth does not sign with is passed over")
	assert.Equal(t, "a", keys[0].ID)
	for _, body := range []string{"", "[]", "{}", `{"keys":[]}`, `{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","alg":"ES256","kid":"p"}]}`} {
		_, err := publicKeys([]byte(body))
		require.Error(t, err, body)
	}
}
