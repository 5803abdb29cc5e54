package support

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// arrival is what the token says of its text, once the journal has what happened so far.
func (d *desk) arrival(token phoneauth.Secret) phoneauth.Arrival {
	d.Helper()
	d.written()
	a, err := d.Arrival(d.Context(), token)
	require.NoError(d, err)
	return a
}

// report tells of the newest text.
func (d *desk) report(status phoneauth.DeliveryStatus) {
	sent := d.Events(phoneauth.EventCodeSent)
	last := sent[len(sent)-1]
	d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: last.MessageID, Sender: last.Sender, Status: status, Code: "30007"})
}

func arrivals(d *desk) {
	p, _ := d.SendCode(phone)
	assert.Zero(d, d.arrival(p.ChallengeToken), "the sender has not reported anything so far")
	d.Elapse(8 * time.Second)
	d.report(phoneauth.Delivered)
	assert.Equal(d, phoneauth.Arrival{Status: phoneauth.Delivered, At: d.Now()}, d.arrival(p.ChallengeToken))
	delivered := d.Now()
	d.report(phoneauth.Undelivered)
	assert.Equal(d, phoneauth.Arrival{Status: phoneauth.Delivered, At: delivered}, d.arrival(p.ChallengeToken), "it has arrived once")

	d.Elapse(time.Minute)
	again, _ := d.SendCode(phone)
	for _, token := range []phoneauth.Secret{p.ChallengeToken, again.ChallengeToken} {
		assert.Equal(d, phoneauth.Arrival{Status: phoneauth.OnItsWay, At: d.Now()}, d.arrival(token), "the newest text counts")
	}
	d.Elapse(time.Second)
	d.report(phoneauth.Undelivered)
	assert.Equal(d, phoneauth.Arrival{Status: phoneauth.Undelivered, At: d.Now()}, d.arrival(p.ChallengeToken))

	other := d.Again() // another process knows it from the journal
	a, err := other.Arrival(d.Context(), p.ChallengeToken)
	require.NoError(d, err)
	assert.Equal(d, phoneauth.Undelivered, a.Status)

	d.Elapse(time.Minute)
	d.Inbox.FailNext(&phoneauth.SendError{Class: phoneauth.Temporary})
	_, err = d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.Error(d, err)
	assert.Zero(d, d.arrival(p.ChallengeToken), "the newest text did not leave")
}

func noArrivals(d *desk) {
	session := d.SignIn(phone)
	d.Elapse(time.Minute)
	device := phoneauth.ClientInfo{Device: session.DeviceToken}
	owners, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Client: device})
	require.NoError(d, err)
	d.report(phoneauth.Delivered)
	d.Elapse(time.Second)
	theirs, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(d, err)
	assert.Equal(d, phoneauth.Delivered, d.arrival(owners.ChallengeToken).Status, "of its own text, not of the newest")
	assert.Equal(d, phoneauth.OnItsWay, d.arrival(theirs.ChallengeToken).Status)

	for _, junk := range []phoneauth.Secret{"", "junk", session.RefreshToken} {
		_, err := d.Arrival(d.Context(), junk)
		assert.ErrorIs(d, err, phoneauth.ErrInvalidToken)
	}
	reset, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: neighbour, Purpose: phoneauth.PurposePasswordReset})
	require.NoError(d, err)
	_, err = d.Arrival(d.Context(), reset.ChallengeToken)
	assert.ErrorIs(d, err, phoneauth.ErrPurpose)
	d.Elapse(11 * time.Minute)
	_, err = d.Arrival(d.Context(), theirs.ChallengeToken)
	assert.ErrorIs(d, err, phoneauth.ErrInvalidToken, "expired")

	unread := d.Again(func(c *phoneauth.Config) { c.Journal.Store = nil })
	p, _ := unread.SendCode(neighbour)
	a, err := unread.Arrival(d.Context(), p.ChallengeToken)
	require.NoError(d, err)
	assert.Zero(d, a, "there is no journal")
}

func lockedByOwner(d *desk) {
	s := d.Again(func(c *phoneauth.Config) { c.Texts.NotMeURL = "https://example.com/not-me" })
	session := s.SignIn(phone)
	_, err := s.ChangePhone(d.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, neighbour).Token})
	require.NoError(d, err)
	d.Settle()
	last, _ := s.Inbox.Last(phone)
	token := last.Link[len(last.Link)-22:]
	require.NoError(d, s.LockAccount(d.Context(), token))
	require.NoError(d, s.ReopenAccount(d.Context(), session.User.ID, ana))
	require.NoError(d, s.FlushJournal(d.Context()))
	about, err := s.Timeline(d.Context(), phoneauth.TimelineQuery{Phone: phone})
	require.NoError(d, err)
	assert.Contains(d, types(about), phoneauth.EventAccountLocked, "under the number that got the notice")
	about, err = s.Timeline(d.Context(), phoneauth.TimelineQuery{UserID: session.User.ID})
	require.NoError(d, err)
	assert.Subset(d, types(about), []phoneauth.EventType{phoneauth.EventAccountLocked, phoneauth.EventAccountUnlocked, phoneauth.EventOperator})
}

func terms(d *desk) {
	_, code := d.SendCode(phone)
	session, err := d.Login(d.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: phoneauth.ClientInfo{Terms: "2026-11"}})
	require.NoError(d, err)
	entries := d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID})
	require.Len(d, entries, 1)
	assert.Equal(d, "2026-11", entries[0].Terms)
}
