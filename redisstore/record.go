package redisstore

import (
	"encoding/binary"
	"math"

	"github.com/phoneauth/phoneauth"
)

// A session is kept as one string, big endian: the version; ExpiresAt, IdleUntil and
// RotatedAt in microseconds; 1 where it is by password; the lengths of Digest, Previous,
// Client and Place, and these; then, with its length before each, UserID and DeviceID;
// AuthTime, CreatedAt and Epoch; and each AMR with its length. lua/session.lua reads and
// writes it too.
//
// The former layout had no version, and neither the mark nor Client and Place. It began
// with the highest byte of a time, which is 0 or 255. It is read, and written anew at the
// next rotation.
const (
	sessionVersion = 1
	// tombstoneVersion is that of a tombstone: no session, but the time when somebody saw
	// to it that there is none. See session_room.go.
	tombstoneVersion = 2
)

// mostBytes is how long a packed value may be.
const mostBytes = math.MaxUint16

func packSession(r *phoneauth.SessionRecord) ([]byte, error) {
	for _, size := range []int{len(r.Digest), len(r.Previous), len(r.Client), len(r.Place)} {
		if size > mostBytes {
			return nil, errTooLong
		}
	}
	b := append(make([]byte, 0, 256), sessionVersion)
	b = appendTime(b, r.ExpiresAt)
	b = appendTime(b, r.IdleUntil)
	b = appendTime(b, r.RotatedAt)
	if r.ByPassword {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Digest)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Previous)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Client)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Place)))
	b = append(append(b, r.Digest...), r.Previous...)
	b = append(append(b, r.Client...), r.Place...)
	b, err := appendTexts(b, r.UserID, r.DeviceID)
	if err != nil {
		return nil, err
	}
	b = appendTime(b, r.AuthTime)
	b = appendTime(b, r.CreatedAt)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Epoch))
	return appendTexts(b, r.AMR...)
}

// appendTexts appends each text with its length.
func appendTexts(b []byte, texts ...string) ([]byte, error) {
	for _, s := range texts {
		if len(s) > mostBytes {
			return nil, errTooLong
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return b, nil
}

// unpackSession reads the session with this id, if there is one.
func unpackSession(id, packed string) (r phoneauth.SessionRecord, there bool, err error) {
	if _, buried := tombstone(packed); buried || packed == "" {
		return r, false, nil
	}
	d := decoder{b: []byte(packed)}
	current := packed[0] == sessionVersion
	if current {
		d.bytes(1)
	}
	r = phoneauth.SessionRecord{ID: id, ExpiresAt: d.time(), IdleUntil: d.time(), RotatedAt: d.time()}
	if current {
		r.ByPassword = d.uint(1) == 1
	}
	digest, previous := d.uint(2), d.uint(2)
	var client, place uint64
	if current {
		client, place = d.uint(2), d.uint(2)
	}
	r.Digest, r.Previous = d.bytes(digest), d.bytes(previous)
	r.Client, r.Place = string(d.bytes(client)), string(d.bytes(place))
	r.UserID, r.DeviceID = d.text(), d.text()
	r.AuthTime, r.CreatedAt, r.Epoch = d.time(), d.time(), int64(d.uint(8))
	for len(d.b) > 0 {
		r.AMR = append(r.AMR, d.text())
	}
	return r, d.err == nil, d.err
}

// tombstone reports whether packed is one, and its time in microseconds.
func tombstone(packed string) (int64, bool) {
	if packed == "" || packed[0] != tombstoneVersion {
		return 0, false
	}
	d := decoder{b: []byte(packed[1:])}
	return int64(d.uint(8)), true
}
