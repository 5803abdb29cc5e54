package languages_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/senders/internal/languages"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	l := languages.New("en", "en-GB", "pt", "pt-BR", "zh-CN", "zh-HK")
	for locale, want := range map[string]string{
		"": "", "en": "en", "en-US": "en", "en-GB": "en-GB", "en-AU": "en-GB", "pt_BR": "pt-BR", "pt-PT": "pt", "zh": "zh-CN", "zh-Hant-HK": "zh-HK",
		"ja": "", "und": "", "not a language": "", "-": "",
	} {
		assert.Equal(t, want, l.Nearest(locale), locale)
	}
	assert.Panics(t, func() { languages.New("not a language") })
}
