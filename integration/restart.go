package integration

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Restart ends the server in order, and starts it on the port that it had, with settings in place
// of those that it was started with. It waits for as long as the server writes what it has in
// memory. What the server keeps in its own memory is empty afterwards.
func (p *Postgres) Restart(settings ...string) error {
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil { // "fast shutdown"
		return err
	}
	<-p.exited
	p.settings = settings
	return p.Start()
}

// Restart is [Postgres.Restart] for MariaDB.
func (m *MariaDB) Restart(settings ...string) error {
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-m.exited
	m.settings = settings
	return m.Start()
}

// DropCaches writes all files to their disks, and has the system forget what it keeps of them in
// memory: the next reads come from the disk. It is for root on Linux, and an error elsewhere. All
// programs of the machine are slower afterwards for a while.
func DropCaches() error {
	if out, err := exec.Command("sync").CombinedOutput(); err != nil {
		return fmt.Errorf("sync: %w\n%s", err, out)
	}
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("1\n"), 0)
}
