package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// A challenge is kept as one string, big endian: ExpiresAt and Until in microseconds,
// TriesLeft, Sends, the lengths of ID, Digest and Sealed, and then these and Pending.
// lua/challenge.lua reads and writes it too.
const challengeHead = 8 + 8 + 4 + 4 + 2 + 2 + 2

var errTooLong = errors.New("a value is longer than 65535 bytes")

func packChallenge(c *phoneauth.Challenge) ([]byte, error) {
	if len(c.ID) > mostBytes || len(c.Digest) > mostBytes || len(c.Sealed) > mostBytes {
		return nil, errTooLong
	}
	b := make([]byte, 0, challengeHead+len(c.ID)+len(c.Digest)+len(c.Sealed)+len(c.Pending))
	b = appendTime(b, c.ExpiresAt)
	b = appendTime(b, c.Until)
	b = binary.BigEndian.AppendUint32(b, uint32(min(max(c.TriesLeft, 0), math.MaxInt32)))
	b = binary.BigEndian.AppendUint32(b, uint32(min(max(c.Sends, 0), math.MaxInt32)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.ID)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.Digest)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.Sealed)))
	b = append(b, c.ID...)
	b = append(b, c.Digest...)
	b = append(b, c.Sealed...)
	return append(b, c.Pending...), nil
}

func unpackChallenge(key, packed string) (phoneauth.Challenge, error) {
	d := decoder{b: []byte(packed)}
	c := phoneauth.Challenge{Key: key, ExpiresAt: d.time(), Until: d.time()}
	c.TriesLeft, c.Sends = int(d.uint(4)), int(d.uint(4))
	id, digest, sealed := d.uint(2), d.uint(2), d.uint(2)
	c.ID = string(d.bytes(id))
	c.Digest, c.Sealed = d.bytes(digest), d.bytes(sealed)
	c.Pending = d.bytes(uint64(len(d.b)))
	return c, d.err
}

// CancelChallenges implements [phoneauth.ChallengeStore]. Of keys in several slots of a
// cluster, those of one slot go in one step.
func (s *Store) CancelChallenges(ctx context.Context, keys ...string) error {
	all := make([]string, len(keys))
	for i, key := range keys {
		all[i] = s.key(challengeKind, key)
	}
	return failed("cancel challenges", s.delete(ctx, all))
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(t.UnixMicro()))
}

// decoder reads what was packed. What is cut short leaves an error, and reads as
// nothing.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.b, d.err = nil, errAnswer
		return nil
	}
	if n == 0 {
		return nil
	}
	var part []byte
	part, d.b = d.b[:n:n], d.b[n:]
	return part
}

func (d *decoder) uint(size int) (n uint64) {
	for _, b := range d.bytes(uint64(size)) {
		n = n<<8 | uint64(b)
	}
	return n
}

// text reads a text with its length before it.
func (d *decoder) text() string { return string(d.bytes(d.uint(2))) }

// time reads the zero time where the zero time was packed.
func (d *decoder) time() time.Time { return time.UnixMicro(int64(d.uint(8))).UTC() }
