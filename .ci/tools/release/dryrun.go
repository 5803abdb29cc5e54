package main

import (
	"embed"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// consumers has the program of a host for each public module: testdata/NAME.go.txt, where
// NAME is the last element of the module's path.
//
//go:embed testdata/*.go.txt
var consumers embed.FS

// dryRun gets every public module as a host would after a release, and builds, tidies and
// runs a host's program with it. What it releases is the tree as git has it: commits,
// changes and what is staged, without files that git does not know.
func dryRun(w io.Writer, root string) error {
	all, err := modules(root)
	if err != nil {
		return err
	}
	version, err := preparedVersion(all)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "phoneauth-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	// A clone of its own, because the library that makes the zips knows no linked worktrees.
	repository := filepath.Join(temp, "repository")
	revision, err := snapshot(root, repository)
	if err != nil {
		return err
	}
	public := publicOf(all)
	proxy := filepath.Join(temp, "proxy")
	if err := writeProxy(proxy, repository, revision, version, public); err != nil {
		return err
	}
	env, err := hostEnv(temp, proxy, all[0].path())
	if err != nil {
		return err
	}
	sums, err := knownSums(root, all)
	if err != nil {
		return err
	}
	for _, m := range public {
		start := time.Now()
		host := command{dir: filepath.Join(temp, "host", path.Base(m.path())), env: env}
		if err := host.use(m.path(), version, sums); err != nil {
			return fmt.Errorf("%s %s as a host gets it: %w", m.path(), version, err)
		}
		fmt.Fprintf(w, "%s %s: a host can get, build, tidy and run it (%.0f s)\n", m.path(), version, time.Since(start).Seconds())
	}
	return nil
}

// snapshot clones root into repository and returns the revision to release.
func snapshot(root, repository string) (string, error) {
	if _, err := output(root, "git", "clone", "-q", "--shared", "--no-checkout", root, repository); err != nil {
		return "", err
	}
	changes, err := output(root, "git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return "", err
	}
	if changes == "" {
		return output(root, "git", "rev-parse", "HEAD")
	}
	// A commit of the changes and of what is staged, on no branch.
	return output(root, "git", "stash", "create")
}

// hostEnv is the environment of a host's go command. It gets our modules from proxy,
// other modules from what this machine downloaded before, then from the proxy that is
// configured. Its module cache is empty: nothing of the dry run stays behind.
func hostEnv(temp, proxy, prefix string) ([]string, error) {
	cache, err := output(".", "go", "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	next, err := output(".", "go", "env", "GOPROXY")
	if err != nil {
		return nil, err
	}
	return []string{
		"GOWORK=off",
		"GOENV=off",
		// The paths of packages from the module cache stay out of what is built, so that
		// a second dry run finds in the build cache what the first one built.
		"GOFLAGS=-mod=mod -modcacherw -trimpath",
		"GOMODCACHE=" + filepath.Join(temp, "modules"),
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(cache, "cache", "download") + "," + next,
		"GONOSUMDB=" + prefix,
		// Set, even to "none", it has the go command look at repositories first.
		"GONOPROXY=",
		"GOPRIVATE=",
	}, nil
}

// knownSums returns the lines of every go.sum of the workspace. A host's go command
// checks what it gets against them, so it need not ask the checksum database.
func knownSums(root string, all []goModule) (string, error) {
	var sums strings.Builder
	for _, m := range all {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.dir), "go.sum"))
		if err != nil {
			return "", err
		}
		sums.Write(data)
	}
	return sums.String(), nil
}

// use makes the module of a host in c.dir, and gets, builds, tidies and runs it.
func (c command) use(path, version, sums string) error {
	program, err := consumers.ReadFile("testdata/" + filepath.Base(path) + ".go.txt")
	if err != nil {
		return fmt.Errorf("each public module needs the program of a host: %w", err)
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"go.mod":  []byte("module example.com/host\n\ngo 1.26.0\n"),
		"go.sum":  []byte(sums),
		"main.go": program,
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), data, 0o644); err != nil {
			return err
		}
	}
	for _, step := range [][]string{
		{"go", "get", path + "@" + version},
		{"go", "build", "-o", "host", "."},
		{"go", "mod", "tidy"},
		{"go", "build", "-mod=readonly", "-o", "host", "."},
		{"./host"},
	} {
		if _, err := c.output(step[0], step[1:]...); err != nil {
			return err
		}
	}
	return nil
}
