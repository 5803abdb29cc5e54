package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplitChannels(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]string{
		"sms=console":                          {"sms=console"},
		"sms=console,whatsapp=file:/a":         {"sms=console", "whatsapp=file:/a"},
		"sms=kannel:http://h/?a=1,2,twilio:+1": {"sms=kannel:http://h/?a=1,2,twilio:+1"},
		"sms=console,voice=webhook:http://h/":  {"sms=console", "voice=webhook:http://h/"},
		"sms=file:/a,b=c,voice=console":        {"sms=file:/a,b=c", "voice=console"},
		"sms":                                  {"sms"},
		"sms=console,":                         {"sms=console,"},
	} {
		assert.Equal(t, want, splitChannels(spec), spec)
	}
	assert.Equal(t, []string{"console", "file:/a", "console"}, options{channels: "sms=console,file:/a,voice=console"}.sendersOf())
}

func TestWrongChannels(t *testing.T) {
	t.Parallel()
	around := surroundings{getenv: func(string) string { return "" }, logger: quiet}
	for spec, want := range map[string]string{
		"sms":                          "-channels: must be channels with their senders",
		"console":                      "-channels: must be channels with their senders",
		"SMS=console":                  "-channels: must be channels with their senders",
		"sms=console,sms=console":      "-channels: sms is there twice",
		"sms=smtp://root:hunter2@h/":   "-channels: sms: unknown kind of sender",
		"sms=console,":                 "-channels: sms: unknown kind of sender",
		"sms=console,voice=twilio:FRO": "-channels: voice: TWILIO_ACCOUNT_SID",
	} {
		_, err := options{channels: spec}.open(around)
		require.ErrorContains(t, err, want, spec)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// One code goes by the channel that is asked for.
func TestServerOfChannels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sms, whatsApp := filepath.Join(dir, "sms"), filepath.Join(dir, "whatsapp")
	s := &server{t: t, sms: sms}
	s.start([]string{
		"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(dir, "key"), "-limits", "off",
		"-channels", "sms=file:" + sms + ",whatsapp=file:" + whatsApp,
	}, nil)
	const phone = "+201061797840"
	s.post("/users/verification/start", body{"phone": phone})
	code := s.code(phone)
	s.post("/users/verification/start", body{"phone": phone, "channel": "whatsapp"})
	text, err := os.ReadFile(whatsApp)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(text), "\n"))
	assert.Contains(t, string(text), code, "the same code")
	text, err = os.ReadFile(sms)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(text), "\n"))
}
