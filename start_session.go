package phoneauth

import (
	"context"
	"time"
)

// StartSessionRequest names somebody who has proved otherwise who they are: by a passkey, or
// to the system that this one replaces.
type StartSessionRequest struct {
	// UserID of an account that exists. None is made.
	UserID string
	// Epoch that the account had when the proof was given. The proof is worth nothing at any
	// other.
	Epoch int64
	// AMR says how they proved it (RFC 8176), such as "hwk". Required.
	AMR []string
	// AuthTime is when they proved it. Required, and not in the future.
	AuthTime time.Time
	Client   ClientInfo
}

// StartSession starts a session for somebody who was proved otherwise. The session is as
// old as that proof. BeforeSignIn is asked.
//
// Errors: ErrNotFound, there is no such user; ErrInvalidToken, the account is at another
// epoch, or AMR or AuthTime is missing or AuthTime in the future; *BlockedError; ErrLocked;
// ErrRefused; *LimitError; ErrUnavailable.
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
