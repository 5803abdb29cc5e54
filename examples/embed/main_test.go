package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	var sms bytes.Buffer
	running := httptest.NewServer(server(&sms).Handler)
	t.Cleanup(running.Close)
	post := func(path, body string) string {
		resp, err := http.Post(running.URL+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", path, answer)
		return string(answer)
	}

	post("/users/verification/start", `{"phone":"+201061797840"}`)
	code := regexp.MustCompile(`\d{6}\b`).FindString(strings.TrimPrefix(sms.String(), "SMS to +201061797840:"))
	answer := post("/api/v1/login", `{"user":{"phone":"+201061797840","sms_code":"`+code+`"}}`)
	assert.Contains(t, answer, `"first_sign_in":true`)
}

// A client that sends or reads byte by byte does not hold a connection for ever.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	s := server(io.Discard)
	for _, timeout := range []time.Duration{s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout} {
		assert.Positive(t, timeout)
	}
	assert.Greater(t, s.WriteTimeout, s.ReadTimeout+10*time.Second, "a text may take 10 s to send")
}

// The example is in documents as the program of at most 30 lines.
func TestLength(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("main.go")
	require.NoError(t, err)
	assert.LessOrEqual(t, bytes.Count(program, []byte("\n")), 30)
}
