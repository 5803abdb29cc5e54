package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A goModule is one module of the workspace.
type goModule struct {
	dir  string // below the root of the repository, with slashes; "." is the root
	file *modfile.File
}

// path is the module's path, which hosts import.
func (m goModule) path() string { return m.file.Module.Mod.Path }

// public says whether hosts import the module. The others are programs and tests: they
// are never tagged.
func (m goModule) public() bool {
	first, _, _ := strings.Cut(m.dir, "/")
	return first != "examples" && first != "integration" && first != ".ci"
}

// tag is the git tag under which the go command looks for a version of the module.
func (m goModule) tag(version string) string { return path.Join(m.dir, version) }

// modules returns the modules that go.work names, in its order.
func modules(root string) ([]goModule, error) {
	name := filepath.Join(root, "go.work")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(name, data, nil)
	if err != nil {
		return nil, err
	}
	var found []goModule
	for _, use := range work.Use {
		name := filepath.Join(root, filepath.FromSlash(use.Path), "go.mod")
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := modfile.Parse(name, data, nil)
		if err != nil {
			return nil, err
		}
		found = append(found, goModule{dir: path.Clean(use.Path), file: file})
	}
	return found, nil
}

// publicOf returns the public ones of all.
func publicOf(all []goModule) []goModule {
	var public []goModule
	for _, m := range all {
		if m.public() {
			public = append(public, m)
		}
	}
	return public
}

// printModules writes the folder and the path of every public module to w.
func printModules(w io.Writer, root string) error {
	all, err := modules(root)
	if err != nil {
		return err
	}
	for _, m := range publicOf(all) {
		fmt.Fprintln(w, m.dir, m.path())
	}
	return nil
}

// ours returns what m requires of the other modules of the workspace.
func ours(m goModule, all []goModule) []module.Version {
	var required []module.Version
	for _, r := range m.file.Require {
		for _, other := range all {
			if r.Mod.Path == other.path() {
				required = append(required, r.Mod)
			}
		}
	}
	return required
}

// preparedVersion returns the one version that the public modules require of one another.
// It is an error if they name more than one, or one that was never released: hosts could
// not get those modules, since a host's go command ignores our replace directives.
func preparedVersion(all []goModule) (string, error) {
	var version, where string
	for _, m := range publicOf(all) {
		for _, r := range ours(m, all) {
			at := fmt.Sprintf("%s/go.mod requires %s %s", m.dir, r.Path, r.Version)
			switch {
			case module.IsPseudoVersion(r.Version) || semver.Compare(r.Version, "v0.0.0") <= 0:
				return "", fmt.Errorf("%s, which hosts cannot get: run make release-prepare VERSION=vX.Y.Z", at)
			case version == "":
				version, where = r.Version, at
			case version != r.Version:
				return "", fmt.Errorf("%s, but %s: run make release-prepare VERSION=vX.Y.Z", at, where)
			}
		}
	}
	if version == "" {
		return "", fmt.Errorf("no public module requires another of ours, so the version is not known")
	}
	return version, nil
}
