package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What Prometheus reads tells what happened, and of nobody.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	const phone, password = "+201061797840", "correct horse battery"
	pending := s.post("/start", body{"phone": phone, "purpose": "sign_in"})
	code := s.code(phone)
	wrong := "000000"
	if wrong == code {
		wrong = "000001"
	}
	s.call(http.StatusUnprocessableEntity, http.MethodPost, "/verify", `{"phone":"`+phone+`","purpose":"sign_in","code":"`+wrong+`"}`)
	s.post("/verify", body{"phone": phone, "purpose": "sign_in", "code": code})
	s.call(http.StatusUnauthorized, http.MethodPost, "/api/v1/login", `{"user":{"phone":"`+phone+`","password":"`+password+`"}}`)

	// The values are counts and sums, in which any digits may follow one another.
	var told strings.Builder
	for line := range strings.Lines(string(s.get("/metrics"))) {
		told.WriteString(line[:strings.LastIndexByte(line, ' ')+1] + "\n")
	}
	for _, series := range []string{
		`phoneauth_events_total{.*phoneauth_event_type="code_sent".*phoneauth_purpose="sign_in".*}`,
		`phoneauth_events_total{.*phoneauth_event_type="verify_failed".*}`,
		`phoneauth_events_total{.*phoneauth_event_type="password_failed".*}`,
		`phoneauth_region_events_total{.*phoneauth_event_type="signed_up".*phoneauth_region="EG".*}`,
		`phoneauth_send_duration_seconds_bucket{.*phoneauth_outcome="ok".*le="10".*}`,
		`phoneauth_store_duration_seconds_count{.*phoneauth_store_verb="BeginChallenge".*}`,
		`phoneauth_operation_duration_seconds_count{.*phoneauth_operation="Login",phoneauth_outcome="invalid_code"}`,
		`phoneauth_operation_duration_seconds_count{.*phoneauth_operation="POST /api/v1/login"}`,
	} {
		assert.Regexp(t, regexp.MustCompile("(?m)^"+series+" $"), told.String())
	}
	secrets := []string{phone, phone[1:], "61797840", code, wrong, password, pending["session_token"].(string), "127.0.0.1"}
	for _, secret := range secrets {
		assert.NotContains(t, told.String(), secret)
	}

	// The names are those of the queries that otelphoneauth documents, and of its dashboard
	// and alerts. A metric without labels has no brace.
	for _, file := range []string{"README.md", "grafana/dashboard.json", "grafana/alerts.yaml"} {
		text, err := os.ReadFile("../../otelphoneauth/" + file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\bphoneauth_\w+_(?:total|bucket|count)\b`).FindAllString(string(text), -1) {
			assert.Regexp(t, "(?m)^"+name+"[{ ]", told.String(), "%s: not read by Prometheus", file)
		}
	}
}
