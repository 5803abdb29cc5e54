package phoneauth

import (
	"context"
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
