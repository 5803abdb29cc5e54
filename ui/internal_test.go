package ui

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every language has every text, with the placeholders of the English one.
func TestTexts(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{\w+\}`)
	bases := func(m map[string]string) []string {
		all := map[string]bool{}
		for key := range m {
			all[pluralBase(key)] = true
		}
		return slices.Sorted(maps.Keys(all))
	}
	for _, tag := range languages {
		require.Equal(t, bases(shipped["en"]), bases(shipped[tag]), tag)
		for key, text := range shipped[tag] {
			want, ok := shipped["en"][key]
			if !ok || key == "tries.one" { // "one try" may be said without a digit
				continue
			}
			assert.Equal(t, want == "", text == "", "%s %s", tag, key)
			assert.ElementsMatch(t, placeholder.FindAllString(want, -1), placeholder.FindAllString(text, -1), "%s %s", tag, key)
		}
	}
}

// Segments are one gzip stream, however long.
func TestSegments(t *testing.T) {
	t.Parallel()
	for _, plain := range []string{"", "begin", strings.Repeat("begin ", 20_000)} {
		for _, n := range []int{0, 1, 2048, maxStored - 1, maxStored, maxStored + 1, 3 * maxStored} {
			rest := strings.Repeat("r", n)
			request := httptest.NewRequest("GET", "/", nil)
			request.Header.Set("Accept-Encoding", "gzip")
			w := httptest.NewRecorder()
			segments := []segment{constant([]byte(plain)), stored([]byte(rest)), constant([]byte("tail"))}
			writeSegments(w, request, 200, segments)
			assert.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
			r, err := gzip.NewReader(w.Body)
			require.NoError(t, err)
			r.Multistream(false)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.True(t, string(got) == plain+rest+"tail", "%d and %d bytes", len(plain), n)
		}
	}
}

// Whatever the brand, it can be read.
func TestPalette(t *testing.T) {
	t.Parallel()
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				c := rgb{float64(r) / 255, float64(g) / 255, float64(b) / 255}
				p := newPalette(c)
				assert.GreaterOrEqual(t, contrast(p.brand, p.on), readable, c)
				assert.GreaterOrEqual(t, contrast(p.light, white), readable, c)
				assert.GreaterOrEqual(t, contrast(p.dark, surface), readable, c)
			}
		}
	}
	for _, s := range []string{"", "fff", "#ff", "#12345g", "#1234567", "#+12345", "red"} {
		_, ok := parseColor(s)
		assert.False(t, ok, s)
	}
	c, ok := parseColor("#0bF")
	assert.True(t, ok)
	assert.Equal(t, "#00bbff", c.String())
}
