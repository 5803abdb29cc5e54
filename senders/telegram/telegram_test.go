package telegram_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/telegram"
)

// gateway is a transport that answers as Telegram does, and keeps what was asked.
type gateway struct {
	mu     sync.Mutex
	asked  []string
	answer func(n int) string
}

func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.URL.Path+" "+string(body))
	w := httptest.NewRecorder()
	io.WriteString(w, g.answer(len(g.asked)))
	return w.Result(), nil
}

func accepts(n int) string { return fmt.Sprintf(`{"ok":true,"result":{"request_id":"id-%d"}}`, n) }

func sender(t *testing.T, g *gateway, change func(*telegram.Config)) *telegram.Sender {
	t.Helper()
	c := telegram.Config{Token: token, Client: &http.Client{Transport: g}}
	change(&c)
	s, err := telegram.New(c)
	require.NoError(t, err)
	return s
}

func nothing(*telegram.Config) {}

func TestRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{answer: accepts}
		s := sender(t, g, func(c *telegram.Config) {
			c.SenderUsername, c.CallbackURL = "acme", "https://acme.example/telegram"
		})
		m := phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012345", AttemptID: "0123456789abcdef"}
		for _, c := range []struct {
			life time.Duration
			ttl  string
		}{{0, ""}, {5 * time.Minute, `,"ttl":300`}, {time.Second, `,"ttl":60`}, {48 * time.Hour, `,"ttl":3600`}} {
			m.ExpiresAt = time.Time{}
			if c.life > 0 {
				m.ExpiresAt = time.Now().Add(c.life)
			}
			r, err := s.Send(t.Context(), m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: fmt.Sprintf("id-%d", len(g.asked)), Sender: "telegram"}, r)
			assert.Equal(t, `/sendVerificationMessage {"phone_number":"+201061797840","code":"012345","sender_username":"acme","callback_url":"https://acme.example/telegram","payload":"0123456789abcdef"`+c.ttl+`}`, g.asked[len(g.asked)-1])
		}
	})
}

// Telegram is told the code once, while it is good and remembered.
func TestVerified(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{answer: accepts}
		s := sender(t, g, nothing)
		m := phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012345", ExpiresAt: time.Now().Add(5 * time.Minute)}
		first, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		second, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		require.NoError(t, s.Verified(t.Context(), first))
		assert.Equal(t, `/checkVerificationStatus {"code":"012345","request_id":"id-1"}`, g.asked[2])

		bubble.Elapse(5 * time.Minute)
		for name, r := range map[string]phoneauth.Receipt{"once": first, "expired": second, "another": {ID: "id-9"}, "none": {}} {
			assert.EqualError(t, s.Verified(t.Context(), r), "telegram: the code of the message is not remembered", name)
		}
		assert.Len(t, g.asked, 3)
	})
}

// Telegram's refusal of a check is returned.
func TestVerifiedRefused(t *testing.T) {
	t.Parallel()
	g := &gateway{answer: func(n int) string {
		if n > 1 {
			return `{"ok":false,"error":"REQUEST_ID_INVALID"}`
		}
		return accepts(n)
	}}
	s := sender(t, g, nothing)
	r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012345"})
	require.NoError(t, err)
	assert.EqualError(t, s.Verified(t.Context(), r), "phoneauth: send: temporary (REQUEST_ID_INVALID)")
}

// The memory of codes has a bound: the oldest give way.
func TestMemory(t *testing.T) {
	t.Parallel()
	g := &gateway{answer: accepts}
	s := sender(t, g, nothing)
	m := phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Code: "012345"}
	var last phoneauth.Receipt
	for range 10_001 {
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		last = r
	}
	assert.Error(t, s.Verified(t.Context(), phoneauth.Receipt{ID: "id-1"}))
	assert.NoError(t, s.Verified(t.Context(), phoneauth.Receipt{ID: "id-2"}))
	assert.NoError(t, s.Verified(t.Context(), last))
}

func TestSupports(t *testing.T) {
	t.Parallel()
	s := sender(t, &gateway{}, nothing)
	for code, want := range map[phoneauth.Secret]bool{"": false, "123": false, "1234": true, "12345678": true, "123456789": false, "12345x": false, "١٢٣٤٥٦": false} {
		assert.Equal(t, want, s.Supports(phoneauth.Message{Code: code}), string(code))
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config telegram.Config
		want   []string
	}{
		{telegram.Config{}, []string{"Token is required"}},
		{telegram.Config{Token: "canary\r\nX: y", SenderUsername: "@canary", CallbackURL: "http://canary", BaseURL: "https://user:canary@h"}, []string{
			"Token is required", "SenderUsername must be", "CallbackURL must be", "BaseURL must be",
		}},
		{telegram.Config{Token: token, CallbackURL: "https://canary/" + strings.Repeat("x", 256), BaseURL: "https://h/?canary"}, []string{"CallbackURL must be", "BaseURL must be"}},
	} {
		s, err := telegram.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "telegram: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c, cb := telegram.Config{Token: "canary"}, telegram.CallbackConfig{Token: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
