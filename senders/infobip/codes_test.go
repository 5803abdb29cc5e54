package infobip_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/infobip"
)

// TestDocumentedCodes: the package documentation says of each name what becomes of it, in
// an answer and in a report.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t([A-Z0-9_]+) +(Permanent|Temporary), (destination|sender)$`).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"[A-Z0-9_]+": `).FindAll(source, -1)), "every known name is documented")
	var got []phoneauth.Delivery
	h, err := handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
	require.NoError(t, err)
	for _, row := range rows {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, answer("1", 5, 1, row[1]).Body)
		}))
		t.Cleanup(srv.Close)
		s, err := infobip.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e, row[1])
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, row[3], string(e.Fault), row[1])

		got = nil
		h.ServeHTTP(httptest.NewRecorder(), results(t, password, map[string]any{
			"messageId": "1", "status": map[string]any{"groupId": 5}, "error": map[string]any{"groupId": 2, "id": 7, "name": row[1]},
		}))
		require.Len(t, got, 1)
		assert.Equal(t, row[1], got[0].Code)
		assert.Equal(t, row[3], string(got[0].Fault), row[1])
	}
}
