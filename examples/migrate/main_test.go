package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/importer"
)

// TestMain makes the test binary the program, when a test runs it as one.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_MIGRATE") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// migrate runs the program in this process.
func migrate(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	var stderr bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return env[name] }, &stderr)
	return stderr.String(), err
}

// exportOf writes n accounts as NDJSON.
func exportOf(t *testing.T, n int) string {
	t.Helper()
	var text bytes.Buffer
	w := json.NewEncoder(&text)
	for i := range n {
		require.NoError(t, w.Encode(importer.Account{
			ID: fmt.Sprint(i), Phone: fmt.Sprintf("+201%09d", i), Verified: true,
			PasswordHash: fmt.Sprintf("$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuv%06d", i),
			CreatedAt:    time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(i) * time.Second),
			Blocked:      i%1000 == 7,
		}))
	}
	name := filepath.Join(t.TempDir(), "accounts.ndjson")
	require.NoError(t, os.WriteFile(name, text.Bytes(), 0o600))
	return name
}

// table returns what the import of exportOf has put into a SQLite file, but for ids.
func table(t *testing.T, path string) (rows []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	found, err := db.QueryContext(t.Context(), "SELECT phone, password_hash, created_at, blocked, epoch FROM phoneauth_users ORDER BY phone")
	require.NoError(t, err)
	defer found.Close()
	for found.Next() {
		var phone, hash string
		var created, epoch int64
		var blocked bool
		require.NoError(t, found.Scan(&phone, &hash, &created, &blocked, &epoch))
		rows = append(rows, fmt.Sprint(phone, hash, created, blocked, epoch))
	}
	require.NoError(t, found.Err())
	return rows
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "users.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"users":[
		{"localId":"a","phoneNumber":"+201061797840","passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw==","createdAt":"1700000000000"},
		{"localId":"b","phoneNumber":"+5215512345678","createdAt":"1700000000000"},
		{"localId":"c","email":"c@example.com"}]}`), 0o600))
	env := map[string]string{
		"PHONEAUTH_STORE":         "sqlite:" + filepath.Join(dir, "db"),
		"FIREBASE_SIGNER_KEY":     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
		"FIREBASE_SALT_SEPARATOR": "Bw==",
	}
	said, err := migrate(t, env, "-from", "firebase-json", "-dry-run", file)
	require.NoError(t, err)
	assert.Contains(t, said, "         1  would be created, 1 of them with a password\n")
	assert.Empty(t, table(t, filepath.Join(dir, "db")))

	problems, ids := filepath.Join(dir, "problems"), filepath.Join(dir, "ids")
	said, err = migrate(t, env, "-from", "firebase-json", "-problems", problems, "-ids", ids, file)
	require.NoError(t, err)
	for _, line := range []string{
		"100 %  3 read, 1 created", "1  created, 1 of them with a password", "0  were imported before",
		"1  problem: invalid_phone", "1  problem: no_phone", "1  hash: firebase-scrypt mem_cost=14 rounds=8",
	} {
		assert.Contains(t, said, line)
	}
	assert.Len(t, table(t, filepath.Join(dir, "db")), 1)
	text, err := os.ReadFile(problems)
	require.NoError(t, err)
	assert.Equal(t, `{"source":"b","fault":"invalid_phone","phone":"+5215512345678"}`+"\n"+`{"source":"c","fault":"no_phone"}`+"\n", string(text))
	text, err = os.ReadFile(ids)
	require.NoError(t, err)
	assert.Regexp(t, `^\{"source":"a","id":"1","uuid":"[0-9a-f-]{36}"\}\n$`, string(text))
	info, err := os.Stat(problems)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())

	delete(env, "FIREBASE_SIGNER_KEY")
	said, err = migrate(t, env, "-from", "firebase-json", "-dry-run", file)
	require.NoError(t, err)
	assert.Contains(t, said, "1  problem: hash_refused")
	assert.Contains(t, said, "1  hash: unknown")
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"-from: must be one of":         {"x"},
		"takes one file":                {"-from", "clerk"},
		"-passwords: is for":            {"-from", "clerk", "-passwords", "x", "x"},
		"-store: unknown kind of store": {"-from", "clerk", "-store", "oracle://user:canary@host/db", os.Args[0]},
		"-store: no PostgreSQL":         {"-from", "clerk", "-store", "postgres://user:canary@127.0.0.1:1/db", os.Args[0]},
		"-store: no MySQL":              {"-from", "clerk", "-store", "mysql://user:canary@127.0.0.1:1/db", os.Args[0]},
		"-store: cannot be read":        {"-from", "clerk", "-store", "mysql://user:canary@/db", os.Args[0]},
		"no such file":                  {"-from", "clerk", "nowhere"},
	} {
		_, err := migrate(t, nil, args...)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "canary")
	}
	_, err := migrate(t, map[string]string{"FIREBASE_ROUNDS": "canary"}, "-from", "clerk", "x")
	assert.ErrorContains(t, err, "FIREBASE_ROUNDS")
	said, err := migrate(t, nil, "-h")
	require.NoError(t, err)
	assert.Contains(t, said, "-dry-run")
}

// A program that is killed, or interrupted, at any point and run again leaves the table that
// one run leaves.
func TestKilledAndRunAgain(t *testing.T) {
	t.Parallel()
	const n, batch = 4000, 50
	file := exportOf(t, n)
	args := func(store string) []string {
		return []string{"-from", "ndjson", "-batch", fmt.Sprint(batch), "-every", "0s", "-store", "sqlite:" + store, file}
	}
	whole := filepath.Join(t.TempDir(), "db")
	_, err := migrate(t, nil, args(whole)...)
	require.NoError(t, err)
	want := table(t, whole)
	require.Len(t, want, n)
	for _, signal := range []os.Signal{syscall.SIGKILL, syscall.SIGKILL, os.Interrupt} {
		store := filepath.Join(t.TempDir(), "db")
		after := rand.IntN(n / batch * 3 / 4) // batches
		cmd := exec.CommandContext(t.Context(), os.Args[0], args(store)...)
		cmd.Env = append(os.Environ(), "TEST_MIGRATE=1")
		stderr, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		var said strings.Builder
		lines := bufio.NewScanner(stderr)
		for i := 0; lines.Scan(); i++ {
			fmt.Fprintln(&said, lines.Text())
			if i == after {
				require.NoError(t, cmd.Process.Signal(signal))
			}
		}
		require.Error(t, cmd.Wait(), "it ran to its end: %s", said.String())
		some := len(table(t, store))
		if signal == os.Interrupt {
			assert.Contains(t, said.String(), "interrupted: run it again to go on")
		}
		again, err := migrate(t, nil, args(store)...)
		require.NoError(t, err)
		assert.Equal(t, want, table(t, store))
		assert.Contains(t, again, fmt.Sprintf("%d  were imported before", some))
		t.Logf("%v after %d batches: %d of %d were there", signal, after+1, some, n)
	}
}

// On a terminal there is a bar; elsewhere there are lines.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out, 0, func() float64 { return 0.5 })
	p.terminal = true
	p.show(reportOf(10, 7))
	assert.Contains(t, out.String(), "\r\x1b[K[###############               ]  50 %  10 read, 7 created, ")
	assert.NotContains(t, out.String(), "\n")
	out.Reset()
	p = newProgress(&out, time.Hour, func() float64 { return -1 })
	p.show(reportOf(10, 7))
	assert.Empty(t, out.String(), "too soon")
	p.every = 0
	p.show(reportOf(10, 7))
	assert.Regexp(t, `^10 read, 7 created, \d+ a second\n$`, out.String())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := run(ctx, []string{"-from", "ndjson", "-store", "sqlite:" + filepath.Join(t.TempDir(), "db"), exportOf(t, 1)}, os.Getenv, &out)
	assert.Error(t, err)
}

func reportOf(read, created int) phoneauth.ImportReport {
	return phoneauth.ImportReport{Read: read, Created: created}
}
