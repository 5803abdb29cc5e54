package memstore

import "github.com/phoneauth/phoneauth"

// limit is the tat of a [phoneauth.Limit], which is also its end: a tat that now has
// reached is as good as none.
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
	read    bool
	known   bool // the table has it
	changed bool
	gone    bool // the step deletes it
	was     V    // what the table has
	value   V
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
		found.was, found.known = t.get(found.key)
		found.value, found.read = found.was, true
		found.gone = !found.known
	}
	return found
}

func (r *row[V]) set(v V) { r.value, r.changed, r.gone = v, true, false }

func (r *row[V]) delete() {
	var none V
	r.value, r.changed, r.gone = none, true, true
}

// adds is what the rows will add to the table.
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
	case r.gone && r.known:
		return usage{-1, -t.cost(r.was)}
	case r.gone:
		return usage{}
	case r.known:
		return usage{0, r.value.size() - r.was.size()}
	}
	return usage{1, t.cost(r.value)}
}

// write does to the table what the step has made of the rows.
func (r rows[V]) write(t *table[V]) {
	for i := range r {
		switch {
		case !r[i].changed:
		case r[i].gone:
			t.drop(r[i].key)
		default:
			t.put(r[i].key, r[i].value)
		}
	}
}
