package phoneauth

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// TokenIssuer makes and checks access tokens. [JWT] is the one that comes with the
// package. Implementations are safe for concurrent use.
type TokenIssuer interface {
	// IssueToken makes a token that says c, and that VerifyToken accepts until
	// c.ExpiresAt.
	IssueToken(ctx context.Context, c Claims) (Secret, error)
	// VerifyToken returns the claims of a token that this issuer made and that has not
	// expired, else an error: any error but one that is ErrUnavailable means that
	// nobody is signed in.
	VerifyToken(ctx context.Context, token Secret) (Claims, error)
}

// Claims say who is signed in.
type Claims struct {
	// UserID is User.ID, Subject User.UUID.
	UserID, Subject string
	// SessionID is the session's; empty where the host keeps sessions.
	SessionID string
	// AuthTime is when the user last proved who they are, in whole seconds.
	AuthTime time.Time
	// AMR says how (RFC 8176): "sms", "pwd".
	AMR []string
	// ExpiresAt is the end of the access token, in whole seconds.
	ExpiresAt time.Time
	// Extra claims, from Config.Claims.
	Extra map[string]any
}

// JWTConfig is what a [JWT] is made of. Print it and see no key.
type JWTConfig struct {
	// Issuer and Audience are iss and aud of what is issued, and must be those of what
	// is verified. Both are required.
	Issuer, Audience string
	// Keys verify; the first also signs. If all are public keys, the JWT verifies and
	// cannot sign: that is for programs which others give access tokens to. At least one
	// is required. Rotate by putting a new one first and keeping the old one behind it for
	// at least as long as an access token lives, 15 minutes. Where others verify by JWKS,
	// put the new one last, for as long as they cache the document, before putting it
	// first.
	Keys []SigningKey
}

// SigningKey is one key of a [JWT]. Print it and see its id.
type SigningKey struct {
	// ID is the kid of its tokens: 1 to 64 letters, digits, '-' or '_'.
	ID string
	// Key decides the one algorithm it is used with (RFC 8725, 3.1):
	//
	//	[]byte                                  HS256, at least 32 bytes (RFC 7518, 3.2)
	//	ed25519.PrivateKey, ed25519.PublicKey   EdDSA (RFC 8037)
	//	*ecdsa.PrivateKey, *ecdsa.PublicKey     ES256, on P-256 (RFC 7518, 3.4)
	//
	// A public key verifies only, and a JWT may have nothing else. Whoever verifies HS256
	// can also sign: give other programs a public key, by JWKS.
	Key any
}

// String returns the id, whatever the verb.
func (k SigningKey) String() string { return "phoneauth.SigningKey(" + k.ID + ")" }

// Format writes what String returns.
func (k SigningKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue returns what String does.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText returns what String does.
func (k SigningKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
