package routers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/examples/routers"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

const (
	phone = "+201061797840"
	page  = "https://app.example.com"
)

func TestRouters(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.TestMode) // prints no list of routes
	for name, mount := range map[string]func(*phoneauth.Service) http.Handler{
		"chi":      routers.Chi,
		"echo":     routers.Echo,
		"gin":      routers.Gin,
		"gorilla":  routers.Gorilla,
		"net/http": routers.ServeMux,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := phonetest.New()
			svc, err := phoneauth.New(phoneauth.Config{
				Store:  memstore.New(),
				Sender: inbox,
				Keys:   phoneauth.GenerateKeys(),
				HTTP:   phoneauth.HTTPConfig{TrustedOrigins: []string{page}},
			})
			require.NoError(t, err)
			server := httptest.NewServer(mount(svc))
			t.Cleanup(server.Close)
			call := func(status int, method, path, token, body string) (string, http.Header) {
				t.Helper()
				req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
				require.NoError(t, err)
				req.Header.Set("Content-Type", "application/json")
				if token != "" {
					req.Header.Set("Authorization", "Bearer "+token)
				}
				resp, err := http.DefaultClient.Do(req)
				require.NoError(t, err)
				defer resp.Body.Close()
				answer, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.Equal(t, status, resp.StatusCode, "%s %s: %s", method, path, answer)
				return string(answer), resp.Header
			}

			// Nobody is signed in: phoneauth has answered, and nobody said hello.
			answer, _ := call(401, "GET", "/hello", "", "")
			assert.JSONEq(t, `{"message":"Sign in first.","code":"unauthorized"}`, answer)

			call(200, "POST", "/auth/users/verification/start", "", `{"phone":"`+phone+`"}`)
			answer, header := call(200, "POST", "/auth/api/v1/login", "", `{"user":{"phone":"`+phone+`","sms_code":"`+inbox.Code(t, phone)+`"}}`)
			assert.Equal(t, []string{"application/json; charset=utf-8"}, header.Values("Content-Type"))
			assert.Contains(t, header.Get("Set-Cookie"), "__Host-phoneauth-device=")
			var login struct {
				User struct{ Token string }
			}
			require.NoError(t, json.Unmarshal([]byte(answer), &login))

			answer, _ = call(200, "GET", "/hello", login.User.Token, "")
			assert.Equal(t, "hello, user 1", answer)
			call(200, "GET", "/auth/users/me", login.User.Token, "")

			// What phoneauth refuses is refused in its words, not in the router's.
			answer, header = call(405, "PATCH", "/auth/connect", "", "{}")
			assert.Contains(t, answer, "method_not_allowed")
			assert.Equal(t, "POST", header.Get("Allow"))
			answer, _ = call(404, "GET", "/auth/nothing", "", "")
			assert.Contains(t, answer, "not_found")
			call(404, "POST", "/connect", "", "{}") // but below the prefix
			call(200, "POST", "/auth/users/verification/start", "", `{"phone":"`+phone+`"}`)
			_, header = call(429, "POST", "/auth/users/verification/start", "", `{"phone":"`+phone+`"}`)
			assert.NotEmpty(t, header.Get("Retry-After"))
			call(204, "POST", "/auth/logout", "", "{}")

			// A page of another origin asks before it sends; the router lets the question pass.
			req, err := http.NewRequestWithContext(t.Context(), "OPTIONS", server.URL+"/auth/connect", nil)
			require.NoError(t, err)
			req.Header.Set("Origin", page)
			req.Header.Set("Access-Control-Request-Method", "POST")
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, http.StatusNoContent, resp.StatusCode)
			assert.Equal(t, page, resp.Header.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, []string{"POST"}, resp.Header.Values("Access-Control-Allow-Methods"))
		})
	}
}
