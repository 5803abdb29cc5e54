package support

import (
	"context"
	"encoding/json"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

var ana = phoneauth.Actor{Name: "ana", Reason: "ticket 7"}

// prove proves neighbour for a change of the user's number.
func (d *desk) prove(userID string) phoneauth.Secret {
	d.Helper()
	change := phoneauth.RegisterRequest{Phone: neighbour, Purpose: phoneauth.PurposePhoneChange, BoundTo: userID}
	_, err := d.Register(d.Context(), change)
	require.NoError(d, err)
	proof, err := d.Verify(d.Context(), phoneauth.VerifyRequest{
		Phone: neighbour, Purpose: change.Purpose, BoundTo: change.BoundTo, Code: d.Inbox.Code(d, neighbour),
	})
	require.NoError(d, err)
	return proof.Token
}

func operators(d *desk) {
	session := d.signIn()
	ctx := phoneauth.WithActor(d.Context(), ana)
	require.NoError(d, d.Unlock(ctx, phone))
	require.NoError(d, d.EndSession(ctx, session.User.ID, session.ID))
	require.NoError(d, d.SetBlocked(ctx, session.User.ID, true))
	require.NoError(d, d.SetBlocked(ctx, session.User.ID, false))
	require.NoError(d, d.LogoutAll(ctx, session.User.ID))
	_, err := d.Export(ctx, session.User.ID)
	require.NoError(d, err)
	meant, done := map[phoneauth.EventType]int{}, map[phoneauth.EventType]int{}
	entries := append(d.timeline(phoneauth.TimelineQuery{Phone: phone}), d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID})...)
	for _, e := range entries {
		switch {
		case e.Type == phoneauth.EventOperator:
			meant[e.Intent]++
		case e.Actor != "":
			done[e.Type]++
		default:
			continue
		}
		assert.Equal(d, ana, phoneauth.Actor{Name: e.Actor, Reason: e.Reason})
	}
	assert.Equal(d, meant, done, "as meant before, as done after")
	for _, what := range []phoneauth.EventType{
		phoneauth.EventUnlocked, phoneauth.EventSessionEnded, phoneauth.EventBlocked, phoneauth.EventUnblocked, phoneauth.EventSignedOut,
		phoneauth.EventExported,
	} {
		assert.NotZero(d, meant[what], what)
	}
}

func operatorUnwritten(d *desk) {
	session := d.signIn()
	d.written()
	d.journal.away = true
	ctx := phoneauth.WithActor(d.Context(), ana)
	require.ErrorIs(d, d.SetBlocked(ctx, session.User.ID, true), phoneauth.ErrUnavailable)
	require.ErrorIs(d, d.Remove(d.Context(), session.User.ID, ana), phoneauth.ErrUnavailable)
	user, err := d.Store.UserByID(d.Context(), session.User.ID)
	require.NoError(d, err)
	assert.False(d, user.Blocked, "it was not done")
	require.NoError(d, d.SetBlocked(d.Context(), session.User.ID, true), "nobody's deed needs no journal")
	d.journal.away = false
}

func removed(d *desk) {
	session := d.signIn()
	d.written()
	require.NoError(d, d.Remove(d.Context(), session.User.ID, ana))
	_, err := d.Store.UserByID(d.Context(), session.User.ID)
	require.ErrorIs(d, err, phoneauth.ErrNotFound)
	_, err = d.Authenticate(d.Context(), session.AccessToken)
	require.NoError(d, err, "the token is good until it expires")
	assert.ErrorIs(d, d.Remove(d.Context(), session.User.ID, ana), phoneauth.ErrNotFound)

	assert.Empty(d, d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID}))
	entries := d.timeline(phoneauth.TimelineQuery{Phone: phone})
	require.NotEmpty(d, entries)
	for _, e := range entries {
		if e.Type == phoneauth.EventDeleted {
			assert.Equal(d, "ana", e.Actor)
			e.Actor, e.Reason = "", ""
		}
		assert.Equal(d, phoneauth.Entry{
			Time: e.Time, Type: e.Type, Count: e.Count, Region: e.Region, Purpose: e.Purpose, Channel: e.Channel, Sender: e.Sender,
		}, e, "print, type and time are left")
	}
	require.NoError(d, d.register(phone), "the number is free")
}

func removalFails(d *desk) {
	session := d.signIn()
	broken := d.Env.Service(func(c *phoneauth.Config) {
		c.Journal.Store = d.journal
		c.Store = &suite.Spied{Store: d.Store, Before: func(_ context.Context, verb string, _ ...any) error {
			if verb == "DeleteUser" {
				return errAway
			}
			return nil
		}}
	})
	require.ErrorIs(d, broken.Remove(d.Context(), session.User.ID, ana), phoneauth.ErrUnavailable)
	var names []string
	for _, e := range d.timeline(phoneauth.TimelineQuery{Phone: phone}) {
		if e.Type == phoneauth.EventOperator {
			names = append(names, e.Actor)
			assert.Equal(d, phoneauth.EventDeleted, e.Intent)
		}
	}
	assert.Equal(d, []string{"ana"}, names, "whoever was about to delete the account is known")
}

func movedPhone(d *desk) {
	session := d.signIn()
	token := d.prove(session.User.ID)
	_, err := d.MovePhone(d.Context(), "none", token, ana)
	require.ErrorIs(d, err, phoneauth.ErrNotFound)
	_, err = d.MovePhone(d.Context(), session.User.ID, "junk", ana)
	require.ErrorIs(d, err, phoneauth.ErrInvalidToken)
	moved, err := d.MovePhone(d.Context(), session.User.ID, token, ana)
	require.NoError(d, err)
	assert.Equal(d, neighbour, moved.Phone.E164())
	d.Settle()
	last, _ := d.Inbox.Last(phone)
	assert.Equal(d, phoneauth.NoticePhoneChanged, last.Purpose, "the old number is told")
	_, err = d.Refresh(d.Context(), phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.ErrorIs(d, err, phoneauth.ErrInvalidToken, "every session has ended")
}

func exported(d *desk) {
	session := d.signIn()
	d.written()
	export, err := d.Export(d.Context(), session.User.ID)
	require.NoError(d, err)
	assert.Equal(d, phone, export.Phone)
	require.Len(d, export.Sessions, 1)
	assert.Equal(d, "Chrome on Android", export.Sessions[0].Client)
	assert.NotEmpty(d, export.Activity)
	text, err := json.Marshal(export)
	require.NoError(d, err)
	assert.Contains(d, string(text), `"phone":"+201061797840"`)
	assert.NotContains(d, string(text), string(session.RefreshToken))
	_, err = d.Export(d.Context(), "none")
	assert.ErrorIs(d, err, phoneauth.ErrNotFound)
}
