package phoneauth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// refreshGrace is how long a client that lost the answer may present the token it had.
const refreshGrace = 10 * time.Second

// freshness is how old a sign-in may be for what must not be done with a stolen token.
const freshness = 5 * time.Minute

// Session is a sign-in.
type Session struct {
	User User
	// New: this sign-in made the account. First: it is the account's first.
	New, First bool
	// ID of the session; empty under Config.HostSessions.
	ID string
	// AccessToken says who is signed in, until ExpiresAt. RefreshToken is for Refresh, once.
	// Both are empty under Config.HostSessions.
	AccessToken, RefreshToken Secret
	// DeviceToken marks a known device for 180 days, and survives signing out.
	DeviceToken Secret
	// ExpiresAt is the end of the access token.
	ExpiresAt time.Time
	// AMR says how the user proved who they are (RFC 8176), AuthTime when.
	AMR      []string
	AuthTime time.Time
}

// signInFacts are how somebody signed in.
type signInFacts struct {
	amr []string
	// authTime is when they proved who they are; zero for now.
	authTime time.Time
	// deviceID of the known device; empty for a new one.
	deviceID string
}

// passwordAlone reports whether a password alone was what proved who they are.
func (f signInFacts) passwordAlone() bool { return len(f.amr) == 1 && f.amr[0] == amrPassword }

// signIn finds or makes the account that in describes and starts a session on it. invalid
// is the error for a proof that the account, as it is now, makes worthless.
func (s *Service) signIn(ctx context.Context, c *call, in SignIn, f signInFacts, invalid error) (*Session, error) {
	in.Phone, in.UUID, in.Now = c.phone, newUUID(), s.now()
	if c.device.known() {
		in.UserID, f.deviceID = c.device.userID, c.device.id
	}
	if err := s.hostAdmits(ctx, c, f.amr); err != nil {
		return nil, err
	}
	signed, err := s.store.SignInUser(ctx, in)
	switch {
	case errors.Is(err, ErrBlocked), errors.Is(err, ErrLocked):
		e := c.event(EventSignInRefused)
		e.UserID = signed.User.ID
		s.event(ctx, e)
		if errors.Is(err, ErrBlocked) {
			return nil, &BlockedError{User: signed.User}
		}
		return nil, err
	case errors.Is(err, ErrStale), errors.Is(err, ErrNotFound):
		return nil, invalid
	case err != nil:
		return nil, err
	}
	e := c.event(EventSignedUp)
	c.place = s.placeOf(ctx, c)
	e.UserID, e.Client, e.Place = signed.User.ID, truncated(c.client.Name, maxSessionText), c.place
	if signed.Created { // whatever becomes of the session
		s.event(ctx, e)
	}
	session, err := s.newSession(ctx, c, signed.User, f)
	if err != nil {
		return nil, err
	}
	session.New, session.First = signed.Created, signed.First
	if !signed.Created {
		e.Type = EventSignedIn
		e.SessionID = session.ID
		s.event(ctx, e)
	}
	return session, nil
}

// hostAdmits asks BeforeSignIn.
func (s *Service) hostAdmits(ctx context.Context, c *call, amr []string) error {
	if s.cfg.Hooks.BeforeSignIn == nil {
		return nil
	}
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return err
	}
	info := SignInInfo{Phone: c.phone, User: user, AMR: amr, Client: c.client}
	if err := s.cfg.Hooks.BeforeSignIn(ctx, info); err != nil {
		s.event(ctx, c.event(EventSignInRefused))
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// mostSessions is how many live sessions a user may have.
const mostSessions = 100

// newSession starts a session of u. Where the host keeps sessions it is the user and the
// token of the device alone.
func (s *Service) newSession(ctx context.Context, c *call, u User, f signInFacts) (*Session, error) {
	now := s.now()
	f.deviceID = cmp.Or(f.deviceID, random.ID())
	if f.authTime.IsZero() {
		f.authTime = now
	}
	if s.cfg.HostSessions {
		known, err := s.signDevice(u, f.deviceID, now)
		return &Session{User: u, DeviceToken: known, AMR: f.amr, AuthTime: f.authTime}, err
	}
	secret := random.Secret()
	rec := SessionRecord{
		ID:         random.ID(),
		UserID:     u.ID,
		Epoch:      u.Epoch,
		DeviceID:   f.deviceID,
		Digest:     refreshDigest(secret),
		AMR:        f.amr,
		ByPassword: f.passwordAlone(),
		Client:     truncated(c.client.Name, maxSessionText),
		Place:      s.placeOf(ctx, c),
		AuthTime:   f.authTime,
		CreatedAt:  now,
		IdleUntil:  now.Add(s.cfg.Sessions.IdleTTL),
		ExpiresAt:  now.Add(s.cfg.Sessions.TTL),
	}
	extra, err := s.extraClaims(ctx, u)
	if err != nil {
		return nil, err
	}
	evicted, err := s.store.CreateSession(ctx, NewSession{Session: rec, Most: mostSessions, Now: now})
	if err != nil {
		return nil, s.limited(ctx, c, err)
	}
	if evicted.ID != "" {
		e := s.aboutUser(u, EventSessionEvicted)
		e.SessionID = evicted.ID
		s.event(ctx, e)
	}
	return s.session(ctx, u, rec, secret, extra)
}

// session is what the client gets of rec, whose refresh token is made of secret.
func (s *Service) session(ctx context.Context, u User, rec SessionRecord, secret string, extra map[string]any) (*Session, error) {
	expires := s.now().Add(s.cfg.Sessions.AccessTTL).Truncate(time.Second)
	access, err := s.tokens.IssueToken(ctx, Claims{
		UserID:    u.ID,
		Subject:   u.UUID,
		SessionID: rec.ID,
		AuthTime:  rec.AuthTime.Truncate(time.Second),
		AMR:       rec.AMR,
		ExpiresAt: expires,
		Extra:     extra,
	})
	if err != nil {
		return nil, &unavailable{"issue token", err}
	}
	claims := refreshClaims{rec.ID, u.ID, u.UUID, secret}
	refresh, err := signedToken(s.keys.SignToken(keyring.Refresh, claims.encode(), rec.ExpiresAt))
	if err != nil {
		return nil, err
	}
	known, err := s.signDevice(u, rec.DeviceID, rec.CreatedAt)
	if err != nil {
		return nil, err
	}
	return &Session{
		User: u, ID: rec.ID, AccessToken: access, RefreshToken: refresh, DeviceToken: known,
		ExpiresAt: expires, AMR: rec.AMR, AuthTime: rec.AuthTime,
	}, nil
}

// extraClaims asks the host before the session is stored or its token is used up.
func (s *Service) extraClaims(ctx context.Context, u User) (map[string]any, error) {
	if s.cfg.Hooks.ExtraClaims == nil {
		return nil, nil
	}
	extra, err := s.cfg.Hooks.ExtraClaims(ctx, u)
	if err != nil {
		return nil, &unavailable{"claims", err}
	}
	return extra, nil
}

// RefreshRequest brings a refresh token back.
type RefreshRequest struct {
	Token  Secret
	Client ClientInfo
}

// Refresh rotates a refresh token: it returns new tokens, and the one presented is used.
// Used again it ends the session and every token of it, but for 10 s, while its successor
// is unused, it returns that same successor, for a client that lost the answer.
//
// Errors: ErrInvalidToken; ErrUnavailable, and the token is good for another 10 s.
func (s *Service) Refresh(ctx context.Context, r RefreshRequest) (*Session, error) {
	now := s.now()
	of, ok := s.openRefresh(r.Token, now)
	if !ok {
		return nil, ErrInvalidToken
	}
	user, err := s.store.UserByID(ctx, of.userID)
	gone := errors.Is(err, ErrNotFound)
	if err != nil && !gone {
		return nil, err
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if gone || user.Blocked || user.Locked || user.UUID != of.uuid {
		return nil, s.endInvalid(ctx, of)
	}
	extra, err := s.extraClaims(ctx, user)
	if err != nil {
		return nil, err
	}
	rec, err := s.store.RotateSession(ctx, Rotation{
		ID:        of.sessionID,
		Digest:    refreshDigest(of.secret),
		Next:      refreshDigest(s.keys.Successor(of.sessionID, of.secret)),
		Grace:     refreshGrace,
		IdleUntil: now.Add(s.cfg.Sessions.IdleTTL),
		Client:    truncated(r.Client.Name, maxSessionText),
		Place:     s.place(ctx, r.Client),
		Now:       now,
	})
	switch {
	case errors.Is(err, ErrReused):
		e := s.aboutUser(user, EventRefreshReused)
		e.SessionID = of.sessionID
		s.event(ctx, e)
		return nil, ErrInvalidToken
	case errors.Is(err, ErrNotFound):
		return nil, ErrInvalidToken
	case err != nil:
		return nil, err
	case rec.Epoch != user.Epoch || rec.UserID != user.ID:
		return nil, s.endInvalid(ctx, of)
	}
	for next := range s.keys.Successors(of.sessionID, of.secret) { // the first, unless a key was rotated within the grace
		if subtle.ConstantTimeCompare(refreshDigest(next), rec.Digest) == 1 {
			e := s.aboutUser(user, EventRefreshed)
			e.SessionID = of.sessionID
			s.event(ctx, e)
			return s.session(ctx, user, rec, next, extra)
		}
	}
	return nil, ErrInvalidToken
}

// endInvalid removes a session that is worth nothing any more.
func (s *Service) endInvalid(ctx context.Context, of refreshClaims) error {
	err := s.store.EndSession(ctx, of.userID, of.sessionID)
	if err == nil || errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// refreshDigest is what a store keeps of 256 random bits: their hash is enough.
func refreshDigest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// openRefresh reads a refresh token of ours. Junk costs no call of the store, and a token
// that is old but authentic is known for a reuse.
func (s *Service) openRefresh(token Secret, now time.Time) (refreshClaims, bool) {
	data, ok := s.keys.VerifyToken(keyring.Refresh, string(token), now)
	if !ok || s.cfg.HostSessions {
		return refreshClaims{}, false
	}
	return decodeRefresh(data)
}

// SessionOf returns the ID of the session that a refresh token was issued for. It calls no
// store and does not use the token, so the session may have ended already. It returns false
// for a token that this Service did not issue or that has expired, and under HostSessions.
func (s *Service) SessionOf(refresh Secret) (id string, ok bool) {
	of, ok := s.openRefresh(refresh, s.now())
	return of.sessionID, ok
}

// Logout ends the session of a refresh token. A token that is none of ours, or whose
// session has ended, is no error: there is nothing left to end. Access tokens stay good
// until they expire, but not for what needs a live session. ErrUnavailable: it may not
// have ended.
func (s *Service) Logout(ctx context.Context, refresh Secret) error {
	of, ok := s.openRefresh(refresh, s.now())
	if !ok {
		return nil
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = s.store.EndSession(ctx, of.userID, of.sessionID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.event(ctx, Event{Type: EventSignedOut, UserID: of.userID, SessionID: of.sessionID})
	return nil
}

// LogoutAll ends every session of the user. Known devices stay known. Under HostSessions
// there is none to end. ErrUnavailable: some may not have ended; do it again.
func (s *Service) LogoutAll(ctx context.Context, userID string) error {
	if s.cfg.HostSessions {
		return nil
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := s.intends(ctx, Event{Type: EventSignedOut, UserID: userID}); err != nil {
		return err
	}
	if err := s.store.EndUserSessions(ctx, userID, ""); err != nil {
		return err
	}
	s.event(ctx, Event{Type: EventSignedOut, UserID: userID})
	return nil
}

// Authenticate says who an access token is. It asks no store: the token is good until it
// expires. ErrUnauthenticated: nobody.
func (s *Service) Authenticate(ctx context.Context, access Secret) (Claims, error) {
	if s.cfg.HostSessions || access == "" {
		return Claims{}, ErrUnauthenticated
	}
	c, err := s.tokens.VerifyToken(ctx, access)
	if errors.Is(err, ErrUnavailable) {
		return Claims{}, err
	}
	if err != nil {
		return Claims{}, ErrUnauthenticated
	}
	return c, nil
}

// User is the account of c. ErrUnauthenticated: it is gone or blocked, or c has the
// Subject of another, who had that id before users were restored from a backup.
func (s *Service) User(ctx context.Context, c Claims) (User, error) {
	user, err := s.store.UserByID(ctx, c.UserID)
	another := c.Subject != "" && c.Subject != user.UUID
	if errors.Is(err, ErrNotFound) || err == nil && (user.Blocked || user.Locked || another) {
		return User{}, ErrUnauthenticated
	}
	return user, err
}

// Reauthenticated is User for what a stolen token must not do: the session of c must be
// live too, of the account's epoch, and its sign-in at most 5 minutes old, else
// ErrReauthenticate. Hosts with sessions of their own vouch for c; its AuthTime counts.
func (s *Service) Reauthenticated(ctx context.Context, c Claims) (User, error) {
	user, _, err := s.reauthenticated(ctx, c)
	return user, err
}

func (s *Service) reauthenticated(ctx context.Context, c Claims) (User, SessionRecord, error) {
	user, rec, err := s.live(ctx, c)
	if err != nil {
		return User{}, SessionRecord{}, err
	}
	if !s.fresh(rec.AuthTime) {
		return User{}, SessionRecord{}, ErrReauthenticate
	}
	return user, rec, nil
}

// fresh reports whether a sign-in at that time is recent enough for what must not be done
// with a stolen token. One in the future is not.
func (s *Service) fresh(authTime time.Time) bool {
	age := s.now().Sub(authTime)
	return age <= freshness && age >= -accessLeeway
}

// The ways in that the package has itself.
var (
	byCode     = signInFacts{amr: []string{amrCode}}
	byPassword = signInFacts{amr: []string{amrPassword}}
)

// How somebody proved who they are (RFC 8176, section 2).
const (
	amrCode     = "sms"
	amrPassword = "pwd"
)

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
