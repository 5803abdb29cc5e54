package integration_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

// The whole chain of a carrier: our sender, Kannel, SMPP, and the report back.
func TestKannelSMPP(t *testing.T) {
	t.Parallel()
	host := newCallbacks(t)
	server := integration.StartSMPP(t)
	k := integration.StartKannel(t, integration.KannelOptions{SMPP: server.Addr()})
	s := host.sender(t, k)
	to := strings.TrimPrefix(cairo, "+") // Kannel drops it: dest-addr-ton = 1 says the same

	for _, c := range []struct{ coding, body string }{
		// All of GSM-7 that texts use, and the line that phones fill in from.
		{"0", "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"},
		{"0", "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"},
		{"0", "012345 is your Acme code.\n\n@acme.example #012345"},
		{"8", "012345 رمز الدخول 😀.\n\n@acme.example #012345"},
	} {
		receipt, err := s.Send(t.Context(), text(cairo, c.body))
		require.NoError(t, err)
		want := integration.Text{From: "Acme", To: to, Text: c.body, Coding: c.coding}
		integration.Eventually(t, c.body, func() bool { return slices.Contains(server.Messages(), want) })
		host.wait(t, phoneauth.Delivery{ID: receipt.ID, Sender: "kannel", Status: phoneauth.Delivered})
	}

	receipt, err := s.Send(t.Context(), text("+201061797899", "The operator does not deliver this."))
	require.NoError(t, err)
	host.wait(t, phoneauth.Delivery{ID: receipt.ID, Sender: "kannel", Status: phoneauth.Undelivered, Code: "DLR 2"})

	logs := k.Logs(t)
	for _, secret := range []string{"012345", "canary"} {
		assert.NotContains(t, logs, secret)
	}
}
