package awssms_test

import (
	"context"
	"encoding/json"
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
	"github.com/phoneauth/phoneauth/senders/awssms"
)

// TestDocumentedCodes: the package documentation says of each code what becomes of it, and of
// each event.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	codes, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t([A-Za-z0-9_]+) +(Permanent|Temporary), (destination|sender)$`).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"[A-Za-z0-9_]+": `).FindAll(codes, -1)), "every known code is documented")
	for _, row := range rows {
		answer := exception(400, row[1], "")
		if strings.ToUpper(row[1]) == row[1] { // a reason
			kind := "ConflictException"
			if strings.Contains(row[1], "LIMIT") {
				kind = "ServiceQuotaExceededException"
			}
			answer = exception(400, kind, row[1])
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.Status)
			io.WriteString(w, answer.Body)
		}))
		t.Cleanup(srv.Close)
		s, err := awssms.New(awssms.Config{AWS: where(srv.URL, nil), From: "Acme"})
		require.NoError(t, err)
		_, err = s.Send(t.Context(), message())
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, row[1], e.Code)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, row[3], string(e.Fault), row[1])
	}

	callbacks, err := os.ReadFile("callbacks.go")
	require.NoError(t, err)
	events := regexp.MustCompile(`(?m)^//\t((?:TEXT|VOICE)_[A-Z_]+) +(destination|not known)$`).FindAllStringSubmatch(string(doc), -1)
	assert.Len(t, events, len(regexp.MustCompile(`(?m)^\t"[A-Z_]+": `).FindAll(callbacks, -1)), "every known event is documented")
	sns := newSNS(t)
	for _, row := range events {
		var got []phoneauth.Delivery
		h, err := sns.handler(func(_ context.Context, d phoneauth.Delivery) { got = append(got, d) })
		require.NoError(t, err)
		inner, err := json.Marshal(map[string]any{"eventType": row[1], "messageId": "M1"})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, sns.post(t, sns.notification(string(inner))))
		require.Len(t, got, 1, row[1])
		assert.Equal(t, strings.TrimPrefix(row[2], "not known"), string(got[0].Fault), row[1])
		assert.Equal(t, row[1], got[0].Code)
	}
}
