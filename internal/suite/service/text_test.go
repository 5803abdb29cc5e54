package service_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/texts"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

const textPhone = "+201061797840"

// textOf is what a service sends for a request, and how many segments its event says.
func textOf(t *testing.T, r phoneauth.RegisterRequest, change func(*phoneauth.Config)) (phoneauth.Message, int) {
	t.Helper()
	inbox, segments := phonetest.New(), 0
	c := textConfig(t)
	c.Sender = inbox
	c.Hooks.OnEvent = func(_ context.Context, e phoneauth.Event) { segments = e.Segments }
	change(&c)
	svc, err := phoneauth.New(c)
	require.NoError(t, err)
	r.Phone = textPhone
	_, err = svc.Register(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, inbox.Messages(), 1)
	return inbox.Messages()[0], segments
}

func textConfig(t *testing.T) phoneauth.Config {
	return phoneauth.Config{
		Name: "Acme", Store: memstore.New(), Sender: phonetest.New(), Keys: suite.Keys(), Logger: slog.New(slog.DiscardHandler),
	}
}

func TestTextSent(t *testing.T) {
	t.Parallel()
	m, segments := textOf(t, phoneauth.RegisterRequest{Client: phoneauth.ClientInfo{Locale: "fr-CA"}}, func(c *phoneauth.Config) {
		c.Texts.Host = "example.com"
	})
	assert.Equal(t, fmt.Sprintf("%[1]s est votre code de connexion à Acme. Ne le communiquez à personne.\n@example.com #%[1]s", string(m.Code)), string(m.Body))
	assert.Equal(t, "fr-CA", m.Locale, "what was asked for")
	assert.Equal(t, 1, segments)
}

// TestTextPurposes: internal/texts has words for the purposes of the package, by the same
// names.
func TestTextPurposes(t *testing.T) {
	t.Parallel()
	for purpose, name := range map[phoneauth.Purpose]string{
		phoneauth.PurposeSignIn:               texts.SignIn,
		phoneauth.PurposePasswordRegistration: texts.PasswordRegistration,
		phoneauth.PurposePasswordReset:        texts.PasswordReset,
		phoneauth.PurposePhoneChange:          texts.PhoneChange,
		phoneauth.NoticePasswordChanged:       texts.PasswordChanged,
		phoneauth.NoticePhoneChanged:          texts.PhoneChanged,
	} {
		assert.Equal(t, string(purpose), name)
	}
}

// TestTextHook: the words of a hook are its own.
func TestTextHook(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 40)
	m, segments := textOf(t, phoneauth.RegisterRequest{}, func(c *phoneauth.Config) {
		c.Texts = phoneauth.TextRules{Host: "example.com", AndroidHash: "FA+9qCX9VSu", Locales: []string{"en"}}
		c.Hooks.Text = func(_ context.Context, m phoneauth.Message) (string, error) { return long + string(m.Code), nil }
	})
	assert.Equal(t, long+string(m.Code), string(m.Body), "nothing is added, and two segments are let through")
	assert.Equal(t, 2, segments, "but told")
}

// TestTextOwnPurpose: one that does not fit is in English, rather than in two segments.
func TestTextOwnPurpose(t *testing.T) {
	t.Parallel()
	for purpose, want := range map[phoneauth.Purpose]string{
		"pay":                             "%[1]s pay के लिए आपका Acme कोड है।\n@example.com #%[1]s",
		"confirm_the_payment_of_the_bill": "%[1]s is your Acme code for: confirm the payment of the bill. Never share it.\n@example.com #%[1]s",
	} {
		m, segments := textOf(t, phoneauth.RegisterRequest{Purpose: purpose, Client: phoneauth.ClientInfo{Locale: "hi"}}, func(c *phoneauth.Config) {
			c.Texts.Host = "example.com"
		})
		assert.Equal(t, fmt.Sprintf(want, string(m.Code)), string(m.Body))
		assert.Equal(t, "hi", m.Locale)
		assert.Equal(t, 1, segments)
	}
	m, segments := textOf(t, phoneauth.RegisterRequest{Purpose: "confirm_the_payment_of_the_bill", Client: phoneauth.ClientInfo{Locale: "hi"}}, func(c *phoneauth.Config) {
		c.Texts = phoneauth.TextRules{Host: "example.com", MaxSegments: 2}
	})
	assert.Contains(t, string(m.Body), "के लिए", "where two are allowed, the language comes first")
	assert.Equal(t, 2, segments)
}

func TestTextTakesNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	m, _ := textOf(t, phoneauth.RegisterRequest{}, func(c *phoneauth.Config) {
		c.Name, c.Texts.Locales = "{code} {purpose} {service} %s", []string{"en"}
	})
	assert.Equal(t, string(m.Code)+" is your {code} {purpose} {service} %s sign-in code. Never share it.", string(m.Body))
}

// TestTextTailCostsNothing: the warning goes before a second segment comes.
func TestTextTailCostsNothing(t *testing.T) {
	t.Parallel()
	for _, segments := range []int{0, 3} {
		for n := 1; n <= 30; n++ {
			m, got := textOf(t, phoneauth.RegisterRequest{Client: phoneauth.ClientInfo{Locale: "ar"}}, func(c *phoneauth.Config) {
				c.Name, c.Texts.MaxSegments = strings.Repeat("W", n), segments
			})
			assert.Equal(t, 1, got)
			assert.Equal(t, n <= 29, strings.HasSuffix(string(m.Body), "مع أحد."), "a name of %d", n)
		}
	}
}

// TestTextConfig: New says which texts are too long, in one line.
func TestTextConfig(t *testing.T) {
	t.Parallel()
	const all = "sign_in in %[1]s, password_registration in %[1]s, password_reset in %[1]s, phone_change in %[1]s, " +
		"account_deletion in %[1]s, data_export in %[1]s, account_unlock in %[1]s, " +
		"notice_password_changed in %[1]s, notice_phone_changed in %[1]s, notice_data_exported in %[1]s, "
	for _, c := range []struct {
		name   string
		rules  phoneauth.TextRules
		digits int
		fault  string
	}{
		{strings.Repeat("W", 30), phoneauth.TextRules{}, 6, ""},
		{strings.Repeat("W", 31), phoneauth.TextRules{}, 6, "Texts.MaxSegments: 1 is not enough, with this Name, Host and AndroidHash, for the text of password_registration in hi, password_registration in el, password_reset in el, password_registration in ur"},
		{strings.Repeat("W", 27), phoneauth.TextRules{}, 10, "Texts.MaxSegments: 1 is not enough, with this Name, Host and AndroidHash, for the text of password_registration in hi, password_registration in el, password_reset in el, password_registration in ur"},
		{strings.Repeat("W", 31), phoneauth.TextRules{MaxSegments: 2}, 6, ""},
		{strings.Repeat("W", 37), phoneauth.TextRules{Locales: []string{"ar"}}, 6, "Texts.MaxSegments: 1 is not enough, with this Name, Host and AndroidHash, for the text of password_registration in ar"},
		{strings.Repeat("W", 99), phoneauth.TextRules{Locales: []string{"en", "fr", "es"}}, 6, ""},
		{strings.Repeat("W", 102), phoneauth.TextRules{Locales: []string{"en"}}, 6, "Texts.MaxSegments: 1 is not enough, with this Name, Host and AndroidHash, for the text of a purpose of 32 letters in en"},
		{strings.Repeat("W", 500), phoneauth.TextRules{MaxSegments: 2, Locales: []string{"fr"}}, 6,
			"Texts.MaxSegments: 2 is not enough, with this Name, Host and AndroidHash, for the text of " + fmt.Sprintf(all, "en") +
				fmt.Sprintf(all, "fr") + "a purpose of 32 letters in en"},
		{"Acme", phoneauth.TextRules{Host: "example.com", AndroidHash: "FA+9qCX9VSu", Locales: []string{"en", "fr", "es"}}, 6, ""},
		{"Acme", phoneauth.TextRules{Host: "example.com", AndroidHash: "FA+9qCX9VSu", MaxSegments: 2}, 6, ""},
		{strings.Repeat("W", 70), phoneauth.TextRules{AndroidHash: "FA+9qCX9VSu", Locales: []string{"en"}}, 6, // 1 segment of 141 bytes
			"Texts.MaxSegments: 1 is not enough, with this Name, Host and AndroidHash, for the text of a purpose of 32 letters in en"},
		{"Acme", phoneauth.TextRules{Host: "https://example.com"}, 6, "Texts.Host: must be a lower case host name such as example.com, without scheme, port and path"},
		{"Acme", phoneauth.TextRules{AndroidHash: "FA+9qCX9VS"}, 6, "Texts.AndroidHash: must be 11 characters of base64"},
		{"Acme", phoneauth.TextRules{MaxSegments: -1}, 6, "Texts.MaxSegments: must not be negative, is -1"},
		{"Acme", phoneauth.TextRules{Locales: []string{"fr", "fr-CA"}}, 6, `Texts.Locales[1]: must be a language of docs/languages.md, is "fr-CA"`},
		{"Acme", phoneauth.TextRules{}, -1, "Code.Digits: must be from 6 to 10, is -1"},
	} {
		config := textConfig(t)
		config.Name, config.Texts, config.Code.Digits = c.name, c.rules, c.digits
		_, err := phoneauth.New(config)
		if c.fault == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, "phoneauth: config: "+c.fault)
		}
	}
}

// TestTextConfigCopied: what a host does to its Config after New changes nothing.
func TestTextConfigCopied(t *testing.T) {
	t.Parallel()
	locales := []string{"fr"}
	inbox, c := phonetest.New(), textConfig(t)
	c.Sender, c.Texts.Locales = inbox, locales
	svc, err := phoneauth.New(c)
	require.NoError(t, err)
	locales[0] = "es"
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: textPhone, Client: phoneauth.ClientInfo{Locale: "fr"}})
	require.NoError(t, err)
	assert.Contains(t, string(inbox.Messages()[0].Body), "connexion")
}
