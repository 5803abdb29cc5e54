package ui

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestGuess(t *testing.T) {
	t.Parallel()
	hook := func(region string) func(*http.Request) string {
		return func(*http.Request) string { return region }
	}
	for _, tt := range []struct {
		name, languages, last string
		o                     Options
		want, by              string
	}{
		{name: "a language with its region", languages: "en-IN,en;q=0.9", want: "IN", by: signLanguage},
		{name: "a region further on", languages: "en,hi;q=0.9,en-GB;q=0.8", want: "GB", by: signLanguage},
		{name: "a language alone", languages: "hi", want: "IN", by: signLanguage},
		{name: "a language alone that is of many", languages: "pt", want: "BR", by: signLanguage},
		{name: "Latin America is no country", languages: "es-419", want: "US"},
		{name: "the last choice", languages: "en-US", last: "KZ", want: "KZ", by: signLast},
		{name: "a last choice that is none", languages: "en-US", last: "<b>", want: "US", by: signLanguage},
		{name: "the host", languages: "en-US", last: "KZ", o: Options{Country: hook("EG")}, want: "EG", by: signHost},
		{name: "the host does not know", languages: "en-US", o: Options{Country: hook("")}, want: "US", by: signLanguage},
		{name: "the host says what is none", languages: "en-US", o: Options{Country: hook("T1")}, want: "US", by: signLanguage},
		{name: "the host's one region", languages: "en-US", last: "KZ", o: Options{Region: "FR"}, want: "FR", by: signHost},
		{name: "the hook before that", o: Options{Region: "FR", Country: hook("EG")}, want: "EG", by: signHost},
		{name: "a country that is not served", languages: "de-DE,fr;q=0.9", o: Options{Regions: []string{"FR", "BE"}}, want: "FR", by: signLanguage},
		{name: "no sign", want: "US"},
		{name: "no sign, without the US", o: Options{Regions: []string{"KE", "TZ"}}, want: "KE"},
		{name: "a header that is none", languages: strings.Repeat("a-", 300), want: "US"},
	} {
		p := &Page{o: tt.o, regions: dialled(tt.o.Regions)}
		r := httptest.NewRequest(http.MethodGet, "/signin/", nil)
		r.Header.Set("Accept-Language", tt.languages)
		r.AddCookie(&http.Cookie{Name: "__Host-phoneauth-country", Value: tt.last})
		region, by := p.guess(r)
		assert.Equal(t, [2]string{tt.want, tt.by}, [2]string{region, by}, tt.name)
	}
}

func TestSigns(t *testing.T) {
	t.Parallel()
	p := &Page{regions: dialled([]string{"IN", "US", "KZ"}), o: Options{Country: func(*http.Request) string { return "DE" }}}
	r := httptest.NewRequest(http.MethodGet, "/signin/", nil)
	r.Header.Set("Accept-Language", "en-US")
	w := httptest.NewRecorder()
	p.remember(w, "KZ")
	p.remember(w, "DE")
	require.Len(t, w.Result().Cookies(), 1)
	r.AddCookie(w.Result().Cookies()[0])
	assert.Equal(t, []string{"", "IN", "KZ", "US"}, p.signsOf(r, "Asia/Calcutta"))
	assert.Equal(t, []string{"", "", "KZ", "US"}, p.signsOf(r, "Europe/Berlin"))
}

// What changed since the names of x/text has its new name, and is still found by the former one.
func TestNewerNames(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"en", "TR", "Türkiye"}, {"fil", "TR", "Türkiye"}, {"hi", "TR", "तुर्किये"}, {"ko", "TR", "튀르키예"}, {"tr", "TR", "Türkiye"},
		{"en", "MK", "North Macedonia"}, {"el", "MK", "Βόρεια Μακεδονία"}, {"ar", "MK", "مقدونيا الشمالية"}, {"zh-Hans", "MK", "北马其顿"}, {"zh-Hant", "SZ", "史瓦帝尼"},
		{"en", "SZ", "Eswatini"}, {"en", "CZ", "Czechia"}, {"uk", "BE", "Бельгія"}, {"pt", "NL", "Países Baixos"},
	} {
		assert.Equal(t, tt[2], regionName(tt[0], tt[1]), tt)
	}
	for _, own := range ownNames {
		assert.NotEqual(t, formerName(own[0], "MK"), regionName(own[0], "MK"), own[0])
		assert.NotEmpty(t, regionName(own[0], "SZ"))
	}
	for line := range strings.Lines(namesText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		tag, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		region, name, _ := strings.Cut(rest, " ")
		assert.NotNil(t, shipped[tag], line)
		assert.Contains(t, dialled(nil), region, line)
		assert.NotEqual(t, name, formerName(tag, region), "x/text has it: %s", line)
		assert.True(t, norm.NFC.IsNormalString(name), line)
	}
}

// The countries have the order of the language, and every country has a name in every language.
func TestCountriesOf(t *testing.T) {
	t.Parallel()
	all := dialled(nil)
	place := func(rows []country, region string) int {
		return slices.IndexFunc(rows, func(c country) bool { return c.Region == region })
	}
	for _, own := range ownNames {
		tag := own[0]
		rows := countriesOf(tag, all)
		require.Len(t, rows, len(all))
		for _, row := range rows {
			assert.NotContains(t, row.Text, row.Region+" (", "%s has no name in %s", row.Region, tag)
		}
	}
	french := countriesOf("fr", all)
	assert.Less(t, place(french, "EG"), place(french, "ES"), "Égypte stands before Espagne")
	assert.Equal(t, country{"EG", "20", "Égypte (\u2066+20\u2069)"}, french[place(french, "EG")])
	english := countriesOf("en", all)
	assert.Less(t, place(english, "AX"), place(english, "AL"), "Åland Islands stands before Albania")
	swedish := countriesOf("sv", all)
	assert.Greater(t, place(swedish, "AX"), place(swedish, "ZW"), "Å comes after Z in Swedish")
	assert.Equal(t, "Germany", regionName("dv", "DE"), "a language without names")
}

func TestAliases(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(&Page{}).servePlan(w, httptest.NewRequest(http.MethodGet, "/signin/plan?names", nil))
	var all map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
	for alias, region := range map[string]string{
		"uk": "GB", "england": "GB", "uae": "AE", "usa": "US", "america": "US", "holland": "NL", "nederland": "NL",
		"turkey": "TR", "türkiye": "TR", "swaziland": "SZ", "macedonia": "MK", "deutschland": "DE", "germany": "DE", "españa": "ES", "भारत": "IN", "مصر": "EG", "日本": "JP", "россия": "RU",
	} {
		assert.Contains(t, strings.Split(all[region], "|"), alias)
	}
	for region := range all {
		assert.Contains(t, dialled(nil), region)
	}
	t.Logf("%d bytes, %d gzipped", len(aliasesFile().plain), len(aliasesFile().gzipped))
}
