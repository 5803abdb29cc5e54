package redisstore

import (
	"encoding/binary"
	"math"

	"github.com/phoneauth/phoneauth"
)

// A session is kept as one string, big endian: ExpiresAt, IdleUntil and RotatedAt in
// microseconds, the lengths of Digest and Previous, and these; then, with its length
// before each, UserID and DeviceID; AuthTime, CreatedAt and Epoch; and each AMR with its
// length. lua/session.lua reads and writes the part up to UserID too.

func packSession(r *phoneauth.SessionRecord) ([]byte, error) {
	b := make([]byte, 0, 256)
	b = appendTime(b, r.ExpiresAt)
	b = appendTime(b, r.IdleUntil)
	b = appendTime(b, r.RotatedAt)
	if len(r.Digest) > math.MaxUint16 || len(r.Previous) > math.MaxUint16 {
		return nil, errTooLong
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Digest)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Previous)))
	b = append(append(b, r.Digest...), r.Previous...)
	for _, s := range []string{r.UserID, r.DeviceID} {
		if len(s) > math.MaxUint16 {
			return nil, errTooLong
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	b = appendTime(b, r.AuthTime)
	b = appendTime(b, r.CreatedAt)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Epoch))
	for _, s := range r.AMR {
		if len(s) > math.MaxUint16 {
			return nil, errTooLong
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return b, nil
}

func unpackSession(id, packed string) (phoneauth.SessionRecord, error) {
	d := decoder{b: []byte(packed)}
	r := phoneauth.SessionRecord{ID: id, ExpiresAt: d.time(), IdleUntil: d.time(), RotatedAt: d.time()}
	digest, previous := d.uint(2), d.uint(2)
	r.Digest, r.Previous = d.bytes(digest), d.bytes(previous)
	r.UserID = string(d.bytes(d.uint(2)))
	r.DeviceID = string(d.bytes(d.uint(2)))
	r.AuthTime, r.CreatedAt, r.Epoch = d.time(), d.time(), int64(d.uint(8))
	for len(d.b) > 0 {
		r.AMR = append(r.AMR, string(d.bytes(d.uint(2))))
	}
	return r, d.err
}
