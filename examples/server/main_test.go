package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary the server, when a test runs it as one.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_SERVER") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the server as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TEST_SERVER=1")
	cmd.Dir = t.TempDir()
	return cmd
}

func TestSignal(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := process(t, "-addr", "127.0.0.1:0"), newOutput()
			cmd.Stderr = stderr
			require.NoError(t, cmd.Start())
			<-stderr.url
			require.NoError(t, cmd.Process.Signal(signal))
			assert.NoError(t, cmd.Wait(), stderr.String())
			assert.FileExists(t, filepath.Join(cmd.Dir, "phoneauth.key"), "the default of -key")
			info, err := os.Stat(filepath.Join(cmd.Dir, "phoneauth.db"))
			require.NoError(t, err, "the default of -store")
			assert.Equal(t, os.FileMode(0o600), info.Mode(), "others can read the accounts")
		})
	}
}

func TestWrongFlagEndsTheProcess(t *testing.T) {
	t.Parallel()
	cmd := process(t, "-store", "oracle://user:password@host/db")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &exit)
	assert.Equal(t, 1, exit.ExitCode())
	assert.Equal(t, "server: -store: unknown kind of store, must be \"memory\", \"sqlite:PATH\", \"postgres://…\" or \"mysql://…\"\n", stderr.String())
}

func TestStop(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.NoError(t, s.stop())
	_, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	assert.Error(t, err, "somebody still listens")
}

// A request that is being answered when the server is told to stop is answered.
func TestStopFinishesRequests(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Contains(t, string(body), `"to":"+201061797840"`)
		close(arrived)
		<-release
	}))
	t.Cleanup(provider.Close)
	s := start(t, "-sms", "webhook:"+provider.URL)

	answered := make(chan int, 1)
	go func() {
		resp, err := s.client.Post(s.url+"/users/verification/start", "application/json", strings.NewReader(`{"phone":"+201061797840"}`))
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-arrived
	s.cancel()
	require.Eventually(t, func() bool { // it has begun to stop
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond)
	close(release)
	assert.Equal(t, http.StatusOK, <-answered)
	assert.NoError(t, <-s.ended)
}

func TestGreet(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:80":     "http://localhost:80",
		"[::]:8080":      "http://localhost:8080",
		"[::1]:8080":     "http://[::1]:8080",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		for sms, more := range map[string]string{"file:x": "", "kannel:http://h/,console": " Codes are printed here."} {
			var b strings.Builder
			greet(&b, options{sms: sms}, tcp)
			assert.Equal(t, "Open "+want+" in a browser to sign in."+more+"\n", b.String())
		}
	}
}
