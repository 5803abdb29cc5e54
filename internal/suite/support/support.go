// Package support is the suite of what a support desk asks: the state of a number, and the
// journal of what happened.
package support

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const (
	phone     = "+201061797840"
	typed     = "+20 106 179 7840"
	neighbour = "+201061797841"
)

// Run runs the suite. A store that keeps no journal leaves out what needs one.
func Run(t *testing.T, o suite.Options) {
	for name, test := range map[string]func(*desk){
		"nothing is known of a new number":        nothingKnown,
		"why the next code is refused":            whyRefused,
		"locks and codes that are out":            locksAndCodes,
		"both sessions of a device can be ended":  bothSessionsOfADevice,
		"a timeline tells what happened":          timeline,
		"refusals of a minute are one line":       refusals,
		"a delivery report finds its send":        delivery,
		"what happened before a change of phone":  changedPhone,
		"what operators do is written twice":      operators,
		"an operator who cannot be written down":  operatorUnwritten,
		"a deletion that fails keeps a name":      removalFails,
		"who hangs up loses no entry":             flushHangsUp,
		"STOP is in the timeline":                 stopped,
		"a report that comes before its send":     earlyDelivery,
		"what a provider says may be long":        longWords,
		"a journal with a bug ends no process":    journalPanics,
		"a code that nobody was sent":             notSent,
		"the wait is the longest":                 longestWait,
		"a removed account leaves print and time": removed,
		"a number is moved for who lost the old":  movedPhone,
		"an export has what is kept":              exported,
		"a whole number is shown to operators":    revealed,
		"an account says as much as its number":   inspectedUser,
		"a sign-in says by what and where":        placed,
		"an overview counts what happened":        overview,
		"an overview needs the journal":           overviewUnread,
		"a code is sent again by another channel": resent,
		"a resend makes no code":                  resendsNoCode,
		"a resend takes the limits of the number": resendLimited,
		"a resend asks nobody for a human check":  resendAsksNobody,
		"a resend that does not go out":           resendFails,
		"a resend by the only channel":            resentByTheOnlyChannel,
		"a token tells how its own text fares":    arrivals,
		"nothing is told of other texts":          noArrivals,
		"a lock stands under the number it is of": lockedByOwner,
		"a sign-in says which terms it accepted":  terms,
	} {
		t.Run(name, func(t *testing.T) {
			store := o.Store(t)
			journal, ok := store.(phoneauth.JournalStore)
			if !ok {
				t.Skip("the store keeps no journal")
			}
			e := suite.New(t, store)
			held := &switched{JournalStore: journal}
			d := &desk{Env: e, journal: held, Service: e.Service(func(c *phoneauth.Config) { c.Journal.Store = held })}
			test(d)
		})
	}
}

// desk is a Service with a journal.
type desk struct {
	*suite.Env
	*suite.Service
	journal *switched
}

// switched is a journal that can be away.
type switched struct {
	phoneauth.JournalStore
	away, unread bool
	// during is called while entries are being written, once.
	during func([]phoneauth.JournalEntry)
}

var errAway = errors.New("away")

func (s *switched) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	if s.away {
		return errAway
	}
	if during := s.during; during != nil {
		s.during = nil
		during(entries)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.JournalStore.AppendEntries(ctx, entries)
}

func (s *switched) Entries(ctx context.Context, q phoneauth.JournalQuery) ([]phoneauth.JournalEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.JournalStore.Entries(ctx, q)
}

func (s *switched) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	if s.unread {
		return nil, errAway
	}
	return s.JournalStore.CountEntries(ctx, q)
}

// written waits until the journal has what happened so far.
func (d *desk) written() {
	d.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(d, d.Service.FlushJournal(ctx))
}

func (d *desk) timeline(q phoneauth.TimelineQuery) []phoneauth.Entry {
	d.Helper()
	d.written()
	entries, err := d.Timeline(d.Context(), q)
	require.NoError(d, err)
	return entries
}

func types(entries []phoneauth.Entry) (all []phoneauth.EventType) {
	for _, e := range entries {
		all = append(all, e.Type)
	}
	return all
}

func (d *desk) register(phone string) error {
	_, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone})
	return err
}

func (d *desk) inspect() *phoneauth.PhoneState {
	d.Helper()
	state, err := d.Inspect(d.Context(), typed)
	require.NoError(d, err)
	return state
}

func (d *desk) signIn() *phoneauth.Session {
	d.Helper()
	require.NoError(d, d.register(phone))
	session, err := d.Login(d.Context(), phoneauth.LoginRequest{
		Phone: phone, Code: d.Inbox.Code(d, phone), Client: phoneauth.ClientInfo{Name: "Chrome on Android"},
	})
	require.NoError(d, err)
	return session
}

func nothingKnown(d *desk) {
	state := d.inspect()
	assert.Equal(d, phone, state.Phone.E164())
	assert.Equal(d, "EG", state.Region)
	assert.Nil(d, state.User)
	assert.Nil(d, state.NextSend)
	assert.Empty(d, state.Locks)
	assert.Empty(d, state.Codes)
	require.Len(d, state.Scores, 3)
	assert.Equal(d, phoneauth.ScoreInfo{Limit: phoneauth.LimitBlock, Asks: 10, Max: 20}, state.Scores[0])
	assert.Equal(d, phoneauth.ScoreInfo{Limit: phoneauth.LimitCountry, Asks: 50, Max: 400}, state.Scores[2])
	unasked := d.Env.Service(func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckNever })
	without, err := unasked.Inspect(d.Context(), phone)
	require.NoError(d, err)
	assert.Equal(d, phoneauth.ScoreInfo{Limit: phoneauth.LimitCountry, Max: 100}, without.Scores[2])
	_, err = d.Inspect(d.Context(), "nobody")
	assert.ErrorIs(d, err, phoneauth.ErrInvalidPhone)
}

func whyRefused(d *desk) {
	require.NoError(d, d.register(phone))
	state := d.inspect()
	assert.Equal(d, &phoneauth.Refusal{Limit: phoneauth.LimitPhoneSends, Until: d.Now().Add(time.Minute)}, state.NextSend)
	assert.Equal(d, 1.0, state.Scores[0].Value)
	d.Elapse(30 * time.Second)
	assert.Equal(d, d.Now().Add(30*time.Second), d.inspect().NextSend.Until)
	d.Elapse(30 * time.Second)
	assert.Nil(d, d.inspect().NextSend)

	dry := d.Env.Service(func(c *phoneauth.Config) { c.Limits.Block = 1 })
	state, err := dry.Inspect(d.Context(), phone)
	require.NoError(d, err)
	require.NotNil(d, state.NextSend)
	assert.Equal(d, phoneauth.LimitBlock, state.NextSend.Limit)
	_, err = dry.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone})
	var refused *phoneauth.LimitError
	require.ErrorAs(d, err, &refused, "as Inspect says")
	assert.Greater(d, refused.RetryAfter, time.Hour)
	assert.WithinDuration(d, d.Now().Add(refused.RetryAfter), state.NextSend.Until, time.Millisecond)

	full := d.Env.Service(func(c *phoneauth.Config) { c.Limits.ServiceSends = phoneauth.Limit{Burst: 1, Every: time.Hour} })
	_, err = full.Register(d.Context(), phoneauth.RegisterRequest{Phone: neighbour})
	require.NoError(d, err)
	state, err = full.Inspect(d.Context(), phone)
	require.NoError(d, err)
	assert.Equal(d, &phoneauth.Refusal{Limit: phoneauth.LimitServiceSends, Until: d.Now().Add(time.Hour)}, state.NextSend)
}

// bothSessionsOfADevice: the device of the second was ended with the first.
func bothSessionsOfADevice(d *desk) {
	first := d.signIn()
	d.Elapse(time.Hour)
	known := phoneauth.ClientInfo{Device: first.DeviceToken}
	_, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Client: known})
	require.NoError(d, err)
	second, err := d.Login(d.Context(), phoneauth.LoginRequest{Phone: phone, Code: d.Inbox.Code(d, phone), Client: known})
	require.NoError(d, err)
	require.NoError(d, d.EndSession(d.Context(), first.User.ID, first.ID))
	require.NoError(d, d.EndSession(d.Context(), first.User.ID, second.ID))
}

func locksAndCodes(d *desk) {
	session := d.signIn()
	for range 2 {
		d.Elapse(time.Hour)
		require.NoError(d, d.register(phone))
		code := d.Inbox.Code(d, phone)
		for i := range 5 {
			_, err := d.Verify(d.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrong(code)})
			require.ErrorIs(d, err, phoneauth.ErrInvalidCode)
			if i == 1 {
				state := d.inspect()
				require.Len(d, state.Codes, 1)
				assert.Equal(d, phoneauth.CodeInfo{
					Purpose: phoneauth.PurposeSignIn, TriesLeft: 3, Sends: 1, Channel: "sms", ExpiresAt: d.Now().Add(5 * time.Minute),
				}, state.Codes[0])
			}
		}
	}
	state := d.inspect()
	assert.Equal(d, session.User.ID, state.User.ID)
	assert.Empty(d, state.Codes, "used up")
	lock := phoneauth.Lock{Limit: phoneauth.LimitPhoneFailures, Failures: 10, Since: d.Now(), Until: d.Now().Add(15 * time.Minute)}
	assert.Equal(d, []phoneauth.Lock{lock}, state.Locks)
	assert.Equal(d, &phoneauth.Refusal{Limit: lock.Limit, Until: lock.Until}, state.NextSend)
	require.NoError(d, d.Unlock(d.Context(), phone))
	assert.Empty(d, d.inspect().Locks)
}

// wrong is a well-formed code other than code.
func wrong(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

func timeline(d *desk) {
	session := d.signIn()
	d.Elapse(time.Minute)
	require.NoError(d, d.register(phone))
	require.Error(d, d.register(phone))
	require.NoError(d, d.SetBlocked(d.Context(), session.User.ID, true))
	require.NoError(d, d.register(neighbour))

	for _, q := range []phoneauth.TimelineQuery{{}, {Phone: typed, UserID: session.User.ID}} {
		_, err := d.Timeline(d.Context(), q)
		require.Error(d, err, "one of both")
	}
	entries := d.timeline(phoneauth.TimelineQuery{Phone: typed})
	assert.ElementsMatch(d, []phoneauth.EventType{
		phoneauth.EventCodeSent, phoneauth.EventVerified, phoneauth.EventSignedUp,
		phoneauth.EventCodeSent, phoneauth.EventLimited, phoneauth.EventBlocked,
	}, types(entries), "of this number, and of no other")
	for i := 1; i < len(entries); i++ {
		assert.False(d, entries[i].Time.After(entries[i-1].Time), "newest first")
	}
	for _, e := range entries {
		assert.NotContains(d, e.Phone, "61797", "masked")
		if e.Type == phoneauth.EventLimited {
			assert.Equal(d, phoneauth.LimitPhoneSends, e.Limit)
			assert.Empty(d, e.Sender)
			assert.True(d, d.Now().Add(time.Minute).Equal(e.Until))
		}
	}
	assert.ElementsMatch(d, []phoneauth.EventType{phoneauth.EventSignedUp, phoneauth.EventBlocked},
		types(d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID})), "of the account")
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone, Limit: 2}), 2)
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone, Before: d.Now()}), 3)

	bare := d.Env.Service()
	_, err := bare.Timeline(d.Context(), phoneauth.TimelineQuery{Phone: phone})
	assert.ErrorIs(d, err, phoneauth.ErrNoJournal)
}

func refusals(d *desk) {
	require.NoError(d, d.register(phone))
	for range 5 {
		require.Error(d, d.register(phone))
	}
	d.written()
	for range 3 {
		require.Error(d, d.register(phone))
	}
	var counts []int
	for _, e := range d.timeline(phoneauth.TimelineQuery{Phone: phone}) {
		if e.Type == phoneauth.EventLimited {
			counts = append(counts, e.Count)
		}
	}
	assert.Equal(d, []int{8}, counts)
}

func delivery(d *desk) {
	require.NoError(d, d.register(phone))
	sent := d.Events(phoneauth.EventCodeSent)
	require.Len(d, sent, 1)
	require.NotEmpty(d, sent[0].MessageID)
	d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: sent[0].MessageID, Sender: sent[0].Sender, Status: phoneauth.Undelivered, Code: "30007"})
	entries := d.timeline(phoneauth.TimelineQuery{Phone: phone})
	require.ElementsMatch(d, []phoneauth.EventType{phoneauth.EventCodeSent, phoneauth.EventUndelivered}, types(entries))
	for _, e := range entries {
		if e.Type == phoneauth.EventUndelivered {
			assert.Equal(d, "30007", e.SendCode)
		}
	}
	hungUp, cancel := context.WithCancel(d.Context())
	cancel()
	d.ReportDelivery(hungUp, phoneauth.Delivery{ID: sent[0].MessageID, Sender: sent[0].Sender, Status: phoneauth.Delivered})
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone}), 3, "the send is in the store by now, and the provider waits for nothing")

	d.Elapse(time.Minute)
	require.NoError(d, d.register(phone))
	sent = d.Events(phoneauth.EventCodeSent)
	d.journal.during = func([]phoneauth.JournalEntry) {
		d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: sent[1].MessageID, Sender: sent[1].Sender, Status: phoneauth.Delivered})
	}
	d.written()
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone}), 5, "the send was just being written")
}

// earlyDelivery: a report that comes to another process before the send is in the store is about nobody.
// Reports that follow are about the phone all the same.
func earlyDelivery(d *desk) {
	require.NoError(d, d.register(phone))
	sent := d.Events(phoneauth.EventCodeSent)[0]
	other := d.Again()
	report := phoneauth.Delivery{ID: sent.MessageID, Sender: sent.Sender, Status: phoneauth.Undelivered, Code: "20"}
	other.ReportDelivery(d.Context(), report)
	require.NoError(d, other.FlushJournal(d.Context()))
	d.written()
	d.Elapse(time.Second)
	report.Status = phoneauth.Delivered
	other.ReportDelivery(d.Context(), report)
	require.NoError(d, other.FlushJournal(d.Context()))
	assert.Contains(d, types(d.timeline(phoneauth.TimelineQuery{Phone: phone})), phoneauth.EventDelivered)
}

func stopped(d *desk) {
	d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: "answer", Sender: "kannel", Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(phone)})
	entries := d.timeline(phoneauth.TimelineQuery{Phone: phone})
	require.Len(d, entries, 1)
	assert.Equal(d, phoneauth.EventOptedOut, entries[0].Type)
	assert.Equal(d, "EG", entries[0].Region)
}

// longWords: what a provider says without an end costs no entry, neither its own nor others.
func longWords(d *desk) {
	long := strings.Repeat("<é", 10_000)
	var check func([]phoneauth.JournalEntry)
	check = func(entries []phoneauth.JournalEntry) {
		for _, e := range entries {
			assert.LessOrEqual(d, len(e.Data), 1024)
			assert.LessOrEqual(d, max(len(e.MessageID), len(e.Sender)), 128)
		}
		d.journal.during = check // and the next time
	}
	d.journal.during = check
	d.Inbox.FailNext(&phoneauth.SendError{Class: phoneauth.Ambiguous, Code: long})
	require.Error(d, d.register(phone))
	d.ReportDelivery(d.Context(), phoneauth.Delivery{ID: long, Sender: long, Code: long, Status: phoneauth.OptedOut, Phone: phoneauth.StoredPhone(phone)})
	require.NoError(d, d.Unlock(phoneauth.WithActor(d.Context(), phoneauth.Actor{Name: long, Reason: long}), phone))
	entries := d.timeline(phoneauth.TimelineQuery{Phone: phone})
	assert.Zero(d, d.JournalLost())
	assert.ElementsMatch(d, []phoneauth.EventType{
		phoneauth.EventSendFailed, phoneauth.EventOptedOut, phoneauth.EventOperator, phoneauth.EventUnlocked,
	}, types(entries))
}

func journalPanics(d *desk) {
	d.journal.during = func([]phoneauth.JournalEntry) {
		d.journal.during = func([]phoneauth.JournalEntry) { panic("a bug") }
		panic("a bug")
	}
	require.NoError(d, d.register(phone))
	d.written()
	assert.EqualValues(d, 1, d.JournalLost())
	d.Elapse(time.Minute)
	require.NoError(d, d.register(phone))
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone}), 1)
}

func notSent(d *desk) {
	_, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
	require.NoError(d, err)
	d.Settle()
	assert.Zero(d, d.Inbox.Sends())
	assert.Empty(d, d.inspect().Codes)

	d.SeedUser(phone, suite.TodaysHash())
	user, err := d.Store.UserByPhone(d.Context(), phoneauth.StoredPhone(phone))
	require.NoError(d, err)
	locked := true
	_, err = d.Store.UpdateUser(d.Context(), phoneauth.UserUpdate{UserID: user.ID, Locked: &locked, Epoch: phoneauth.AnyEpoch, Now: d.Now()})
	require.NoError(d, err)
	d.Elapse(time.Minute)
	_, err = d.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset})
	require.NoError(d, err)
	d.Settle()
	assert.Zero(d, d.Inbox.Sends(), "nobody can use a code of a locked account")
	assert.Empty(d, d.inspect().Codes)
}

func longestWait(d *desk) {
	s := d.Env.Service(func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Every: time.Minute, Burst: 1}, {Every: time.Hour, Burst: 1}}
	})
	_, err := s.Register(d.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(d, err)
	state, err := s.Inspect(d.Context(), phone)
	require.NoError(d, err)
	assert.Equal(d, &phoneauth.Refusal{Limit: phoneauth.LimitPhoneSends, Until: d.Now().Add(time.Hour)}, state.NextSend)
}

func flushHangsUp(d *desk) {
	require.NoError(d, d.register(phone))
	ctx, hangUp := context.WithCancel(d.Context())
	hangUp()
	_ = d.FlushJournal(ctx)
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: phone}), 1)
	require.NoError(d, d.register(neighbour))
	_ = d.Close(ctx)
	assert.Len(d, d.timeline(phoneauth.TimelineQuery{Phone: neighbour}), 1)
	assert.Zero(d, d.JournalLost())
}

func changedPhone(d *desk) {
	session := d.signIn()
	claims, err := d.Authenticate(d.Context(), session.AccessToken)
	require.NoError(d, err)
	change := phoneauth.RegisterRequest{Phone: neighbour, Purpose: phoneauth.PurposePhoneChange, BoundTo: session.User.ID}
	_, err = d.Register(d.Context(), change)
	require.NoError(d, err)
	proof, err := d.Verify(d.Context(), phoneauth.VerifyRequest{
		Phone: neighbour, Purpose: change.Purpose, BoundTo: change.BoundTo, Code: d.Inbox.Code(d, neighbour),
	})
	require.NoError(d, err)
	_, err = d.ChangePhone(d.Context(), claims, phoneauth.ConnectRequest{Token: proof.Token})
	require.NoError(d, err)
	d.Settle()
	assert.Contains(d, types(d.timeline(phoneauth.TimelineQuery{UserID: session.User.ID})), phoneauth.EventPhoneChanged)
	assert.Contains(d, types(d.timeline(phoneauth.TimelineQuery{Phone: phone})), phoneauth.EventNoticeSent, "the old number was told")
	assert.NotContains(d, types(d.timeline(phoneauth.TimelineQuery{Phone: neighbour})), phoneauth.EventSignedUp, "that was with the old number")
}
