package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var npmOnce sync.Mutex

// nodeModules returns the node_modules of the package.json in folder, which it installs
// into the user's cache once, under what ("smpp@0.5.1"): the package and version that
// folder is about.
func nodeModules(t testing.TB, folder, what string) string {
	t.Helper()
	npmOnce.Lock()
	defer npmOnce.Unlock()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	cache = filepath.Join(cache, "phoneauth-integration")
	final := filepath.Join(cache, strings.ReplaceAll(what, "@", "-"))
	if _, err := os.Stat(final); err == nil {
		return filepath.Join(final, "node_modules")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		missing(t, "npm", "apt-get install -y --no-install-recommends nodejs npm")
	}
	require.NoError(t, os.MkdirAll(cache, 0o700))
	dir, err := os.MkdirTemp(cache, "npm-")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		missing(t, "npm "+what, fmt.Sprintf("npm ci in integration/%s: %v\n%s", folder, err, out))
	}
	if err := os.Rename(dir, final); err != nil { // another test binary was faster
		require.DirExists(t, final)
	}
	return filepath.Join(final, "node_modules")
}

// nodeScript is a script in folder, which also has the package.json of what it needs. what
// is as for nodeModules.
type nodeScript struct{ folder, name, what string }

// runNode runs s, with in as JSON on standard input, and reads the JSON that it writes into out.
// Without node and npm the test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func runNode(t testing.TB, s nodeScript, in, out any) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install -y --no-install-recommends nodejs npm")
	}
	dir := t.TempDir()
	script, err := os.ReadFile(filepath.Join(s.folder, s.name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, s.name), script, 0o600))
	require.NoError(t, os.Symlink(nodeModules(t, s.folder, s.what), filepath.Join(dir, "node_modules")))
	input, err := json.Marshal(in)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, s.name)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	output, err := cmd.Output()
	require.NoError(t, err, said.String())
	require.NoError(t, json.Unmarshal(output, out))
}
