package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"a", "Z9", "a-b_c", strings.Repeat("x", 16)} {
		assert.True(t, Valid(s, 16, "-_"), s)
	}
	for _, s := range []string{"", "a b", "a.b", "é", "a\n", strings.Repeat("x", 17)} {
		assert.False(t, Valid(s, 16, "-_"), "%q", s)
	}
	assert.False(t, Valid("a-b", 16, "_"))
}
