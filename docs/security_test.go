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

// TestSecurityDocument holds security.md to its word: the tests it names exist, as functions
// or as keys of the suites.
func TestSecurityDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("security.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(document), -1)
	require.NotEmpty(t, named)

	// Functions named testX in internal/suite are run as subtests named TestX; staticcheck
	// finds those that are not run.
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z]+)\(`)
	inSuite := regexp.MustCompile(`"(Test[A-Za-z]+)"|(?m:^func (?:\(.*?\) )?([Tt]est[A-Za-z]+)\()`)
	suites := filepath.Join("..", "internal", "suite") + string(filepath.Separator)
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		source, err := os.ReadFile(path)
		if strings.HasSuffix(path, "_test.go") {
			for _, name := range declared.FindAllStringSubmatch(string(source), -1) {
				tests[name[1]] = true
			}
		}
		if strings.HasPrefix(path, suites) {
			for _, name := range inSuite.FindAllStringSubmatch(string(source), -1) {
				found := name[1] + name[2]
				tests["T"+found[1:]] = true
			}
		}
		return err
	}))
	for _, name := range named {
		assert.True(t, tests[name[1]], "there is no %s", name[1])
	}
}
