package meter

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
		assert.Equal(t, c.sum, Add(c.a, c.b), "%d + %d", c.a, c.b)
	}
	for _, c := range []struct {
		n          int
		d, product int64
	}{{3, 4, 12}, {-3, 4, -12}, {most, 2, most}, {-most, 3, -most}, {5, 0, 0}, {1 << 40, 1 << 40, most}} {
		assert.Equal(t, c.product, mul(c.n, c.d), "%d × %d", c.n, c.d)
	}
}
