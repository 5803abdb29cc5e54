package integration

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// soon bounds everything that is waited for. Nothing takes that long unless it is
	// broken.
	soon = 30 * time.Second
	tick = 10 * time.Millisecond
)

// Eventually ends the test unless ok becomes true soon. Call it from the test's own
// goroutine.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, soon, tick, what)
}

// missing skips the test for want of what, or fails it where servers are required.
func missing(t testing.TB, what, install string) {
	t.Helper()
	if os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "1" {
		t.Fatalf("%s is required: %s", what, install)
	}
	t.Skipf("no %s: %s", what, install)
}

// process is a server in a process group of its own, which ends with the test whatever
// happens to it.
type process struct {
	cmd    *exec.Cmd
	output *output
	ended  chan struct{}
	stdin  io.WriteCloser
}

// startProcess starts path in dir. each is handed every line of its output.
func startProcess(t testing.TB, dir string, each func(line string), path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...), output: &output{each: each}, ended: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	stdin, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	p.stdin = stdin
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s ended; its last output:\n%s", path, p.output.tail())
		}
	})
	return p
}

// kill ends the whole group, and waits for that.
func (p *process) kill() {
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		_ = p.cmd.Process.Kill()
	}
	<-p.ended
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// output splits what a process writes into lines, and keeps the end of it.
type output struct {
	mu   sync.Mutex
	all  []byte
	rest []byte
	each func(line string)
}

const maxTail = 4 << 10

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, b...)
	o.all = o.all[max(0, len(o.all)-maxTail):]
	o.rest = append(o.rest, b...)
	for {
		line, rest, ok := bytes.Cut(o.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		if o.each != nil {
			o.each(string(line))
		}
		o.rest = rest
	}
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.all)
}

// freePorts returns n ports of loopback for servers that are still to start.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		port, err := freePort()
		require.NoError(t, err)
		ports[i] = port
	}
	return ports
}
