package integration_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestDescriptionNotices: what is not as described does not pass.
func TestDescriptionNotices(t *testing.T) {
	t.Parallel()
	o := describeOurs(t)
	const (
		phone   = `{"phone_number":"+918076512310"}`
		sent    = `{"session_token":"x","expires_in":300,"resend_in":60,"code_length":6,"channel":"sms","channels":[{"channel":"sms","available_in":60}]}`
		limited = `{"message":"Too many requests. Try again later.","code":"rate_limited"}`
	)
	good := func(status int, body, answer string) exchange {
		return exchange{
			Method: "POST", Path: "/api/phone/register", Body: []byte(body), Status: status, Answer: []byte(answer),
			Header: http.Header{"Content-Type": {"application/json"}},
			AnswerHeader: http.Header{
				"Content-Type": {"application/json; charset=utf-8"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
			},
		}
	}
	with := func(e exchange, name, value string) exchange {
		if e.AnswerHeader.Set(name, value); value == "" {
			e.AnswerHeader.Del(name)
		}
		return e
	}
	of := func(e exchange, method, path string) exchange {
		e.Method, e.Path = method, path
		return e
	}
	for name, e := range map[string]exchange{
		"success":             good(200, phone, sent),
		"blank is missing":    good(200, `{"phone_number":"+918076512310","device_token":7}`, sent),
		"rate limited":        with(good(429, "{}", limited), "Retry-After", "7"),
		"a wrong method":      with(of(good(405, "", `{"message":"Method not allowed.","code":"method_not_allowed"}`), "HEAD", "/api/phone/register"), "Allow", "POST"),
		"a path of no routes": of(good(404, "", `{"message":"There is nothing here.","code":"not_found"}`), "GET", "/nowhere"),
	} {
		assert.NoError(t, o.check(e), name)
	}
	for name, e := range map[string]exchange{
		"a status":                 good(202, phone, sent),
		"a field too many":         good(200, phone, `{"session_token":"x","expires_in":300,"resend_in":60,"code_length":6,"code":"123456"}`),
		"a field too few":          good(200, phone, `{"session_token":"x","expires_in":300,"resend_in":60}`),
		"a type":                   good(200, phone, `{"session_token":"x","expires_in":"300","resend_in":60,"code_length":6,"channel":"sms","channels":[{"channel":"sms","available_in":60}]}`),
		"no body":                  good(200, phone, ""),
		"a request without number": good(200, `{"phone_number":" "}`, sent),
		"a media type":             with(good(200, phone, sent), "Content-Type", "text/plain"),
		"a header too many":        with(good(200, phone, sent), "X-Powered-By", "Go"),
		"a cookie too many":        with(good(200, phone, sent), "Set-Cookie", "__Host-phoneauth=x; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax"),
		"a cookie for scripts":     with(of(good(200, `{"refresh_token":"x"}`, `{"access_token":"x","token_type":"Bearer","expires_in":900,"refresh_token":"x","device_token":"x"}`), "POST", "/token/refresh"), "Set-Cookie", "__Host-phoneauth-device=x; Path=/; Max-Age=15552000; Secure; SameSite=Lax"),
		"no Cache-Control":         with(good(200, phone, sent), "Cache-Control", ""),
		"no Retry-After":           good(429, phone, limited),
		"a Retry-After of 0":       with(good(429, phone, limited), "Retry-After", "0"),
		"another API's shape":      with(good(429, phone, `{"error":{"code":"RATE_LIMITED","message":"Too many requests. Try again later."}}`), "Retry-After", "7"),
		"another status's code":    with(good(429, phone, `{"message":"The body is too large.","code":"body_too_large"}`), "Retry-After", "7"),
		"another message":          with(good(429, phone, `{"message":"Slow down.","code":"rate_limited"}`), "Retry-After", "7"),
		"another Allow":            with(of(good(405, "", `{"message":"Method not allowed.","code":"method_not_allowed"}`), "HEAD", "/api/phone/register"), "Allow", "POST, PUT"),
		"405 of a described one":   with(good(405, "", `{"message":"Method not allowed.","code":"method_not_allowed"}`), "Allow", "POST"),
		"a route that is not":      of(good(200, "", "{}"), "GET", "/nowhere"),
		"a method that is not":     of(good(200, phone, sent), "PUT", "/api/phone/register"),
		"nobody signed in":         of(good(200, "", `{"data":{"id":"1","type":"user","attributes":{"uid":"+201061797840","phone":"+201061797840","phone_verified":true,"new_user":true,"created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z"}}}`), "GET", "/users/me"),
		"a body of 204":            with(of(good(204, "{}", "{}"), "POST", "/logout"), "Content-Type", ""),
	} {
		assert.Error(t, o.check(e), name)
	}
}
