package phoneauth

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the stores make of it is in package storetest.

func TestArithmeticStopsAtTheEnds(t *testing.T) {
	t.Parallel()
	const most, least = math.MaxInt64, math.MinInt64
	for _, c := range []struct{ a, b, sum int64 }{
		{1, 2, 3}, {most, 1, most}, {most, most, most}, {least, -1, least}, {least, least, least}, {most, least, -1}, {0, 0, 0},
	} {
		assert.Equal(t, c.sum, addMicros(c.a, c.b), "%d + %d", c.a, c.b)
	}
	for _, c := range []struct {
		n          int
		d, product int64
	}{{3, 4, 12}, {most, 2, most}, {5, 0, 0}, {0, 5, 0}, {1 << 40, 1 << 40, most}} {
		assert.Equal(t, c.product, mulMicros(c.n, c.d), "%d × %d", c.n, c.d)
	}
}

// A step plans its first rows without allocation, and goes on after them.
func TestFewIsAList(t *testing.T) {
	t.Parallel()
	var list few[int]
	for i := range 20 {
		assert.Equal(t, i, *list.add(i))
	}
	assert.Equal(t, 20, list.n)
	for i := range list.n {
		assert.Equal(t, i, *list.at(i))
	}
}
