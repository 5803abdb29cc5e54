package sqlstore

import (
	"cmp"
	"context"

	"github.com/phoneauth/phoneauth/internal/meter"
)

// What a counter counts is the first byte of its key in the table.
const (
	ofLimit    = "l"
	ofFailures = "f"
	ofBudget   = "b"
)

const counterColumns = "at_us, until_us, amount, due, key"

// counter is a row of the table of counters, or the place of one that is not there.
type counter struct {
	key       string
	at, until int64
	amount    float64
	was       int64 // at, as it was read

	peek   bool // read it without a lock, until settle locks it
	known  bool // there is a row
	write  bool // it is changed
	remove bool
}

// forget makes c what a counter is without a row.
func (c *counter) forget() {
	c.at, c.until, c.amount, c.was = meter.Never, meter.Never, 0, meter.Never
}

// counters are those of one verb, in the order in which they are locked: as the verb
// names them, which is as the Service does, a phone's own first and the busiest last.
//
// Rows that are there are locked; where there is none, the insertion of a new one tells
// whether somebody else was faster. Three phases, each in that order, come to no
// deadlock: locking waits for whoever holds a row; inserting, which passes over rows that
// are locked, only for those who insert or update; updating for nobody.
type counters struct {
	s    *Store
	list []*counter
}

func (s *Store) counters() *counters { return &counters{s: s} }

// name adds the counter of key, to be locked.
func (cs *counters) name(of, key string) {
	if c := cs.find(of + key); c != nil {
		c.peek = false
		return
	}
	c := &counter{key: of + key}
	c.forget()
	cs.list = append(cs.list, c)
}

// peek adds the counter of key, to be read only.
func (cs *counters) peek(of, key string) {
	if cs.find(of+key) == nil {
		cs.name(of, key)
		cs.list[len(cs.list)-1].peek = true
	}
}

func (cs *counters) find(key string) *counter {
	for _, c := range cs.list {
		if c.key == key {
			return c
		}
	}
	return nil
}

// get is a counter that was named.
func (cs *counters) get(of, key string) *counter { return cs.find(of + key) }

// load reads all that was named, and locks what is not only peeked at.
func (cs *counters) load(ctx context.Context, q querier) error {
	var lock, read []string
	for _, c := range cs.list {
		if c.peek || cs.s.alone {
			read = append(read, c.key)
		} else {
			lock = append(lock, c.key)
		}
	}
	return cs.read(ctx, q, lock, read)
}

// lock loads c anew, which was peeked at, and locks it.
func (cs *counters) lock(ctx context.Context, q querier, c *counter) error {
	c.peek = false
	if cs.s.alone {
		return nil
	}
	c.known = false
	c.forget()
	return cs.read(ctx, q, []string{c.key}, nil)
}

// read reads the rows of all these keys in one statement, each by its own search in the
// index: a join, or IN, is planned as a scan of the table while that is small, and the
// plan kept when it has grown.
func (cs *counters) read(ctx context.Context, q querier, lock, read []string) error {
	columns := "SELECT c.key, c.at_us, c.until_us, c.amount FROM "
	query := cs.s.query("")
	if len(lock) > 0 {
		query.add(columns + "(VALUES ")
		for i, key := range lock {
			if i > 0 {
				query.add(", ")
			}
			query.add("(CAST(? AS BYTEA))", []byte(key))
		}
		query.add(") k (key) CROSS JOIN LATERAL (SELECT * FROM " + cs.s.table.counters + " WHERE key = k.key" + cs.s.forUpdate + ") c")
	}
	for _, key := range read {
		if len(query.text) > 0 {
			query.add(" UNION ALL ")
		}
		query.add(columns+cs.s.table.counters+" c WHERE c.key = ?", []byte(key))
	}
	if len(query.text) == 0 {
		return nil
	}
	var key []byte
	var found counter
	return query.rows(ctx, q, func(scan func(into ...any) error) error {
		if err := scan(&key, &found.at, &found.until, &found.amount); err != nil {
			return err
		}
		c := cs.find(string(key))
		c.known = true
		c.at, c.until, c.amount, c.was = found.at, found.until, found.amount, found.at
		return nil
	})
}

// save adds to b the writes of what has changed, and that what has none is as it was.
func (cs *counters) save(b *batch) {
	table := cs.s.table.counters
	var insert []*counter
	for _, c := range cs.list {
		switch {
		case c.remove && c.known:
			b.add(1, "DELETE FROM "+table+" WHERE key = ?", []byte(c.key))
		case c.remove || !c.write:
			cs.absent(b, c)
		case c.known:
			b.add(1, "UPDATE "+table+" SET at_us = ?, until_us = ?, amount = ?, due = ? WHERE key = ?", c.values()...)
		default:
			insert = append(insert, c)
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

// absent adds to b that c has no row now either, if it had none: then it could not be
// locked.
func (cs *counters) absent(b *batch, c *counter) {
	if !c.known && !c.peek && !cs.s.alone {
		b.add(0, "SELECT 1 FROM "+cs.s.table.counters+" WHERE key = ?", []byte(c.key))
	}
}

// refused is err, the refusal of one counter, if those that were asked before it would
// still not have refused: what has no row was not locked.
func (cs *counters) refused(ctx context.Context, q querier, err error) error {
	b := cs.s.batch()
	for _, c := range cs.list {
		cs.absent(b, c)
	}
	return cmp.Or(b.run(ctx, q), err)
}

func (c *counter) values() []any {
	return []any{c.at, c.until, c.amount, due(max(c.at, c.until), hour), []byte(c.key)}
}
