package whatsapp_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

// TestDocumentedCodes: the package documentation says of each code what becomes of it, in an answer
// and in a webhook.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d+) +(Permanent|Temporary|Ambiguous), (destination|sender|not known) `).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t\d+: `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		code, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		answer := refusal(http.StatusBadRequest, code)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.Status)
			w.Write([]byte(answer.Body))
		}))
		t.Cleanup(srv.Close)
		s, err := whatsapp.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(number), Code: "012345", Purpose: phoneauth.PurposeSignIn})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(e.Fault), row[1])

		body := webhook("messages", statusOf("a", "failed", strconv.FormatInt(time.Now().Unix(), 10), `{"code":`+row[1]+`}`), "", "")
		_, got := post(t, appSecret, body, sign(appSecret, body))
		require.Len(t, got, 1)
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(got[0].Fault), row[1])
	}
}
