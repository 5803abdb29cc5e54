package phoneauth

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/phoneauth/phoneauth/internal/jws"
	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/names"
)

// minKeyLength of every secret key, in bytes: the output of SHA-256.
const minKeyLength = jws.MinSecret

// String returns "[redacted]".
func (Keys) String() string { return redacted }

// Format writes what String returns, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// String returns the id and no more.
func (k Key) String() string { return k.ID + ":" + redacted }

// Format writes what String returns, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns what String does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue returns what String does.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k Keys) validate(fault func(field, format string, args ...any)) {
	if len(k.Index) < minKeyLength {
		fault("Keys.Index", "must be at least %d bytes, has %d", minKeyLength, len(k.Index))
	}
	if len(k.Secrets) == 0 {
		fault("Keys.Secrets", "is required")
	}
	seen := map[string]bool{}
	for i, key := range k.Secrets {
		field := fmt.Sprintf("Keys.Secrets[%d]", i)
		if !names.Valid(key.ID, 16, "-_") {
			fault(field, "ID must be 1 to 16 letters, digits, '-' or '_'")
		}
		if seen[key.ID] {
			fault(field, "ID is used twice")
		}
		seen[key.ID] = true
		if len(key.Secret) < minKeyLength {
			fault(field, "Secret must be at least %d bytes, has %d", minKeyLength, len(key.Secret))
		}
	}
}

// newKeyring derives the keys of a realm.
func newKeyring(keys Keys, realm string) (*keyring.Ring, error) {
	secrets := make([]keyring.Secret, len(keys.Secrets))
	for i, key := range keys.Secrets {
		secrets[i] = keyring.Secret(key)
	}
	return keyring.New(keys.Index, secrets, realm)
}

// accessTokens is the default TokenIssuer: HS256 under keys derived from Keys.
func accessTokens(ring *keyring.Ring, name string) (*JWT, error) {
	c := JWTConfig{Issuer: name, Audience: name}
	for _, key := range ring.AccessKeys() {
		c.Keys = append(c.Keys, SigningKey{ID: key.ID, Key: key.Secret})
	}
	return NewJWT(c)
}
