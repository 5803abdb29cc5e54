package sqlstore

import (
	"bytes"

	"github.com/phoneauth/phoneauth"
)

// challengeColumns are in the order of challengeValues.
const challengeColumns = "key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due"

func challengeValues(c *phoneauth.Challenge) []any {
	expires := c.ExpiresAt.UnixMicro()
	return []any{[]byte(c.Key), []byte(c.ID), c.Digest, c.Sealed, c.Pending, int32s(c.TriesLeft), int32s(c.Sends),
		expires, c.Until.UnixMicro(), due(expires, minute)}
}

// scanChallenge reads key, id, digest, sealed, pending, tries_left, sends, expires_at and
// until_at, in this order, and then whatever is more.
func scanChallenge(scan func(into ...any) error, more ...any) (c phoneauth.Challenge, err error) {
	var key, id []byte
	var expires, until int64
	into := []any{&key, &id, &c.Digest, &c.Sealed, &c.Pending, &c.TriesLeft, &c.Sends, &expires, &until}
	err = scan(append(into, more...)...)
	c.Key, c.ID, c.ExpiresAt, c.Until = string(key), string(id), instant(expires), instant(until)
	return c, err
}

// slot is the row of a challenge, or the place of a row that does not exist.
type slot struct {
	key   string
	was   phoneauth.Challenge // the row
	known bool                // there is a row

	loaded bool                 // it was looked for
	empty  bool                 // there is a row, and it holds nothing
	asked  bool                 // the step has read it
	set    *phoneauth.Challenge // what the step has stored
	remove bool                 // the step has deleted it
}

// nameSlots adds the challenges with these keys, to be locked in this order.
func (r *rows) nameSlots(keys ...string) {
	for _, key := range keys {
		if r.slot(key) == nil {
			r.slots = append(r.slots, &slot{key: key})
		}
	}
}

// loadSlots reads and locks the challenges that were named. In MySQL the same statement reads
// the counters that were named by then.
func (r *rows) loadSlots() error {
	if !r.s.returning {
		return r.lockAll()
	}
	var all []any
	for _, sl := range r.slots {
		all = append(all, []byte(sl.key))
	}
	in := lookup{r.s.table.challenges, "key", "BYTEA", "key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at"}
	return r.s.query("").lookUp(in, all, nil).rows(r.ctx, r.on, func(scan func(into ...any) error) error {
		c, err := scanChallenge(scan)
		if err != nil {
			return err
		}
		sl := r.slot(c.Key)
		sl.was, sl.known = c, true
		return nil
	})
}

// save adds the change of the slot to b. With check, it adds a check that a slot which was empty is
// still empty.
func (sl *slot) save(table string, b *batch, check bool) {
	const insert = " (" + challengeColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	switch {
	case sl.set != nil && sl.known:
		sl.update(table, b)
	case sl.set != nil:
		b.add(1, "INSERT INTO "+table+insert+" ON CONFLICT (key) DO NOTHING", challengeValues(sl.set)...)
	case sl.remove:
		b.add(1, "DELETE FROM "+table+" WHERE key = ?", []byte(sl.key))
	case check && sl.asked && !sl.known:
		b.addAbsent(table, sl.key)
	}
}

// update adds to b the columns that differ: those of an index cost more than the others.
func (sl *slot) update(table string, b *batch) {
	q := b.begin("UPDATE " + table + " SET ")
	separator := ""
	set := func(column string, same bool, value any) {
		if !same {
			q.add(separator+column+" = ?", value)
			separator = ", "
		}
	}
	was, is := &sl.was, sl.set
	expires, expired := is.ExpiresAt.UnixMicro(), was.ExpiresAt.UnixMicro()
	set("id", is.ID == was.ID, []byte(is.ID))
	set("digest", bytes.Equal(is.Digest, was.Digest), is.Digest)
	set("sealed", bytes.Equal(is.Sealed, was.Sealed), is.Sealed)
	set("pending", bytes.Equal(is.Pending, was.Pending), is.Pending)
	set("tries_left", is.TriesLeft == was.TriesLeft, int32s(is.TriesLeft))
	set("sends", is.Sends == was.Sends, int32s(is.Sends))
	set("expires_at", expires == expired, expires)
	set("until_at", is.Until.UnixMicro() == was.Until.UnixMicro(), is.Until.UnixMicro())
	set("due", due(expires, minute) == due(expired, minute), due(expires, minute))
	if separator != "" {
		b.end(q.add(" WHERE key = ?", []byte(sl.key)), 1)
	}
}
