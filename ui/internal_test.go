package ui

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/bubble"
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

// Outcomes are gone from the memory after a minute, and the oldest ones before that.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s outcomes[int]
		once := func(form int) (value int, again bool) {
			return s.once("", map[string]string{"form": strconv.Itoa(form)}, func() (int, bool) { return form, true })
		}
		size := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.all)
		}
		for form := range mostOutcomes {
			once(form)
		}
		for range 2 {
			_, again := once(0)
			assert.True(t, again, "it is still the oldest one")
		}
		once(mostOutcomes)
		_, again := once(0)
		assert.False(t, again)
		assert.Equal(t, mostOutcomes, size())
		bubble.Elapse(outcomeLife)
		synctest.Wait()
		assert.Zero(t, size())
	})
}
