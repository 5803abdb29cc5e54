package templates_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

func TestFill(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := phoneauth.Message{Code: "012345", Service: "Acme", Details: "100.00 EUR to {code}", ExpiresAt: now.Add(4*time.Minute + time.Second)}
	for variable, want := range map[string]string{
		"{code}": "012345", "{code} of {service}": "012345 of Acme", "{minutes}": "5", "fixed": "fixed", "": "",
		"{details}": "100.00 EUR to {code}", // what the host says is not looked into
	} {
		assert.Equal(t, want, templates.Fill(variable, m, now), variable)
	}
	assert.Equal(t, "1", templates.Fill("{minutes}", m, now.Add(time.Hour)))
}

func TestFits(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Minute)
	for _, c := range []struct {
		m         phoneauth.Message
		variables []string
		want      bool
	}{
		{phoneauth.Message{Code: "012345"}, []string{"{code}"}, true},
		{phoneauth.Message{Code: "012345"}, []string{"{service}"}, false},
		{phoneauth.Message{Code: "012345"}, nil, false},
		{phoneauth.Message{}, nil, true},
		{phoneauth.Message{}, []string{"{service}"}, true},
		{phoneauth.Message{}, []string{"{code}"}, false},
		{phoneauth.Message{Code: "012345", Details: "d"}, []string{"{code}"}, false},
		{phoneauth.Message{Code: "012345", Details: "d"}, []string{"{code}", "{details}"}, true},
		{phoneauth.Message{Code: "012345"}, []string{"{code}", "{details}"}, false},
		{phoneauth.Message{Code: "012345"}, []string{"{code}", "{minutes}"}, false},
		{phoneauth.Message{Code: "012345", ExpiresAt: later}, []string{"{code}", "{minutes}"}, true},
	} {
		assert.Equal(t, c.want, templates.Fits(c.m, c.variables), "%+v %v", c.m, c.variables)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for variable, ok := range map[string]bool{
		"{code}": true, "{code}{service} x {minutes}, {details}": true, "fixed": true, "": true,
		"{canary}": false, "{code": false, "code}": false, "{}": false, "{{code}}": false, "{ code }": false,
	} {
		fault := templates.Check([]string{"{code}", variable})
		assert.Equal(t, ok, fault == "", variable)
		assert.NotContains(t, fault, "canary")
	}
}
