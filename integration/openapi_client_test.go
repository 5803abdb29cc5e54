package integration_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/docs"
)

// TestGeneratedClient: a client in TypeScript, generated from the description, compiles
// and signs in to the example server.
func TestGeneratedClient(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			skipOrFail(t, "%v: apt-get install nodejs npm", err)
		}
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "openapi"))))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "openapi.yaml"), docs.OpenAPI, 0o600))
	run := func(name string, arg ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, arg...)
		cmd.Dir = dir
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	if output, err := run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		skipOrFail(t, "npm ci in integration/testdata/openapi: %v\n%s", err, output)
	}
	bin := filepath.Join("node_modules", ".bin")
	output, err := run(filepath.Join(bin, "openapi-typescript"), "openapi.yaml", "-o", "api.d.ts")
	require.NoError(t, err, output)
	output, err = run(filepath.Join(bin, "tsc"))
	require.NoError(t, err, output)
	url, texts := exampleServer(t)
	output, err = run("node", filepath.Join("out", "signin.js"), url, texts)
	require.NoError(t, err, output)
	assert.Contains(t, output, "signed in "+cairo)
}

// skipOrFail skips a test whose programs are missing, or fails it where they must be there.
func skipOrFail(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// exampleServer starts examples/server, and returns its address and the file with the
// texts that it sends.
func exampleServer(t *testing.T) (url, texts string) {
	t.Helper()
	dir := t.TempDir()
	server, texts := filepath.Join(dir, "server"), filepath.Join(dir, "texts")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", server, "./examples/server")
	build.Dir = ".."
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))

	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), server, "-addr", "127.0.0.1:0", "-store", "memory",
		"-sms", "file:"+texts, "-key", filepath.Join(dir, "key"))
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait())
	})
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, "the server does not listen")
		if address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on "); ok {
			go io.Copy(io.Discard, lines)
			return address, texts
		}
	}
}
