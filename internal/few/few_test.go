package few

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsAList(t *testing.T) {
	var list List[int]
	for i := range 20 {
		assert.Equal(t, i, *list.Add(i))
	}
	assert.Equal(t, 20, list.Len())
	for i := range list.Len() {
		assert.Equal(t, i, *list.At(i))
	}
}

func TestFirstItemsNeedNoAllocation(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		var list List[int]
		for i := range inside {
			list.Add(i)
		}
	}))
}
