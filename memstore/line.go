package memstore

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/phoneauth/phoneauth"
)

// kind is what entries of the journal are counted by. There are few.
type kind struct {
	event                            phoneauth.EventType
	region, purpose, channel, sender string
}

// entry is a [phoneauth.JournalEntry] without its texts, which lie in the page of the entry. It
// holds no pointer: the garbage collector does not look at entries.
type entry struct {
	time, expires, count int64
	kind                 uint32 // in kinds; 0 where there is no entry
	body                 uint32 // where its texts begin in the body of the page
	// Where Print, UserID, MessageID and Data begin, and where Data ends, from the beginning of
	// ID on.
	printAt, userAt, messageAt, dataAt, end uint32
	places                                  [threadKinds]threadPlace
}

// An entry is in a thread with those of the same print, in one with those of the same
// user, and in one with those of the same message.
const (
	byPrint = iota
	byUser
	byMessage
	threadKinds
)

// threadPlace is where an entry is in a thread, a list with the newest append first. 0 is none.
type threadPlace struct{ newer, older ref }

// thread names the newest entry of a thread.
type thread struct{ newest ref }

func (thread) end() int64 { return never }
func (thread) size() int  { return 0 }

// line is an entry in the table of the journal. Its page holds the memory.
type line struct {
	expires int64
	ref     ref
}

func (l line) end() int64 { return l.expires }
func (line) size() int    { return 0 }

// texts are those of an entry.
type texts []byte

func (e *entry) id(t texts) []byte { return t[:e.printAt] }

// name returns what the thread of a kind is found by; the entry is in none if it is empty.
func (e *entry) name(t texts, threadKind int) []byte {
	switch threadKind {
	case byPrint:
		return t[e.printAt:e.userAt]
	case byUser:
		return t[e.userAt:e.messageAt]
	}
	return t[e.messageAt:e.dataAt]
}

// textsOf returns how many bytes the texts of j are.
func textsOf(j *phoneauth.JournalEntry) int {
	return len(j.ID) + len(j.Print) + len(j.UserID) + len(j.MessageID) + len(j.Data)
}

// packEntry returns j without its texts, and appends those to body.
func packEntry(j *phoneauth.JournalEntry, body []byte) (entry, []byte) {
	e := entry{
		time: j.Time.UnixMicro(), expires: j.ExpiresAt.UnixMicro(), count: int64(j.Count),
		body: uint32(len(body)), printAt: uint32(len(j.ID)),
	}
	e.userAt = e.printAt + uint32(len(j.Print))
	e.messageAt = e.userAt + uint32(len(j.UserID))
	e.dataAt = e.messageAt + uint32(len(j.MessageID))
	e.end = e.dataAt + uint32(len(j.Data))
	body = append(append(append(body, j.ID...), j.Print...), j.UserID...)
	return e, append(append(body, j.MessageID...), j.Data...)
}

// blank empties the user, the message and the data of e.
func (e *entry) blank(t texts) {
	clear(t[e.userAt:])
	e.messageAt, e.dataAt, e.end = e.userAt, e.userAt, e.userAt
}

func (e *entry) unpack(t texts, k kind) phoneauth.JournalEntry {
	names := string(t[:e.dataAt])
	return phoneauth.JournalEntry{
		ID:        names[:e.printAt],
		Time:      instant(e.time),
		ExpiresAt: instant(e.expires),
		Print:     names[e.printAt:e.userAt],
		UserID:    names[e.userAt:e.messageAt],
		MessageID: names[e.messageAt:],
		Type:      k.event,
		Region:    k.region,
		Purpose:   k.purpose,
		Channel:   k.channel,
		Sender:    k.sender,
		Count:     int(e.count),
		Data:      bytes.Clone(t[e.dataAt:e.end]),
	}
}

// found is an entry that a query has found.
type found struct {
	*entry
	texts
}

// newestFirst orders entries by time; the ID decides between equals.
func newestFirst(a, b found) int {
	return cmp.Or(cmp.Compare(b.time, a.time), bytes.Compare(a.id(a.texts), b.id(b.texts)))
}

// withNewer returns list with e added. The newest entries come first, and at most limit of them
// are kept.
func withNewer(list []found, e found, limit int) []found {
	at, _ := slices.BinarySearchFunc(list, e, newestFirst)
	if at == limit {
		return list
	}
	list = slices.Insert(list, at, e)
	return list[:min(len(list), limit)]
}

// kinds are those of the entries there are.
type kinds struct {
	ids  map[kind]uint32
	all  []usedKind // by id; none has 0
	free []uint32
}

// usedKind is a kind that n entries have.
type usedKind struct {
	kind
	n int
}

// use returns the id of k, which one entry more has.
func (ks *kinds) use(k kind) uint32 {
	id, ok := ks.ids[k]
	switch {
	case ok:
	case len(ks.free) > 0:
		id = ks.free[len(ks.free)-1]
		ks.free = ks.free[:len(ks.free)-1]
	case ks.ids == nil:
		ks.ids, ks.all, id = map[kind]uint32{}, make([]usedKind, 2), 1
	default:
		id = uint32(len(ks.all))
		ks.all = append(ks.all, usedKind{})
	}
	if !ok {
		ks.ids[k], ks.all[id].kind = id, k
	}
	ks.all[id].n++
	return id
}

// leave says that one entry less has the kind id.
func (ks *kinds) leave(id uint32) {
	k := &ks.all[id]
	if k.n--; k.n > 0 {
		return
	}
	delete(ks.ids, k.kind)
	*k = usedKind{}
	if ks.free = append(ks.free, id); len(ks.ids) == 0 {
		*ks = kinds{}
	}
}
