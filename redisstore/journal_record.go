package redisstore

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// An entry is kept as one string, big endian: the version; Time and ExpiresAt in
// microseconds; Count; the lengths of Print, UserID, MessageID and the kind, and these;
// then Data. The kind is Type, Region, Purpose, Channel and Sender, each with its length.
// lua/journal.lua reads and writes it too.
const entryVersion = 1

func packEntry(e *phoneauth.JournalEntry) ([]byte, error) {
	kind, err := packKind(e)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, 256+len(e.Data)), entryVersion)
	b = appendTime(b, e.Time)
	b = appendTime(b, e.ExpiresAt)
	b = binary.BigEndian.AppendUint32(b, uint32(entryCount(e)))
	parts := []string{e.Print, e.UserID, e.MessageID, kind}
	for _, s := range parts {
		if len(s) > mostBytes {
			return nil, errTooLong
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	}
	for _, s := range parts {
		b = append(b, s...)
	}
	return append(b, e.Data...), nil
}

// entryCount is the Count of e as it is kept.
func entryCount(e *phoneauth.JournalEntry) int64 { return min(max(int64(e.Count), 0), math.MaxUint32) }

func unpackEntry(id, packed string) (phoneauth.JournalEntry, error) {
	d := decoder{b: []byte(packed)}
	if d.uint(1) != entryVersion {
		return phoneauth.JournalEntry{}, errAnswer
	}
	e := phoneauth.JournalEntry{ID: id, Time: d.time(), ExpiresAt: d.time(), Count: int(d.uint(4))}
	print, user, message, kind := d.uint(2), d.uint(2), d.uint(2), d.uint(2)
	e.Print, e.UserID, e.MessageID = string(d.bytes(print)), string(d.bytes(user)), string(d.bytes(message))
	packedKind := d.bytes(kind)
	e.Data = d.bytes(uint64(len(d.b)))
	if d.err != nil {
		return phoneauth.JournalEntry{}, d.err
	}
	c, err := unpackKind(string(packedKind))
	e.Type, e.Region, e.Purpose, e.Channel, e.Sender = c.Type, c.Region, c.Purpose, c.Channel, c.Sender
	return e, err
}

// packKind packs what entries are counted by.
func packKind(e *phoneauth.JournalEntry) (string, error) {
	kind, err := appendTexts(nil, string(e.Type), e.Region, e.Purpose, e.Channel, e.Sender)
	return string(kind), err
}

func unpackKind(kind string) (phoneauth.JournalCount, error) {
	d := decoder{b: []byte(kind)}
	c := phoneauth.JournalCount{Type: phoneauth.EventType(d.text()), Region: d.text(), Purpose: d.text(), Channel: d.text(), Sender: d.text()}
	return c, d.err
}

// member is what stands for an entry in a sorted set: its id, and when it is gone.
func member(e *phoneauth.JournalEntry) string {
	return e.ID + "\x00" + strconv.FormatInt(e.ExpiresAt.UnixMicro(), 10)
}

// memberID is the id in a member.
func memberID(member string) string {
	id, _, _ := strings.Cut(member, "\x00")
	return id
}

// hourOf is the hour of a time, counted from 1970.
func hourOf(us int64) int64 {
	hour := time.Hour.Microseconds()
	return (us - (us%hour+hour)%hour) / hour
}
