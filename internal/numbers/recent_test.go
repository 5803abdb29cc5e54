package numbers

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What was read last is remembered, and what is read often stays.
func TestRecentNumbers(t *testing.T) {
	t.Parallel()
	var r recent
	as := func(i int) spelling { return spelling{fmt.Sprint("+", i), noRegion} }
	_, ok := r.get(as(0))
	assert.False(t, ok)
	for i := range 10 * recentNumbers {
		r.put(as(i), Number{E164: as(i).spelled})
		n, ok := r.get(as(0))
		assert.True(t, ok, "it is read all the time")
		assert.Equal(t, Number{E164: "+0"}, n)
		assert.LessOrEqual(t, len(r.now), recentNumbers)
	}
	for i := 9*recentNumbers + 1; i < 10*recentNumbers; i++ {
		_, ok := r.get(as(i))
		assert.True(t, ok, "one of the last")
	}
	_, ok = r.get(as(1))
	assert.False(t, ok, "it was forgotten")
}

// A number that is read again is the same, and one that is not valid stays so.
func TestReadAgain(t *testing.T) {
	t.Parallel()
	for range 2 {
		n, ok := Parse("+201061797840", "")
		assert.Equal(t, Number{"+201061797840", "EG", Mobile}, n)
		assert.True(t, ok)
		_, ok = Parse("01061797840", "SG")
		assert.False(t, ok, "another region")
		n, _ = Parse("01061797840", "EG")
		assert.Equal(t, "+201061797840", n.E164)
		_, ok = Parse("+20106", "EG")
		assert.False(t, ok)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				Parse(fmt.Sprint("+2010617978", (i*j)%90+10), "")
			}
		})
	}
	all.Wait()
}

// forget empties what is remembered, for a benchmark of a number that nobody has read before.
func forget() {
	remembered.mu.Lock()
	defer remembered.mu.Unlock()
	remembered.now, remembered.before = nil, nil
}
