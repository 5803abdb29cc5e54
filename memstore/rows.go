package memstore

import "github.com/phoneauth/phoneauth"

// limit is the tat of a [phoneauth.Limit]. The tat is also its end, because a tat that now has
// reached counts as none.
type limit int64

func (l limit) end() int64 { return int64(l) }
func (limit) size() int    { return 0 }

type lockout phoneauth.LockoutState

func (l lockout) end() int64 { return phoneauth.LockoutState(l).End() }
func (lockout) size() int    { return 0 }

type score phoneauth.ScoreState

func (s score) end() int64 { return s.ForgetAt }
func (score) size() int    { return 0 }

// row is a row that a step reads, with what the step makes of it.
type row[V value] struct {
	name    string
	key     key
	at      *record[V] // in the table: nil if it has none. Good while the mutex is held.
	value   V
	read    bool
	changed bool
	gone    bool // the step deletes it, or there is none
}

// rows are the rows of one table in one step. They are few: a search is quicker than
// any index.
type rows[V value] []row[V]

// name adds the row with this name, before the mutex is held: hashing takes long.
func (r *rows[V]) name(s *Store, name string) *row[V] {
	for i := range *r {
		if (*r)[i].name == name {
			return &(*r)[i]
		}
	}
	*r = append(*r, row[V]{name: name, key: s.key(name)})
	return &(*r)[len(*r)-1]
}

// get returns the row as the table has it, or as the step has changed it.
func (r *rows[V]) get(s *Store, t *table[V], name string) *row[V] {
	found := r.name(s, name)
	if !found.read {
		found.read = true
		if found.at = t.at(found.key); found.at != nil {
			found.value = found.at.value
		} else {
			found.gone = true
		}
	}
	return found
}

func (r *row[V]) set(v V) { r.value, r.changed, r.gone = v, true, false }

func (r *row[V]) delete() {
	var none V
	r.value, r.changed, r.gone = none, true, true
}

// adds returns what the rows will add to the table.
func (r rows[V]) adds(t *table[V]) (more usage) {
	for i := range r {
		if r[i].changed {
			more = more.plus(r[i].adds(t))
		}
	}
	return more
}

func (r *row[V]) adds(t *table[V]) usage {
	switch {
	case r.gone && r.at == nil:
		return usage{}
	case r.gone:
		return usage{-1, -t.cost(r.at.value)}
	case r.at == nil:
		return usage{1, t.cost(r.value)}
	}
	return usage{0, r.value.size() - r.at.value.size()}
}

// missing returns what a row of constant size will add to the table, if it has none.
func (r *rows[V]) missing(s *Store, t *table[V], name string) usage {
	if r.get(s, t, name).at != nil {
		return usage{}
	}
	return usage{1, t.each()}
}

// write does to the table what the step has made of the rows. What is new or gone may
// move records, so it comes after what is only changed.
func (r rows[V]) write(t *table[V]) {
	moves := false
	for i := range r {
		if r := &r[i]; r.changed && r.at != nil && !r.gone {
			t.set(r.at, r.value)
		} else if r.changed {
			moves = true
		}
	}
	if !moves {
		return
	}
	for i := range r {
		switch r := &r[i]; {
		case !r.changed:
		case r.gone:
			t.drop(r.key)
		case r.at == nil:
			t.insert(r.key, r.value)
		}
	}
}
