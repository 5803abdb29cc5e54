package memstore

import (
	"math"
	"math/bits"
	"unsafe"
)

// value is what a table holds.
type value interface {
	// end is when it is gone, in microseconds; it may change with each put.
	end() int64
	// size is the memory it holds beyond itself.
	size() int
}

// never is the end of what stays until it is dropped.
const never = math.MaxInt64

// table is a hash table that drops what has expired, in steps of constant work, and
// gives the memory back.
//
// The records lie in buckets by their end; index says where. The buckets are a radix
// heap: with last the tick up to which they have been swept, a record that ends in tick
// t lies in bucket bits.Len(t XOR last), so each bucket holds what ends in a stretch of
// time twice as long as the one before it, and later. Time comes to a bucket, and
// sweep takes it apart: what is gone is dropped, what is not goes to an earlier bucket,
// since it now is nearer. What a put has changed goes wherever its end says then; until
// then it stays where it is. Nothing is dropped but by its own end, so a record in the
// wrong bucket is at worst dropped late.
type table[V value] struct {
	index    [256]shard
	buckets  [buckets]bucket[V]
	occupied uint64 // bit b: buckets[b] is not empty
	last     int64
	draining int // the bucket that is being taken apart, or was last
	records  int
	held     int     // sum of size()
	dropped  func(V) // if set, is told what sweep and purge have dropped
}

const (
	// A tick is 2^24 µs, 17 s.
	tickBits = 24
	buckets  = 64 - tickBits
)

func tick(micros int64) int64 { return max(micros, 0) >> tickBits }

// get returns the record at k whether or not it has ended.
func (t *table[V]) get(k key) (v V, ok bool) {
	if r := t.at(k); r != nil {
		return r.value, true
	}
	return v, false
}

// at returns the record at k, nil if there is none. The pointer is good until the next
// insert, drop, sweep or purge.
func (t *table[V]) at(k key) *record[V] {
	if at, ok := t.find(k); ok {
		return t.record(t.index[k[0]].slots[at].place())
	}
	return nil
}

// put stores v at k, in place of what is there.
func (t *table[V]) put(k key, v V) {
	if r := t.at(k); r != nil {
		t.set(r, v)
	} else {
		t.insert(k, v)
	}
}

// set gives the record r another value.
func (t *table[V]) set(r *record[V], v V) {
	t.held += v.size() - r.value.size()
	r.value = v
}

// insert stores v at k, where nothing is.
func (t *table[V]) insert(k key, v V) {
	t.held += v.size()
	t.records++
	t.index[k[0]].insert(slotOf(k, t.push(record[V]{k, v})))
}

// drop removes the record at k, if there is one.
func (t *table[V]) drop(k key) {
	if at, ok := t.find(k); ok {
		t.remove(k, at)
	}
}

// find returns the slot that k has in its shard.
func (t *table[V]) find(k key) (at int, ok bool) {
	return t.index[k[0]].find(k, func(p place) bool { return t.record(p).key == k })
}

func (t *table[V]) record(p place) *record[V] { return t.buckets[p.bucket].at(p.index) }

// remove takes away the record at k, whose slot is at, and fills the gap in its bucket
// with the last one there.
func (t *table[V]) remove(k key, at int) V {
	p := t.index[k[0]].slots[at].place()
	gone := *t.record(p)
	t.index[k[0]].remove(at)
	last := t.pop(p.bucket)
	if from := (place{p.bucket, uint32(t.buckets[p.bucket].n)}); from != p {
		*t.record(p) = last
		t.index[last.key[0]].move(last.key, from, p)
	}
	t.records--
	t.held -= gone.value.size()
	return gone.value
}

// push puts r into the bucket of its end.
func (t *table[V]) push(r record[V]) place {
	b := bits.Len64(uint64(max(tick(r.value.end()), t.last) ^ t.last))
	t.buckets[b].push(r)
	t.occupied |= 1 << b
	return place{b, uint32(t.buckets[b].n - 1)}
}

func (t *table[V]) pop(b int) record[V] {
	r := t.buckets[b].pop()
	if t.buckets[b].n == 0 {
		t.occupied &^= 1 << b
	}
	return r
}

// sweep looks at up to steps records whose time may have come, and drops those that
// ended a tick or more before now: a caller whose now is behind still finds them.
func (t *table[V]) sweep(now int64, steps int) {
	if t.records == 0 {
		return
	}
	horizon := tick(now) - 1
	for ; steps > 0; steps-- {
		if t.buckets[t.draining].n == 0 && !t.advance(horizon) || t.last >= horizon {
			return
		}
		p := place{t.draining, uint32(t.buckets[t.draining].n - 1)}
		if r := t.record(p); tick(r.value.end()) < horizon {
			t.expire(p)
		} else {
			k := r.key
			t.index[k[0]].move(k, p, t.push(t.pop(p.bucket)))
		}
	}
}

// expire removes the record at p because of its end.
func (t *table[V]) expire(p place) {
	k := t.record(p).key
	at, _ := t.index[k[0]].find(k, p.is)
	v := t.remove(k, at)
	if t.dropped != nil {
		t.dropped(v)
	}
}

// advance moves last to the beginning of the first bucket that is not empty, if that
// is before horizon. The records in later buckets are where they belong after it, too:
// bucket b differs from last in bit b-1, and only bits up to that of an earlier bucket
// change.
func (t *table[V]) advance(horizon int64) bool {
	if t.occupied == 0 {
		return false
	}
	first, begin := bits.TrailingZeros64(t.occupied), t.last
	if first > 0 {
		bit := int64(1) << (first - 1)
		begin = (begin | bit) &^ (bit - 1)
	}
	if begin >= horizon {
		return false
	}
	t.last, t.draining = begin, first
	return true
}

// cursor is how far a purge has come.
type cursor struct {
	bucket, seen int
	done         bool
}

// purge drops what has ended by now, wherever it lies, looking at up to steps records
// from c on. It goes through a bucket from its end, where remove fills gaps from.
func (t *table[V]) purge(now int64, c *cursor, steps int) (removed int) {
	for ; steps > 0 && c.bucket < buckets; steps-- {
		b := &t.buckets[c.bucket]
		if c.seen >= b.n {
			c.bucket, c.seen = c.bucket+1, 0
			continue
		}
		p := place{c.bucket, uint32(b.n - 1 - c.seen)}
		if t.record(p).value.end() > now {
			c.seen++
			continue
		}
		t.expire(p)
		removed++
	}
	c.done = c.bucket == buckets
	return removed
}

// each returns the memory of a record without what its value holds: its part of a chunk, and
// of a shard that has as many slots as it may.
func (t *table[V]) each() int {
	return int(unsafe.Sizeof(record[V]{})) + 2 + 4*int(unsafe.Sizeof(slot{}))
}

// cost returns the memory of a record with the value v.
func (t *table[V]) cost(v V) int { return t.each() + v.size() }

func (t *table[V]) used() usage { return usage{t.records, t.records*t.each() + t.held} }

// allocated returns the memory of n bytes on their own: there are size classes.
func allocated(n int) int {
	if n == 0 {
		return 0
	}
	return (n + n/16 + 15) &^ 15
}
