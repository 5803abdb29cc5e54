package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// server is a server that runs in this process.
type server struct {
	t              *testing.T
	url            string
	sms            string // the file of -sms
	stdout, stderr *output
	client         *http.Client
	cancel         context.CancelFunc
	ended          chan error
}

// start runs a server with these flags, and those that a test must have.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, sms: filepath.Join(dir, "sms")}
	s.start(append([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(dir, "key"), "-sms", "file:" + s.sms}, args...), nil)
	return s
}

func (s *server) start(args []string, env map[string]string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	jar, _ := cookiejar.New(nil)
	s.stdout, s.stderr = newOutput(), newOutput()
	s.client = &http.Client{Jar: jar, Transport: new(http.Transport)}
	s.cancel, s.ended = cancel, make(chan error, 1)
	go func() {
		s.ended <- run(ctx, args, func(name string) string { return env[name] }, s.stdout, s.stderr)
	}()
	s.t.Cleanup(cancel)
	select {
	case s.url = <-s.stderr.url:
	case err := <-s.ended:
		require.NoError(s.t, err)
		require.FailNow(s.t, "the server ended before it listened", s.stderr.String())
	case <-s.t.Context().Done():
		require.FailNow(s.t, "the server does not listen", s.stderr.String())
	}
}

// stop tells the server to stop, and returns what run did.
func (s *server) stop() error {
	s.cancel()
	err := <-s.ended
	s.ended <- err
	return err
}

// log stops the server, and returns all that it has written to standard error.
func (s *server) log() string {
	s.t.Helper()
	assert.NoError(s.t, s.stop())
	return s.stderr.String()
}

// call makes a request and returns the answer, whose status must be the given one.
func (s *server) call(status int, method, path, body string, header ...string) (map[string]any, *http.Response) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, status, resp.StatusCode, "%s %s: %s", method, path, data)
	var answer map[string]any
	if len(data) > 0 {
		require.NoError(s.t, json.Unmarshal(data, &answer))
	}
	return answer, resp
}

// post is a POST that succeeds.
func (s *server) post(path string, body map[string]any) map[string]any {
	s.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(s.t, err)
	answer, _ := s.call(http.StatusOK, http.MethodPost, path, string(data))
	return answer
}

// code returns the code that went to phone last, from the file of -sms.
func (s *server) code(phone string) string {
	s.t.Helper()
	file, err := os.Open(s.sms)
	require.NoError(s.t, err)
	defer file.Close()
	var code string
	for lines := json.NewDecoder(file); lines.More(); {
		var sms struct{ Time, To, Body, Code, Purpose string }
		require.NoError(s.t, lines.Decode(&sms))
		if sms.To == phone {
			code = sms.Code
			assert.Contains(s.t, sms.Body, code)
			assert.NotEmpty(s.t, sms.Purpose)
			_, err := time.Parse(time.RFC3339, sms.Time)
			assert.NoError(s.t, err)
		}
	}
	require.NotEmpty(s.t, code, "no code went to %s", phone)
	return code
}

// ready asks the server whether it can do its work, which it must.
func (s *server) ready() {
	s.t.Helper()
	assert.Equal(s.t, "ok\n", string(s.get("/readyz")))
}

// get returns what is at path.
func (s *server) get(path string) []byte {
	s.t.Helper()
	resp, err := s.client.Get(s.url + path)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	require.Equal(s.t, http.StatusOK, resp.StatusCode, path)
	data, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return data
}

// me returns the phone of whoever has this access token.
func (s *server) me(token any) any {
	s.t.Helper()
	require.IsType(s.t, "", token)
	answer, _ := s.call(http.StatusOK, http.MethodGet, "/users/me", "", "Authorization", "Bearer "+token.(string))
	return answer["data"].(map[string]any)["attributes"].(map[string]any)["phone"]
}

// output is what a server prints.
type output struct {
	url chan string // the one of "listening on"

	mu   sync.Mutex
	text bytes.Buffer
}

func newOutput() *output { return &output{url: make(chan string, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if url, ok := bytes.CutPrefix(p, []byte("listening on ")); ok {
		o.url <- string(bytes.TrimSpace(url))
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
