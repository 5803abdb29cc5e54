package integration_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/importer"
	"github.com/phoneauth/phoneauth/integration"
)

// TestMigrateProgram imports accounts by examples/migrate, as a host does, into the servers that it
// knows: 5,000 of them, or 1,000,000 before a release, which must then take less than 2 minutes on
// PostgreSQL. The program never has 100 MiB in memory. Killed by kill -9 again and again, and run
// to its end, it leaves the table that one run leaves.
func TestMigrateProgram(t *testing.T) {
	n := 5_000
	if integration.Release() {
		n = 1_000_000
	}
	program := filepath.Join(t.TempDir(), "migrate")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "examples", "migrate")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	file := accountsFile(t, n)
	for name, open := range map[string]func(t testing.TB) (database, string){
		"postgres": func(t testing.TB) (database, string) { d := postgresDatabase(t); return d, d.dsn },
		"mariadb": func(t testing.TB) (database, string) {
			m := startedMariaDB(t)
			d := mariadbDatabase(t)
			_, name, _ := strings.Cut(d.dsn, ")/")
			name, _, _ = strings.Cut(name, "?")
			return d, "mysql://phoneauth@" + m.Addr() + "/" + name
		},
	} {
		t.Run(name, func(t *testing.T) {
			migrate := func(store string, args ...string) *migrating {
				return startMigrate(t, program, append([]string{"-store", store, "-every", "0s"}, args...)...)
			}
			whole, store := open(t)
			began := time.Now()
			m := migrate(store, "-from", "ndjson", file)
			require.NoError(t, m.run(nil), m.said.String())
			took := time.Since(began)
			t.Logf("%d accounts in %.1f s, %.0f a second; %d MiB resident at the most", n, took.Seconds(), float64(n)/took.Seconds(), m.resident>>20)
			assert.Less(t, m.resident, int64(100<<20))
			if integration.Release() && name == "postgres" {
				assert.Less(t, took, 2*time.Minute)
			}
			want := accountsOf(t, whole)
			require.Len(t, want, n)

			part, store := open(t)
			for range 3 {
				left := rand.IntN(n / 500 / 4) // batches
				m := migrate(store, "-from", "ndjson", file)
				require.Error(t, m.run(func() { // after each batch
					if left--; left < 0 {
						require.NoError(t, m.cmd.Process.Kill())
					}
				}), "it ran to its end")
				t.Logf("killed: %d of %d are there", len(accountsOf(t, part)), n)
			}
			there := len(accountsOf(t, part))
			m = migrate(store, "-from", "ndjson", file)
			require.NoError(t, m.run(nil), m.said.String())
			assert.Contains(t, m.said.String(), fmt.Sprintf("%d  were imported before", there))
			require.True(t, want.equal(accountsOf(t, part)), "the tables differ")

			exported := filepath.Join(t.TempDir(), "exported")
			m = migrate(store, "-export", exported)
			require.NoError(t, m.run(nil), m.said.String())
			text, err := os.ReadFile(exported)
			require.NoError(t, err)
			assert.Equal(t, n, bytes.Count(text, []byte("\n")))
		})
	}
}

// accountsFile writes n accounts as NDJSON, each with a password.
func accountsFile(t *testing.T, n int) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "accounts.ndjson"))
	require.NoError(t, err)
	defer file.Close()
	buffer := bufio.NewWriter(file)
	w := json.NewEncoder(buffer)
	for u := range thousands(n) {
		require.NoError(t, w.Encode(importer.Account{ID: u.Source, Phone: u.Phone, Verified: true, PasswordHash: string(u.PasswordHash), CreatedAt: u.CreatedAt}))
	}
	require.NoError(t, buffer.Flush())
	return file.Name()
}

// accounts are the rows of users by phone, but for ids.
type accounts map[string]string

func (a accounts) equal(b accounts) bool {
	for phone, row := range a {
		if b[phone] != row {
			return false
		}
	}
	return len(a) == len(b)
}

func accountsOf(t *testing.T, d database) accounts {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT phone, password_hash, created_at, signed_in_at, epoch, blocked, locked FROM phoneauth_users")
	require.NoError(t, err)
	defer rows.Close()
	all := accounts{}
	for rows.Next() {
		var phone, hash string
		var created, signedIn, epoch int64
		var blocked, locked bool
		require.NoError(t, rows.Scan(&phone, &hash, &created, &signedIn, &epoch, &blocked, &locked))
		all[phone] = fmt.Sprint(hash, created, signedIn, epoch, blocked, locked)
	}
	require.NoError(t, rows.Err())
	return all
}

// migrating is examples/migrate as a process of its own.
type migrating struct {
	cmd *exec.Cmd
	// said is what it has written, and resident the most bytes that it has had in memory. Only
	// Linux tells them; elsewhere it is 0.
	said     strings.Builder
	resident int64
}

func startMigrate(t *testing.T, program string, args ...string) *migrating {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	return &migrating{cmd: cmd}
}

// run runs it to its end, and calls after for each line that it writes, unless that is nil.
func (m *migrating) run(after func()) error {
	out, err := m.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&m.said, lines.Text())
		m.look()
		if after != nil {
			after()
		}
	}
	return m.cmd.Wait()
}

// look reads the peak of the memory from the system. The usage that Wait returns is no good: on
// Linux it counts the memory of the process that has started this one.
func (m *migrating) look() {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.cmd.Process.Pid))
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(peak)
	if len(fields) > 0 {
		kib, _ := strconv.ParseInt(fields[0], 10, 64)
		m.resident = max(m.resident, kib<<10)
	}
}
