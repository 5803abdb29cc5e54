package random

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRandom(t *testing.T) {
	t.Parallel()
	assert.Len(t, ID(), 22)
	assert.Len(t, Secret(), 43)
	assert.Len(t, Bytes(7), 7)
	assert.NotEqual(t, ID(), ID())
}

func TestUUID(t *testing.T) {
	t.Parallel()
	for range 100 {
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, UUID())
	}
	assert.NotEqual(t, UUID(), UUID())
}
