package docs_test

import (
	"io/fs"
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

	// Functions named testX in internal/suite are run as subtests named TestX; staticcheck
	// finds those that are not run.
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|test)[A-Za-z]+)\(`)
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "../internal/suite/") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, name := range declared.FindAllStringSubmatch(string(source), -1) {
			tests[strings.ToUpper(name[1][:1])+name[1][1:]] = true
		}
		return err
	}))
	for _, name := range named {
		assert.True(t, tests[name[1]], "there is no %s", name[1])
	}
}
