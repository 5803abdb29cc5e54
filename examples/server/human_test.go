package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const startBody = `{"phone":"+201061797840"}`

func TestHumanCheckAlways(t *testing.T) {
	t.Parallel()
	s := start(t, "-human-check", "always")
	answer, _ := s.call(428, "POST", "/users/verification/start", startBody)
	assert.Equal(t, "altcha", answer["human_check"].(map[string]any)["kind"])
	resp, err := s.client.Get(s.url + "/")
	require.NoError(t, err)
	resp.Body.Close()
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "worker-src 'self'")
}

// By default a client that can answer is asked when a block is busy. Off asks nobody.
func TestHumanCheckAuto(t *testing.T) {
	t.Parallel()
	for flag, status := range map[string]int{"auto": 428, "off": 200} {
		s := start(t, "-human-check", flag)
		for _, last := range "0123456789" { // half of what a block may owe
			s.post("/users/verification/start", body{"phone": "+20106179783" + string(last), "human_check": ""})
		}
		s.call(status, "POST", "/users/verification/start", `{"phone":"+201061797845","human_check":""}`)
	}
}

// Each vendor verifies what a client gives it, and is told the secret.
func TestHumanCheckOfAVendor(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"turnstile", "hcaptcha", "recaptcha"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var cdata string
			vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "s3cret", r.PostFormValue("secret"))
				if r.PostFormValue("response") != "right" {
					_, _ = io.WriteString(w, `{"success":false,"error-codes":["invalid-input-response"]}`)
					return
				}
				answer, _ := json.Marshal(map[string]any{"success": true, "hostname": "auth.example.com", "action": "phoneauth", "cdata": cdata})
				_, _ = w.Write(answer)
			}))
			t.Cleanup(vendor.Close)
			dir := t.TempDir()
			s := &server{t: t, sms: filepath.Join(dir, "sms")}
			s.start([]string{
				"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(dir, "key"), "-sms", "file:" + s.sms,
				"-human-check", kind + ":site",
			}, map[string]string{"HUMAN_CHECK_SECRET": "s3cret", "HUMAN_CHECK_URL": vendor.URL, "CALLBACK_URL": "https://auth.example.com"})
			for _, last := range "0123456789" { // half of what a block may owe
				s.post("/users/verification/start", body{"phone": "+20106179783" + string(last), "human_check": ""})
			}
			for _, answer := range []string{"", "wrong"} {
				asked, _ := s.call(428, "POST", "/users/verification/start", `{"phone":"+201061797845","human_check":"`+answer+`"}`)
				question := asked["human_check"].(map[string]any)
				assert.Equal(t, kind, question["kind"])
				assert.Equal(t, "site", question["site_key"])
				cdata, _ = question["cdata"].(string)
			}
			s.post("/users/verification/start", body{"phone": "+201061797845", "human_check": "right"})
			s.code("+201061797845")
		})
	}
}

func TestHostnames(t *testing.T) {
	t.Parallel()
	local := []string{"localhost", "127.0.0.1"}
	for addr, more := range map[string][]string{
		"127.0.0.1:8080": {"127.0.0.1"}, ":8080": nil, "0.0.0.0:8080": nil, "[::]:8080": nil, "[::1]:8080": nil,
		"auth.example.com:443": {"auth.example.com"}, "192.0.2.1:80": {"192.0.2.1"}, "nonsense": nil,
	} {
		hosts, err := hostnames(addr, "")
		require.NoError(t, err)
		assert.Equal(t, append(local[:2:2], more...), hosts, addr)
	}
	hosts, err := hostnames(":1", "https://auth.example.com:8443/path")
	require.NoError(t, err)
	assert.Equal(t, append(local, "auth.example.com"), hosts)
}
