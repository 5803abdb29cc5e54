package phoneauth

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// SessionInfo is a session as its owner sees it.
type SessionInfo struct {
	ID string `json:"id"`
	// CreatedAt is the sign-in, LastUsedAt the last time that tokens were rotated.
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	// Client is a coarse name of the program, such as "Chrome on Android", and Place what
	// Hooks.Place said; both may be empty.
	Client string `json:"client,omitempty"`
	Place  string `json:"place,omitempty"`
	// AMR says how the user signed in (RFC 8176): "sms", "pwd".
	AMR []string `json:"amr"`
}

// Sessions returns the sessions of a user that are live, newest use first. Under
// HostSessions there is none. ErrNotFound: there is no such user; ErrUnavailable.
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
		if r.Epoch == user.Epoch { // one of an epoch before is worth nothing
			all = append(all, SessionInfo{r.ID, r.CreatedAt, r.LastUsedAt(), r.Client, r.Place, r.AMR})
		}
	}
	return all, nil
}

// EndSession ends one session of a user, and its device is no known device any more.
// Access tokens stay good until they expire, but not for what needs a live session.
//
// Errors: ErrNotFound, the user has no live session with this ID; ErrUnavailable, it may
// have ended: do it again.
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
	ctx, done, err := s.uninterrupted(ctx)
	if err != nil {
		return err
	}
	defer done()
	meant := s.aboutUser(user, EventSessionEnded)
	meant.SessionID = sessionID
	if err := s.intends(ctx, meant); err != nil {
		return err
	}
	// The device first: as long as there is the session, this can be done again.
	if err := s.endDevice(ctx, user, rec.DeviceID); err != nil {
		return err
	}
	if err := s.store.EndSession(ctx, userID, sessionID); err != nil {
		return err
	}
	e := s.aboutUser(user, EventSessionEnded)
	e.SessionID = sessionID
	s.event(ctx, e)
	return nil
}

// endOwnSession is EndSession for the user of claims. For a session that is older than the
// one of claims the sign-in must be at most 5 minutes old, so that a thief cannot throw the
// owner out: ErrReauthenticate.
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
	return s.EndSession(ctx, user.ID, id)
}

// Live is User for what must not wait for an access token to expire: the session of claims
// must be live too, and of the account's epoch. It asks the store twice. Hosts with
// sessions of their own vouch for claims.
//
// Errors: ErrUnauthenticated; ErrUnavailable.
func (s *Service) Live(ctx context.Context, claims Claims) (User, error) {
	user, _, err := s.live(ctx, claims)
	return user, err
}

// live is the account and the session of claims.
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

// EndOtherSessions ends every session of the user of claims but this one. With devices, all
// known devices but this one are known no more. Where another session is older than this
// one, the sign-in must be at most 5 minutes old.
//
// Errors: ErrUnauthenticated; ErrReauthenticate; ErrUnavailable, some may not have ended: do
// it again.
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
		if r.ID != own.ID && r.CreatedAt.Before(own.CreatedAt) && !s.fresh(own.AuthTime) {
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

// maxSessionText is how long the texts of a session are, in bytes.
const maxSessionText = 64

// placeOf is place for the client of c, which is asked about once.
func (s *Service) placeOf(ctx context.Context, c *call) string {
	if c.place != "" {
		return c.place
	}
	return s.place(ctx, c.client)
}

// place asks the host where a client is.
func (s *Service) place(ctx context.Context, c ClientInfo) string {
	if s.cfg.Hooks.Place == nil || !c.Addr.IsValid() {
		return ""
	}
	return truncated(s.cfg.Hooks.Place(ctx, c.Addr), maxSessionText)
}

// truncated is text without what is not valid UTF-8, cut to so many bytes at a whole
// character.
func truncated(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
