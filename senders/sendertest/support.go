package sendertest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// variety returns messages of every kind, by what is special about them.
func (p Provider) variety() map[string]phoneauth.Message {
	all := map[string]phoneauth.Message{}
	add := func(name string, change func(*phoneauth.Message)) {
		m := p.sample()
		change(&m)
		all[name] = m
	}
	for _, purpose := range []phoneauth.Purpose{
		phoneauth.PurposeSignIn, phoneauth.PurposePasswordRegistration, phoneauth.PurposePasswordReset, phoneauth.PurposePhoneChange,
		phoneauth.PurposeAccountDeletion, phoneauth.PurposeDataExport, phoneauth.PurposeAccountUnlock, "transfer",
	} {
		add("purpose "+string(purpose), func(m *phoneauth.Message) { m.Purpose = purpose })
	}
	for _, purpose := range []phoneauth.Purpose{phoneauth.NoticePasswordChanged, phoneauth.NoticePhoneChanged, phoneauth.NoticeDataExported, "notice_of_the_host"} {
		all["notice "+string(purpose)] = notice(purpose)
	}
	all["no code, of a purpose of codes"] = notice(phoneauth.PurposeSignIn)
	for _, locale := range []string{"", "en", "en-GB", "pt-BR", "zh-Hant-TW", "ar-EG", "tlh", "not a language"} {
		add("locale "+locale, func(m *phoneauth.Message) { m.Locale = locale })
	}
	for _, channel := range []string{"", "sms", "whatsapp", "voice", "telegram", "rcs", "pigeon"} {
		add("channel "+channel, func(m *phoneauth.Message) { m.Channel = channel })
	}
	for _, code := range []string{longCode[:6], longCode[:7], longCode[:8], longCode[:9], longCode} {
		add("code "+code, func(m *phoneauth.Message) {
			m.Code, m.Body = phoneauth.Secret(code), phoneauth.Secret(code+" is your code.")
		})
	}
	add("details", func(m *phoneauth.Message) {
		m.Purpose, m.Details = "transfer", "100.00 EUR to ACME"
		m.Body += phoneauth.Secret(" It approves " + m.Details + ".")
	})
	add("the tenth send", func(m *phoneauth.Message) { m.Sends = 10 })
	add("about to expire", func(m *phoneauth.Message) { m.ExpiresAt = time.Now().Add(time.Second) })
	add("a long life", func(m *phoneauth.Message) { m.ExpiresAt = time.Now().Add(48 * time.Hour) })
	full := p.sample()
	all["nothing optional"] = phoneauth.Message{To: full.To, Body: full.Body, Code: full.Code, Purpose: full.Purpose}
	return all
}

// unsupported: what the provider has no template for is refused before any request, so that
// another sender may send it.
func unsupported(t testing.TB, p Provider) {
	srv := serve(t, p, func(_ *server, e exchange) { e.accept(p) })
	s := p.sender(t, srv.url, nil)
	supporter, _ := s.(phoneauth.Supporter)
	variety, wants := p.variety(), map[string]string{}
	for name, m := range variety {
		wants[name] = p.wants(t, m)
		if len(m.Code) > len(p.code()) {
			require.Empty(t, wants[name], "Provider.Wants: %s: the code is longer than Provider.MaxCode", name)
		}
	}
	sent := 0
	for _, name := range slices.Sorted(maps.Keys(variety)) {
		m, want := variety[name], wants[name]
		if want == "" {
			require.NotNil(t, supporter, "%s: a sender that cannot send every message is a phoneauth.Supporter", name)
		}
		if supporter != nil {
			assert.Equal(t, want != "", supporter.Supports(m), "%s: Supports", name)
		}
		r, err := s.Send(t.Context(), m)
		got := srv.texts()
		if want == "" {
			e := failure(t, p, err, m)
			assert.Equal(t, phoneauth.Temporary, e.Class, "%s: another sender may send it", name)
			assert.Equal(t, phoneauth.FaultSender, e.Fault, "%s: it is not about the number", name)
			assert.NotEmpty(t, r.Sender, "%s: Receipt.Sender names the sender", name)
			assert.Empty(t, r.ID, "%s: no receipt beside an error", name)
			require.Len(t, got, sent, "%s: it is refused before any request", name)
			continue
		}
		require.NoError(t, err, "%s: it is supported", name)
		sent++
		require.Len(t, got, sent, "%s: one call is one request", name)
		assert.Equal(t, text{number, want}, got[sent-1], "%s: arrives", name)
	}
}
