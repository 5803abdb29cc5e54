package ui

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A coarse pattern matches all that the pattern does, and is exact in its first digits.
func TestDigitsCoarse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern string
		depth   int
		want    string
	}{
		{`[6-9]\d{9}`, 1, `[6-9]d{9}`},
		{`(?:7(?:0[1-4]|5)|8)\d{3}`, 1, `(7d{4,5}|8d{3})`},
		{`(?:7(?:0[1-4]|5)|8)\d{3}`, 2, `(7(0d{4}|5d{3})|8d{3})`},
		{`(?:7(?:0[1-4]|5)|8)\d{3}`, 3, `(7(0[1-4]d{3}|5d{3})|8d{3})`},
		{`2(?:04|26|36)|9`, 3, `(2(04|[23]6)|9)`},
		{`3\d{4}(?:\d{2})?`, 1, `3(d{4}|d{6})`},
		{`1(?:2|3)?`, 4, `1([23]|)`},
	} {
		got := compileDigits(tt.pattern).coarse(tt.depth)
		assert.Equal(t, tt.want, got, "%s by %d", tt.pattern, tt.depth)
	}
}

func TestDigitsLengths(t *testing.T) {
	t.Parallel()
	d := compileDigits(`1\d{3}|2\d{5,6}`)
	assert.Equal(t, []int{4, 6, 7}, d.lengths(d.start()))
	assert.Equal(t, []int{3}, d.lengths(d.after(d.start(), '1')))
	assert.Empty(t, d.after(d.start(), '3'))
}

// asGo is a pattern of a plan in Go's spelling.
func asGo(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^(?:" + strings.ReplaceAll(pattern, "d", `\d`) + ")$")
}
