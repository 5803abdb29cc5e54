package integration

import (
	"context"
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
