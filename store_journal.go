package phoneauth

import (
	"context"
	"time"
)

// JournalStore keeps the journal: the list of what happened to a phone or an account, which a
// support desk reads. It is not part of a [Store]: Config.Journal takes it. The general rules of
// Store apply to it.
type JournalStore interface {
	// AppendEntries stores entries. An entry whose ID the store has already adds its Count
	// to that one and changes nothing else: so an entry without a Count may be appended
	// again after an unknown outcome. Concurrent callers are all counted.
	AppendEntries(ctx context.Context, entries []JournalEntry) error

	// Entries returns the entries that q asks for, newest first; between equal times the
	// smaller ID comes first. Entries that are gone at q.Now are left out.
	Entries(ctx context.Context, q JournalQuery) ([]JournalEntry, error)

	// CountEntries returns how many entries there are of each kind with a Time from q.From
	// on and before q.To, in any order. An entry counts as its Count, or as 1: see
	// JournalEntry.Counted. An entry that has expired may be counted until it is removed.
	CountEntries(ctx context.Context, q JournalCountQuery) ([]JournalCount, error)

	// BlankEntries empties Data, MessageID and UserID of the entries of this user, and of
	// the entries with this print whose Time is before the given one. All else stays. An
	// empty userID or print matches nothing.
	BlankEntries(ctx context.Context, userID, print string, before time.Time) error
}

// JournalEntry is one line of the journal. It holds no secret and no whole number.
type JournalEntry struct {
	// ID is unique. It begins with the time and is random, or it is made of what the entry
	// counts.
	ID string
	// Time is when it happened.
	Time time.Time
	// ExpiresAt is when the entry is gone.
	ExpiresAt time.Time
	// Print is the print of the phone. UserID is User.ID. Either may be empty.
	Print, UserID string
	// MessageID is Receipt.ID. Delivery reports find the send by it. It may be empty.
	MessageID string
	// Type says what happened.
	Type EventType
	// Region, Purpose, Channel and Sender are what entries are counted by; each may be
	// empty. Sender of an EventLimited is the limit that refused.
	Region, Purpose, Channel, Sender string
	// Count is how many refusals of one rule the entry stands for. It is 0 for other
	// entries, and for refusals of operators.
	Count int
	// Data is everything else, opaque to the store, at most 1 KiB.
	Data []byte
}

// Counted returns what e adds to the counts of [JournalStore].CountEntries: its hour, its
// kind, and its Count or 1.
func (e JournalEntry) Counted() JournalCount {
	return JournalCount{
		Hour: e.Time.UTC().Truncate(time.Hour), Type: e.Type,
		Region: e.Region, Purpose: e.Purpose, Channel: e.Channel, Sender: e.Sender,
		Count: max(e.Count, 1),
	}
}

// JournalQuery is the argument of [JournalStore].Entries.
type JournalQuery struct {
	// Print or UserID or MessageID: exactly one is set.
	Print, UserID, MessageID string
	// Before leaves out entries of this time and later; zero leaves out none.
	Before time.Time
	// Limit is how many entries are returned at most, at least 1.
	Limit int
	// Now decides which entries have expired.
	Now time.Time
}

// JournalCountQuery is the argument of [JournalStore].CountEntries.
type JournalCountQuery struct {
	// From is the first time that counts. To is the first one after it that does not.
	From, To time.Time
}

// JournalCount says how many entries of one kind there are in one hour.
type JournalCount struct {
	// Hour is the beginning of the hour, UTC.
	Hour time.Time
	// Type is that of the entries.
	Type EventType
	// Region, Purpose, Channel and Sender are those of the entries.
	Region, Purpose, Channel, Sender string
	// Count is the sum of the counts of the entries, where an entry without a Count
	// counts as 1.
	Count int
}
