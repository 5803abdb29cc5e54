package ui_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/ui"
)

// A number that may be of another country is asked about, unless it came with its calling code.
func TestFormAsksForTheCountry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, country, phone, zone, chosen, want string }{
		{"Indian under US", "US", "98765 43210", "Asia/Kolkata", "language", "confirm"},
		{"valid in both", "US", "70123 45678", "Asia/Kolkata", "hand", "confirm"},
		{"valid in both, typed with +1", "US", "70123 45678", "Asia/Kolkata", "number", "code"},
		{"with a plus", "US", "+91 98765 43210", "Asia/Kolkata", "", "code"},
		{"without a time zone", "IN", "98765 43210", "", "", "code"},
		{"011", "US", "011 91 98765 43210", "", "", "code"},
	} {
		h := newHost(t, ui.Options{})
		_, next := h.form("start", h.look("/signin/").Form, "country", tt.country, "phone", tt.phone, "zone", tt.zone, "chosen", tt.chosen)
		assert.Equal(t, tt.want, next.Screen, tt.name)
	}
}
