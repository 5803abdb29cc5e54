// Package fields writes several texts as one, so that no two lists of texts are written
// alike.
package fields

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// Append writes fields so that a Reader finds them again, each after its length.
func Append(b []byte, fields ...string) []byte {
	room := 0
	for _, f := range fields {
		room += len(f) + 2 // most lengths take one byte, and the others two
	}
	b = slices.Grow(b, room)
	for _, f := range fields {
		b = binary.AppendUvarint(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

// Reader reads what Append wrote.
type Reader struct {
	rest string
	bad  bool
}

// NewReader returns a Reader of data.
func NewReader(data string) *Reader { return &Reader{rest: data} }

// Text returns the next field, and "" if there is none.
func (r *Reader) Text() string {
	length, used := binary.Uvarint([]byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)]))
	if used <= 0 || length > uint64(len(r.rest)-used) {
		r.rest, r.bad = "", true
		return ""
	}
	field := r.rest[used:][:length]
	r.rest = r.rest[used+int(length):]
	return field
}

// Int64 returns the next field as a decimal number, or 0 if it is no number.
func (r *Reader) Int64() int64 {
	n, err := strconv.ParseInt(r.Text(), 10, 64)
	r.bad = r.bad || err != nil
	return n
}

// Done reports whether every field that was asked for was there, in its form, and none is
// left.
func (r *Reader) Done() bool { return !r.bad && r.rest == "" }
