package phoneauth

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// TokenIssuer issues and verifies access tokens. [JWT] is one. Implementations must be safe
// for concurrent use.
type TokenIssuer interface {
	// IssueToken returns a token that contains c. VerifyToken must accept it until
	// c.ExpiresAt. An error reaches the caller of the Service as ErrUnavailable.
	IssueToken(ctx context.Context, c Claims) (Secret, error)
	// VerifyToken returns the claims of a token that this issuer made and that has not
	// expired. An error that is ErrUnavailable means that the token could not be checked.
	// Any other error means that nobody is signed in.
	VerifyToken(ctx context.Context, token Secret) (Claims, error)
}

// Claims say who is signed in.
type Claims struct {
	// UserID is User.ID. Subject is User.UUID.
	UserID, Subject string
	// SessionID is Session.ID. It is empty when the host keeps the sessions.
	SessionID string
	// AuthTime is when the user last proved who they are, in whole seconds.
	AuthTime time.Time
	// AMR says how the user proved who they are (RFC 8176): "sms", "pwd".
	AMR []string
	// ExpiresAt is when the access token expires, in whole seconds.
	ExpiresAt time.Time
	// Extra are the claims of Hooks.ExtraClaims.
	Extra map[string]any
}

// JWTConfig is the configuration of a [JWT]. It prints without the keys.
type JWTConfig struct {
	// Issuer and Audience are the iss and aud of the tokens. A token with others is
	// refused. Both are required.
	Issuer, Audience string
	// Keys are the keys that verify. The first one also signs. If all are public keys, the
	// JWT verifies and cannot issue, which is enough for programs that receive access
	// tokens. At least one key is required.
	//
	// To rotate, put a new key first, and keep the old one behind it for at least 15
	// minutes, the life of an access token. When other programs verify by JWKS, first put
	// the new key last, for as long as they cache the document, and then first.
	Keys []SigningKey
}

// SigningKey is one key of a [JWT]. It prints as its ID.
type SigningKey struct {
	// ID is the kid of its tokens: 1 to 64 letters, digits, '-' or '_'.
	ID string
	// Key is the key. Its type decides the one algorithm it is used with (RFC 8725, 3.1):
	//
	//	[]byte                                  HS256, at least 32 bytes (RFC 7518, 3.2)
	//	ed25519.PrivateKey, ed25519.PublicKey   EdDSA (RFC 8037)
	//	*ecdsa.PrivateKey, *ecdsa.PublicKey     ES256, on P-256 (RFC 7518, 3.4)
	//
	// A public key verifies and cannot sign. A program that can verify HS256 can also
	// sign, so give other programs public keys only, by JWKS.
	Key any
}

// String returns the ID in "phoneauth.SigningKey(…)".
func (k SigningKey) String() string { return "phoneauth.SigningKey(" + k.ID + ")" }

// Format writes what String returns.
func (k SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue returns what String does.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText returns what String does.
func (k SigningKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
