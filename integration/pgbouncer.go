package integration

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// StartPgBouncer starts a PgBouncer in transaction mode before a server, with fewer connections
// to it than a test has, and settings of the form name=value beside ours. It returns a DSN that
// names the server's database through it. It ends with the test. Where there is no PgBouncer,
// the test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func StartPgBouncer(t testing.TB, p *Postgres, settings ...string) (dsn string) {
	t.Helper()
	const installed = "/usr/sbin/pgbouncer" // where Debian has it, which is not in everybody's PATH
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath(installed); err != nil {
			missing(t, "PgBouncer", "apt-get install -y --no-install-recommends pgbouncer")
		}
	}
	dir, err := os.MkdirTemp("", "phoneauth-pgbouncer-") // not under t.TempDir, as for PostgreSQL
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	port, err := freePort()
	require.NoError(t, err)
	users, config := filepath.Join(dir, "users"), filepath.Join(dir, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(users, []byte(`"phoneauth" ""`+"\n"), 0o644))
	var text strings.Builder
	text.WriteString(fmt.Sprintf(`[databases]
postgres = host=127.0.0.1 port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 4
`, p.port, port, users))
	for _, setting := range settings {
		text.WriteString(setting + "\n")
	}
	require.NoError(t, os.WriteFile(config, []byte(text.String()), 0o644))
	cmd := exec.Command(program, config)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	dsn = fmt.Sprintf("postgres://phoneauth@%s/postgres?sslmode=disable", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err := Poll(10*time.Second, func() error { return pgAnswers(dsn) }); err != nil {
		said, _ := os.ReadFile(log.Name())
		require.NoError(t, errors.Join(err, errors.New(string(said))))
	}
	return dsn
}

// pgAnswers fails unless a server answers a statement.
func pgAnswers(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn+"&default_query_exec_mode=exec")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT 1")
	return err
}
