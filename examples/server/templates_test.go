package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/msg91"
	"github.com/phoneauth/phoneauth/senders/telegram"
	"github.com/phoneauth/phoneauth/senders/tencent"
	"github.com/phoneauth/phoneauth/senders/twilioverify"
	"github.com/phoneauth/phoneauth/senders/vonageverify"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

const templateSecret = "hunter2-0123456789abcdef0123456789abcdef"

// templateEnv has what the senders by template want.
func templateEnv(t *testing.T) map[string]string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return map[string]string{
		"WHATSAPP_ACCESS_TOKEN": "hunter2", "WHATSAPP_TEMPLATES": "login_code/en_US,login_code/pt_BR", "WHATSAPP_APP_SECRET": templateSecret, "WHATSAPP_VERIFY_TOKEN": templateSecret,
		"TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": "hunter2", "TWILIO_VERIFY_CHANNELS": "sms,voice",
		"VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf", "VONAGE_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "VONAGE_SIGNATURE_SECRET": templateSecret,
		"TELEGRAM_GATEWAY_TOKEN": "hunter2",
		"MSG91_AUTH_KEY":         "hunter2", "MSG91_CALLBACK_SECRET": templateSecret,
		"ALIYUN_ACCESS_KEY_ID": "LTAI5tExample", "ALIYUN_ACCESS_KEY_SECRET": "hunter2", "ALIYUN_TEMPLATE": "SMS_1", "ALIYUN_CALLBACK_SECRET": templateSecret,
		"TENCENT_SECRET_ID": "AKIDexample", "TENCENT_SECRET_KEY": "hunter2", "TENCENT_TEMPLATE": "1", "TENCENT_SIGN_NAME": "Acme", "TENCENT_CALLBACK_SECRET": templateSecret,
		"CALLBACK_URL": "https://auth.example.com",
	}
}

const templateSpecs = "whatsapp:106540352242922,twilioverify:VA00000000000000000000000000000000,vonageverify:Acme,telegram:,msg91:abc,aliyun:Acme,tencent:1400006666"

// They send codes of each purpose of the server, and no notices.
func TestTemplateSenders(t *testing.T) {
	t.Parallel()
	env := templateEnv(t)
	around := surroundings{func(name string) string { return env[name] }, new(bytes.Buffer), &net.TCPAddr{Port: 8080}, quiet}
	wants := []any{
		new(whatsapp.Sender), new(twilioverify.Sender), new(vonageverify.Sender), new(telegram.Sender), new(msg91.Sender), new(aliyun.Sender), new(tencent.Sender),
	}
	for i, spec := range splitSenders(templateSpecs) {
		s, err := openSenders(spec, around)
		require.NoError(t, err, spec)
		require.IsType(t, wants[i], s.SMSSender, spec)
		supporter := s.SMSSender.(phoneauth.Supporter)
		for _, purpose := range codePurposes {
			assert.True(t, supporter.Supports(phoneauth.Message{Purpose: purpose, Code: "012345"}), "%s: %s", spec, purpose)
		}
		assert.False(t, supporter.Supports(phoneauth.Message{Purpose: phoneauth.NoticePasswordChanged}), spec)
		assert.Len(t, s.callbacks, 1, spec)
	}
}

// Without their secrets they do not open. No error shows one.
func TestTemplateSecrets(t *testing.T) {
	t.Parallel()
	for spec, missing := range map[string]string{
		"whatsapp:1": "WHATSAPP_TEMPLATES", "twilioverify:VA": "TWILIO_AUTH_TOKEN", "vonageverify:Acme": "VONAGE_PRIVATE_KEY", "telegram:": "TELEGRAM_GATEWAY_TOKEN",
		"msg91:abc": "MSG91_AUTH_KEY", "aliyun:Acme": "ALIYUN_ACCESS_KEY_SECRET", "tencent:1": "TENCENT_SECRET_KEY",
	} {
		env := templateEnv(t)
		delete(env, missing)
		_, err := openSenders(spec, surroundings{func(name string) string { return env[name] }, new(bytes.Buffer), &net.TCPAddr{}, quiet})
		require.ErrorContains(t, err, missing, spec)
		assert.NotContains(t, err.Error(), "hunter2", spec)
	}
	env := templateEnv(t)
	for spec, wrong := range map[string]string{"whatsapp:1": "WHATSAPP_VERIFY_TOKEN", "msg91:abc": "MSG91_CALLBACK_SECRET", "aliyun:Acme": "ALIYUN_CALLBACK_SECRET", "tencent:1": "TENCENT_CALLBACK_SECRET"} {
		env[wrong] = "hunter2"
		_, err := openSenders(spec, surroundings{func(name string) string { return env[name] }, new(bytes.Buffer), &net.TCPAddr{}, quiet})
		require.ErrorContains(t, err, "callbacks: ", spec)
		assert.NotContains(t, err.Error(), "hunter2", spec)
	}
}

// Meta asks the server whether the address is right, and its report ends in the log.
func TestWhatsAppReports(t *testing.T) {
	t.Parallel()
	s := &server{t: t}
	s.start([]string{"-addr", "127.0.0.1:0", "-store", "memory", "-key", filepath.Join(t.TempDir(), "key"), "-sms", templateSpecs + ",console"}, templateEnv(t))
	resp, err := s.client.Get(s.url + "/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + templateSecret)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)

	said := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"wamid.1","status":"delivered","timestamp":"%d"}]}}]}]}`, time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(templateSecret))
	mac.Write([]byte(said))
	for path, want := range map[string]int{
		"/whatsapp": http.StatusNoContent, "/twilioverify": http.StatusForbidden, "/vonageverify": http.StatusForbidden, "/telegram": http.StatusForbidden,
		"/msg91/" + templateSecret: http.StatusBadRequest, "/aliyun/" + templateSecret: http.StatusBadRequest, "/tencent/" + templateSecret: http.StatusBadRequest,
		"/msg91/x": http.StatusNotFound, "/aliyun/x": http.StatusNotFound, "/tencent/x": http.StatusNotFound,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(said))
		require.NoError(t, err)
		req.Header.Set("X-Hub-Signature-256", fmt.Sprintf("sha256=%x", mac.Sum(nil)))
		resp, err := s.client.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, path)
	}
	assert.Equal(t, []map[string]any{{"sender": "whatsapp", "message_id": "wamid.1"}}, s.events("delivered"))
	assert.NotContains(t, s.log(), "hunter2")
}
