package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// Segments is what a text takes.
type Segments struct {
	N        int                `json:"n"`
	Encoding phoneauth.Encoding `json:"encoding"`
}

// CountSegments asks npm sms-segments-calculator about texts. Without node and npm the
// test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func CountSegments(t testing.TB, texts []string) (all []Segments) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install -y --no-install-recommends nodejs npm")
	}
	dir := t.TempDir()
	script, err := os.ReadFile("testdata/segments/count.mjs")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "count.mjs"), script, 0o600))
	require.NoError(t, os.Symlink(nodeModules(t, "testdata/segments", "sms-segments-calculator@1.3.0"), filepath.Join(dir, "node_modules")))
	input, err := json.Marshal(texts)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "count.mjs")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, said.String())
	require.NoError(t, json.Unmarshal(out, &all))
	require.Len(t, all, len(texts))
	return all
}
