package phoneauth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// refreshGrace is how long a client that lost the answer may send its used token again.
const refreshGrace = 10 * time.Second

// Session is the result of a sign-in or a refresh.
type Session struct {
	// User is the account.
	User User
	// New is true when this sign-in created the account. First is true when it is the
	// first sign-in of the account; an imported account is not new at its first sign-in.
	New, First bool
	// ID is the id of the session. It is empty under Config.HostSessions.
	ID string
	// AccessToken says who is signed in, until ExpiresAt. RefreshToken is for
	// [Service.Refresh], and good once. Both are empty under Config.HostSessions.
	AccessToken, RefreshToken Secret
	// DeviceToken makes this a known device for 180 days. The client should keep it after
	// signing out.
	DeviceToken Secret
	// ExpiresAt is when the access token expires.
	ExpiresAt time.Time
	// AMR says how the user proved who they are (RFC 8176): "sms", "pwd".
	AMR []string
	// AuthTime is when the user proved who they are. A refresh does not change it.
	AuthTime time.Time
}

// signInFacts say how somebody signed in.
type signInFacts struct {
	amr []string
	// authTime is when they proved who they are. Zero means now.
	authTime time.Time
	// deviceID is the id of the known device. It is empty for a new one.
	deviceID string
}

// passwordAlone reports whether the user proved who they are by a password and nothing else.
func (f signInFacts) passwordAlone() bool { return len(f.amr) == 1 && f.amr[0] == amrPassword }

// at returns f with what it leaves open: they prove who they are now, and the device is new.
func (f signInFacts) at(now time.Time) signInFacts {
	if f.authTime.IsZero() {
		f.authTime = now
	}
	f.deviceID = cmp.Or(f.deviceID, random.ID())
	return f
}

// signIn finds or creates the account that in describes and starts a session. It returns
// invalid when the account has changed since the proof was given.
func (s *Service) signIn(ctx context.Context, c *call, in SignIn, f signInFacts, invalid error) (*Session, error) {
	s.complete(c, &in)
	if c.device.known() {
		f.deviceID = c.device.id
	}
	if err := s.hostAdmits(ctx, c, f.amr); err != nil {
		return nil, err
	}
	signed, err := s.signedIn(ctx, c, in)
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
	if signed.Created { // also when the session fails
		s.event(ctx, s.signInEvent(ctx, c, EventSignedUp, signed.User))
	}
	session, err := s.newSession(ctx, c, signed.User, f)
	if err != nil {
		return nil, err
	}
	return s.signedInto(ctx, c, signed, session), nil
}

// hostAdmits calls the hook BeforeSignIn.
func (s *Service) hostAdmits(ctx context.Context, c *call, amr []string) error {
	if s.cfg.Hooks.BeforeSignIn == nil {
		return nil
	}
	user, err := s.phoneAccount(ctx, c.phone)
	if err != nil {
		return err
	}
	info := SignInInfo{Phone: c.phone, User: user, AMR: amr, Terms: truncated(c.client.Terms, maxSessionText), Client: c.client}
	if info.Terms != "" {
		info.AcceptedAt = c.now
	}
	if err := s.cfg.Hooks.BeforeSignIn(ctx, info); err != nil {
		e := c.event(EventSignInRefused)
		e.UserID = user.ID
		s.event(ctx, e)
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// complete sets of in what c says.
func (s *Service) complete(c *call, in *SignIn) {
	in.Phone, in.UUID, in.Now = c.phone, random.UUID(), s.now()
	if c.device.known() {
		in.UserID = c.device.userID
	}
}

// signInEvent returns the event of a sign-in by that user.
func (s *Service) signInEvent(ctx context.Context, c *call, t EventType, by User) Event {
	e := c.event(t)
	e.UserID, e.Client, e.Place = by.ID, truncated(c.client.Name, maxSessionText), s.placeOf(ctx, c)
	e.Terms = truncated(c.client.Terms, maxSessionText)
	return e
}

// signedInto returns the session of a sign-in, and reports that, unless it has created the account.
func (s *Service) signedInto(ctx context.Context, c *call, signed SignedIn, session *Session) *Session {
	session.New, session.First = signed.Created, signed.First
	if !signed.Created {
		e := s.signInEvent(ctx, c, EventSignedIn, signed.User)
		e.SessionID = session.ID
		s.event(ctx, e)
	}
	return session
}

// mostSessions is how many live sessions a user may have.
const mostSessions = 100

// newSession starts a session of u. Under HostSessions the Session has only the user, the
// device token, AMR and AuthTime.
func (s *Service) newSession(ctx context.Context, c *call, u User, f signInFacts) (*Session, error) {
	now := s.now()
	f = f.at(now)
	if s.cfg.HostSessions {
		return &Session{User: u, DeviceToken: s.signDevice(u, f.deviceID, now), AMR: f.amr, AuthTime: f.authTime}, nil
	}
	rec, secret := s.newRecord(ctx, c, f, now)
	rec.UserID, rec.Epoch = u.ID, u.Epoch
	extra, err := s.extraClaims(ctx, u)
	if err != nil {
		return nil, err
	}
	access, err := s.issue(ctx, u, rec, extra) // before it is stored: no other session ends for one that has no token
	if err != nil {
		return nil, err
	}
	evicted, err := s.store.CreateSession(ctx, NewSession{Session: rec, Most: mostSessions, Now: rec.CreatedAt})
	if err != nil {
		return nil, s.limited(ctx, c, err)
	}
	s.evicted(ctx, u, evicted.ID)
	return s.session(u, rec, secret, access), nil
}

// newRecord returns a session that begins now, of no user yet, and the secret of its refresh token. f is that
// of now.
func (s *Service) newRecord(ctx context.Context, c *call, f signInFacts, now time.Time) (rec SessionRecord, secret string) {
	secret = random.Secret()
	return SessionRecord{
		ID:         random.ID(),
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
	}, secret
}

// issued is an access token.
type issued struct {
	token   Secret
	expires time.Time
}

// issue returns an access token for the session rec.
func (s *Service) issue(ctx context.Context, u User, rec SessionRecord, extra map[string]any) (issued, error) {
	expires := s.now().Add(s.cfg.Sessions.AccessTTL).Truncate(time.Second)
	token, err := s.tokens.IssueToken(ctx, Claims{
		UserID:    u.ID,
		Subject:   u.UUID,
		SessionID: rec.ID,
		AuthTime:  rec.AuthTime.Truncate(time.Second),
		AMR:       rec.AMR,
		ExpiresAt: expires,
		Extra:     extra,
	})
	if err != nil {
		return issued{}, &unavailable{"issue token", err}
	}
	return issued{token, expires}, nil
}

// issuingMayFail reports whether no access token may be issued for a session that is good, because of
// the host's issuer or of its claims.
func (s *Service) issuingMayFail() bool {
	_, ours := s.tokens.(*JWT)
	return !ours || s.cfg.Hooks.ExtraClaims != nil
}

// session returns the tokens of rec. The refresh token contains secret.
func (s *Service) session(u User, rec SessionRecord, secret string, access issued) *Session {
	claims := refreshClaims{rec.ID, u.ID, u.UUID, secret}
	return &Session{
		User: u, ID: rec.ID, AccessToken: access.token,
		RefreshToken: Secret(s.keys.SignToken(keyring.Refresh, claims.encode(), rec.ExpiresAt)),
		DeviceToken:  s.signDevice(u, rec.DeviceID, rec.CreatedAt),
		ExpiresAt:    access.expires, AMR: rec.AMR, AuthTime: rec.AuthTime,
	}
}

// extraClaims calls the hook ExtraClaims. Call it before the session is stored or its token
// is used up.
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

// RefreshRequest brings a refresh token to [Service.Refresh].
type RefreshRequest struct {
	// Token is Session.RefreshToken.
	Token Secret
	// Client describes the client that asks.
	Client ClientInfo
}

// Refresh uses up a refresh token and returns new tokens. A client that lost the answer may
// send the same token again: for 10 seconds, while its successor is unused, Refresh returns
// that same successor. After that, a second use ends the session, because one of the two
// users may be a thief.
//
// Errors:
//   - ErrInvalidToken: the token is forged, expired or used, or its session has ended.
//   - ErrUnavailable: the token may be used up. It is good for another 10 seconds.
func (s *Service) Refresh(ctx context.Context, r RefreshRequest) (*Session, error) {
	now := s.now()
	of, ok := s.openRefresh(r.Token, now)
	if !ok {
		return nil, ErrInvalidToken
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	rotation := Rotation{
		ID:        of.sessionID,
		Digest:    refreshDigest(of.secret),
		Next:      refreshDigest(s.keys.Successor(of.sessionID, of.secret)),
		Grace:     refreshGrace,
		IdleUntil: now.Add(s.cfg.Sessions.IdleTTL),
		Client:    truncated(r.Client.Name, maxSessionText),
		Place:     s.place(ctx, r.Client),
		Now:       now,
	}
	if store, ok := s.store.(Refresher); ok && !s.issuingMayFail() {
		user, rec, err := store.RefreshSession(ctx, of.userID, of.uuid, rotation)
		if err == nil {
			return s.refreshed(ctx, of, user, rec, issued{})
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	user, err := s.store.UserByID(ctx, of.userID)
	gone := errors.Is(err, ErrNotFound)
	if err != nil && !gone {
		return nil, err
	}
	if gone || user.Blocked || user.Locked || user.UUID != of.uuid {
		return nil, s.endInvalid(ctx, of)
	}
	access, err := s.issuedFirst(ctx, of, user, now)
	if err != nil {
		return nil, err
	}
	rec, err := s.store.RotateSession(ctx, rotation)
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
	return s.refreshed(ctx, of, user, rec, access)
}

// issuedFirst returns an access token for a refresh, if that may fail. It does so before the refresh
// token is used up, because whoever repeats a used one after the grace loses the session.
func (s *Service) issuedFirst(ctx context.Context, of refreshClaims, user User, now time.Time) (issued, error) {
	if !s.issuingMayFail() {
		return issued{}, nil
	}
	rec, err := s.store.SessionByID(ctx, of.sessionID, now)
	if errors.Is(err, ErrNotFound) {
		return issued{}, ErrInvalidToken
	}
	if err != nil {
		return issued{}, err
	}
	extra, err := s.extraClaims(ctx, user)
	if err != nil {
		return issued{}, err
	}
	return s.issue(ctx, user, rec, extra)
}

// refreshed returns the session of rec, which the token of has rotated. Its access token is access,
// unless that is zero.
func (s *Service) refreshed(ctx context.Context, of refreshClaims, user User, rec SessionRecord, access issued) (*Session, error) {
	for next := range s.keys.Successors(of.sessionID, of.secret) { // it is the first, unless a key was rotated within the grace
		if subtle.ConstantTimeCompare(refreshDigest(next), rec.Digest) == 1 {
			if access == (issued{}) {
				var err error
				if access, err = s.issue(ctx, user, rec, nil); err != nil {
					return nil, err
				}
			}
			session := s.session(user, rec, next, access)
			e := s.aboutUser(user, EventRefreshed)
			e.SessionID = of.sessionID
			s.event(ctx, e)
			return session, nil
		}
	}
	return nil, ErrInvalidToken
}

// endInvalid removes a session that no longer belongs to its account.
func (s *Service) endInvalid(ctx context.Context, of refreshClaims) error {
	err := s.store.EndSession(ctx, of.userID, of.sessionID)
	if err == nil || errors.Is(err, ErrNotFound) {
		return ErrInvalidToken
	}
	return err
}

// refreshDigest returns what a store keeps of a refresh secret. A plain hash is enough,
// because the secret has 256 random bits.
func refreshDigest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// openRefresh reads a refresh token of this Service. A forged token costs no call of the
// store. A token that is authentic and was used is read too, so that its reuse is noticed.
func (s *Service) openRefresh(token Secret, now time.Time) (refreshClaims, bool) {
	data, ok := s.keys.VerifyToken(keyring.Refresh, string(token), now)
	if !ok || s.cfg.HostSessions {
		return refreshClaims{}, false
	}
	return decodeRefresh(data)
}

// SessionOf returns the ID of the session that a refresh token was issued for. It does not
// call the store and does not use up the token, so the session may have ended already. It
// returns false for a token that this Service did not issue or that has expired, and under
// HostSessions.
func (s *Service) SessionOf(refresh Secret) (id string, ok bool) {
	of, ok := s.openRefresh(refresh, s.now())
	return of.sessionID, ok
}

// Authenticate verifies an access token and returns its claims. It does not call the store,
// so a session that has ended is accepted until its access token expires; see
// [Service.Live].
//
// Errors:
//   - ErrUnauthenticated: the token is missing, forged or expired. Under HostSessions every
//     token is refused.
//   - ErrUnavailable: the TokenIssuer of the host was not available.
func (s *Service) Authenticate(ctx context.Context, access Secret) (Claims, error) {
	if s.cfg.HostSessions || access == "" {
		return Claims{}, ErrUnauthenticated
	}
	c, err := s.tokens.VerifyToken(ctx, access)
	if errors.Is(err, ErrUnavailable) {
		return Claims{}, err
	}
	if err != nil || c.UserID == "" {
		return Claims{}, ErrUnauthenticated
	}
	return c, nil
}

// The ways to sign in that the package has itself.
var (
	byCode     = signInFacts{amr: []string{amrCode}}
	byPassword = signInFacts{amr: []string{amrPassword}}
)

// How somebody proved who they are (RFC 8176, section 2).
const (
	amrCode     = "sms"
	amrPassword = "pwd"
)

// StartSessionRequest names a user who has proved to the host who they are, for example by
// a passkey, or to the system that this one replaces.
type StartSessionRequest struct {
	// UserID is the ID of an account that exists. No account is created.
	UserID string
	// Epoch is the User.Epoch that the account had when the user proved who they are. AnyEpoch is
	// refused.
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
	if r.Epoch < 0 || len(r.AMR) == 0 || r.AuthTime.IsZero() || r.AuthTime.After(s.now()) {
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
