package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// SMPP is a real SMPP server: npm smpp, driven by testdata/smpp/smsc.mjs.
type SMPP struct {
	process *process

	mu       sync.Mutex
	port     int
	up       bool
	messages []Text
}

// StartSMPP starts an SMPP server on loopback, which ends with the test. Without node
// and npm the test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func StartSMPP(t testing.TB) *SMPP {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install -y --no-install-recommends nodejs npm")
	}
	dir := t.TempDir()
	script, err := os.ReadFile("testdata/smpp/smsc.mjs")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "smsc.mjs"), script, 0o600))
	require.NoError(t, os.Symlink(nodeModules(t, "testdata/smpp", "smpp@0.5.1"), filepath.Join(dir, "node_modules")))
	s := &SMPP{}
	s.process = startProcess(t, dir, s.line, node, "smsc.mjs")
	s.wait(t, true)
	return s
}

// Addr is where it listens, or listened before Stop.
func (s *SMPP) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("127.0.0.1:%d", s.port)
}

// Stop ends all sessions and listens no more. It answers no message that it has not
// answered already.
func (s *SMPP) Stop(t testing.TB) { t.Helper(); s.command(t, "stop"); s.wait(t, false) }

// Start listens again.
func (s *SMPP) Start(t testing.TB) { t.Helper(); s.command(t, "start"); s.wait(t, true) }

func (s *SMPP) command(t testing.TB, command string) {
	t.Helper()
	_, err := fmt.Fprintln(s.process.stdin, command)
	require.NoError(t, err)
}

func (s *SMPP) wait(t testing.TB, up bool) {
	t.Helper()
	Eventually(t, fmt.Sprint("SMPP server up: ", up), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.up == up
	})
}

// Messages returns what it answered, in order.
func (s *SMPP) Messages() []Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// line reads one line of the script's output.
func (s *SMPP) line(line string) {
	var said struct {
		Port   int
		Down   bool
		Submit *struct {
			From, To, Text, Part string
			Coding               int
		}
	}
	if json.Unmarshal([]byte(line), &said) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case said.Port != 0:
		s.port, s.up = said.Port, true
	case said.Down:
		s.up = false
	case said.Submit != nil:
		m := said.Submit
		s.messages = append(s.messages, Text{From: m.From, To: m.To, Text: m.Text, Part: m.Part, Coding: fmt.Sprint(m.Coding)})
	}
}
