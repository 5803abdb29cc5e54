package memstore

import (
	"bytes"
	"cmp"
	"slices"
	"unique"

	"github.com/phoneauth/phoneauth"
)

// kind is what entries of the journal are counted by. There are few.
type kind struct {
	event                            phoneauth.EventType
	region, purpose, channel, sender string
}

// entry is a [phoneauth.JournalEntry], most of it in one allocation.
type entry struct {
	body                               string // ID, Print, UserID, MessageID and Data
	printAt, userAt, messageAt, dataAt uint32 // where they begin in body
	kind                               unique.Handle[kind]
	time, expires                      int64
	count                              int
	places                             [threadKinds]threadPlace
}

// An entry is in a thread with those of the same print, in one with those of the same
// user, and in one with those of the same message.
const (
	byPrint = iota
	byUser
	byMessage
	threadKinds
)

// threadPlace is where an entry is in a thread, a list with the newest append first.
type threadPlace struct{ newer, older *entry }

// thread names the newest entry of a thread.
type thread struct{ newest *entry }

func (thread) end() int64 { return never }
func (thread) size() int  { return 0 }

// line is an entry in the table of the journal, with the memory that it had when it was
// put there.
type line struct {
	*entry
	bytes int
}

func (l line) end() int64 { return l.expires }
func (l line) size() int  { return l.bytes }

func (e *entry) line() line {
	const itself = 112
	return line{e, itself + allocated(len(e.body))}
}

func (e *entry) id() string   { return e.body[:e.printAt] }
func (e *entry) data() string { return e.body[e.dataAt:] }

// name returns what the thread of a kind is found by; the entry is in none if it is empty.
func (e *entry) name(threadKind int) string {
	switch threadKind {
	case byPrint:
		return e.body[e.printAt:e.userAt]
	case byUser:
		return e.body[e.userAt:e.messageAt]
	}
	return e.body[e.messageAt:e.dataAt]
}

func packEntry(j *phoneauth.JournalEntry) *entry {
	e := &entry{
		kind:    unique.Make(kind{j.Type, j.Region, j.Purpose, j.Channel, j.Sender}),
		time:    j.Time.UnixMicro(),
		expires: j.ExpiresAt.UnixMicro(),
		count:   j.Count,
	}
	e.setBody(j.ID, j.Print, j.UserID, j.MessageID, string(j.Data))
	return e
}

func (e *entry) setBody(id, print, userID, messageID, data string) {
	e.printAt = uint32(len(id))
	e.userAt = e.printAt + uint32(len(print))
	e.messageAt = e.userAt + uint32(len(userID))
	e.dataAt = e.messageAt + uint32(len(messageID))
	e.body = id + print + userID + messageID + data
}

func (e *entry) unpack() phoneauth.JournalEntry {
	k := e.kind.Value()
	return phoneauth.JournalEntry{
		ID:        e.id(),
		Time:      instant(e.time),
		ExpiresAt: instant(e.expires),
		Print:     e.name(byPrint),
		UserID:    e.name(byUser),
		MessageID: e.name(byMessage),
		Type:      k.event,
		Region:    k.region,
		Purpose:   k.purpose,
		Channel:   k.channel,
		Sender:    k.sender,
		Count:     e.count,
		Data:      bytes.Clone([]byte(e.data())),
	}
}

// newestFirst orders entries by time; the ID decides between equals.
func newestFirst(a, b *entry) int {
	return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(a.id(), b.id()))
}

// withNewer returns list with e added. The newest entries come first, and at most limit of them
// are kept.
func withNewer(list []*entry, e *entry, limit int) []*entry {
	at, _ := slices.BinarySearchFunc(list, e, newestFirst)
	if at == limit {
		return list
	}
	list = slices.Insert(list, at, e)
	return list[:min(len(list), limit)]
}

// tie puts e into the thread of a kind.
func (s *Store) tie(e *entry, threadKind int) {
	name := e.name(threadKind)
	if name == "" {
		return
	}
	k, t := s.key(name), &s.threads[threadKind]
	was, _ := t.get(k)
	if was.newest != nil {
		was.newest.places[threadKind].newer = e
	}
	e.places[threadKind].older = was.newest
	t.put(k, thread{e})
}

// untie takes e out of the thread of a kind.
func (s *Store) untie(e *entry, threadKind int) {
	name, at := e.name(threadKind), e.places[threadKind]
	if name == "" {
		return
	}
	if at.older != nil {
		at.older.places[threadKind].newer = at.newer
	}
	switch {
	case at.newer != nil:
		at.newer.places[threadKind].older = at.older
	case at.older != nil:
		s.threads[threadKind].put(s.key(name), thread{at.older})
	default:
		s.threads[threadKind].drop(s.key(name))
	}
	e.places[threadKind] = threadPlace{}
}
