package micros

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestStopsAtTheEnds(t *testing.T) {
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
	}{{3, 4, 12}, {most, 2, most}, {5, 0, 0}, {0, 5, 0}, {1 << 40, 1 << 40, most}} {
		assert.Equal(t, c.product, Mul(c.n, c.d), "%d × %d", c.n, c.d)
	}
}

func TestCeil(t *testing.T) {
	t.Parallel()
	for d, us := range map[time.Duration]int64{0: 0, 1: 1, 999: 1, 1000: 1, 1001: 2, -1: 0, -1000: -1, -1001: -1} {
		assert.Equal(t, us, Ceil(d), d)
	}
}
