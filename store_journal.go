package phoneauth

import (
	"context"
	"time"
)

// JournalStore keeps the journal: what happened about a phone or an account, for a support
// desk to read. It is a role of its own: Config.Journal takes it, and without it nothing is
// kept. The general rules of [Store] hold for it.
type JournalStore interface {
	// AppendEntries stores entries. An entry whose ID the store has already adds its Count
	// to that one and changes nothing else: so an entry without a Count may be appended
	// again after an unknown outcome.
	AppendEntries(ctx context.Context, entries []JournalEntry) error

	// Entries returns the entries that q asks for, newest first; between equal times the
	// smaller ID comes first. Entries that are gone at q.Now are left out.
	Entries(ctx context.Context, q JournalQuery) ([]JournalEntry, error)

	// CountEntries returns how many entries there are of each kind with a Time from q.From
	// on and before q.To, in any order. An entry counts as its Count, or as 1: see
	// JournalEntry.Counted.
	CountEntries(ctx context.Context, q JournalCountQuery) ([]JournalCount, error)

	// BlankEntries takes away Data, MessageID and UserID of the entries of this user, and of
	// the entries with this print whose Time is before the given one. All else stays. An
	// empty userID or print names none.
	BlankEntries(ctx context.Context, userID, print string, before time.Time) error
}

// JournalEntry is one line of the journal. It holds no secret and no whole number.
type JournalEntry struct {
	// ID is unique: random, or made of what the entry counts.
	ID   string
	Time time.Time
	// ExpiresAt is when the entry is gone.
	ExpiresAt time.Time
	// Print is the keyed fingerprint of the phone, UserID the account. Either may be empty.
	Print, UserID string
	// MessageID is that of the sender, by which delivery reports find their send.
	MessageID string
	// Type says what happened. Region, Purpose, Channel and Sender are what entries are
	// counted by; each may be empty.
	Type                             EventType
	Region, Purpose, Channel, Sender string
	// Count is how many refusals of one rule the entry stands for; 0 for other entries.
	Count int
	// Data is the rest, opaque to the store, at most 1 KiB.
	Data []byte
}

// Counted is what e adds to the counts of [JournalStore].CountEntries: its hour and its
// kind, with its Count or 1.
func (e JournalEntry) Counted() JournalCount {
	return JournalCount{
		Hour: e.Time.UTC().Truncate(time.Hour), Type: e.Type,
		Region: e.Region, Purpose: e.Purpose, Channel: e.Channel, Sender: e.Sender,
		Count: max(e.Count, 1),
	}
}

// JournalQuery asks for entries.
type JournalQuery struct {
	// Print or UserID or MessageID: exactly one is set.
	Print, UserID, MessageID string
	// Before leaves out entries of this time and later; zero leaves out none.
	Before time.Time
	// Limit is how many entries are returned at most, at least 1.
	Limit int
	Now   time.Time
}

// JournalCountQuery asks for counts of entries between two times.
type JournalCountQuery struct {
	From, To time.Time
}

// JournalCount is how many entries of one kind there are in one hour.
type JournalCount struct {
	// Hour is the beginning of the hour, UTC.
	Hour                             time.Time
	Type                             EventType
	Region, Purpose, Channel, Sender string
	Count                            int
}
