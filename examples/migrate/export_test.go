package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/importer"
)

// What is exported and imported again is the same table, and is known as the same by an import
// that is run twice.
func TestExport(t *testing.T) {
	t.Parallel()
	const n = 2500 // more than two pages
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	_, err := migrate(t, nil, "-from", "ndjson", "-store", "sqlite:"+at("one"), exportOf(t, n))
	require.NoError(t, err)

	said, err := migrate(t, nil, "-export", "-store", "sqlite:"+at("one"), at("users"))
	require.NoError(t, err)
	assert.Regexp(t, fmt.Sprintf(`^%d exported, \d+ a second\n$`, n), said)
	info, err := os.Stat(at("users"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	text, err := os.ReadFile(at("users"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	require.Len(t, lines, n)
	var first importer.Account
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
	assert.Equal(t, "1", first.ID)
	assert.Len(t, first.UUID, 36)

	for _, want := range []string{fmt.Sprintf("%d  created", n), fmt.Sprintf("%d  were imported before", n)} {
		said, err = migrate(t, nil, "-from", "ndjson", "-ids", at("ids"), "-store", "sqlite:"+at("two"), at("users"))
		require.NoError(t, err)
		assert.Contains(t, said, want)
	}
	assert.Equal(t, table(t, at("one")), table(t, at("two")))
	text, err = os.ReadFile(at("ids"))
	require.NoError(t, err)
	assert.Equal(t, n, strings.Count(string(text), "\n"), "which id became which")
}

// An export that fails, or is interrupted, leaves no file, and does not make a store.
func TestExportFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, store := filepath.Join(dir, "users"), filepath.Join(dir, "db")
	_, err := migrate(t, nil, "-export", "-store", "sqlite:"+store, file)
	assert.ErrorContains(t, err, "-store: ")
	assert.NoFileExists(t, store)
	_, err = migrate(t, nil, "-export", "-from", "clerk", file)
	assert.ErrorContains(t, err, "-from: is not for -export")

	_, err = migrate(t, nil, "-from", "ndjson", "-store", "sqlite:"+store, exportOf(t, 10))
	require.NoError(t, err)
	opened, closeStore, err := openStore(t.Context(), "sqlite:"+store, true)
	require.NoError(t, err)
	defer closeStore()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = writeFile(file, newProgress(io.Discard, 0, nil).exported(opened.AllUsers(ctx)))
	assert.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		assert.True(t, strings.HasPrefix(entry.Name(), "db"), entry.Name())
	}
}
