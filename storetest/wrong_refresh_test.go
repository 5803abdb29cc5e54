package storetest

import (
	"context"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// refreshable reports whether RefreshSession may do its work for this user and this session.
func refreshable(u phoneauth.User, uuid string, record phoneauth.SessionRecord, r phoneauth.Rotation) bool {
	return u.ID != "" && u.UUID == uuid && !u.Blocked && !u.Locked && record.UserID == u.ID && record.Epoch == u.Epoch &&
		record.Live(r.Now) && len(r.Digest) > 0 && slices.Equal(record.Digest, r.Digest)
}

// RefreshSession implements [phoneauth.Refresher].
func (a *accounts) RefreshSession(ctx context.Context, userID, uuid string, r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error) {
	return a.refreshUnless(userID, uuid, r, func(*phoneauth.User, *phoneauth.SessionRecord) {})
}

// refreshUnless is RefreshSession that takes the user and the session for what change makes of them.
func (a *accounts) refreshUnless(userID, uuid string, r phoneauth.Rotation, change func(*phoneauth.User, *phoneauth.SessionRecord)) (phoneauth.User, phoneauth.SessionRecord, error) {
	user, record := a.users[userID], a.sessions[r.ID]
	change(&user, &record)
	if !refreshable(user, uuid, record, r) {
		return phoneauth.User{}, phoneauth.SessionRecord{}, phoneauth.ErrNotFound
	}
	next, err := a.RotateSession(ctx, r)
	return a.users[userID], next, err
}

// RefreshSession implements [phoneauth.Refresher].
func (w *broken) RefreshSession(ctx context.Context, userID, uuid string, r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error) {
	if w.refresh != nil {
		return w.refresh(userID, uuid, r)
	}
	return w.byHand.RefreshSession(ctx, userID, uuid, r)
}

// mistaking is a store that takes the user and the session for something else.
func mistaking(change func(uuid string, r phoneauth.Rotation, u *phoneauth.User, record *phoneauth.SessionRecord)) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.refresh = func(userID, uuid string, r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error) {
			return s.refreshUnless(userID, uuid, r, func(u *phoneauth.User, record *phoneauth.SessionRecord) { change(uuid, r, u, record) })
		}
	}
}

var wrongRefreshes = []wrongStore{
	{"Refresh keeps the digest", "Refresh", func(w *broken, s *byHand) {
		w.refresh = func(userID, uuid string, r phoneauth.Rotation) (phoneauth.User, phoneauth.SessionRecord, error) {
			return s.users[userID], s.sessions[r.ID], nil
		}
	}},
	{"Refresh for another user", "Refresh of something else", mistaking(func(_ string, _ phoneauth.Rotation, u *phoneauth.User, record *phoneauth.SessionRecord) {
		record.UserID, record.Epoch = u.ID, u.Epoch
	})},
	{"Refresh for any UUID", "Refresh of something else", mistaking(func(uuid string, _ phoneauth.Rotation, u *phoneauth.User, _ *phoneauth.SessionRecord) {
		u.UUID = uuid
	})},
	{"Refresh within the grace", "Refresh of something else", mistaking(func(_ string, r phoneauth.Rotation, _ *phoneauth.User, record *phoneauth.SessionRecord) {
		if string(record.Previous) == string(r.Digest) {
			record.Digest = r.Digest
		}
	})},
	{"Refresh of a blocked user", "Refresh of a user who changed", mistaking(func(_ string, _ phoneauth.Rotation, u *phoneauth.User, _ *phoneauth.SessionRecord) {
		u.Blocked = false
	})},
	{"Refresh of a locked user", "Refresh of a user who changed", mistaking(func(_ string, _ phoneauth.Rotation, u *phoneauth.User, _ *phoneauth.SessionRecord) {
		u.Locked = false
	})},
	{"Refresh at another epoch", "Refresh of a user who changed", mistaking(func(_ string, _ phoneauth.Rotation, u *phoneauth.User, record *phoneauth.SessionRecord) {
		record.Epoch = u.Epoch
	})},
}
