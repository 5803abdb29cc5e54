package phoneauth

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/phoneauth/phoneauth/internal/keyring"
	"github.com/phoneauth/phoneauth/internal/random"
)

// deviceLife is how long a device stays known after a sign-in.
const deviceLife = 180 * 24 * time.Hour

// device is a known device. The zero device stands for a client that is not one.
type device struct {
	id, userID string
	epoch      int64
}

func (d device) known() bool { return d.id != "" }

// signDevice makes the device token for a sign-in at that time. The token contains the
// print of the phone, the user and the epoch. So a change of number or password, a block or
// a deletion ends it.
func (s *Service) signDevice(u User, deviceID string, at time.Time) Secret {
	claims := deviceClaims{s.phonePrint(u.Phone), device{deviceID, u.ID, u.Epoch}, at}
	return Secret(s.keys.SignToken(keyring.Device, claims.encode(), at.Add(deviceLife)))
}

// knownDevice returns the known device that the client of c names, if it belongs to the
// account of c's phone and was not ended. Otherwise it returns the zero device and no error.
func (s *Service) knownDevice(ctx context.Context, c *call) (device, error) {
	if c.client.Device == "" {
		return device{}, nil
	}
	data, ok := s.keys.VerifyToken(keyring.Device, string(c.client.Device), c.now)
	if !ok {
		return device{}, nil
	}
	claims, ok := decodeDevice(data)
	if !ok || claims.phonePrint != c.print {
		return device{}, nil
	}
	user, err := s.deviceOwner(ctx, claims, c.now)
	if errors.Is(err, ErrInvalidToken) || err == nil && user.Phone != c.phone {
		return device{}, nil
	}
	if err != nil {
		return device{}, err
	}
	return claims.device, nil
}

// deviceOwner returns the account of an authentic device token. ErrInvalidToken: the account
// has changed, is gone, blocked or locked, or the device was ended.
func (s *Service) deviceOwner(ctx context.Context, d deviceClaims, now time.Time) (User, error) {
	user, err := s.store.UserByID(ctx, d.device.userID)
	if errors.Is(err, ErrNotFound) {
		return User{}, ErrInvalidToken
	}
	if err != nil {
		return User{}, err
	}
	if user.Blocked || user.Locked || user.Epoch != d.device.epoch || s.phonePrint(user.Phone) != d.phonePrint {
		return User{}, ErrInvalidToken
	}
	ended, err := s.deviceHasEnded(ctx, d, now)
	if err != nil {
		return User{}, err
	}
	if ended {
		return User{}, ErrInvalidToken
	}
	return user, nil
}

// KnownDevice returns the account that a device token belongs to, so that a page can greet its
// owner. It proves nothing: nobody is signed in, and the code is asked for as always. Show the
// number masked, and only to the client that keeps the token. A token that is forged or expired
// costs no call of the store.
//
// Errors:
//   - ErrInvalidToken: the token is forged or expired, the account has changed, is gone, blocked
//     or locked, or the device was ended.
//   - ErrUnavailable.
func (s *Service) KnownDevice(ctx context.Context, token Secret) (User, error) {
	now := s.now()
	data, ok := s.keys.VerifyToken(keyring.Device, string(token), now)
	if !ok {
		return User{}, ErrInvalidToken
	}
	claims, ok := decodeDevice(data)
	if !ok {
		return User{}, ErrInvalidToken
	}
	return s.deviceOwner(ctx, claims, now)
}

// deviceHasEnded reports whether the device was ended, by itself or with all others.
func (s *Service) deviceHasEnded(ctx context.Context, d deviceClaims, now time.Time) (bool, error) {
	state, err := s.store.ReadState(ctx, StateParams{
		Takes:      []Take{deviceEnded(d.phonePrint, d.device.id)},
		Challenges: []string{key(d.phonePrint, kindDevicesEnded)},
		Now:        now,
	})
	if err != nil {
		return false, err
	}
	all := state.Challenges[0]
	before := all.ID != "" && all.ID != d.device.id && !d.at.After(all.ExpiresAt.Add(-deviceLife))
	return state.Waits[0] > 0 || before, nil
}

// endDevice makes the device unknown. It may be called again for the same device.
func (s *Service) endDevice(ctx context.Context, u User, deviceID string) error {
	err := s.store.TakeLimits(ctx, TakeParams{Takes: []Take{deviceEnded(s.phonePrint(u.Phone), deviceID)}, Now: s.now()})
	if _, ended := errors.AsType[*LimitError](err); ended { // it was ended before
		return nil
	}
	return err
}

// deviceEnded returns the take that records the end of a device. It is taken when the device
// is ended, and refuses as long as the device token could be good.
func deviceEnded(phonePrint, deviceID string) Take {
	return Take{
		Key:   keyOf(phonePrint, kindDeviceEnded, deviceID),
		Limit: Limit{Burst: 1, Every: deviceLife},
		Cost:  1,
	}
}

// endDevicesBut makes all known devices of the user unknown except one. The store keeps this
// as a challenge whose secret nobody has: its ID is the device that stays known, and its
// ExpiresAt minus deviceLife is the time of this call. There is a record from the first call
// on, so a call that fails makes no device known again.
func (s *Service) endDevicesBut(ctx context.Context, u User, deviceID string) error {
	p := BeginParams{Now: s.now()}
	p.Challenge = Challenge{
		Key:       key(s.phonePrint(u.Phone), kindDevicesEnded),
		ID:        deviceID,
		Digest:    refreshDigest(random.Secret()),
		TriesLeft: 1,
		ExpiresAt: p.Now.Add(deviceLife),
		Until:     p.Now.AddDate(100, 0, 0), // later calls move ExpiresAt
	}
	for range 3 { // a record of an earlier call, or of one at the same time, gets this ID
		begun, err := s.store.BeginChallenge(ctx, p)
		switch {
		case err == nil && begun.Challenge.ID == deviceID:
			return nil
		case err == nil:
			p.Renew = begun.Challenge.ID
		case errors.Is(err, ErrNotFound):
			p.Renew = ""
		default:
			return err
		}
	}
	return &unavailable{"end devices", errors.New("too many at once")}
}

// SessionInfo describes a session to its owner.
type SessionInfo struct {
	// ID is Session.ID.
	ID string `json:"id"`
	// CreatedAt is when the user signed in.
	CreatedAt time.Time `json:"created_at"`
	// LastUsedAt is when the session was last refreshed, or CreatedAt if it never was.
	LastUsedAt time.Time `json:"last_used_at"`
	// Client is a rough name of the program, such as "Chrome on Android". It may be empty.
	Client string `json:"client,omitempty"`
	// Place is what Hooks.Place returned at the last use. It may be empty.
	Place string `json:"place,omitempty"`
	// AMR says how the user signed in (RFC 8176): "sms", "pwd".
	AMR []string `json:"amr"`
}

// Sessions returns the live sessions of a user. The one that was used last comes first.
// Under HostSessions the list is empty. ErrNotFound: there is no such user; ErrUnavailable.
func (s *Service) Sessions(ctx context.Context, userID string) ([]SessionInfo, error) {
	if s.cfg.HostSessions {
		return nil, nil
	}
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, err
	}
	records, err := s.store.UserSessions(ctx, userID, s.now())
	if err != nil {
		return nil, err
	}
	var all []SessionInfo
	for _, r := range records {
		if r.Epoch == user.Epoch { // a session of an earlier epoch has ended
			all = append(all, SessionInfo{r.ID, r.CreatedAt, r.LastUsedAt(), r.Client, r.Place, r.AMR})
		}
	}
	return all, nil
}

// EndSession ends one session of a user. Its device is no longer a known device. Access
// tokens of the session stay good until they expire, except for methods that need a live
// session.
//
// Errors:
//   - ErrNotFound: the user has no live session with this ID.
//   - ErrUnavailable: the session may or may not have ended. Call it again.
func (s *Service) EndSession(ctx context.Context, userID, sessionID string) error {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	if s.cfg.HostSessions {
		return ErrNotFound
	}
	rec, err := s.store.SessionByID(ctx, sessionID, s.now())
	if err == nil && rec.UserID != userID {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.endSession(ctx, user, rec)
}

// endSession ends a session of user and its device.
func (s *Service) endSession(ctx context.Context, user User, rec SessionRecord) error {
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	e := s.aboutUser(user, EventSessionEnded)
	e.SessionID = rec.ID
	if err := s.intends(ctx, e); err != nil {
		return err
	}
	// The device comes first: while the session exists, a failed call can be repeated.
	if err := s.endDevice(ctx, user, rec.DeviceID); err != nil {
		return err
	}
	if err := s.store.EndSession(ctx, user.ID, rec.ID); err != nil {
		return err
	}
	s.event(ctx, e)
	return nil
}

// evicted reports the session that had to end for another one, if its ID is not empty.
func (s *Service) evicted(ctx context.Context, u User, id string) {
	if id != "" {
		e := s.aboutUser(u, EventSessionEvicted)
		e.SessionID = id
		s.event(ctx, e)
	}
}

// endOwnSession is EndSession for the user of claims. To end a session that is older than
// the one of claims, the sign-in must be fresh, else ErrReauthenticate. Otherwise a thief
// could end the sessions of the owner.
func (s *Service) endOwnSession(ctx context.Context, claims Claims, id string) error {
	user, own, err := s.live(ctx, claims)
	if err != nil {
		return err
	}
	rec, err := s.store.SessionByID(ctx, id, s.now())
	switch {
	case err != nil:
		return err
	case rec.UserID != user.ID:
		return ErrNotFound
	case rec.CreatedAt.Before(own.CreatedAt) && !s.fresh(own.AuthTime):
		return ErrReauthenticate
	}
	return s.endSession(ctx, user, rec)
}

// Live returns the account of claims if the session of claims is live and at the epoch of
// the account. Use it where an ended session must be refused at once, and not only when its
// access token expires. It calls the store twice. Under HostSessions only the account is
// checked.
//
// Errors:
//   - ErrUnauthenticated: the session or the account has ended, or the account is blocked
//     or locked.
//   - ErrUnavailable.
func (s *Service) Live(ctx context.Context, claims Claims) (User, error) {
	user, _, err := s.live(ctx, claims)
	return user, err
}

// live returns the account and the session of claims.
func (s *Service) live(ctx context.Context, claims Claims) (User, SessionRecord, error) {
	user, err := s.User(ctx, claims)
	if err != nil {
		return User{}, SessionRecord{}, err
	}
	if s.cfg.HostSessions {
		return user, SessionRecord{AMR: claims.AMR, AuthTime: claims.AuthTime}, nil
	}
	rec, err := s.store.SessionByID(ctx, claims.SessionID, s.now())
	if errors.Is(err, ErrNotFound) || err == nil && (rec.UserID != user.ID || rec.Epoch != user.Epoch) {
		return User{}, SessionRecord{}, ErrUnauthenticated
	}
	return user, rec, err
}

// User returns the account of c.
//
// Errors:
//   - ErrUnauthenticated: the account is deleted, blocked or locked, or c.Subject is not its
//     UUID. The latter happens when users were restored from a backup and an ID was given
//     to another user.
//   - ErrUnavailable.
func (s *Service) User(ctx context.Context, c Claims) (User, error) {
	user, err := s.store.UserByID(ctx, c.UserID)
	another := c.Subject != "" && c.Subject != user.UUID
	if errors.Is(err, ErrNotFound) || err == nil && (user.Blocked || user.Locked || another) {
		return User{}, ErrUnauthenticated
	}
	return user, err
}

// Reauthenticated returns the account of c, for operations that a stolen access token must
// not reach. The session of c must be live and at the epoch of the account, and its sign-in
// at most 5 minutes old. Under HostSessions only the account and c.AuthTime are checked.
//
// Errors: those of [Service.Live]. ErrReauthenticate: the sign-in is too old.
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

// freshness is the greatest age of a sign-in that is fresh.
const freshness = 5 * time.Minute

// fresh reports whether a sign-in at that time is fresh. A sign-in in the future is not.
func (s *Service) fresh(authTime time.Time) bool {
	age := s.now().Sub(authTime)
	return age <= freshness && age >= -accessLeeway
}

// Logout ends the session of a refresh token. It returns nil for a token that this Service
// did not issue and for a session that has ended already. Access tokens of the session stay
// good until they expire, except for methods that need a live session. ErrUnavailable: the
// session may not have ended.
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

// LogoutAll ends every session of the user. Known devices stay known. Under HostSessions it
// does nothing. ErrUnavailable: some sessions may not have ended; call it again.
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

// EndOtherSessions ends every session of the user except that of claims. If devices is
// true, it also makes all known devices unknown except that of claims. If another session
// is older than that of claims, the sign-in must be at most 5 minutes old. Under
// HostSessions it does nothing.
//
// Errors:
//   - ErrUnauthenticated: the session of claims is not live.
//   - ErrReauthenticate: the sign-in is too old.
//   - ErrUnavailable: some sessions may not have ended. Call it again.
func (s *Service) EndOtherSessions(ctx context.Context, claims Claims, devices bool) error {
	user, own, err := s.live(ctx, claims)
	if err != nil {
		return err
	}
	if s.cfg.HostSessions {
		return nil
	}
	records, err := s.store.UserSessions(ctx, user.ID, s.now())
	if err != nil {
		return err
	}
	for _, r := range records {
		live := r.Epoch == user.Epoch
		if r.ID != own.ID && live && r.CreatedAt.Before(own.CreatedAt) && !s.fresh(own.AuthTime) {
			return ErrReauthenticate
		}
	}
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	if devices {
		if err := s.endDevicesBut(ctx, user, own.DeviceID); err != nil {
			return err
		}
	}
	if err := s.store.EndUserSessions(ctx, user.ID, own.ID); err != nil {
		return err
	}
	e := s.aboutUser(user, EventSignedOut)
	s.event(ctx, e)
	return nil
}

// maxSessionText is the greatest length of the texts of a session, in bytes.
const maxSessionText = 64

// placeOf is place for the client of c, which is asked about once.
func (s *Service) placeOf(ctx context.Context, c *call) string {
	if !c.placed {
		c.place, c.placed = s.place(ctx, c.client), true
	}
	return c.place
}

// place calls the hook Place.
func (s *Service) place(ctx context.Context, c ClientInfo) string {
	if s.cfg.Hooks.Place == nil || !c.Addr.IsValid() {
		return ""
	}
	return truncated(s.cfg.Hooks.Place(ctx, c.Addr), maxSessionText)
}

// truncated returns text without bytes that are not valid UTF-8, cut at a whole character
// to at most most bytes.
func truncated(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
