package httpsend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/senders/httpsend"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	const own = "https://api.example.com"
	for configured, want := range map[string]string{
		"":                          own,
		"http://127.0.0.1:8080":     "http://127.0.0.1:8080",
		"https://proxy.example/a//": "https://proxy.example/a",
	} {
		base, ok := httpsend.BaseURL(configured, own)
		assert.True(t, ok, configured)
		assert.Equal(t, want, base)
	}
	for _, configured := range []string{"api.example.com", "ftp://a", "https://", "https://u:p@a", "https://a?", "https://a/?b=c", "https://a#", "/a", "https://a b"} {
		_, ok := httpsend.BaseURL(configured, own)
		assert.False(t, ok, configured)
	}
	_, ok := httpsend.BaseURL("", "")
	assert.False(t, ok)
}
