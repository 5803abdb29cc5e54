package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// prepare writes version into every go.mod that requires another of our modules. It
// changes nothing where that is done already, so it can be run again. It refuses a
// version that cannot be released, and a tree with other changes.
func prepare(root, version string) error {
	all, err := modules(root)
	if err != nil {
		return err
	}
	if err := errors.Join(releasable(root, version, all), inChangelog(root, version)); err != nil {
		return err
	}
	written := map[string][]byte{}
	for _, m := range all {
		changed := false
		for _, r := range ours(m, all) {
			if r.Version == version {
				continue
			}
			changed = true
			if err := m.file.AddRequire(r.Path, version); err != nil {
				return err
			}
		}
		if !changed {
			continue
		}
		data, err := m.file.Format()
		if err != nil {
			return err
		}
		written[filepath.Join(root, filepath.FromSlash(m.dir), "go.mod")] = data
	}
	if len(written) == 0 {
		return nil
	}
	if err := clean(root); err != nil {
		return err
	}
	for name, data := range written {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// printTags writes the commands that publish version to w. HEAD must be what prepare
// made, committed.
func printTags(w io.Writer, root, version string) error {
	all, err := modules(root)
	if err != nil {
		return err
	}
	prepared, err := preparedVersion(all)
	if err == nil && prepared != version {
		err = fmt.Errorf("the modules require %s of one another: run make release-prepare VERSION=%s", prepared, version)
	}
	if err := errors.Join(releasable(root, version, all), inChangelog(root, version), err, clean(root)); err != nil {
		return err
	}
	var tags []string
	for _, m := range publicOf(all) {
		tags = append(tags, m.tag(version))
		fmt.Fprintf(w, "git tag -s -m '%s %s' %s\n", m.path(), version, m.tag(version))
	}
	fmt.Fprintf(w, "git push --atomic origin %s\n", strings.Join(tags, " "))
	return nil
}

// releasable says what is wrong with version: it must be a whole semantic version of the
// major version that the module paths have, higher than every one that was tagged.
func releasable(root, version string, all []goModule) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version {
		return fmt.Errorf("%q is not a version: it must be like v1.2.3 or v1.2.3-rc.1", version)
	}
	for _, m := range publicOf(all) {
		if err := module.Check(m.path(), version); err != nil {
			return err
		}
	}
	tags, err := output(root, "git", "tag", "--list", "v*")
	if err != nil {
		return err
	}
	for tag := range strings.FieldsSeq(tags) {
		if semver.IsValid(tag) && semver.Compare(version, tag) <= 0 {
			return fmt.Errorf("%s is not higher than %s, which is tagged already", version, tag)
		}
	}
	return nil
}

// inChangelog says whether CHANGELOG.md has a dated heading for version.
func inChangelog(root, version string) error {
	data, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	heading := regexp.MustCompile(`(?m)^## ` + regexp.QuoteMeta(version) + ` - \d{4}-\d{2}-\d{2}$`)
	if !heading.Match(data) {
		return fmt.Errorf("CHANGELOG.md has no heading %q", "## "+version+" - YYYY-MM-DD")
	}
	return nil
}

// clean says whether git would commit anything.
func clean(root string) error {
	status, err := output(root, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if status != "" {
		return fmt.Errorf("the tree is not clean:\n%s", status)
	}
	return nil
}
