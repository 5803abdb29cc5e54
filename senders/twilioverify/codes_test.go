package twilioverify_test

import (
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
)

// TestDocumentedCodes: the package documentation says of each code what becomes of it.
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
		url, _, _ := server(t, http.StatusBadRequest, refusal(400, code).Body)
		s, err := twilioverify.New(config(url, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(e.Fault), row[1])
	}
}
