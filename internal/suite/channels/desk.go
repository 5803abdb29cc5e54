package channels

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Events, the journal and the desk say which channel it was.
func testEventsAndDesk(t *testing.T, o suite.Options) {
	s := newPerson(o.Service(t, three, func(c *phoneauth.Config) { c.Journal.Store = memstore.New() }))
	s.asks(sms)
	s.Inbox.FailNext(phonetest.Destination)
	s.Elapse(30 * time.Second)
	s.unsent(whatsApp)
	s.refused(voice, phoneauth.LimitChannelWait)
	s.Elapse(15 * time.Second)
	s.asks(voice)
	for what, want := range map[phoneauth.EventType][]string{
		phoneauth.EventCodeSent: {sms, voice}, phoneauth.EventSendFailed: {whatsApp}, phoneauth.EventLimited: {voice},
	} {
		var got []string
		for _, e := range s.Events(what) {
			got = append(got, e.Channel)
		}
		assert.Equal(t, want, got, what)
	}
	state, err := s.Inspect(t.Context(), s.phone)
	require.NoError(t, err)
	require.Len(t, state.Codes, 1)
	assert.Equal(t, voice, state.Codes[0].Channel)
	assert.Equal(t, s.Now(), state.Codes[0].SentAt)
	assert.Equal(t, 3, state.Codes[0].Sends)

	sent := s.Events(phoneauth.EventCodeSent)[1]
	s.ReportDelivery(t.Context(), phoneauth.Delivery{ID: sent.MessageID, Sender: sent.Sender, Status: phoneauth.Delivered})
	require.NoError(t, s.gives(s.Code(s.phone, phoneauth.PurposeSignIn)))
	assert.Equal(t, voice, s.Events(phoneauth.EventVerified)[0].Channel)
	assert.Equal(t, voice, s.Events(phoneauth.EventDelivered)[0].Channel)

	require.NoError(t, s.FlushJournal(t.Context()))
	timeline, err := s.Timeline(t.Context(), phoneauth.TimelineQuery{Phone: s.phone})
	require.NoError(t, err)
	var lines []string
	for _, e := range timeline {
		lines = append(lines, string(e.Type)+" "+e.Channel)
	}
	assert.ElementsMatch(t, []string{
		"code_sent sms", "send_failed whatsapp", "limited voice", "code_sent voice", "delivered voice", "verified voice", "signed_up ",
	}, lines)
	all, err := s.Overview(t.Context(), phoneauth.OverviewQuery{To: s.Now().Add(time.Second)})
	require.NoError(t, err)
	assert.Equal(t, map[string]phoneauth.Traffic{
		sms: {Sent: 1}, whatsApp: {Failed: 1}, voice: {Sent: 1, Verified: 1, Delivered: 1, Refused: 1},
	}, all.Channels)
}

func testConfig(t *testing.T, o suite.Options) {
	one := phonetest.New()
	hold := phoneauth.Limit{Burst: 1, Every: 20 * time.Second}
	for name, c := range map[string]struct {
		change func(*phoneauth.Config)
		faults string
	}{
		"neither": {func(c *phoneauth.Config) { c.Sender = nil }, "phoneauth: config: Sender: is required"},
		"names": {func(c *phoneauth.Config) {
			c.Channels = []phoneauth.Channel{
				{Name: "", Sender: one}, {Name: "SMS", Sender: one}, {Name: "a name of 17 ....", Sender: one}, {Name: sms, Sender: one}, {Name: sms, Sender: one},
			}
		}, `phoneauth: config: Channels[0].Name: must be 1 to 16 lower case letters, digits, '-' or '_', is ""
phoneauth: config: Channels[1].Name: must be 1 to 16 lower case letters, digits, '-' or '_', is "SMS"
phoneauth: config: Channels[2].Name: must be 1 to 16 lower case letters, digits, '-' or '_', is "a name of 17 ...."
phoneauth: config: Channels[4].Name: "sms" is taken by another channel`},
		"senders and waits": {func(c *phoneauth.Config) {
			c.Channels = []phoneauth.Channel{{Name: sms}, {Name: voice, Sender: one, Wait: time.Minute + 1}, {Name: whatsApp, Sender: one, Wait: -1}}
		}, `phoneauth: config: Channels[0].Sender: is required
phoneauth: config: Channels[1].Wait: must be from 0 to 1m0s, the shortest Every of Limits.PhoneSends, is 1m0.000000001s
phoneauth: config: Channels[2].Wait: must be from 0 to 1m0s, the shortest Every of Limits.PhoneSends, is -1ns`},
		"hold": {func(c *phoneauth.Config) {
			three(c)
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 2, Every: time.Minute}}
		}, "phoneauth: config: Limits.PhoneSends: the one with the shortest Every must have a Burst of 1, because there are several Channels"},
		"order": {func(c *phoneauth.Config) {
			three(c)
			c.ChannelOrder = map[string][]string{"XX": {sms}, "BR": {"telegram", sms, sms}, "IN": nil, "001": {voice}}
		}, `phoneauth: config: ChannelOrder["BR"]: there is no channel "telegram"
phoneauth: config: ChannelOrder["BR"]: has "sms" twice
phoneauth: config: ChannelOrder["IN"]: needs a channel; leave out regions that are not served in Numbers.Regions
phoneauth: config: ChannelOrder["XX"]: there is no such region`},
		"a short hold": {func(c *phoneauth.Config) {
			three(c)
			c.Channels = c.Channels[:2]
			c.ChannelOrder = nil
			c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 9, Every: time.Hour}, hold}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := phoneauth.Config{Store: o.Store(t), Sender: one, Keys: suite.Keys()}
			c.change(&cfg)
			s, err := phoneauth.New(cfg)
			if c.faults != "" {
				require.EqualError(t, err, c.faults)
				return
			}
			require.NoError(t, err)
			require.NoError(t, s.Close(context.Background()))
		})
	}
	short := newPerson(o.Service(t, three, func(c *phoneauth.Config) {
		c.Channels[2].Wait = 0
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 9, Every: time.Hour}, hold}
	}))
	p := short.asks("")
	assert.Equal(t, map[string]time.Duration{sms: hold.Every, whatsApp: hold.Every, voice: hold.Every}, short.waits(p.Channels),
		"a wait is not longer than the hold")
}
