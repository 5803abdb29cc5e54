package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestKeysAreMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	made, err := loadKeys(path)
	require.NoError(t, err)
	assert.Len(t, made.Index, 32)
	require.Len(t, made.Secrets, 1)
	assert.Equal(t, "1", made.Secrets[0].ID)
	assert.Len(t, made.Secrets[0].Secret, 32)
	assert.NotEqual(t, made.Index, made.Secrets[0].Secret)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())

	read, err := loadKeys(path)
	require.NoError(t, err)
	assert.Equal(t, made, read)
	onlyFile(t, path)
}

// A file of the time before phoneauth.ParseKeys is good, and stays as it is.
func TestKeyFileOfBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	const secret = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="
	before := `{
	"index": "aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk=",
	"secrets": [
		{
			"id": "1",
			"secret": "` + secret + `"
		}
	]
}
`
	require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
	keys, err := loadKeys(path)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("i", 32), string(keys.Index))
	assert.Equal(t, []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("s", 32))}}, keys.Secrets)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, string(data))
}

func TestServerKeepsItsKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	var before []byte
	for range 2 {
		s := start(t, "-key", path)
		require.NoError(t, s.stop())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		if before != nil {
			assert.Equal(t, before, data)
		}
		before = data
	}
}

func TestStartsAtOnceShareKeys(t *testing.T) {
	t.Parallel()
	for range 20 {
		path := filepath.Join(t.TempDir(), "key")
		all := make([]phoneauth.Keys, 16)
		var starts sync.WaitGroup
		for i := range all {
			starts.Go(func() {
				keys, err := loadKeys(path)
				assert.NoError(t, err)
				all[i] = keys
			})
		}
		starts.Wait()
		for _, keys := range all {
			require.Equal(t, all[0], keys)
		}
		onlyFile(t, path)
	}
}

func TestKeyFileOthersCanRead(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o644, 0o640, 0o604, 0o620} {
		path := filepath.Join(t.TempDir(), "key")
		_, err := loadKeys(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, mode))
		_, err = loadKeys(path)
		assert.ErrorContains(t, err, "chmod 600", "mode %04o", mode)
	}
}

func TestWrongKeyFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, wants string }{
		"empty":      {"", "key: "},
		"no JSON":    {"hunter2", "key: "},
		"no base64":  {`{"index":"hunter2!"}`, "key: "},
		"two values": {`{} {}`, "key: "},
		"no keys":    {`{}`, "Keys.Index"},
		"short":      {`{"index":"` + strings.Repeat("A", 44) + `","secrets":[{"id":"1","secret":"aHVudGVyMg=="}]}`, "Keys.Secrets[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "key")
			require.NoError(t, os.WriteFile(path, []byte(c.data), 0o600))
			output := newOutput()
			err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", path}, func(string) string { return "" }, output, output)
			require.ErrorContains(t, err, c.wants)
			assert.NotContains(t, err.Error(), "hunter2")
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.data, string(data), "a key file is never written over")
		})
	}
}

// onlyFile checks that no draft is left beside path.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 1)
}
