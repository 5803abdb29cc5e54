package ui

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// everyLocale is the languages that are shipped.
func everyLocale() []*locale { return Options{}.locales() }

// plurals are the keys of texts that count, without their forms.
func plurals() (keys []string) {
	for key := range shipped[english]() {
		if base, ok := strings.CutSuffix(key, ".one"); ok {
			keys = append(keys, base)
		}
	}
	return keys
}

// counts returns the forms of a language, and which counts up to 10,000 have each.
func counts(l *locale) map[string][]int {
	all := map[string][]int{".other": nil}
	for n := range 10_000 {
		all[l.form(n)] = append(all[l.form(n)], n)
	}
	return all
}

// Every language has the texts of the English one, in the plural forms that CLDR has for it, and
// no other.
func TestTextsKeys(t *testing.T) {
	t.Parallel()
	files, err := texts.ReadDir("text")
	require.NoError(t, err)
	require.Len(t, files, len(ownNames), "each file is a language of ownNames")
	for _, l := range everyLocale() {
		want := map[string]bool{}
		for key := range shipped[english]() {
			want[key] = true
		}
		for _, base := range plurals() {
			delete(want, base+".one")
			for form := range counts(l) {
				want[base+form] = true
			}
		}
		assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(l.Words())), l.Tag)
	}
}

// Every text has the placeholders of the English one. A form that is of one count alone, such as
// the dual of Arabic, may say it in words.
func TestTextsPlaceholders(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{\w*\}`)
	for _, l := range everyLocale() {
		forms := counts(l)
		spelled := map[string]bool{}
		for _, base := range plurals() {
			for form, of := range forms {
				spelled[base+form] = len(of) == 1
			}
		}
		for key, text := range l.Words() {
			english := shipped[english]()
			in, ok := english[key]
			if !ok {
				in = english[pluralBase(key)]
			}
			want, got := placeholder.FindAllString(in, -1), placeholder.FindAllString(text, -1)
			if !spelled[key] || len(got) > 0 {
				assert.ElementsMatch(t, want, got, "%s %s", l.Tag, key)
			}
			assert.Equal(t, len(want) > 0, strings.ContainsAny(in, "{}"), "%s %s", l.Tag, key)
		}
	}
}

// What must hold of any text.
func TestTextsLetters(t *testing.T) {
	t.Parallel()
	for _, l := range everyLocale() {
		digits := l.Words()["digits"]
		assert.Len(t, []rune(digits), 10, l.Tag)
		for key, text := range l.Words() {
			about := l.Tag + " " + key
			assert.NotEmpty(t, text, about)
			assert.Equal(t, strings.TrimSpace(text), text, about)
			assert.True(t, norm.NFC.IsNormalString(text), about)
			assert.NotContains(t, text, "  ", about)
			assert.NotContains(t, text, "!", about)
			assert.False(t, strings.ContainsAny(text, `<>&"`), "%s: no HTML, and the quotes of the language", about)
			for _, r := range text {
				assert.True(t, !unicode.IsDigit(r) || strings.ContainsRune(digits, r), "%s: the digit %q", about, r)
				assert.False(t, unicode.IsControl(r), about)
				// Persian joins words without a space between; no other mark that is not seen.
				assert.True(t, r == '\u200c' && l.Tag == "fa" || !unicode.Is(unicode.Cf, r), "%s: %U", about, r)
			}
		}
	}
}

// The menu is in the order of the names, which are those in the files.
func TestMenu(t *testing.T) {
	t.Parallel()
	var names []string
	for _, l := range everyLocale() {
		assert.Equal(t, l.Words()["language"], l.Name, l.Tag)
		names = append(names, l.Name)
	}
	sorted := slices.Clone(names)
	collate.New(language.Und).SortStrings(sorted)
	assert.Equal(t, sorted, names)
	rtl := map[string]string{"ar": "rtl", "fa": "rtl", "he": "rtl", "ur": "rtl"}
	for _, l := range everyLocale() {
		want, ok := rtl[l.Tag]
		assert.Equal(t, want, map[bool]string{true: l.Dir}[ok], l.Tag)
	}
	for tag, dir := range map[string]string{"ckb": "rtl", "yi": "rtl", "dv": "rtl", "ps": "rtl", "pa": "ltr", "pa-Arab": "rtl", "ku": "ltr", "az-Arab": "rtl", "en": "ltr"} {
		assert.Equal(t, dir, Options{}.newLocale(tag, tag).Dir, tag)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	in := func(tag string) *locale {
		i := slices.IndexFunc(everyLocale(), func(l *locale) bool { return l.Tag == tag })
		require.GreaterOrEqual(t, i, 0, tag)
		return everyLocale()[i]
	}
	for _, tt := range []struct {
		tag  string
		n    int
		want string
	}{
		{"en", 0, "You have 0 tries left."}, {"en", 1, "You have 1 try left."}, {"en", 1234, "You have 1234 tries left."},
		{"fr", 0, "Il vous reste 0 essai."}, {"ru", 21, "У вас осталась 21 попытка."}, {"ru", 11, "У вас осталось 11 попыток."}, {"pl", 22, "Pozostały Ci 22 próby."},
		{"cs", 4, "Zbývají vám 4 pokusy."}, {"ro", 20, "Mai ai 20 de încercări."}, {"he", 2, "נשארו שני ניסיונות."}, {"he", 20, "נשארו 20 ניסיונות."},
		{"fa", 10, "۱۰ فرصت دیگر دارید."}, {"bn", 4, "আপনার আর ৪টি সুযোগ আছে।"}, {"ja", 1, "あと 1 回試せます。"},
		{"ar", 2, "بقيت لك محاولتان."}, {"ar", 3, "بقيت لك 3 محاولات."}, {"ar", 11, "بقيت لك 11 محاولة."}, {"ar", 102, "بقيت لك 102 محاولة."},
	} {
		assert.Equal(t, tt.want, in(tt.tag).count("tries", tt.n))
	}
	for seconds, want := range map[int]string{0: "0 seconds", 1: "1 second", 119: "119 seconds", 120: "2 minutes", 7199: "120 minutes", 7200: "2 hours", 172_801: "3 days"} {
		assert.Equal(t, want, in("en").duration(seconds))
	}
	// A host's own language has English forms, and a host's own text may have one form for all.
	own := Options{Texts: map[string]map[string]string{"da": {"tries.other": "{n} forsøg tilbage."}}}.newLocale("da", "da")
	assert.Equal(t, "2 forsøg tilbage.", own.count("tries", 2))
	assert.Equal(t, "Use <b>", in("en").of("action.number", "phone", "<b>"))
}
