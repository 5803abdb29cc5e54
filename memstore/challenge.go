package memstore

import (
	"math"
	"time"
	"unsafe"

	"github.com/phoneauth/phoneauth"
)

// challenge is a [phoneauth.Challenge] without its Key, in one allocation.
type challenge struct {
	body                          string // ID, Digest, Sealed and Pending
	digestAt, sealedAt, pendingAt uint32 // where they begin in body
	tries, sends                  int32
	expires, until                int64
}

func (c challenge) end() int64      { return c.expires }
func (c challenge) size() int       { return allocated(len(c.body)) }
func (c challenge) id() string      { return c.body[:c.digestAt] }
func (c challenge) digest() string  { return c.body[c.digestAt:c.sealedAt] }
func (c challenge) sealed() string  { return c.body[c.sealedAt:c.pendingAt] }
func (c challenge) pending() string { return c.body[c.pendingAt:] }

func pack(c *phoneauth.Challenge) challenge {
	var packed challenge
	packed.digestAt = uint32(len(c.ID))
	packed.sealedAt = packed.digestAt + uint32(len(c.Digest))
	packed.pendingAt = packed.sealedAt + uint32(len(c.Sealed))
	packed.body = c.ID + string(c.Digest) + string(c.Sealed) + string(c.Pending)
	return packed.with(c)
}

// holds reports whether c has the parts that body has.
func (c *challenge) holds(of *phoneauth.Challenge) bool {
	return c.id() == of.ID && c.digest() == string(of.Digest) &&
		c.sealed() == string(of.Sealed) && c.pending() == string(of.Pending)
}

// with returns c with the numbers and times of of.
func (c challenge) with(of *phoneauth.Challenge) challenge {
	c.tries = int32(min(of.TriesLeft, math.MaxInt32))
	c.sends = int32(min(of.Sends, math.MaxInt32))
	c.expires, c.until = of.ExpiresAt.UnixMicro(), of.Until.UnixMicro()
	return c
}

// view returns the challenge with slices of the body, which nobody may change: see owned.
func (c *challenge) view(name string) phoneauth.Challenge {
	body := unsafe.Slice(unsafe.StringData(c.body), len(c.body))
	return phoneauth.Challenge{
		Key:       name,
		ID:        c.id(),
		Digest:    body[c.digestAt:c.sealedAt:c.sealedAt],
		Sealed:    body[c.sealedAt:c.pendingAt:c.pendingAt],
		Pending:   body[c.pendingAt:],
		TriesLeft: int(c.tries),
		Sends:     int(c.sends),
		ExpiresAt: instant(c.expires),
		Until:     instant(c.until),
	}
}

// owned returns c with slices of its own, in one allocation, and with the times as a store
// returns them.
func owned(c phoneauth.Challenge) phoneauth.Challenge {
	body := make([]byte, 0, len(c.Digest)+len(c.Sealed)+len(c.Pending))
	own := func(part []byte) []byte {
		if len(part) == 0 {
			return nil
		}
		from := len(body)
		body = append(body, part...)
		return body[from:len(body):len(body)]
	}
	c.Digest, c.Sealed, c.Pending = own(c.Digest), own(c.Sealed), own(c.Pending)
	c.ExpiresAt, c.Until = utc(c.ExpiresAt), utc(c.Until)
	return c
}

// instant returns the time of us microseconds since 1970, in UTC. The microseconds of the zero
// time give the zero time.
func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// utc returns t as a store returns it: in whole microseconds and UTC.
func utc(t time.Time) time.Time { return instant(t.UnixMicro()) }
