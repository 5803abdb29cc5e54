package integration

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer/legacyhash"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// firebaseProject has the parameters of the README of github.com/firebase/scrypt.
var firebaseProject = legacyhash.Firebase{
	SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
	SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
}

// madeHash is a hash that npm's bcryptjs, firebase-scrypt or hash-wasm has made.
type madeHash struct{ Kind, Password, Hash string }

// npmHashes has npm hash passwords by every kind that it can.
func npmHashes(t *testing.T, passwords ...string) (made []madeHash) {
	t.Helper()
	in := map[string]any{"passwords": passwords, "firebase": map[string]any{
		"signerKey": string(firebaseProject.SignerKey), "saltSeparator": firebaseProject.SaltSeparator,
		"rounds": firebaseProject.Rounds, "memCost": firebaseProject.MemCost,
	}}
	what := "hashes@bcryptjs-3.0.3-firebase-scrypt-2.2.0-hash-wasm-4.13.0"
	runNode(t, nodeScript{folder: "testdata/hashes", name: "hash.mjs", what: what}, in, &made)
	require.NotEmpty(t, made)
	return made
}

// TestNPMHashesVerify: every hash that npm makes verifies, with its own password only.
func TestNPMHashesVerify(t *testing.T) {
	t.Parallel()
	v, err := legacyhash.New(legacyhash.Config{Firebase: &firebaseProject})
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, m := range npmHashes(t, "p", "lètmein 字 🔑", strings.Repeat("long ", 25)) {
		hash := phoneauth.Secret(m.Hash)
		assert.Equal(t, m.Kind, v.Kind(hash))
		assert.True(t, v.Verify(hash, phoneauth.Secret(m.Password)), "%s of %q", m.Kind, m.Password)
		assert.False(t, v.Verify(hash, phoneauth.Secret("x"+m.Password)), "%s of %q", m.Kind, m.Password)
		kinds[m.Kind]++
	}
	assert.Len(t, kinds, 18, kinds)
}

// TestNPMHashesAreUpgraded: each kind of hash is imported, signs its owner in, and is hashed
// anew by that; the next sign-in needs the old hash no more.
func TestNPMHashesAreUpgraded(t *testing.T) {
	t.Parallel()
	made := npmHashes(t, "correct horse")
	v, err := legacyhash.New(legacyhash.Config{Firebase: &firebaseProject})
	require.NoError(t, err)
	store := memstore.New()
	config := phoneauth.Config{
		Store: store, Sender: phonetest.New(), Keys: phoneauth.GenerateKeys(), Limits: phoneauth.Limits{InsecureOff: true},
		Logger:   slog.New(slog.DiscardHandler),
		Password: phoneauth.PasswordRules{Legacy: v.Verify, LegacyKnown: v.Known, LegacyDecoy: v.Decoy()},
	}
	svc, err := phoneauth.New(config)
	require.NoError(t, err)
	phone := func(i int) string { return "+2010617978" + string(rune('0'+i/10)) + string(rune('0'+i%10)) }
	report, err := svc.Import(t.Context(), func(yield func(phoneauth.ImportUser, error) bool) {
		for i, m := range made {
			if !yield(phoneauth.ImportUser{Source: m.Kind, Phone: phone(i), Verified: true, PasswordHash: phoneauth.Secret(m.Hash)}, nil) {
				return
			}
		}
	}, phoneauth.ImportOptions{})
	require.NoError(t, err)
	assert.Equal(t, len(made), report.Passwords, report.Problems)
	for i, m := range made {
		wrong := phoneauth.PasswordLoginRequest{Phone: phone(i), Password: "wrong horse"}
		_, err := svc.LoginPassword(t.Context(), wrong)
		require.ErrorIs(t, err, phoneauth.ErrInvalidPassword, m.Kind)
		session, err := svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone(i), Password: "correct horse"})
		require.NoError(t, err, m.Kind)
		assert.True(t, session.First, m.Kind)
	}
	require.NoError(t, svc.Close(t.Context()))
	config.Password = phoneauth.PasswordRules{}
	svc, err = phoneauth.New(config)
	require.NoError(t, err)
	for i, m := range made {
		user, err := store.UserByPhone(t.Context(), phoneauth.StoredPhone(phone(i)))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(user.PasswordHash), "$argon2id$v=19$m=19456,t=2,p=1$"), m.Kind)
		_, err = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone(i), Password: "correct horse"})
		require.NoError(t, err, m.Kind)
	}
}
