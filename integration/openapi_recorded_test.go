package integration_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostRoutes are of hosts in tests, behind Require.
var hostRoutes = []string{"/orders", "/x"}

// TestDescriptionOfRecorded: every request and answer of the tests of the handlers is as
// the description has it. The tests that are left out flood the service, or measure it.
func TestDescriptionOfRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the tests of the root module")
	}
	t.Parallel()
	o := describeOurs(t)
	name := filepath.Join(t.TempDir(), "record")
	run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-skip", "Promise|Interleaving|Memory|States", ".")
	run.Dir = ".."
	run.Env = append(os.Environ(), "PHONEAUTH_RECORD="+name)
	output, err := run.CombinedOutput()
	require.NoError(t, err, string(output))

	file, err := os.Open(name)
	require.NoError(t, err)
	defer file.Close()
	seen := map[string]int{}
	for lines := json.NewDecoder(bufio.NewReader(file)); lines.More(); {
		var e exchange
		require.NoError(t, lines.Decode(&e))
		e.Path = strings.TrimPrefix(e.Path, "/auth") // where hosts in tests mount it
		if slices.Contains(hostRoutes, e.Path) && e.Status != http.StatusNotFound {
			continue
		}
		assert.NoError(t, o.check(e), e.String())
		path, _ := o.described(e.Path)
		seen[e.Method+" "+path]++
	}
	for route := range o.operations() {
		assert.NotZero(t, seen[route], "no test of %s was recorded", route)
	}
}
