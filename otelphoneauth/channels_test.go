package otelphoneauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/otelphoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// picky is a sender that supports sign-ins alone, and is told of verified codes.
type picky struct {
	*phonetest.Inbox
	verified []string
}

func (p *picky) Supports(m phoneauth.Message) bool { return m.Purpose == phoneauth.PurposeSignIn }

func (p *picky) Verified(_ context.Context, r phoneauth.Receipt) error {
	p.verified = append(p.verified, r.ID)
	return nil
}

// The senders of channels are told of, and asked what they support.
func TestChannels(t *testing.T) {
	t.Parallel()
	whatsApp := &picky{Inbox: phonetest.New()}
	h := newHost(t, func(c *phoneauth.Config) {
		c.Channels = []phoneauth.Channel{{Name: "whatsapp", Sender: whatsApp}, {Name: "sms", Sender: c.Sender}}
	})
	p, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	assert.Equal(t, "whatsapp", p.Channel)
	m, _ := whatsApp.Last(cairo)
	_, err = h.svc.Login(t.Context(), phoneauth.LoginRequest{Phone: cairo, Code: string(m.Code)})
	require.NoError(t, err)
	require.NoError(t, h.svc.Close(t.Context()))
	assert.Equal(t, []string{"phonetest-1"}, whatsApp.verified)
	_, err = h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo, Channel: "whatsapp", Purpose: "pay"})
	require.ErrorIs(t, err, phoneauth.ErrChannel)
	assert.Contains(t, h.metrics(t), "\t1 phoneauth.channel=whatsapp phoneauth.event.type=verified\n")
	assert.Contains(t, h.trees(), "phoneauth.send (client) phoneauth.channel=whatsapp ")

	cfg := h.cfg
	cfg.Sender = nil
	_, err = otelphoneauth.Instrument(cfg, h.options...)
	require.EqualError(t, err, "otelphoneauth: instrument: the Config is instrumented already")
}
