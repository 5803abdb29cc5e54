package memstore

import "encoding/binary"

// place is where a record lies: in a bucket, at an index of it.
type place struct {
	bucket int
	index  uint32
}

func (p place) is(q place) bool { return p == q }

// slot is a place in 8 bytes, with as much of the record's key as its way in a shard
// needs. The zero slot is empty.
type slot struct {
	index uint32
	tag   uint32 // 24 bits of the key, 8 bits of the bucket plus one
}

func slotOf(k key, p place) slot { return slot{p.index, tagOf(k) | uint32(p.bucket+1)} }

// tagOf uses bytes of k other than the one that chooses the shard.
func tagOf(k key) uint32 { return binary.LittleEndian.Uint32(k[4:]) &^ 0xFF }

func (s slot) place() place { return place{int(s.tag&0xFF) - 1, s.index} }
func (s slot) home() int    { return int(s.tag >> 8) }

// shard is one part in 256 of the index of a table: an open hash table with linear
// probing. A Go map in its place would take more than twice the memory, grow under
// churn, and never shrink. A shard has between 1 and 3 quarters of its slots in use,
// and since it is one of many, resizing it is quick.
type shard struct {
	slots []slot
	used  int
}

// find returns the slot of a key that is, or for which is says so.
func (s *shard) find(k key, is func(place) bool) (at int, ok bool) {
	if s.used == 0 {
		return 0, false
	}
	tag, mask := tagOf(k), len(s.slots)-1
	for at = int(tag>>8) & mask; s.slots[at].tag != 0; at = (at + 1) & mask {
		if s.slots[at].tag&^0xFF == tag && is(s.slots[at].place()) {
			return at, true
		}
	}
	return 0, false
}

// move gives the record of k, which lay at from, another place.
func (s *shard) move(k key, from, to place) {
	at, _ := s.find(k, from.is)
	s.slots[at] = slotOf(k, to)
}

func (s *shard) insert(x slot) {
	if 4*(s.used+1) > 3*len(s.slots) {
		s.resize(max(8, 2*len(s.slots)))
	}
	s.place(x)
	s.used++
}

// place puts x into the first slot from its home that is empty.
func (s *shard) place(x slot) {
	mask := len(s.slots) - 1
	at := x.home() & mask
	for s.slots[at].tag != 0 {
		at = (at + 1) & mask
	}
	s.slots[at] = x
}

// remove empties a slot, and moves up what would no longer be found behind the gap.
func (s *shard) remove(gap int) {
	mask := len(s.slots) - 1
	for at := (gap + 1) & mask; s.slots[at].tag != 0; at = (at + 1) & mask {
		if way := (at - s.slots[at].home()) & mask; way >= (at-gap)&mask {
			s.slots[gap] = s.slots[at]
			gap = at
		}
	}
	s.slots[gap] = slot{}
	s.used--
	switch {
	case s.used == 0:
		s.slots = nil
	case 4*s.used < len(s.slots) && len(s.slots) > 8:
		s.resize(len(s.slots) / 2)
	}
}

func (s *shard) resize(n int) {
	old := s.slots
	s.slots = make([]slot, n)
	for _, x := range old {
		if x.tag != 0 {
			s.place(x)
		}
	}
}
