package phoneauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/phoneauth/phoneauth/internal/details"
	"github.com/phoneauth/phoneauth/internal/random"
)

// JournalRules say whether and for how long a journal is kept: what happened about each
// phone and account, for [Service.Timeline] and the support desk.
type JournalRules struct {
	// Store keeps the journal. Nil: there is none.
	Store JournalStore
	// TTL is how long an entry is kept. 0 means 30 days. At least 1 s.
	TTL time.Duration
}

// How much waits to be written, and for how long. What is lost is counted.
const (
	journalDelay = time.Second
	journalBatch = 256
	// Sign-ins, changes of accounts and what operators did have places of their own: however
	// many refusals there are, they do not give way.
	journalMostImportant = 4096
	journalMostOrdinary  = 4096
	journalMostRefusals  = 4096
	// mostSpare is for how many entries room is kept from one batch to the next.
	mostSpare = 1024
)

// journal writes entries in batches, off the path of the request. It has no goroutine: the
// first entry of a batch starts a timer.
type journal struct {
	store  JournalStore
	ttl    time.Duration
	failed func(err error, lost int)

	mu                  sync.Mutex
	waiting             []JournalEntry // but for refusals
	flushing            []JournalEntry // what is being written
	important, ordinary int            // of those that wait
	spare               []JournalEntry // empty: room for the next that wait
	refusals            map[string]*JournalEntry
	timer               *time.Timer
	lost                int64
	writing             sync.Mutex // one batch at a time, so that entries are written in their order
}

func newJournal(r JournalRules, failed func(error, int)) *journal {
	if r.Store == nil {
		return nil
	}
	return &journal{store: r.Store, ttl: r.TTL, failed: failed, refusals: map[string]*JournalEntry{}}
}

// entry is the line of the journal for e.
func (j *journal) entry(e *Event) JournalEntry {
	d := details.Details{
		Phone: e.Phone, SessionID: e.SessionID, Limit: e.Limit, Until: e.Until,
		SendClass: string(e.SendClass), SendFault: string(e.SendFault), SendCode: e.SendCode,
		Client: e.Client, Terms: e.Terms, Place: e.Place, Device: e.Device, Test: e.Test, Check: e.Check, Level: e.Level,
		Actor: e.Actor, Reason: e.Reason, Intent: string(e.Intent), Challenge: e.challenge,
	}
	entry := JournalEntry{
		ID: entryID(e.Time), Time: e.Time, ExpiresAt: e.Time.Add(j.ttl),
		Print: e.Print, UserID: e.UserID, MessageID: messageKey(e.MessageID), Type: e.Type,
		Region: e.Region, Purpose: string(e.Purpose), Channel: e.Channel, Sender: truncated(e.Sender, maxID),
	}
	if e.Type == EventDeleted || e.Intent == EventDeleted { // the account is blanked
		entry.UserID, d.Phone = "", ""
	}
	if e.Type == EventLimited { // it has no sender, and is counted by its limit
		entry.Sender = e.Limit
	}
	var room [256]byte
	data := d.Append(room[:0])
	if len(data) > maxData {
		d.Fit(maxData)
		data = d.Append(data[:0])
	}
	entry.Data = slices.Clone(data)
	return entry
}

// What a [JournalStore] takes, in bytes: the longest id, and the longest JournalEntry.Data. What comes
// from a provider may be longer, and would cost the entries of others that are written with it.
const (
	maxID   = 128
	maxData = 1024
)

// messageKey is the id by which an entry is found, or "" for an id of a provider that is too long.
func messageKey(id string) string {
	if len(id) > maxID {
		return ""
	}
	return id
}

// entryID begins with the time, so that entries of one batch are neighbours in the index of a
// store: SQLite then takes a fifth to a third less for them. 84 random bits follow.
func entryID(t time.Time) string {
	var room [32]byte
	return string(append(strconv.AppendInt(room[:0], t.UnixMicro(), 36), random.ID()[:14]...))
}

// add notes e, to be written within a second.
func (j *journal) add(e *Event) { j.addEntry(e, j.entry(e)) }

// addNow writes e, of an operator, before it returns. If that fails, e waits like others.
func (j *journal) addNow(ctx context.Context, e *Event) {
	entry := j.entry(e)
	if _, err := j.append(ctx, []JournalEntry{entry}); err != nil {
		j.addEntry(e, entry)
	}
}

func (j *journal) addEntry(e *Event, entry JournalEntry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.waiting) + len(j.refusals)
	switch {
	case e.Actor != "": // an entry of its own, so that nobody else's refusals bear the name
		j.addBounded(entry, &j.important, journalMostImportant)
	case e.Type == EventLimited:
		j.addRefusal(entry, e.Limit)
	case e.Type == EventHumanCheckAsked, e.Type == EventHumanCheckFailed:
		j.addRefusal(entry, string(e.Type))
	case e.Type.important():
		j.addBounded(entry, &j.important, journalMostImportant)
	default:
		j.addBounded(entry, &j.ordinary, journalMostOrdinary)
	}
	if j.timer == nil {
		j.timer = time.AfterFunc(journalDelay, func() { j.flush(context.Background()) })
	} else if n := len(j.waiting) + len(j.refusals); n == journalBatch && n > before { // once, while a batch is written
		j.timer.Reset(0)
	}
}

// addRefusal counts refusals of one number by one rule within one minute as one entry. j.mu
// is held.
func (j *journal) addRefusal(entry JournalEntry, limit string) {
	entry.Count = 1
	entry.ID = entry.Print + " " + limit + " " + strconv.FormatInt(entry.Time.Unix()/60, 10)
	if counted, ok := j.refusals[entry.ID]; ok {
		counted.Count++
		return
	}
	if len(j.refusals) == journalMostRefusals {
		j.lost++
		return
	}
	j.refusals[entry.ID] = &entry
}

// addBounded adds one of a kind of which there are n, and may be most. j.mu is held.
func (j *journal) addBounded(entry JournalEntry, n *int, most int) {
	if *n == most {
		j.lost++
		return
	}
	*n++
	j.waiting = append(j.waiting, entry)
}

// take takes what waits.
func (j *journal) take() (all []JournalEntry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	all = j.waiting
	for _, r := range j.refusals {
		all = append(all, *r)
	}
	j.waiting, j.spare, j.flushing, j.important, j.ordinary = j.spare, nil, all, 0, 0
	clear(j.refusals)
	if j.timer != nil {
		j.timer.Stop()
		j.timer = nil
	}
	return all
}

// flush writes what waits. What the store does not take is lost, and counted.
func (j *journal) flush(ctx context.Context) {
	j.writing.Lock()
	defer j.writing.Unlock()
	all := j.take()
	reusable := len(all) <= mostSpare
	for batch := range slices.Chunk(all, journalBatch) {
		first, err := j.append(ctx, batch)
		reusable = reusable && first // a store that answers late may still read it
		if err != nil {
			j.mu.Lock()
			j.lost += int64(len(batch))
			j.mu.Unlock()
			j.failed(err, len(batch))
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flushing = nil
	if reusable {
		clear(all)
		j.spare = all[:0]
	}
}

// append is AppendEntries with the deadline of every call of a store. An entry without a
// count is appended again after an unknown outcome, which is safe. first is true if the first call
// has done it.
func (j *journal) append(ctx context.Context, batch []JournalEntry) (first bool, err error) {
	once := func() (err error) {
		defer func() {
			if r := recover(); r != nil { // of a store: it must not end the host
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, storeDeadline)
		defer cancel()
		return j.store.AppendEntries(ctx, batch)
	}
	err = once()
	if err == nil {
		return true, nil
	}
	for i := range batch {
		if batch[i].Count > 0 {
			return false, err
		}
	}
	return false, once()
}

// write writes e before it returns, because the entry of an intent must be stored before the
// deed.
func (j *journal) write(ctx context.Context, e *Event) error {
	if _, err := j.append(ctx, []JournalEntry{j.entry(e)}); err != nil {
		return &unavailable{"AppendEntries", err}
	}
	return nil
}

// mostReports is among how many entries of a message its send is looked for. The others are reports.
const mostReports = 16

// sent is the entry of the send with this message ID, or of a report about it, if the journal has it. A
// report that came before the send was stored is about nobody, and does not count.
func (j *journal) sent(ctx context.Context, messageID string, now time.Time) (JournalEntry, bool) {
	j.mu.Lock()
	for _, list := range [...][]JournalEntry{j.flushing, j.waiting} {
		if i := slices.IndexFunc(list, func(e JournalEntry) bool { return e.MessageID == messageID && e.Print != "" }); i >= 0 {
			found := list[i]
			j.mu.Unlock()
			return found, true
		}
	}
	j.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	found, err := j.store.Entries(ctx, JournalQuery{MessageID: messageID, Limit: mostReports, Now: now})
	if i := slices.IndexFunc(found, func(e JournalEntry) bool { return e.Print != "" }); err == nil && i >= 0 {
		return found[i], true
	}
	return JournalEntry{}, false
}

// lostCount is how many entries were lost: for want of room, or because the store did not take
// them.
func (j *journal) lostCount() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lost
}

// JournalLost returns how many entries of the journal this process has lost so far: because
// more happened than the buffer holds, or because the store did not take them. A killed
// process loses at most what happened in its last second, uncounted.
func (s *Service) JournalLost() int64 {
	if s.journal == nil {
		return 0
	}
	return s.journal.lostCount()
}

// important reports whether events of this type have a place of their own in the buffer.
func (t EventType) important() bool {
	switch t {
	case EventSignedUp, EventSignedIn, EventSignedOut, EventSessionEnded, EventSessionEvicted, EventRefreshReused,
		EventPasswordChanged, EventPhoneChanged, EventBlocked, EventUnblocked, EventUnlocked, EventDeleted,
		EventAccountLocked, EventAccountUnlocked,
		EventOperator, EventPhoneShown, EventExported:
		return true
	}
	return false
}

// FlushJournal writes what the journal still holds back, and waits until that is done or ctx
// ends. What the store does not take is no error: it is lost, and JournalLost counts it. Close
// flushes too.
//
// Errors: ErrNoJournal; that of ctx, and what is held back is written all the same.
func (s *Service) FlushJournal(ctx context.Context) error {
	if s.journal == nil {
		return ErrNoJournal
	}
	done := make(chan struct{})
	go func() { // what waits is of everybody: whoever asks may hang up, and nothing is lost
		defer close(done)
		s.journal.flush(context.WithoutCancel(ctx))
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TimelineQuery asks for entries of the journal about a phone or about a user.
type TimelineQuery struct {
	// Phone is the number as typed, UserID is User.ID. Exactly one of them is set.
	Phone, UserID string
	// Before leaves out entries of that time and later. Zero leaves out none.
	Before time.Time
	// Limit is how many entries are returned at most. 0 means 100.
	Limit int
}

// Entry is a line of the journal. It holds no secret and no whole number. Fields that do
// not apply are zero. It marshals as JSON, without fields that are zero.
type Entry struct {
	// Time is when it happened, in UTC.
	Time time.Time `json:"time"`
	// Type says what happened.
	Type EventType `json:"type"`
	// Count is how many refusals of one rule within one minute this entry stands for. It is
	// 0 for other entries, and for refusals of operators.
	Count int `json:"count,omitempty"`
	// UserID is User.ID of the account.
	UserID string `json:"user_id,omitempty"`
	// SessionID is Session.ID.
	SessionID string `json:"session_id,omitempty"`
	// Phone is the number, masked.
	Phone string `json:"phone,omitempty"`
	// Region of the number, ISO 3166-1 alpha-2.
	Region string `json:"region,omitempty"`
	// Purpose of the code.
	Purpose Purpose `json:"purpose,omitempty"`
	// Limit is the name of the rule that refused.
	Limit string `json:"limit,omitempty"`
	// Until is when that rule would admit.
	Until time.Time `json:"until,omitzero"`
	// Channel is the Name of the channel of a code or notice.
	Channel string `json:"channel,omitempty"`
	// Sender is Receipt.Sender.
	Sender string `json:"sender,omitempty"`
	// MessageID is Receipt.ID.
	MessageID string `json:"message_id,omitempty"`
	// SendClass is the class of a failed send.
	SendClass SendClass `json:"send_class,omitempty"`
	// SendFault says whose fault a failed send or a message that did not arrive is.
	SendFault SendFault `json:"send_fault,omitempty"`
	// SendCode is the error code of the provider.
	SendCode string `json:"send_code,omitempty"`
	// Client is a rough name of the program that signed in.
	Client string `json:"client,omitempty"`
	// Terms is the version of the terms that the person accepted with this sign-in.
	Terms string `json:"terms,omitempty"`
	// Place is where the client was, as Hooks.Place said.
	Place string `json:"place,omitempty"`
	// Device is true when a known device asked.
	Device bool `json:"device,omitempty"`
	// Test is true when the number is a test number.
	Test bool `json:"test,omitempty"`
	// Check is the kind of the human check.
	Check string `json:"check,omitempty"`
	// Level is the level of the human check that was demanded or proved.
	Level int `json:"level,omitempty"`
	// Actor is the operator who acted.
	Actor string `json:"actor,omitempty"`
	// Reason is why the operator acted.
	Reason string `json:"reason,omitempty"`
	// Intent is what the operator of an EventOperator was about to do.
	Intent EventType `json:"intent,omitempty"`

	challenge string // see Event
}

// Timeline returns what happened about a phone or a user, newest first, from the journal.
// What happened within the last second may be missing.
//
// Errors: ErrNoJournal; ErrInvalidPhone; ErrUnavailable; another one where q has both or none
// of Phone and UserID.
func (s *Service) Timeline(ctx context.Context, q TimelineQuery) ([]Entry, error) {
	if s.journal == nil {
		return nil, ErrNoJournal
	}
	if (q.Phone == "") == (q.UserID == "") {
		return nil, errors.New("phoneauth: a TimelineQuery has exactly one of Phone and UserID")
	}
	ask := JournalQuery{UserID: q.UserID, Before: q.Before, Limit: q.Limit, Now: s.now()}
	if ask.Limit <= 0 {
		ask.Limit = 100
	}
	if q.Phone != "" {
		c, err := s.aboutPhone(q.Phone)
		if err != nil {
			return nil, err
		}
		ask.Print = c.print
	}
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	found, err := s.journal.store.Entries(ctx, ask)
	if err != nil {
		return nil, &unavailable{"Entries", err}
	}
	entries := make([]Entry, len(found))
	for i, e := range found {
		entries[i] = e.entry()
	}
	return entries, nil
}

// entry is the line that a record of the store stands for. Blanked ones have little left.
func (e JournalEntry) entry() Entry {
	d := details.Read(e.Data)   // blanked: nothing to read
	if e.Type == EventLimited { // see [journal.entry]
		e.Sender = ""
	}
	return Entry{
		Time: e.Time, Type: e.Type, Count: e.Count,
		UserID: e.UserID, Region: e.Region, Purpose: Purpose(e.Purpose), Channel: e.Channel, Sender: e.Sender, MessageID: e.MessageID,
		Phone: d.Phone, SessionID: d.SessionID, Limit: d.Limit, Until: d.Until,
		SendClass: SendClass(d.SendClass), SendFault: SendFault(d.SendFault), SendCode: d.SendCode,
		Client: d.Client, Terms: d.Terms, Place: d.Place, Device: d.Device, Test: d.Test, Check: d.Check, Level: d.Level,
		Actor: d.Actor, Reason: d.Reason, Intent: EventType(d.Intent), challenge: d.Challenge,
	}
}
