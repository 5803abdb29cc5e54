package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/ui"
)

// A form that cannot be read is answered with a screen and a sentence, because people see the answer.
func TestRefusedForms(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	for _, tt := range []struct {
		body, site string
		status     int
		code       string
	}{
		{"purpose=sign_in", "cross-site", http.StatusForbidden, "cross_origin"},
		{"phone=" + strings.Repeat("1", 17<<10), "same-origin", http.StatusRequestEntityTooLarge, "bad_request"},
	} {
		w := h.ask(h.page, "POST", "/signin/start", tt.body, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", tt.site)
		assert.Equal(t, tt.status, w.Code, tt.code)
		assert.Contains(t, w.Body.String(), `data-code="`+tt.code+`"`)
		assert.Contains(t, w.Body.String(), words(t, "en")["error."+tt.code])
	}
	assert.Zero(t, h.inbox.Sends())
}
