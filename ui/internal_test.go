package ui

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
