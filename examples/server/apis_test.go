package main

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type body = map[string]any

func TestConnectAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	const phone = "+201061797840"
	s.post("/users/verification/start", body{"phone": phone})
	proof := s.post("/users/verification/verify", body{"phone": phone, "verification_code": s.code(phone)})
	user := s.post("/connect", body{"phone": phone, "verification_token": proof["verification_token"]})
	assert.Equal(t, true, user["data"].(body)["attributes"].(body)["new_user"])
	assert.Equal(t, phone, s.me(user["meta"].(body)["access_token"]))
}

func TestPhoneAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	const phone = "+919876543210"
	pending := s.post("/api/phone/register", body{"phone_number": phone})
	proof := s.post("/api/phone/verify", body{"phone_number": phone, "security_code": s.code(phone), "session_token": pending["session_token"]})
	user := s.post("/connect", body{"phone": phone, "verification_token": proof["verification_token"]})
	assert.Equal(t, phone, s.me(user["meta"].(body)["access_token"]))
}

func TestUsersAPI(t *testing.T) {
	t.Parallel()
	const phone = "+6584932466"
	registration := body{"msisdn": "84932466", "password": "hello world", "password_confirmation": "hello world"}

	t.Run("by session token", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-region", "SG")
		pending := s.post("/api/v1/users", registration)
		user := s.post("/api/v1/users/verify", body{"code": s.code(phone), "session_token": pending["session_token"]})
		assert.Equal(t, "84932466", user["msisdn"])
		assert.Equal(t, phone, s.me(user["authentication_token"]))
		again := s.post("/api/v1/login", body{"user": body{"phone": phone, "password": "hello world"}})
		assert.Equal(t, false, again["first_sign_in"])
	})
	t.Run("by insecure cookie", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-region", "SG", "-insecure-cookie")
		s.post("/api/v1/users", registration)
		user := s.post("/api/v1/users/verify", body{"code": s.code(phone)})
		assert.Equal(t, phone, s.me(user["authentication_token"]))
	})
	t.Run("secure cookie", func(t *testing.T) {
		t.Parallel()
		s := start(t)
		_, resp := s.call(http.StatusOK, http.MethodPost, "/api/v1/users", `{"msisdn":"+6584932466","password":"hello world","password_confirmation":"hello world"}`)
		require.Len(t, resp.Cookies(), 1)
		assert.Equal(t, "__Host-phoneauth", resp.Cookies()[0].Name)
		assert.True(t, resp.Cookies()[0].Secure)
	})
}

func TestLoginAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	const phone = "+33600000178"
	s.post("/users/verification/start", body{"phone": phone})
	answer := s.post("/api/v1/login", body{"format": "json", "user": body{"phone": phone, "sms_code": s.code(phone)}})
	assert.Equal(t, true, answer["first_sign_in"])
	assert.Equal(t, phone, s.me(answer["user"].(body)["token"]))
}

func TestConsole(t *testing.T) {
	t.Parallel()
	s := start(t, "-sms", "console")
	const phone = "+201061797840"
	s.post("/users/verification/start", body{"phone": phone})
	hint, text, ok := strings.Cut(s.stdout.String(), "\nSMS to "+phone+": ")
	require.True(t, ok, hint)
	assert.Equal(t, "Open "+s.url+" in a browser to sign in. Codes are printed here.", hint)
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(text)
	s.post("/api/v1/login", body{"user": body{"phone": phone, "sms_code": code}})
	assert.NotContains(t, s.log(), code, "the code is in the log")
	assert.NotContains(t, s.log(), phone, "the number is in the log")
}

// Every route of the description is served at its path, and not by the page.
func TestDescription(t *testing.T) {
	t.Parallel()
	s := start(t)
	paths := regexp.MustCompile(`(?m)^  (/\S*):$`).FindAllSubmatch(s.get("/openapi.yaml"), -1)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		_, resp := s.call(http.StatusMethodNotAllowed, http.MethodPatch, string(path[1]), "")
		assert.NotEmpty(t, resp.Header.Get("Allow"), "%s", path[1])
	}
}

// A browser that keeps no Secure cookies gets others where it is asked for.
func TestPageCookies(t *testing.T) {
	t.Parallel()
	const phone = "+201061797840"
	for _, c := range []struct {
		prefix string
		args   []string
	}{{"__Host-", nil}, {"", []string{"-insecure-cookie"}}} {
		s := start(t, c.args...)
		assert.Contains(t, string(s.get("/")), "<title>Sign in · phoneauth</title>")
		s.post("/start", body{"phone": phone, "purpose": "sign_in"})
		_, resp := s.call(http.StatusOK, http.MethodPost, "/verify", `{"phone":"`+phone+`","purpose":"sign_in","code":"`+s.code(phone)+`"}`)
		var names []string
		for _, cookie := range resp.Cookies() {
			names = append(names, cookie.Name)
			assert.Equal(t, c.prefix != "", cookie.Secure, cookie.Name)
		}
		assert.Contains(t, names, c.prefix+"phoneauth-access")
	}
}

func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.call(http.StatusOK, http.MethodPost, "/users/verification/start", `{"phone":"+201061797840"}`)
	_, resp := s.call(http.StatusTooManyRequests, http.MethodPost, "/users/verification/start", `{"phone":"+201061797840"}`)
	wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	require.NoError(t, err)
	assert.True(t, 1 <= wait && wait <= 60, "Retry-After: %d", wait)
}

func TestLimitsOff(t *testing.T) {
	t.Parallel()
	s := start(t, "-limits", "off")
	const phone = "+201061797840"
	for range 20 {
		s.post("/users/verification/start", body{"phone": phone})
	}
	right, wrong := s.code(phone), "000000"
	if wrong == right {
		wrong = "000001"
	}
	for _, code := range []string{wrong, wrong, wrong, wrong, wrong, right} { // five tries, all the same
		s.call(http.StatusUnprocessableEntity, http.MethodPost, "/users/verification/verify", `{"phone":"`+phone+`","verification_code":"`+code+`"}`)
	}
}
