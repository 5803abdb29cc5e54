package failover_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/failover"
)

// templates is a sender that has a template for one purpose, and wants to know what was verified.
type templates struct {
	peer
	purpose  phoneauth.Purpose
	verified []phoneauth.Receipt
}

func (p *templates) Supports(m phoneauth.Message) bool { return m.Purpose == p.purpose }

func (p *templates) Verified(_ context.Context, r phoneauth.Receipt) error {
	p.verified = append(p.verified, r)
	return nil
}

func TestSenderWithoutATemplateIsPassedOver(t *testing.T) {
	t.Parallel()
	a, b := &templates{purpose: phoneauth.PurposeSignIn}, new(peer)
	s := newSender(t, failover.Config{Senders: []failover.Entry{{Name: "a", Sender: a}, {Name: "b", Sender: b, Regions: []string{"FR"}}}})

	signIn, reset := cairo, paris
	signIn.Purpose, reset.Purpose = phoneauth.PurposeSignIn, phoneauth.PurposePasswordReset
	for m, want := range map[phoneauth.Message]string{signIn: "a", reset: "b"} {
		require.True(t, s.Supports(m))
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, want, r.Sender)
	}
	assert.Equal(t, []int{1, 1}, []int{a.took(), b.took()})

	nowhere := cairo // b serves France alone
	nowhere.Purpose = phoneauth.NoticePasswordChanged
	assert.False(t, s.Supports(nowhere))
	_, err := s.Send(t.Context(), nowhere)
	var failed *phoneauth.SendError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, phoneauth.Temporary, failed.Class)
	assert.Equal(t, phoneauth.FaultSender, failed.Fault)
	assert.Zero(t, a.took(), "a notice never leaves on a template for codes")
}

func TestSenderIsToldOfItsVerifiedCodes(t *testing.T) {
	t.Parallel()
	a, b := new(templates), new(peer)
	s := newSender(t, failover.Config{Senders: []failover.Entry{{Name: "a", Sender: a}, {Name: "b", Sender: b}}})
	for _, name := range []string{"a", "b", "somebody else's"} {
		require.NoError(t, s.Verified(t.Context(), phoneauth.Receipt{ID: "7", Sender: name}))
	}
	assert.Equal(t, []phoneauth.Receipt{{ID: "7", Sender: "a"}}, a.verified)
}
