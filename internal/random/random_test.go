package random

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRandom(t *testing.T) {
	t.Parallel()
	assert.Len(t, ID(), 22)
	assert.Len(t, Secret(), 43)
	assert.Len(t, Bytes(7), 7)
	assert.NotEqual(t, ID(), ID())
}

func TestDigits(t *testing.T) {
	t.Parallel()
	var first [10]int
	for range 20_000 {
		code := Digits(6)
		require.Regexp(t, `^[0-9]{6}$`, code)
		first[code[0]-'0']++
	}
	for digit, n := range first {
		assert.InDelta(t, 2000, n, 300, "codes that begin with %d", digit) // seven deviations
	}
	assert.Regexp(t, `^[0-9]{19}$`, Digits(19))
}

func TestUUID(t *testing.T) {
	t.Parallel()
	for range 100 {
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, UUID())
	}
	assert.NotEqual(t, UUID(), UUID())
}
