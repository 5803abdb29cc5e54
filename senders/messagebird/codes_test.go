package messagebird_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/messagebird"
)

// TestDocumentedCodes: the package documentation says of each code what becomes of it, and
// of each statusReason of a report.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d+) +(Temporary|Ambiguous), (destination|sender) `).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t\d+: `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		code, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		answer := fault(http.StatusUnprocessableEntity, code, "recipient")
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.Status)
			w.Write([]byte(answer.Body))
		}))
		t.Cleanup(srv.Close)
		s, err := messagebird.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, row[3], string(e.Fault), row[1])
	}

	reasons := regexp.MustCompile(`(?m)^//\t([a-z ]+?)  +(destination|sender)$`).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, reasons, len(regexp.MustCompile(`(?m)^\t"[a-z ]+": `).FindAll(source, -1)), "every known reason is documented")
	for _, row := range reasons {
		got := reported(t, request(t, http.MethodGet, signingKey, map[string]string{"id": "M1", "status": "delivery_failed", "statusReason": row[1]}))
		require.Len(t, got, 1)
		assert.Equal(t, row[2], string(got[0].Fault), row[1])
	}
}
