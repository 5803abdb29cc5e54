package integration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type object = map[string]any

// buildServer builds examples/server, and returns the program.
func buildServer(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "server")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "examples", "server")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// served is the example server as a process of its own.
type served struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	log   *lines
	ended chan struct{} // closed after its Wait
}

// command is the server in the directory dir, in an environment that says nothing to it
// but env.
func command(t *testing.T, program, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	cmd.WaitDelay = time.Second
	return cmd
}

// serve starts a server, and waits until it listens. It ends with the test.
func serve(t *testing.T, program, dir string, env []string, args ...string) *served {
	t.Helper()
	s := &served{t: t, cmd: command(t, program, dir, env, args...), log: &lines{ready: make(chan string, 1)}, ended: make(chan struct{})}
	s.cmd.Stderr = s.log
	require.NoError(t, s.cmd.Start())
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		if t.Failed() {
			t.Logf("the log of %s:\n%s", s.url, s.log)
		}
	})
	select {
	case s.url = <-s.log.ready:
	case <-s.ended:
		require.FailNow(t, "the server has ended", s.log.String())
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the server does not listen", s.log.String())
	}
	return s
}

// stop tells the server to stop, and waits until it has.
func (s *served) stop() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	<-s.ended
	require.Zero(s.t, s.cmd.ProcessState.ExitCode(), s.log.String())
}

// post makes a request, whose answer must have this status.
func (s *served) post(status int, path string, body object) (object, http.Header) {
	s.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, bytes.NewReader(data))
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	data, err = io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, status, resp.StatusCode, "%s: %s", path, data)
	var answer object
	if len(data) > 0 {
		require.NoError(s.t, json.Unmarshal(data, &answer))
	}
	return answer, resp.Header
}

// send has a code sent to phone.
func (s *served) send(phone string) {
	s.t.Helper()
	s.post(http.StatusOK, "/users/verification/start", object{"phone": phone})
}

// login signs in, and returns the user and whether it was the first time.
func (s *served) login(phone, code string) (user object, first bool) {
	s.t.Helper()
	answer, _ := s.post(http.StatusOK, "/api/v1/login", object{"user": object{"phone": phone, "sms_code": code}})
	require.IsType(s.t, object{}, answer["user"])
	require.IsType(s.t, true, answer["first_sign_in"])
	return answer["user"].(object), answer["first_sign_in"].(bool)
}

// get is the status of path, for whoever has this access token.
func (s *served) get(path string, token any) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	if text, ok := token.(string); ok {
		req.Header.Set("Authorization", "Bearer "+text)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	resp.Body.Close()
	return resp.StatusCode
}

// events are those of this type in the log. Every line of it must be JSON.
func (s *served) events(what string) (all []object) {
	s.t.Helper()
	for line := range strings.Lines(s.log.String()) {
		if strings.HasPrefix(line, "listening on ") {
			continue
		}
		var entry struct {
			Msg   string
			Event object
		}
		require.NoError(s.t, json.Unmarshal([]byte(line), &entry), line)
		if entry.Msg == "phoneauth: "+what {
			all = append(all, entry.Event)
		}
	}
	return all
}

// sentCode is the code that went to phone last, from the file of -sms.
func sentCode(t *testing.T, path, phone string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var code string
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var sms struct{ To, Code string }
		if err := decoder.Decode(&sms); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
		if sms.To == phone {
			code = sms.Code
		}
	}
	require.NotEmpty(t, code, "no code for %s", phone)
	return code
}

// lines is what a server writes to its standard error.
type lines struct {
	ready chan string // gets the URL

	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.text.Len()
	l.text.Write(p)
	if !bytes.Contains(l.text.Bytes()[:before], []byte("listening on ")) {
		if _, rest, ok := bytes.Cut(l.text.Bytes(), []byte("listening on ")); ok {
			url, _, _ := bytes.Cut(rest, []byte("\n"))
			l.ready <- string(url)
		}
	}
	return len(p), nil
}

// String is what was written, up to the last whole line.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	return text[:strings.LastIndexByte(text, '\n')+1]
}
