// Package few has a list whose first items need no allocation.
package few

// inside is how many items need no allocation. A step of a store rarely has more.
const inside = 6

// List is a list of items that stay where they are until the next Add. The zero List is
// empty.
type List[T any] struct {
	first [inside]T
	rest  []T
	n     int
}

// Len returns how many items there are.
func (l *List[T]) Len() int { return l.n }

// At returns the item with index i.
func (l *List[T]) At(i int) *T {
	if i < inside {
		return &l.first[i]
	}
	return &l.rest[i-inside]
}

// Add appends v and returns the item.
func (l *List[T]) Add(v T) *T {
	if l.n < inside {
		l.first[l.n] = v
	} else {
		l.rest = append(l.rest, v)
	}
	l.n++
	return l.At(l.n - 1)
}
