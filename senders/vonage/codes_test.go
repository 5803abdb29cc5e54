package vonage_test

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
	"github.com/phoneauth/phoneauth/senders/vonage"
)

// TestDocumentedCodes: the package documentation says of each status what becomes of it,
// and of each err-code of a receipt.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	documented := map[string][]string{} // a status, its class and fault
	for _, row := range regexp.MustCompile(`(?m)^//\t([\d, ]+?)  +(Permanent|Temporary|Ambiguous), (destination|sender|not known) `).FindAllStringSubmatch(string(doc), -1) {
		for code := range strings.SplitSeq(row[1], ", ") {
			documented[code] = row[2:]
		}
	}
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, documented, len(regexp.MustCompile(`(?m)^\t"\d+": `).FindAll(source, -1)), "every known status is documented")
	for status, want := range documented {
		answer := parts(status, "")
		if status == "3" {
			answer = invalid("Invalid 'to' address")
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(answer.Body)) }))
		t.Cleanup(srv.Close)
		s, err := vonage.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(want[0]), string(e.Class), status)
		assert.Equal(t, strings.TrimPrefix(want[1], "not known"), string(e.Fault), status)
	}

	receipts := 0
	for _, row := range regexp.MustCompile(`(?m)^//\t([\d, –]+?)(?:, others)? +(destination|sender|not known)\b`).FindAllStringSubmatch(string(doc), -1) {
		for codes := range strings.SplitSeq(row[1], ", ") {
			first, last, ok := strings.Cut(codes, "–")
			if !ok {
				last = first
			}
			from, err := strconv.Atoi(first)
			require.NoError(t, err)
			to, err := strconv.Atoi(last)
			require.NoError(t, err)
			for code := from; code <= to; code++ {
				receipts++
				body := receipt.with(fields{"status": "failed", "err-code": strconv.Itoa(code)}).signed().json(t)
				_, got := post(t, http.MethodPost, body, "")
				require.Len(t, got, 1)
				assert.Equal(t, strings.TrimPrefix(row[2], "not known"), string(got[0].Fault), "err-code %d", code)
			}
		}
	}
	assert.Equal(t, 22, receipts, "err-codes that Vonage documents")
}
