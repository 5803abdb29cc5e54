package integration

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// InstallPostgres is what to do where [StartPostgres] fails with [ErrNoPostgres].
const InstallPostgres = "apt-get install -y --no-install-recommends postgresql"

// ErrNoPostgres: initdb and postgres are not on this machine.
var ErrNoPostgres = errors.New("no PostgreSQL found: " + InstallPostgres)

// Postgres is a server of our own, on a free port of the loopback interface.
type Postgres struct {
	dir, bin string
	port     int
	settings []string
	owner    *syscall.Credential
	cmd      *exec.Cmd
	exited   chan struct{}
}

// StartPostgres makes a cluster in a temporary directory and starts its server, with
// settings of the form name=value beside ours. Whoever runs this as root has it run by
// nobody, since PostgreSQL refuses root. Stop ends it.
func StartPostgres(settings ...string) (*Postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	return startPostgres(settings, func(*Postgres) (string, error) { return bin, nil })
}

// startPostgres is StartPostgres with the programs in the folder that binaries returns.
func startPostgres(settings []string, binaries func(p *Postgres) (string, error)) (*Postgres, error) {
	p, err := newPostgres(settings)
	if err == nil {
		p.bin, err = binaries(p)
	}
	if err == nil {
		err = p.start()
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// newPostgres makes the directory of a server, and chooses its port.
func newPostgres(settings []string) (*Postgres, error) {
	// Not under t.TempDir: where we are root, nobody may not enter that.
	dir, err := os.MkdirTemp("", "phoneauth-postgres-")
	p := &Postgres{dir: dir, settings: settings}
	if err != nil {
		return p, err
	}
	if p.port, err = freePort(); err != nil || os.Geteuid() != 0 {
		return p, err
	}
	if p.owner, err = nobody(); err != nil {
		return p, err
	}
	return p, os.Chown(dir, int(p.owner.Uid), int(p.owner.Gid))
}

func (p *Postgres) start() error {
	initdb := p.command("initdb", "-D", p.data(), "-U", "phoneauth", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return p.Start()
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	// A server in a group of its own does not get our Ctrl-C; one of a test that is
	// killed is killed, too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Start starts the server again, after Kill, on the port that it had.
func (p *Postgres) Start() error {
	args := []string{"-D", p.data(), "-p", strconv.Itoa(p.port), "-k", p.dir, "-h", "127.0.0.1"}
	for _, setting := range append([]string{"max_connections=200"}, p.settings...) {
		args = append(args, "-c", setting)
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := p.command("postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	var ended error
	err = Poll(30*time.Second, func() error {
		select {
		case <-exited:
			ended = fmt.Errorf("postgres has ended: %s", p.Log())
			return nil
		default:
			return p.ready()
		}
	})
	return errors.Join(err, ended)
}

// ready reads the server's own word for it: line 8 of its pid file, which it writes anew
// at each start. A standby says that it is one.
func (p *Postgres) ready() error {
	text, err := os.ReadFile(filepath.Join(p.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) >= 8 && string(lines[0]) == strconv.Itoa(p.cmd.Process.Pid) {
		switch string(bytes.TrimSpace(lines[7])) {
		case "ready", "standby":
			return nil
		}
	}
	return errors.New("postgres is not ready")
}

// DSN names the server's database, with the schema as its search_path.
func (p *Postgres) DSN(schema string) string { return p.DSNOf("postgres", schema) }

// DSNOf names another database of the server, with the schema as its search_path.
func (p *Postgres) DSNOf(database, schema string) string {
	return fmt.Sprintf("postgres://phoneauth@127.0.0.1:%d/%s?sslmode=disable&search_path=%s", p.port, database, schema)
}

// Log is what the server has to say.
func (p *Postgres) Log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(text)
}

// Kill is kill -9 of the server and of all its connections. It returns when they are gone:
// they hold what the next start needs.
func (p *Postgres) Kill() {
	if p.cmd == nil {
		return
	}
	_ = p.Pause() // so that there are no new ones
	all := p.processes()
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-p.exited
	p.cmd = nil
	_ = Poll(20*time.Second, func() error { // if not, the next start says so
		if slices.ContainsFunc(all, func(pid int) bool { return parentOf(pid) != 0 }) {
			return errors.New("postgres has not ended")
		}
		return nil
	})
}

// Pause stops the server and all its connections without closing anything; Resume lets
// them go on.
func (p *Postgres) Pause() error {
	err := p.cmd.Process.Signal(syscall.SIGSTOP) // first, so that it has no new children
	p.signal(syscall.SIGSTOP)
	return err
}

// Resume ends a Pause.
func (p *Postgres) Resume() error {
	p.signal(syscall.SIGCONT)
	return p.cmd.Process.Signal(syscall.SIGCONT)
}

func (p *Postgres) signal(signal syscall.Signal) {
	for _, pid := range p.processes() {
		_ = syscall.Kill(pid, signal)
	}
}

// processes are that of the server and one for each connection, which are in process
// groups of their own.
func (p *Postgres) processes() []int {
	server := p.cmd.Process.Pid
	all := []int{server}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && parentOf(pid) == server {
			all = append(all, pid)
		}
	}
	return all
}

// Used is what the processes of the server that run now have used of the CPUs. It is 0 where
// that cannot be told: it is told by Linux alone.
func (p *Postgres) Used() (sum time.Duration) {
	for _, pid := range p.processes() {
		sum += UsedBy(pid)
	}
	return sum
}

// parentOf is 0 where there is no such process, or only what is left of one.
func parentOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 || fields[0] == "Z" {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// Stop ends the server and removes all that it has.
func (p *Postgres) Stop() {
	defer os.RemoveAll(p.dir)
	if p.cmd == nil {
		return
	}
	_ = p.Resume()
	_ = p.cmd.Process.Signal(syscall.SIGINT) // "fast shutdown"
	select {
	case <-p.exited:
		p.cmd = nil
	case <-time.After(20 * time.Second):
		p.Kill()
	}
}

// Schema makes an empty schema, by a connection of driver, and says how to end it.
func (p *Postgres) Schema(ctx context.Context, driver, name string) (drop func(), err error) {
	db, err := sql.Open(driver, p.DSN("public"))
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP SCHEMA "+name+" CASCADE")
		_ = db.Close()
	}, nil
}

// postgresBin is where the newest server is: of PATH, or where Debian has it.
func postgresBin() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		path, err = filepath.EvalSymlinks(path) // the other programs are where the file is
		return filepath.Dir(path), err
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", ErrNoPostgres
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func nobody() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.Atoi(u.Uid)
			gid, err2 := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
		}
	}
	return nil, errors.New("root may not run PostgreSQL, and there is no user postgres or nobody")
}
