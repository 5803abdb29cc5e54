package newest

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNewestValuesAreKept(t *testing.T) {
	t.Parallel()
	m := New[int](3)
	assert.True(t, m.Empty())
	for i := range 5 {
		m.Put(strconv.Itoa(i), i)
	}
	assert.False(t, m.Empty())
	for i := range 5 {
		v, ok := m.Take(strconv.Itoa(i))
		assert.Equal(t, i >= 2, ok, i)
		if ok {
			assert.Equal(t, i, v)
		}
		_, ok = m.Take(strconv.Itoa(i))
		assert.False(t, ok, "a value is taken once")
	}
	assert.True(t, m.Empty())
}

// A value that was put again is as new as the last time: its first place does not end it.
func TestValuePutAgainIsNew(t *testing.T) {
	t.Parallel()
	m := New[int](3)
	m.Put("a", 1)
	m.Put("b", 2)
	m.Put("a", 3)
	m.Put("c", 4) // takes the first place of a
	v, ok := m.Take("a")
	assert.True(t, ok)
	assert.Equal(t, 3, v)
	m.Put("a", 5)
	m.Put("d", 6) // takes the place that a had before it was taken
	v, ok = m.Take("a")
	assert.True(t, ok)
	assert.Equal(t, 5, v)
}

func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	m := New[int](8)
	for i := range 1000 {
		m.Put(strconv.Itoa(i%11), i)
		if i%3 == 0 {
			m.Take(strconv.Itoa(i % 7))
		}
		assert.LessOrEqual(t, len(m.values), 8)
		assert.LessOrEqual(t, len(m.ring), 8)
	}
}
