package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// writeProxy writes version of each module, as the revision of the repository has it,
// into dir. The go command can use dir as a proxy: https://go.dev/ref/mod#goproxy-protocol.
func writeProxy(dir, repository, revision, version string, public []goModule) error {
	for _, m := range public {
		if err := writeVersion(dir, repository, revision, module.Version{Path: m.path(), Version: version}, m.dir); err != nil {
			return fmt.Errorf("%s: %w", m.path(), err)
		}
	}
	return nil
}

// writeVersion writes the four files of one version of one module.
func writeVersion(dir, repository, revision string, m module.Version, subdir string) error {
	if subdir == "." {
		subdir = ""
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	mod, err := output(repository, "git", "show", revision+":"+filepath.ToSlash(filepath.Join(subdir, "go.mod")))
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{m.Version, time.Now().UTC()})
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := zip.CreateFromVCS(&archive, m, repository, revision, subdir); err != nil {
		return err
	}
	at := filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"list":              []byte(m.Version + "\n"),
		m.Version + ".info": info,
		m.Version + ".mod":  []byte(mod + "\n"),
		m.Version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
