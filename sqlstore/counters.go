package sqlstore

import (
	"slices"

	"github.com/phoneauth/phoneauth"
)

// The first byte of the key says what the row is. The columns are used so:
//
//   - A limit has its tat in at, and in until, where Purge looks too.
//   - A lockout has the count in amount, the end of the lock in until, and in at when the
//     count is forgotten unless it is locked then.
//   - A score has its value in amount, the last change in at, and in until when it is
//     forgotten.
const (
	ofLimit   = "l"
	ofLockout = "f"
	ofScore   = "b"
)

const counterColumns = "at_us, until_us, amount, due, key"

// counter is a row of the table of counters, or the place of one that is not there.
type counter struct {
	key       string
	at, until int64
	amount    float64

	// peek is true while the row is read without a lock. sampled is the score of a row that
	// is read so until its changes would be written.
	peek    bool
	sampled *phoneauth.Score

	// gates are the candidates of which a match needs the row locked. With peeks a match needs it
	// read without a lock. locked is true if it was locked, or there was none. Only MySQL has them.
	gates         []*phoneauth.Candidate
	peeks, locked bool
	last          bool // it may be sampled

	loaded bool // it was looked for
	empty  bool // there is a row, and it holds nothing
	known  bool // there is a row
	asked  bool // the step has read it
	write  bool // the step has changed it
	remove bool
}

// forget sets c to the value of a counter without a row.
func (c *counter) forget() {
	c.known, c.empty, c.at, c.until, c.amount = false, false, phoneauth.NoTAT, phoneauth.NoTAT, 0
}

// hold sets c to the values of its row. One with the values of none is there on MariaDB, where it
// was only locked.
func (c *counter) hold(at, until int64, amount float64) {
	c.empty = at == phoneauth.NoTAT && until == phoneauth.NoTAT
	c.known, c.at, c.until, c.amount = !c.empty, at, until, amount
}

// score returns c as a score.
func (c *counter) score() phoneauth.ScoreState {
	if !c.known {
		return phoneauth.ScoreState{}
	}
	return phoneauth.ScoreState{Value: c.amount, ChangedAt: c.at, ForgetAt: c.until}
}

func (r *rows) find(key string) *counter {
	i := slices.IndexFunc(r.counters, func(c *counter) bool { return c.key == key })
	if i < 0 {
		return nil
	}
	return r.counters[i]
}

// counter returns one that was named.
func (r *rows) counter(of, key string) *counter { return r.find(of + key) }

// name adds the counters with these keys, to be locked in this order.
func (r *rows) name(of string, keys ...string) {
	for _, key := range keys {
		c := r.find(of + key)
		if c == nil {
			c = &counter{key: of + key}
			c.forget()
			r.counters = append(r.counters, c)
		}
		c.peek, c.sampled, c.gates, c.peeks = false, nil, nil, false
	}
}

// nameKeys adds the counters of k, each to be locked: see sample.
func (r *rows) nameKeys(k phoneauth.RowKeys) {
	r.name(ofLockout, k.Lockouts...)
	r.name(ofLimit, k.Limits...)
	r.name(ofScore, k.Scores...)
}

// sample has the scores of charges read without a lock where their changes are probably
// not written, so that those who change nothing wait for nobody.
func (r *rows) sample(charges []phoneauth.Charge) {
	named := map[string]int{}
	for i := range charges {
		named[charges[i].Key]++
	}
	for i := range charges {
		of := &charges[i].Score
		c := r.counter(ofScore, of.Key)
		c.last = c.last || of.SampleBelow != 0
		if of.Sampled() && named[of.Key] == 1 {
			c.peek, c.sampled = true, of
		}
	}
}

// peekAll has everything that was named read without locks.
func (r *rows) peekAll() {
	for _, c := range r.counters {
		c.peek = true
	}
}

// load reads all counters that were named, and locks those that are not only peeked at.
func (r *rows) load() error {
	if !r.s.returning {
		return r.lockAll()
	}
	if !r.s.alone {
		r.inOrder()
	}
	var lock, read []any
	for _, c := range r.counters {
		if c.peek {
			read = append(read, []byte(c.key))
		} else {
			lock = append(lock, []byte(c.key))
		}
	}
	return r.read(lock, read)
}

// lock loads c anew, which was peeked at, and locks it.
func (r *rows) lock(c *counter) error {
	c.peek, c.sampled = false, nil
	if r.s.alone {
		return nil
	}
	if !r.s.returning {
		return r.lockAll() // if it is not locked
	}
	c.forget()
	return r.read([]any{[]byte(c.key)}, nil)
}

// read reads the counters with all these keys in one statement.
func (r *rows) read(lock, read []any) error {
	q := r.s.query("").lookUp(lookup{r.s.table.counters, "key", "BYTEA", "key, at_us, until_us, amount"}, lock, read)
	if len(q.args) == 0 {
		return nil
	}
	var key []byte
	var found counter
	return q.rows(r.ctx, r.on, func(scan func(into ...any) error) error {
		if err := scan(&key, &found.at, &found.until, &found.amount); err != nil {
			return err
		}
		c := r.find(string(key))
		c.known, c.at, c.until, c.amount = true, found.at, found.until, found.amount
		return nil
	})
}

// saveCounters adds to b the writes of what has changed and, with check, that rows which
// were missed are missing still.
func saveCounters(counters []*counter, table string, b *batch, check bool) {
	var insert []*counter
	for _, c := range counters {
		switch write := c.write && !c.remove; {
		case c.remove && c.known:
			b.add(1, "DELETE FROM "+table+" WHERE key = ?", []byte(c.key))
		case write && c.known:
			b.add(1, "UPDATE "+table+" SET at_us = ?, until_us = ?, amount = ?, due = ? WHERE key = ?", c.values()...)
		case write:
			insert = append(insert, c)
		case c.rests(check):
			b.addAbsent(table, c.key)
		}
	}
	if len(insert) == 0 {
		return
	}
	q := b.begin("INSERT INTO " + table + " (" + counterColumns + ") VALUES ")
	for i, c := range insert {
		if i > 0 {
			q.add(", ")
		}
		q.add("(?, ?, ?, ?, ?)", c.values()...)
	}
	b.end(q.add(" ON CONFLICT (key) DO NOTHING"), len(insert))
}

// inserts reports whether the step inserts the row.
func (c *counter) inserts() bool { return c.write && !c.remove && !c.known }

// rests reports whether the step rests on the absence of the row. check is false where that need not
// be looked at again.
func (c *counter) rests(check bool) bool {
	return check && c.asked && !c.known && !c.peek && !c.inserts()
}

func (c *counter) values() []any {
	return []any{c.at, c.until, c.amount, due(max(c.at, c.until), hour), []byte(c.key)}
}
