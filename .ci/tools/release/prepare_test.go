package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// placeholder is the version that the go command writes for a module that is replaced.
const placeholder = "v0.0.0-00010101000000-000000000000"

// repository makes a git repository with a workspace: a root, a store that requires it,
// and a program that requires both.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{
		"go.work":      "go 1.26.0\n\nuse (\n\t.\n\t./examples/app\n\t./store\n)\n",
		"go.mod":       "module example.com/lib\n\ngo 1.26.0\n",
		"store/go.mod": "module example.com/lib/store\n\ngo 1.26.0\n\nrequire example.com/lib " + placeholder + "\n\nreplace example.com/lib => ..\n",
		"examples/app/go.mod": "module example.com/lib/examples/app\n\ngo 1.26.0\n\nrequire (\n\texample.com/lib " + placeholder +
			"\n\texample.com/lib/store v0.0.0\n)\n",
		"CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## v0.2.0 - 2026-12-01\n\n## v0.1.0 - 2026-11-22\n\n## v2.0.0 - 2026-12-01\n",
	} {
		write(t, root, name, content)
	}
	git(t, root, "init", "-q")
	commit(t, root)
	return root
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	name = filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func git(t *testing.T, root string, args ...string) {
	t.Helper()
	_, err := output(root, "git", args...)
	require.NoError(t, err)
}

func commit(t *testing.T, root string) {
	t.Helper()
	git(t, root, "add", "-A")
	git(t, root, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "test")
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(data)
}

func TestPrepareWritesEveryRequirement(t *testing.T) {
	t.Parallel()
	root := repository(t)
	require.NoError(t, prepare(root, "v0.1.0"))
	assert.Contains(t, read(t, root, "store/go.mod"), "require example.com/lib v0.1.0\n")
	assert.Contains(t, read(t, root, "store/go.mod"), "replace example.com/lib => ..\n", "developers build what is in the tree")
	assert.Contains(t, read(t, root, "examples/app/go.mod"), "\texample.com/lib v0.1.0\n\texample.com/lib/store v0.1.0\n")
}

func TestPrepareCanBeRunAgain(t *testing.T) {
	t.Parallel()
	root := repository(t)
	require.NoError(t, prepare(root, "v0.1.0"))
	first := read(t, root, "store/go.mod")
	require.NoError(t, prepare(root, "v0.1.0"), "before the commit")
	commit(t, root)
	require.NoError(t, prepare(root, "v0.1.0"), "after the commit")
	assert.Equal(t, first, read(t, root, "store/go.mod"))
	require.NoError(t, clean(root))
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version string
		before  func(t *testing.T, root string)
		want    string
	}{
		"no version":            {version: "latest", want: "is not a version"},
		"a short version":       {version: "v0.1", want: "is not a version"},
		"build metadata":        {version: "v0.1.0+linux", want: "is not a version"},
		"another major version": {version: "v2.0.0", want: "should be v0 or v1"},
		"no entry in CHANGELOG": {version: "v0.3.0", want: "no heading"},
		"a version that is tagged": {
			version: "v0.1.0",
			before:  func(t *testing.T, root string) { git(t, root, "tag", "v0.1.0") },
			want:    "not higher than v0.1.0",
		},
		"a version below one that is tagged": {
			version: "v0.1.0",
			before:  func(t *testing.T, root string) { git(t, root, "tag", "v0.2.0") },
			want:    "not higher than v0.2.0",
		},
		"a tree with other changes": {
			version: "v0.1.0",
			before:  func(t *testing.T, root string) { write(t, root, "lib.go", "package lib\n") },
			want:    "not clean",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := repository(t)
			if c.before != nil {
				c.before(t, root)
			}
			require.ErrorContains(t, prepare(root, c.version), c.want)
			assert.Contains(t, read(t, root, "store/go.mod"), placeholder, "nothing is written")
		})
	}
}

func TestTagsOfPublicModules(t *testing.T) {
	t.Parallel()
	root := repository(t)
	var said strings.Builder
	require.ErrorContains(t, printTags(&said, root, "v0.1.0"), "hosts cannot get")
	require.NoError(t, prepare(root, "v0.1.0"))
	require.ErrorContains(t, printTags(&said, root, "v0.1.0"), "not clean")
	commit(t, root)
	require.ErrorContains(t, printTags(&said, root, "v0.2.0"), "the modules require v0.1.0")
	require.Empty(t, said.String())

	require.NoError(t, printTags(&said, root, "v0.1.0"))
	assert.Equal(t, `git tag -s -m 'example.com/lib v0.1.0' v0.1.0
git tag -s -m 'example.com/lib/store v0.1.0' store/v0.1.0
git push --atomic origin v0.1.0 store/v0.1.0
`, said.String())
}

// A host's go command asks for exactly what the go.mod of a public module requires.
func TestPreparedVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ store, version, want string }{
		"a release":              {store: "v0.1.0", version: "v0.1.0"},
		"a release candidate":    {store: "v0.1.0-rc.1", version: "v0.1.0-rc.1"},
		"the placeholder":        {store: placeholder, want: "hosts cannot get"},
		"zero":                   {store: "v0.0.0", want: "hosts cannot get"},
		"a commit":               {store: "v0.1.1-0.20261122070617-ad2d1b118bd6", want: "hosts cannot get"},
		"more than one of them":  {store: "v0.2.0", want: "requires example.com/lib v0.1.0"},
		"none requires another":  {want: "not known"},
		"programs do not matter": {store: "v0.1.0", version: "v0.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := repository(t)
			require.NoError(t, prepare(root, "v0.1.0"))
			store := "module example.com/lib/store\n"
			if c.store != "" {
				store += "\nrequire example.com/lib " + c.store + "\n"
			}
			write(t, root, "store/go.mod", store)
			switch name {
			case "more than one of them":
				write(t, root, "go.work", read(t, root, "go.work")+"\nuse ./other\n")
				write(t, root, "other/go.mod", "module example.com/lib/other\n\nrequire example.com/lib v0.1.0\n")
			case "programs do not matter":
				write(t, root, "examples/app/go.mod", "module example.com/lib/examples/app\n\nrequire example.com/lib "+placeholder+"\n")
			}
			all, err := modules(root)
			require.NoError(t, err)
			version, err := preparedVersion(all)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.version, version)
		})
	}
}
