package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer is what came back.
type answer struct {
	t       testing.TB
	path    string
	status  int
	header  http.Header
	text    string
	cookies []*http.Cookie
}

func (a *answer) checkHeaders() {
	a.t.Helper()
	assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"), a.path)
	assert.Equal(a.t, "nosniff", a.header.Get("X-Content-Type-Options"), a.path)
	if a.status == 204 {
		assert.Empty(a.t, a.text)
		assert.Empty(a.t, a.header.Get("Content-Type"))
	} else {
		assert.Equal(a.t, "application/json; charset=utf-8", a.header.Get("Content-Type"), a.path)
	}
	assert.Equal(a.t, a.status == 405, a.header.Get("Allow") != "", "Allow")
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	assert.Equal(a.t, a.status == 429, err == nil && wait >= 1, "Retry-After")
	if a.status >= 300 {
		assert.Empty(a.t, a.cookies, "a refusal sets no cookie")
	}
}

// get walks down the names and indices of a dotted path; nil is what is not there.
func (a *answer) get(path string) any {
	a.t.Helper()
	var v any
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &v), a.text)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a *answer) str(path string) string {
	a.t.Helper()
	s, ok := a.get(path).(string)
	require.True(a.t, ok, "%s: %s is no text: %s", a.path, path, a.text)
	return s
}

func (a *answer) has(path string) bool {
	a.t.Helper()
	return a.get(path) != nil
}

// ok requires the status of success.
func (a *answer) ok(status ...int) *answer {
	a.t.Helper()
	want := 200
	if len(status) > 0 {
		want = status[0]
	}
	require.Equal(a.t, want, a.status, "%s: %s", a.path, a.text)
	return a
}

// refused checks status, code, and the error shape of the path's API.
func (a *answer) refused(status int, code string, rule ...any) *answer {
	a.t.Helper()
	if !assert.Equal(a.t, status, a.status, append(rule, a.path, a.text)...) {
		return a
	}
	switch apiOf(a.path) {
	case phoneauth.ConnectAPI:
		assert.Equal(a.t, false, a.get("success"), a.text)
		assert.NotEmpty(a.t, a.str("message"))
		assert.Len(a.t, a.get("errors"), 1)
		assert.Equal(a.t, strconv.Itoa(status), a.get("errors.0.status"))
		assert.Equal(a.t, code, a.get("errors.0.code"), rule...)
		assert.NotEmpty(a.t, a.str("errors.0.title"))
	case phoneauth.UsersAPI:
		assert.NotEmpty(a.t, a.str("error"))
		assert.Equal(a.t, map[string]any{}, a.get("errors"), a.text)
		assert.Equal(a.t, code, a.get("code"), rule...)
	case phoneauth.LoginAPI:
		assert.Equal(a.t, strings.ToUpper(code), a.get("error.code"), rule...)
		assert.NotEmpty(a.t, a.str("error.message"))
	default:
		assert.Equal(a.t, code, a.get("code"), rule...)
		assert.NotEmpty(a.t, a.str("message"))
	}
	return a
}

// invalid checks a 422 of the Users API: pairs of a field and what is wrong with it.
func (a *answer) invalid(pairs ...string) *answer {
	a.t.Helper()
	assert.Equal(a.t, 422, a.status, "%s: %s", a.path, a.text)
	want := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = []any{pairs[i+1]}
	}
	assert.Equal(a.t, "Invalid resource. Please fix errors and try again.", a.get("error"))
	assert.Equal(a.t, want, a.get("errors"))
	return a
}

func (a *answer) cookie(name string) *http.Cookie {
	for _, c := range a.cookies {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func apiOf(path string) phoneauth.API {
	switch {
	case strings.HasPrefix(path, "/users/verification/"), path == "/connect":
		return phoneauth.ConnectAPI
	case strings.HasPrefix(path, "/api/phone/"):
		return phoneauth.PhoneAPI
	case strings.HasPrefix(path, "/api/v1/users"):
		return phoneauth.UsersAPI
	case path == "/api/v1/login":
		return phoneauth.LoginAPI
	}
	return phoneauth.SessionAPI
}

// otherThan is a well-formed code other than code.
func otherThan(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

func timeOf(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000Z", text)
	require.NoError(t, err, "RFC 3339, UTC, milliseconds")
	return at
}
