package integration_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// writers are at work at once, and no child comes to so many lives.
const writers, lives = 16, 100_000

// deed is something that a Service has acknowledged.
type deed struct {
	What string
	// Phone and User whom it is about.
	Phone, User string
	// Secret is the code, the token, the hash, the session's id or its digest.
	Secret string
	// Session is the id of a session whose token was rotated.
	Session string
	// At is when it was acknowledged.
	At time.Time
}

// What is done. The first four are there for good, the others never good again.
const (
	signedUp     = "account"
	passwordSet  = "password"
	blocked      = "block"
	signedIn     = "session"
	codeUsed     = "code"
	proofUsed    = "proof"
	sessionEnded = "session that was signed out"
	tokenRotated = "refresh token"
)

// once reports whether d is the use of something.
func (d deed) once() bool {
	return d.What == codeUsed || d.What == proofUsed || d.What == sessionEnded || d.What == tokenRotated
}

// stays reports whether what is done is done.
func (d deed) stays(ctx context.Context, svc *phoneauth.Service, store phoneauth.Store) (bool, error) {
	_, client := caller(0)
	switch d.What {
	case codeUsed:
		_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: d.Phone, Code: d.Secret, Client: client})
		return refused(unlessBlocked(err), phoneauth.ErrInvalidCode)
	case proofUsed:
		_, err := svc.Connect(ctx, phoneauth.ConnectRequest{Phone: d.Phone, Token: phoneauth.Secret(d.Secret), Client: client})
		return refused(unlessBlocked(err), phoneauth.ErrInvalidToken)
	case sessionEnded:
		_, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: phoneauth.Secret(d.Secret)})
		return refused(err, phoneauth.ErrInvalidToken)
	case tokenRotated:
		session, err := store.SessionByID(ctx, d.Session, time.Now())
		if errors.Is(err, phoneauth.ErrNotFound) {
			return false, nil
		}
		return hex.EncodeToString(session.Digest) == d.Secret, err
	case signedIn:
		_, err := store.SessionByID(ctx, d.Secret, time.Now())
		gone, err := refused(err, phoneauth.ErrNotFound)
		return !gone, err
	}
	user, err := store.UserByPhone(ctx, phoneauth.StoredPhone(d.Phone))
	if errors.Is(err, phoneauth.ErrNotFound) {
		return false, nil
	}
	return user.ID == d.User && (d.What != blocked || user.Blocked) &&
		(d.What != passwordSet || string(user.PasswordHash) == d.Secret), err
}

// unlessBlocked returns err, but no error for an account that was blocked later: the code or the proof
// was good again.
func unlessBlocked(err error) error {
	if errors.Is(err, phoneauth.ErrBlocked) {
		return nil
	}
	return err
}

// refused reports whether err is one of answers; nil is none, and any other a failure.
func refused(err error, answers ...error) (bool, error) {
	for _, answer := range answers {
		if errors.Is(err, answer) {
			return true, nil
		}
	}
	return false, err
}

// workAsChild lives lives and tells of each deed, until the store or it is killed,
// or until it alone is, if it is to go on.
func workAsChild(of task) error {
	endWithParent()
	store, end, err := of.Place.open()
	if err != nil {
		return err
	}
	defer func() { _ = end() }()
	if both, ok := store.(*sqlstore.Store); ok && of.TellsOpenings {
		store = tellsOpenings{both, deed.acknowledged}
	}
	svc, inbox, err := newService(store, func(*phoneauth.Config) {})
	if err != nil {
		return err
	}
	var next atomic.Int64
	errs := make([]error, writers)
	integration.AtOnce(writers, func(i int) {
		for errs[i] == nil || of.goesOn(errs[i]) {
			errs[i] = live(context.Background(), store, svc, inbox, of.Number+int(next.Add(1)))
			if of.GoOn && errs[i] != nil && !of.goesOn(errs[i]) {
				fmt.Fprintln(os.Stderr, "child:", errs[i])
				os.Exit(1) // or the others would hide it
			}
		}
	})
	for _, err := range errs {
		if !errors.Is(err, phoneauth.ErrUnavailable) {
			return err
		}
	}
	return nil
}

// goesOn reports whether work goes on after err.
func (of task) goesOn(err error) bool {
	answered, _ := refused(err, phoneauth.ErrInvalidCode, phoneauth.ErrInvalidToken, phoneauth.ErrNotFound)
	return of.GoOn && errors.Is(err, phoneauth.ErrUnavailable) || of.Loses && answered
}

// live is the n-th life of a user: a sign-up, and something that comes after it.
func live(ctx context.Context, store phoneauth.Store, svc *phoneauth.Service, inbox *phonetest.Inbox, n int) error {
	phone, client := caller(n)
	session, err := signUp(ctx, svc, inbox, phone, client, n%2 == 0)
	if err != nil {
		return err
	}
	d := deed{Phone: phone, User: session.User.ID}
	switch n % 16 {
	case 1:
		claims, err := svc.Authenticate(ctx, session.AccessToken)
		if err != nil {
			return err
		}
		changed, err := svc.ChangePassword(ctx, claims, phoneauth.ChangePasswordRequest{New: "a password of twenty", Client: client})
		if err != nil {
			return err
		}
		d.What, d.Secret = passwordSet, string(changed.User.PasswordHash)
	case 2, 3, 4:
		d.What, err = blocked, svc.SetBlocked(ctx, d.User, true)
	case 5, 6, 7:
		d.What, d.Secret, err = sessionEnded, string(session.RefreshToken), svc.Logout(ctx, session.RefreshToken)
	case 8, 9:
		d.What, d.Secret, err = sessionEnded, string(session.RefreshToken), svc.LogoutAll(ctx, d.User)
	case 10, 11:
		if _, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken}); err != nil {
			return err
		}
		var rotated phoneauth.SessionRecord
		rotated, err = store.SessionByID(ctx, session.ID, time.Now())
		if err != nil && !phoneauth.IsAnswer(err) {
			err = fmt.Errorf("%w: %w", phoneauth.ErrUnavailable, err)
		}
		d.What, d.Session, d.Secret = tokenRotated, session.ID, hex.EncodeToString(rotated.Digest)
	default:
		d.What, d.Secret = signedIn, session.ID
	}
	if err != nil {
		return err
	}
	return d.acknowledged()
}

// deeds are the next that a child that works tells of.
func (c *child) deeds(t *testing.T, count int) []deed {
	t.Helper()
	all := make([]deed, count)
	for i := range all {
		require.NoError(t, c.hear(&all[i]), "the child has ended")
	}
	return all
}

// last kills the child, and returns the deeds that it has told of before.
func (c *child) last() (all []deed) {
	c.kill()
	for {
		var one deed
		if c.hear(&one) != nil {
			return all
		}
		all = append(all, one)
	}
}

// acknowledged tells of d.
func (d deed) acknowledged() error {
	d.At = time.Now()
	return tell(d)
}

// signUp is by a code, in one step or with a proof in two.
func signUp(ctx context.Context, svc *phoneauth.Service, inbox *phonetest.Inbox, phone string, client phoneauth.ClientInfo, oneStep bool) (*phoneauth.Session, error) {
	if _, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client}); err != nil {
		return nil, err
	}
	message, _ := inbox.Last(phone)
	code := string(message.Code)
	used := deed{What: codeUsed, Phone: phone, Secret: code}
	if oneStep {
		session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
		if err != nil {
			return nil, err
		}
		return session, errors.Join(used.acknowledged(), deed{What: signedUp, Phone: phone, User: session.User.ID}.acknowledged())
	}
	proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code, Client: client})
	if err == nil {
		err = used.acknowledged()
	}
	if err != nil {
		return nil, err
	}
	session, err := svc.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client})
	if err != nil {
		return nil, err
	}
	return session, errors.Join(deed{What: proofUsed, Phone: phone, Secret: string(proof.Token)}.acknowledged(),
		deed{What: signedUp, Phone: phone, User: session.User.ID}.acknowledged())
}
