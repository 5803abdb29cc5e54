package ui

import (
	"maps"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
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

func TestClientAddr(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range [][3]string{
		{"192.0.2.1:99", "198.51.100.7", "192.0.2.1"},
		{"10.0.0.1:99", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:99", "198.51.100.7, 10.2.3.4", "198.51.100.7"},
		{"10.0.0.1:99", "198.51.100.7, junk", "10.0.0.1"},
		{"10.0.0.1:99", "", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:99", "[2001:db8::1]:7", "2001:db8::1"},
		{"10.0.0.1:99", "10.0.0.2, 10.0.0.3", "10.0.0.2"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt[0]
		if tt[1] != "" {
			r.Header.Set("X-Forwarded-For", tt[1])
		}
		assert.Equal(t, tt[2], clientAddr(r, proxies).String(), "%v", tt)
	}
}
