package settled

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestList(t *testing.T) {
	t.Parallel()
	var l List
	assert.False(t, l.Has(1))
	l = l.With(Range{0, 4}).With(Range{7, 9})
	for epoch, want := range []struct{ has, undone bool }{
		{true, true}, {true, true}, {true, true}, {true, true}, {true, true},
		{false, false}, {false, true}, // 5 can be undone, and 6 was
		{true, true}, {true, true}, {true, true}, {false, false},
	} {
		assert.Equal(t, want.has, l.Has(int64(epoch)), epoch)
		assert.Equal(t, want.undone, l.Undone(int64(epoch)), epoch)
	}
	assert.Equal(t, l, Read(string(l.Append(nil))))
	assert.Equal(t, List{{0, 4}, {6, 12}}, l.With(Range{6, 12}), "it holds the second")
	assert.Equal(t, List{{0, 12}}, l.With(Range{0, 12}), "it holds all")
	assert.Empty(t, Read("junk"))
}

// However many ranges a thief adds behind their first change, it can be undone.
func TestListIsBounded(t *testing.T) {
	t.Parallel()
	l := List{{0, 4}}
	for i := range int64(20) {
		l = l.With(Range{7 + 3*i, 8 + 3*i})
		assert.LessOrEqual(t, len(l), Most)
		assert.False(t, l.Undone(5))
		assert.Equal(t, l, Read(string(l.Append(nil))))
	}
	assert.Equal(t, Range{25, 65}, l[Most-1])
}
