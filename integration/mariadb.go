package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// InstallMariaDB is what to do where [StartMariaDB] fails with [ErrNoMariaDB].
const InstallMariaDB = "apt-get install -y --no-install-recommends mariadb-server"

// ErrNoMariaDB says that mariadbd and mariadb-install-db are not on this machine.
var ErrNoMariaDB = errors.New("no MariaDB found: " + InstallMariaDB)

// MariaDB is a server of our own, on a free port of the loopback interface.
type MariaDB struct {
	dir, bin string
	port     int
	settings []string
	// variables are of each connection, for the DSN.
	variables url.Values
	owner     *syscall.Credential
	cmd       *exec.Cmd
	exited    chan struct{}
}

// QuietMySQL keeps the driver from reporting each connection that a test has ended.
func QuietMySQL() { _ = mysql.SetLogger(&mysql.NopLogger{}) }

// StartMariaDB makes a server in a temporary directory and starts it, with settings of the
// form name=value beside ours. Whoever runs this as root has it run by somebody else, since
// MariaDB refuses root. Stop ends it.
func StartMariaDB(settings ...string) (*MariaDB, error) {
	m, err := newMariaDB(settings...)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(m.install(), m.Start()); err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

// newMariaDB makes ready what a server needs, except for its tables.
func newMariaDB(settings ...string) (*MariaDB, error) {
	bin, err := exec.LookPath("mariadbd")
	if err != nil {
		if bin, err = exec.LookPath("/usr/sbin/mariadbd"); err != nil {
			return nil, ErrNoMariaDB
		}
	}
	// Not under t.TempDir: where we are root, nobody may not enter that.
	dir, err := os.MkdirTemp("", "phoneauth-mariadb-")
	if err != nil {
		return nil, err
	}
	m := &MariaDB{dir: dir, bin: bin, settings: settings, variables: url.Values{
		"tx_isolation":             {"'READ-COMMITTED'"},
		"innodb_lock_wait_timeout": {"10"},
	}}
	if os.Geteuid() == 0 {
		if m.owner, err = nobody(); err != nil {
			return nil, err
		}
		if err := os.Chown(dir, int(m.owner.Uid), int(m.owner.Gid)); err != nil {
			return nil, err
		}
	}
	m.port, err = freePort()
	return m, err
}

func (m *MariaDB) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = m.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "LC_ALL=C", "TZ=UTC", "TMPDIR=" + m.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: m.owner, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (m *MariaDB) install() error {
	script, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		return ErrNoMariaDB
	}
	install := m.command(script, "--no-defaults", "--datadir="+m.data(), "--auth-root-authentication-method=normal",
		"--skip-test-db", "--innodb-log-file-size=32M", "--innodb-flush-log-at-trx-commit=0")
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}

func (m *MariaDB) data() string { return filepath.Join(m.dir, "data") }

// firstUser is who tests are. It is made at each start.
const firstUser = "CREATE USER IF NOT EXISTS phoneauth@'127.0.0.1';\nGRANT ALL ON *.* TO phoneauth@'127.0.0.1';\n"

// launch starts the process of the server, and does not wait until it answers.
func (m *MariaDB) launch(settings ...string) error {
	init := filepath.Join(m.dir, "init.sql")
	if err := os.WriteFile(init, []byte(firstUser), 0o644); err != nil {
		return err
	}
	args := []string{"--no-defaults", "--datadir=" + m.data(), "--socket=" + filepath.Join(m.dir, "socket"),
		"--port=" + strconv.Itoa(m.port), "--bind-address=127.0.0.1", "--pid-file=" + filepath.Join(m.dir, "pid"),
		"--skip-name-resolve", "--max-connections=400", "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=32M",
		"--init-file=" + init}
	for _, setting := range append(m.settings, settings...) {
		args = append(args, "--"+setting)
	}
	log, err := os.OpenFile(filepath.Join(m.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := m.command(m.bin, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	m.cmd, m.exited = cmd, exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return nil
}

// Start starts the server again, after Kill, on the port that it had.
func (m *MariaDB) Start() error {
	if err := m.launch(); err != nil {
		return err
	}
	return m.answers(30*time.Second, func(ctx context.Context, db *sql.DB) error { return db.PingContext(ctx) })
}

// answers waits until ask gets no error.
func (m *MariaDB) answers(limit time.Duration, ask func(ctx context.Context, db *sql.DB) error) error {
	db, err := sql.Open("mysql", m.DSN(""))
	if err != nil {
		return err
	}
	defer db.Close()
	var ended error
	err = Poll(limit, func() error {
		select {
		case <-m.exited:
			ended = fmt.Errorf("mariadbd has ended: %s", m.Log())
			return nil
		default:
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return ask(ctx, db)
		}
	})
	return errors.Join(err, ended)
}

// Addr is where the server listens.
func (m *MariaDB) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(m.port)) }

// DSN names a database of the server, with what the store asks of connections.
func (m *MariaDB) DSN(database string) string { return m.dsnAt(m.Addr(), database) }

// dsnAt is DSN through another address.
func (m *MariaDB) dsnAt(addr, database string) string {
	return fmt.Sprintf("phoneauth@tcp(%s)/%s?interpolateParams=true&parseTime=true&%s", addr, database, m.variables.Encode())
}

// Log is what the server has to say.
func (m *MariaDB) Log() string {
	text, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	return string(text)
}

// Kill is kill -9 of the server. It returns when it is gone.
func (m *MariaDB) Kill() {
	if m.cmd == nil {
		return
	}
	_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL) // with what transfers its state
	<-m.exited
	m.cmd = nil
}

// Used is what the server has used of the CPUs since it was last started: see [UsedBy].
func (m *MariaDB) Used() time.Duration { return UsedBy(m.cmd.Process.Pid) }

// Pause stops the server without closing anything; Resume lets it go on.
func (m *MariaDB) Pause() error { return m.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (m *MariaDB) Resume() error { return m.cmd.Process.Signal(syscall.SIGCONT) }

// Stop ends the server and removes all that it has.
func (m *MariaDB) Stop() {
	defer os.RemoveAll(m.dir)
	if m.cmd == nil {
		return
	}
	_ = m.Resume()
	m.Kill() // nobody will want its tables
}

// Database makes an empty database, and says how to end it.
func (m *MariaDB) Database(ctx context.Context, name string) (drop func(), err error) {
	db, err := sql.Open("mysql", m.DSN(""))
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		_ = db.Close()
	}, nil
}

// Version is that of mariadbd.
func (m *MariaDB) Version() string {
	out, _ := exec.Command(m.bin, "--version").Output()
	return strings.TrimSpace(string(out))
}
