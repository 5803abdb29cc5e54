package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Somebody who has read nothing clones the repository, runs the example server, opens
// the address that it prints, and signs in with the code that it prints.
func TestUIStranger(t *testing.T) {
	startChromium(t) // before the server is built
	dir := clone(t)
	printed := make(chan string, 100)
	server := startProcess(t, dir, func(line string) { printed <- line }, "go", "run", "./examples/server", "-addr", "127.0.0.1:0")
	line := func(what string) string {
		t.Helper()
		find := regexp.MustCompile(what)
		for {
			select {
			case line := <-printed:
				if found := find.FindStringSubmatch(line); found != nil {
					return found[1]
				}
			case <-server.ended:
				require.FailNow(t, "the server has ended", server.output.tail())
			case <-time.After(3 * time.Minute): // it is compiled first
				require.FailNow(t, "the server does not print "+what, server.output.tail())
			}
		}
	}
	address := line(`(http://\S+) in a browser`)
	for _, visit := range []struct{ home, typed, shown string }{
		{address, cairoTyped, cairoShown},
		{strings.Replace(address, "127.0.0.1", "localhost", 1), "010 6179 7841", "+20 10 61797841"},
	} {
		b := newBrowser(t, visit.home)
		b.open("/")
		b.sees("Sign in")
		b.askForCode("Egypt", visit.typed)
		b.sees("We sent a code by text message to " + visit.shown + ".")
		b.fill("Code", line(`SMS to .*\b(\d{6})\b`))
		b.sees("Your account")
		b.open("/") // the browser has kept it
		b.sees("Your account")
		b.sees(visit.shown)
		b.press("Sign out")
		b.sees("Welcome back")
	}
	assert.FileExists(t, filepath.Join(dir, "phoneauth.db"))
}

// clone is a copy of the repository, of what is or would be committed.
func clone(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		missing(t, "git", "apt-get install -y --no-install-recommends git")
	}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	names, err := list.Output()
	require.NoError(t, err)
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		require.NoError(t, err)
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, data, 0o644))
	}
	return dir
}
