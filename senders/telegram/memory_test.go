package telegram

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Codes do not stay in memory for long after they have expired or were taken.
func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := newMemory()
	for i := range 5 {
		m.put(strconv.Itoa(i), "012345", now, now.Add(time.Minute))
	}
	assert.Equal(t, "012345", m.take("0", now))
	m.put("a", "012345", now, now.Add(time.Minute))
	assert.Len(t, m.order, 5, "the one that was taken is gone")
	assert.Len(t, m.codes, 5)
	m.put("b", "012345", now.Add(time.Minute), now.Add(time.Hour))
	assert.Equal(t, []string{"b"}, m.order, "those that have expired are gone")
	assert.Len(t, m.codes, 1)
	m.put("", "012345", now, now.Add(time.Hour))
	assert.Len(t, m.codes, 1, "a message without an id is not remembered")
}
