package boltstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The two buckets: records by their keys, and the index that leads to them.
var records, index = []byte("records"), []byte("index")

// The key of a record begins with what the record is: one string may be the key of a
// challenge, a limit, a lockout and a score.
const challenge, limit, lockout, score = "challenge/", "limit/", "lockout/", "score/"
const user, session, line = "user/", "session/", "line/"

// tx is one transaction. It also is the [phoneauth.Rows] of a step.
type tx struct {
	records, index *bolt.Bucket
	fault          error // what went wrong: nothing is committed then
}

// note keeps an error for the end of the transaction.
func (t *tx) note(err error) { t.fault = errors.Join(t.fault, err) }

// record is what stands at a key, as JSON.
//
// Challenge, LockoutState, ScoreState, SessionRecord and JournalEntry may be encoded as
// they are. Some of them print redacted, and yet encoding/json writes all of their fields.
// Phone and Secret may not: they are encoded masked and as "[redacted]". So a user has a
// record of its own: see userRecord.
type record[V any] struct {
	Value V
	Index []string // the entries that lead here, to be removed with the record
}

// load returns the record at key. It shares no memory with the database.
func load[V any](t *tx, key string) (r record[V], ok bool) {
	encoded := t.records.Get([]byte(key))
	if encoded == nil {
		return r, false
	}
	if err := json.Unmarshal(encoded, &r); err != nil {
		t.note(err)
		return record[V]{}, false
	}
	return r, true
}

// get returns the value at key, or the zero value where there is none.
func get[V any](t *tx, key string) V {
	r, _ := load[V](t, key)
	return r.Value
}

// put stores value at key in place of what is there, and has the entries lead to it.
func (t *tx) put(key string, value any, entries ...string) {
	t.delete(key)
	encoded, err := json.Marshal(record[any]{value, entries})
	t.note(err)
	t.note(t.records.Put([]byte(key), encoded))
	for _, e := range entries {
		t.note(t.index.Put([]byte(e+key), nil))
	}
}

// delete removes the records at keys, as far as there are any.
func (t *tx) delete(keys ...string) {
	for _, key := range keys {
		r, _ := load[json.RawMessage](t, key)
		for _, e := range r.Index {
			t.note(t.index.Delete([]byte(e + key)))
		}
		t.note(t.records.Delete([]byte(key)))
	}
}

// entry returns the beginning of a key of the index; the key of a record comes behind it. A
// zero byte ends each part: keys and ids are printable, and have none.
func entry(parts ...string) string { return strings.Join(parts, "\x00") + "\x00" }

// all returns the range of everything that begins with e.
func all(e string) (from, to string) { return e, strings.TrimSuffix(e, "\x00") + "\x01" }

// find returns the keys of the records to which entries lead, in the order of the entries:
// those from one entry on and before the other.
func (t *tx) find(from, to string) (keys []string) {
	c := t.index.Cursor()
	for k, _ := c.Seek([]byte(from)); k != nil && string(k) < to; k, _ = c.Next() {
		keys = append(keys, string(k[bytes.LastIndexByte(k, 0)+1:]))
	}
	return keys
}

// stamp returns an instant in microseconds as text that sorts as time does: with the sign
// turned over, instants before 1970 come first.
func stamp(us int64) string { return fmt.Sprintf("%016x", uint64(us)^1<<63) }

// ends returns the entry by which Purge finds a record that is gone at us microseconds.
func ends(us int64) string { return entry("ends", stamp(us)) }

// inUTC makes times UTC, as they must come back. What a step sets is UTC already.
func inUTC(times ...*time.Time) {
	for _, at := range times {
		*at = at.UTC()
	}
}
