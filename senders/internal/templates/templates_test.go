package templates_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/templates"
)

type entry = templates.Entry[string]

func TestChoose(t *testing.T) {
	t.Parallel()
	s, faults := templates.New([]entry{
		{"sign_in", "en_US", "english"},
		{"sign_in", "pt_BR", "brazilian"},
		{"sign_in", "zh-Hant", "traditional"},
		{"sign_in", "zh_CN", "simplified"},
		{"transfer", "", "any"},
		{"reset", "hi", "hindi"},
	})
	require.Empty(t, faults)
	for locale, want := range map[string]string{
		"": "english", "en": "english", "en-GB": "english", "pt": "brazilian", "pt-PT": "brazilian", "pt_BR": "brazilian",
		"zh-TW": "traditional", "zh-HK": "traditional", "zh": "simplified", "zh-SG": "simplified",
		"sw": "english", "tlh": "english", "not a language": "english", strings.Repeat("x-", 5000): "english",
	} {
		got, ok := s.Choose(phoneauth.Message{Purpose: "sign_in", Locale: locale})
		assert.True(t, ok, locale)
		assert.Equal(t, want, got, locale)
	}
	for purpose, want := range map[phoneauth.Purpose]string{"transfer": "any", "reset": "hindi"} {
		for _, locale := range []string{"", "en", "sw"} {
			got, ok := s.Choose(phoneauth.Message{Purpose: purpose, Locale: locale})
			assert.True(t, ok)
			assert.Equal(t, want, got)
		}
	}
	for _, purpose := range []phoneauth.Purpose{"", "notice_password_changed"} {
		_, ok := s.Choose(phoneauth.Message{Purpose: purpose, Locale: "en"})
		assert.False(t, ok, "a purpose without a template has none of another")
	}
}

// TestTemplateOfEveryLanguage: a template without a Locale serves the languages that no other template
// has, wherever it stands in the list.
func TestTemplateOfEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, entries := range [][]entry{
		{{"sign_in", "en", "english"}, {"sign_in", "", "any"}, {"sign_in", "hi", "hindi"}},
		{{"sign_in", "", "any"}, {"sign_in", "en", "english"}, {"sign_in", "hi", "hindi"}},
	} {
		s, faults := templates.New(entries)
		require.Empty(t, faults)
		for locale, want := range map[string]string{"en-GB": "english", "hi": "hindi", "fr": "any", "": "any", "not a language": "any"} {
			got, ok := s.Choose(phoneauth.Message{Purpose: "sign_in", Locale: locale})
			assert.True(t, ok, locale)
			assert.Equal(t, want, got, locale)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	_, faults := templates.New([]entry{
		{"", "en", "canary"}, {"sign_in", "not a language, canary", "canary"}, {"sign_in", "en", "a"}, {"sign_in", "en", "b"}, {"other", "en", "c"},
	})
	require.Len(t, faults, 3)
	for i, want := range []string{"have a Purpose", "a Locale must be", "two templates of one language"} {
		assert.Contains(t, faults[i], want)
		assert.NotContains(t, faults[i], "canary")
	}
}
