package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilio"
)

// TestDocumentedCodes: the package documentation says of each code what becomes of it, in
// an answer and in a report.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d{5})  (Permanent|Temporary|Ambiguous), (destination|sender|not known) `).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t\d{5}: `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		code, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		answer := fault(http.StatusBadRequest, code)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.Status)
			w.Write([]byte(answer.Body))
		}))
		t.Cleanup(srv.Close)
		s, err := twilio.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(e.Fault), row[1])

		params := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"failed"}, "ErrorCode": {row[1]}}
		_, got := post(t, twilio.CallbackConfig{URL: address, AuthToken: token}, http.MethodPost, params.Encode(), sign(address, params))
		require.Len(t, got, 1)
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(got[0].Fault), row[1])
	}
}
