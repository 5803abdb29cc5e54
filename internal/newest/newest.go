// Package newest remembers the newest values of many.
package newest

import "sync"

// Map remembers so many values by key. A new value takes the place of the oldest when there is
// no more room. [New] makes one. It is safe for concurrent use.
type Map[V any] struct {
	mu     sync.Mutex
	values map[string]value[V]
	ring   []string // the keys in the order in which they came
	next   int      // the place of the next key in ring, when it has all its places
	most   int
}

type value[V any] struct {
	v     V
	place int // in ring
}

// New returns an empty Map with room for so many values, at least 1.
func New[V any](most int) *Map[V] {
	return &Map[V]{values: map[string]value[V]{}, most: most}
}

// Put remembers v under key, in place of what is there.
func (m *Map[V]) Put(key string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	place := m.next
	if len(m.ring) < m.most {
		place = len(m.ring)
		m.ring = append(m.ring, key)
	} else {
		if oldest := m.ring[place]; m.values[oldest].place == place {
			delete(m.values, oldest)
		}
		m.ring[place] = key
		m.next = (place + 1) % m.most
	}
	m.values[key] = value[V]{v, place}
}

// Empty reports whether nothing is remembered.
func (m *Map[V]) Empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.values) == 0
}

// Take forgets the value under key and returns it. It returns false if there is none.
func (m *Map[V]) Take(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.values[key]
	delete(m.values, key)
	return found.v, ok
}
