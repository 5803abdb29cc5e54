package acknowledge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/senders/internal/acknowledge"
)

func TestWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, want      int
		body, said, media string
	}{
		{204, 200, `{"code":0}`, `{"code":0}`, "application/json"},
		{204, 200, "", "", ""},
		{403, 403, `{"code":0}`, "", ""},
	} {
		h := acknowledge.With(c.body, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status) }))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
		assert.Equal(t, c.want, w.Code)
		assert.Equal(t, c.said, w.Body.String())
		assert.Equal(t, c.media, w.Header().Get("Content-Type"))
	}
}
