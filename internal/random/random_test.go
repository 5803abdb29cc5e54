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
