package integration_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

const cairo = "+201061797840"

// callbacks is a host's server for the reports of a gateway.
type callbacks struct {
	url string // with the secret
	mux *http.ServeMux

	mu         sync.Mutex
	deliveries []phoneauth.Delivery
}

func newCallbacks(t *testing.T) *callbacks {
	t.Helper()
	c := &callbacks{mux: http.NewServeMux()}
	srv := httptest.NewServer(c.mux)
	t.Cleanup(srv.Close)
	c.url = srv.URL + "/a%20b/canary-0123456789abcdef0123456789abcdef"
	return c
}

// sender returns a sender through k, and mounts its handler.
func (c *callbacks) sender(t *testing.T, k *integration.Kannel) *kannel.Sender {
	t.Helper()
	s := c.unmounted(t, k)
	c.mount(s, c.report)
	return s
}

func (c *callbacks) unmounted(t *testing.T, k *integration.Kannel) *kannel.Sender {
	t.Helper()
	s, err := kannel.New(kannel.Config{
		URL: k.URL, Username: k.Username, Password: phoneauth.Secret(k.Password), From: "Acme",
		DeliveryURL: phoneauth.Secret(c.url),
	})
	require.NoError(t, err)
	return s
}

func (c *callbacks) mount(s *kannel.Sender, report func(context.Context, phoneauth.Delivery)) {
	c.mux.Handle("/{path}/{secret}", s.Callbacks(report))
}

func (c *callbacks) report(_ context.Context, d phoneauth.Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliveries = append(c.deliveries, d)
}

func (c *callbacks) got() []phoneauth.Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.deliveries)
}

// wait waits for the report of a message.
func (c *callbacks) wait(t *testing.T, want phoneauth.Delivery) {
	t.Helper()
	integration.Eventually(t, fmt.Sprintf("%+v", want), func() bool { return slices.Contains(c.got(), want) })
}

func text(phone, body string) phoneauth.Message {
	return phoneauth.Message{To: phoneauth.StoredPhone(phone), Body: phoneauth.Secret(body), Purpose: phoneauth.PurposeSignIn}
}

// What a message is, at the SMSC, and the report of it.
func TestKannel(t *testing.T) {
	t.Parallel()
	host := newCallbacks(t)
	k := integration.StartKannel(t, integration.KannelOptions{Inbound: host.url})
	s := host.sender(t, k)

	t.Run("arrives whole", func(t *testing.T) {
		for coding, body := range map[string]string{
			"text":  "012345 is your Acmé code: @£$ èéùìòÇ ØøÅå ÄÖÑÜ§¿äöñüà €[]{}~|^\\ <>&%+ #012345",
			"ucs-2": "<#> رمز الدخول هو 012345 😀 — façade\n\n@acme.example #012345",
		} {
			receipt, err := s.Send(t.Context(), text(cairo, body))
			require.NoError(t, err)
			want := integration.Text{From: "Acme", To: cairo, Text: body, Coding: coding}
			integration.Eventually(t, body, func() bool { return slices.Contains(k.Messages(), want) })
			host.wait(t, phoneauth.Delivery{ID: receipt.ID, Sender: "kannel", Status: phoneauth.Delivered})
		}
	})

	t.Run("long", func(t *testing.T) {
		before := len(k.Messages())
		body := strings.Repeat("0123456789", 40)
		receipt, err := s.Send(t.Context(), text(cairo, body))
		require.NoError(t, err)
		integration.Eventually(t, "three parts", func() bool { return len(k.Messages()) == before+3 })
		var whole strings.Builder
		for _, m := range k.Messages()[before:] {
			assert.NotEmpty(t, m.Part)
			whole.WriteString(m.Text)
		}
		assert.Equal(t, body, whole.String())
		host.wait(t, phoneauth.Delivery{ID: receipt.ID, Sender: "kannel", Status: phoneauth.Delivered})
	})

	t.Run("refused", func(t *testing.T) {
		before := len(k.Messages())
		_, err := s.Send(t.Context(), text("+20x", "denied"))
		assert.EqualError(t, err, "phoneauth: send: temporary, destination (HTTP 400): number denied by a list")

		wrong, err := kannel.New(kannel.Config{URL: k.URL, Username: k.Username, Password: "canary-wrong"})
		require.NoError(t, err)
		_, err = wrong.Send(t.Context(), text(cairo, "refused"))
		assert.EqualError(t, err, "phoneauth: send: temporary, sender (HTTP 403): authorization failed")

		lost, err := kannel.New(kannel.Config{URL: k.URL + "x", Username: k.Username, Password: "canary-wrong"})
		require.NoError(t, err)
		_, err = lost.Send(t.Context(), text(cairo, "refused"))
		assert.EqualError(t, err, "phoneauth: send: temporary, sender (HTTP 404)")
		assert.Len(t, k.Messages(), before)
	})

	t.Run("STOP", func(t *testing.T) {
		before := len(k.Messages())
		k.StopSMSC(t)
		k.StartSMSC(t, cairo+" 12345 text stop please")
		integration.Eventually(t, "opted out", func() bool {
			return slices.ContainsFunc(host.got(), func(d phoneauth.Delivery) bool {
				return d.Status == phoneauth.OptedOut && d.ID != "" && d.Sender == "kannel" && d.Phone.E164() == cairo
			})
		})
		_, err := s.Send(t.Context(), text(cairo, "after"))
		require.NoError(t, err)
		integration.Eventually(t, "the next text", func() bool { return len(k.Messages()) > before })
		assert.Equal(t, "after", k.Messages()[before].Text, "Kannel answers nothing to the phone")
	})

	// As configured in the documentation of senders/kannel.
	logs := k.Logs(t)
	for _, secret := range []string{"012345", "61797840", "canary", "stop please"} {
		assert.NotContains(t, logs, secret)
	}
}

func TestKannelSignsIn(t *testing.T) {
	t.Parallel()
	host := newCallbacks(t)
	k := integration.StartKannel(t, integration.KannelOptions{})
	sender := host.unmounted(t, k)

	var mu sync.Mutex
	var events []phoneauth.Event
	key := bytes.Repeat([]byte("k"), 32)
	svc, err := phoneauth.New(phoneauth.Config{
		Store: memstore.New(), Sender: sender, Name: "Acme",
		Keys:   phoneauth.Keys{Index: key, Secrets: []phoneauth.Key{{ID: "1", Secret: key}}},
		Logger: slog.New(slog.DiscardHandler),
		Hooks: phoneauth.Hooks{OnEvent: func(_ context.Context, e phoneauth.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}},
	})
	require.NoError(t, err)
	host.mount(sender, svc.ReportDelivery)

	pending, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	integration.Eventually(t, "the text", func() bool { return len(k.Messages()) == 1 })
	code := regexp.MustCompile(`^\d{6}`).FindString(k.Messages()[0].Text)
	session, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: cairo, Code: code, ChallengeToken: pending.ChallengeToken})
	require.NoError(t, err)
	assert.True(t, session.New)

	integration.Eventually(t, "the report, as an event of that message", func() bool {
		mu.Lock()
		defer mu.Unlock()
		sent := slices.IndexFunc(events, func(e phoneauth.Event) bool { return e.Type == phoneauth.EventCodeSent })
		return sent >= 0 && slices.ContainsFunc(events, func(e phoneauth.Event) bool {
			return e.Type == phoneauth.EventDelivered && e.MessageID == events[sent].MessageID && e.Sender == "kannel"
		})
	})
}
