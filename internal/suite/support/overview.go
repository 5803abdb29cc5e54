package support

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func overview(d *desk) {
	d.signIn()
	require.NoError(d, d.register(phone))
	for range 2 {
		require.Error(d, d.register(phone), "within a minute")
	}
	d.Elapse(time.Hour)
	require.NoError(d, d.register("+33600000178"))
	sent := d.Events(phoneauth.EventCodeSent)[2]
	d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: sent.MessageID, Sender: sent.Sender, Status: phoneauth.Undelivered, Code: "30007"})
	require.NoError(d, d.register(neighbour))
	d.written()

	now := d.Now()
	require.NoError(d, d.journal.AppendEntries(d.Context(), []phoneauth.JournalEntry{{
		ID: "notice", Time: now, ExpiresAt: now.Add(time.Hour), Print: "p",
		Type: phoneauth.EventSendFailed, Purpose: string(phoneauth.NoticePhoneChanged), Region: "EG",
	}}), "a notice is no code")
	got, err := d.Overview(d.Context(), phoneauth.OverviewQuery{From: now.Add(-2 * time.Hour), To: now.Add(time.Second)})
	require.NoError(d, err)
	total := phoneauth.Traffic{Sent: 4, Verified: 1, Undelivered: 1, Refused: 2}
	assert.Equal(d, total, got.Traffic)
	assert.InDelta(d, 1.0/4, got.Conversion(), 1e-9)
	egypt := phoneauth.Traffic{Sent: 3, Verified: 1, Refused: 2}
	assert.Equal(d, map[string]phoneauth.Traffic{"EG": egypt, "FR": {Sent: 1, Undelivered: 1}}, got.Countries, "a report is of its send's country")
	assert.Equal(d, map[string]phoneauth.Traffic{sent.Sender: {Sent: 4, Undelivered: 1}}, got.Senders)
	assert.Equal(d, map[string]phoneauth.Traffic{"sms": total}, got.Channels)
	assert.Equal(d, map[string]int{phoneauth.LimitPhoneSends: 2}, got.Limits)
	hour := now.UTC().Truncate(time.Hour)
	assert.Equal(d, map[time.Time]phoneauth.Traffic{
		hour.Add(-time.Hour): {Sent: 2, Verified: 1, Refused: 2}, hour: {Sent: 2, Undelivered: 1},
	}, got.Hours)

	d.Elapse(time.Minute)
	day, err := d.Overview(d.Context(), phoneauth.OverviewQuery{})
	require.NoError(d, err)
	assert.Equal(d, total, day.Traffic, "the last day, where no time is given")
	assert.Equal(d, d.Now(), day.To)
	assert.Equal(d, 24*time.Hour, day.To.Sub(day.From))

	before, err := d.Overview(d.Context(), phoneauth.OverviewQuery{To: now.Add(-3 * time.Hour)})
	require.NoError(d, err)
	assert.Zero(d, before.Traffic)
	assert.Zero(d, before.Conversion())
	assert.Empty(d, before.Hours)
}

func overviewUnread(d *desk) {
	d.journal.unread = true
	_, err := d.Overview(d.Context(), phoneauth.OverviewQuery{})
	require.ErrorIs(d, err, phoneauth.ErrUnavailable)
	_, err = d.Env.Service().Overview(d.Context(), phoneauth.OverviewQuery{})
	assert.ErrorIs(d, err, phoneauth.ErrNoJournal)
}

func revealed(d *desk) {
	session := d.signIn()
	state := d.inspect()
	got, err := d.Reveal(d.Context(), state, ana)
	require.NoError(d, err)
	assert.Equal(d, phone, got)
	assert.Contains(d, types(d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID})), phoneauth.EventPhoneShown)

	var meant, done int
	for _, e := range d.timeline(phoneauth.TimelineQuery{Phone: phone}) {
		switch {
		case e.Intent == phoneauth.EventPhoneShown:
			meant++
		case e.Type == phoneauth.EventPhoneShown:
			done++
		default:
			continue
		}
		assert.Equal(d, ana, phoneauth.Actor{Name: e.Actor, Reason: e.Reason})
	}
	assert.Equal(d, 1, meant)
	assert.Equal(d, 1, done)

	d.journal.away = true
	got, err = d.Reveal(d.Context(), state, ana)
	require.ErrorIs(d, err, phoneauth.ErrUnavailable)
	assert.Empty(d, got, "nobody sees what is not written down")
	_, err = d.Export(phoneauth.WithActor(d.Context(), ana), session.User.ID)
	require.ErrorIs(d, err, phoneauth.ErrUnavailable)
	d.journal.away = false
}

func inspectedUser(d *desk) {
	session := d.signIn()
	state, err := d.InspectUser(d.Context(), session.User.ID)
	require.NoError(d, err)
	assert.Equal(d, d.inspect(), state)
	_, err = d.InspectUser(d.Context(), "none")
	assert.ErrorIs(d, err, phoneauth.ErrNotFound)
}

func placed(d *desk) {
	d.Service = d.Env.Service(func(c *phoneauth.Config) {
		c.Journal.Store = d.journal
		c.Hooks.Place = func(context.Context, netip.Addr) string { return "Cairo" }
	})
	in := phoneauth.LoginRequest{
		Phone: phone, Client: phoneauth.ClientInfo{Addr: netip.MustParseAddr("192.0.2.1"), Name: "Chrome on Android"},
	}
	for range 2 {
		require.NoError(d, d.register(phone))
		in.Code = d.Inbox.Code(d, phone)
		_, err := d.Login(d.Context(), in)
		require.NoError(d, err)
	}
	entries := d.timeline(phoneauth.TimelineQuery{Phone: phone})
	for _, what := range []phoneauth.EventType{phoneauth.EventSignedUp, phoneauth.EventSignedIn} {
		i := slices.IndexFunc(entries, func(e phoneauth.Entry) bool { return e.Type == what })
		require.GreaterOrEqual(d, i, 0, what)
		assert.Equal(d, "Chrome on Android", entries[i].Client)
		assert.Equal(d, "Cairo", entries[i].Place)
	}
}
