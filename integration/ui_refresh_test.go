package integration

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The state machine of the scripts that refreshes a session, with random answers, tabs and clocks:
// the script says which rules it must keep.
func TestUIRefreshStorm(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install -y --no-install-recommends nodejs npm")
	}
	static, err := filepath.Abs("../ui/static")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), node, "refresh.mjs")
	cmd.Dir = "testdata/scripts"
	cmd.Env = append(cmd.Environ(), "PHONEAUTH_STATIC="+static)
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, string(out))
}
