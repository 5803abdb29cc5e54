package memstore

import "slices"

// record is a value and where it is found.
type record[V value] struct {
	key   key
	value V
}

// bucket is a stack of records in chunks: it grows without copying, and shrinks.
type bucket[V value] struct {
	chunks []*[chunk]record[V]
	n      int
}

// A chunk with the word that the runtime puts before it has the size of a size class,
// for records of 24, 40 and 72 bytes.
const chunk = 31

// at returns the i-th record; the pointer is good until the next push or pop.
func (b *bucket[V]) at(i uint32) *record[V] { return &b.chunks[i/chunk][i%chunk] }

func (b *bucket[V]) push(r record[V]) {
	if b.n == len(b.chunks)*chunk {
		b.chunks = append(b.chunks, new([chunk]record[V]))
	}
	b.n++
	*b.at(uint32(b.n - 1)) = r
}

// pop keeps one chunk to spare, so that a push and a pop in turn do not allocate.
func (b *bucket[V]) pop() record[V] {
	top := b.at(uint32(b.n - 1))
	r := *top
	*top = record[V]{}
	b.n--
	if spare := len(b.chunks) - 1; b.n <= (spare-1)*chunk {
		b.chunks[spare] = nil
		b.chunks = b.chunks[:spare]
		if b.n == 0 {
			b.chunks = slices.Clone(b.chunks)
		}
	}
	return r
}
