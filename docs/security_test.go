package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSecurityDocument holds security.md to its word: the tests it names exist.
func TestSecurityDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("security.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(document), -1)
	require.NotEmpty(t, named)

	var tests strings.Builder
	for _, folder := range []string{".", "internal/*", "storetest", "memstore", "ui", "integration"} {
		files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		require.NoError(t, err)
		for _, path := range files {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			tests.Write(source)
		}
	}
	for _, name := range named {
		assert.Contains(t, tests.String(), "\nfunc "+name[1]+"(", name[1])
	}
}
