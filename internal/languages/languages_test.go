package languages_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/internal/languages"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	l := languages.New("en", "en-GB", "pt", "pt-BR", "zh-CN", "zh-HK")
	for locale, want := range map[string]string{
		"": "", "en": "en", "en-US": "en", "en-GB": "en-GB", "en-AU": "en-GB", "pt_BR": "pt-BR", "pt-PT": "pt", "zh": "zh-CN", "zh-Hant-HK": "zh-HK",
		"ja": "", "und": "", "not a language": "", "-": "",
		"en-x-" + strings.Repeat("a-", 25) + "a": "en", "en-x-" + strings.Repeat("a-", 30) + "a": "",
	} {
		assert.Equal(t, want, l.Nearest(locale), locale)
	}
	assert.Panics(t, func() { languages.New("not a language") })
}

func TestPreferred(t *testing.T) {
	t.Parallel()
	l := languages.New("en", "fr", "pt", "he", "zh-Hans", "zh-Hant")
	for header, want := range map[string]string{
		"": "", "*": "", "fr-CA,fr;q=0.9,en;q=0.8": "fr", "en;q=0.8,fr;q=0.9": "fr", "fr;q=0": "", "DE-at": "", "da, pt-PT;q=0.5": "pt",
		"zh-TW": "zh-Hant", "zh-CN,zh;q=0.9": "zh-Hans", "iw": "he", "br": "fr", "fr;q=x": "", "\xff": "",
		"xx, he-IL;q=0.5, en;q=0.4": "he", "-, fr": "fr", "en;q=x, pt;q=0.2,,fr;q=0.1": "pt",
		"fr," + strings.Repeat("en,", 200): "",
	} {
		assert.Equal(t, want, l.Preferred(header), header)
	}
}
