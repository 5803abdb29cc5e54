package phoneauth

import (
	"context"
	"time"
)

// StartSessionRequest names a user who has proved to the host who they are, for example by
// a passkey, or to the system that this one replaces.
type StartSessionRequest struct {
	// UserID is the ID of an account that exists. No account is created.
	UserID string
	// Epoch is the User.Epoch that the account had when the user proved who they are.
	Epoch int64
	// AMR says how they proved it (RFC 8176), such as "hwk". Required.
	AMR []string
	// AuthTime is when they proved it. Required. It must not be in the future.
	AuthTime time.Time
	// Client describes the client that asks.
	Client ClientInfo
}

// StartSession starts a session for a user who has proved to the host who they are. The
// Session has the AuthTime of that proof. Hooks.BeforeSignIn is called.
//
// Errors:
//   - ErrNotFound: there is no such user.
//   - ErrInvalidToken: the account is at another epoch, AMR or AuthTime is missing, or
//     AuthTime is in the future.
//   - *BlockedError, ErrLocked: the account is blocked, or its owner has locked it.
//   - ErrRefused: Hooks.BeforeSignIn refused.
//   - *LimitError: the user has too many sessions.
//   - ErrUnavailable.
func (s *Service) StartSession(ctx context.Context, r StartSessionRequest) (*Session, error) {
	if len(r.AMR) == 0 || r.AuthTime.IsZero() || r.AuthTime.After(s.now()) {
		return nil, ErrInvalidToken
	}
	user, err := s.store.UserByID(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c := s.ofUser(user, PurposeSignIn, r.Client)
	if c.device, err = s.knownDevice(ctx, c); err != nil {
		return nil, err
	}
	in := SignIn{UserID: user.ID, Epoch: r.Epoch}
	facts := signInFacts{amr: r.AMR, authTime: r.AuthTime.UTC().Truncate(time.Microsecond)}
	return s.signIn(ctx, c, in, facts, ErrInvalidToken)
}
