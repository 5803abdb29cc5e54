package ui

import (
	"cmp"
	"embed"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
)

//go:embed text
var texts embed.FS

// english is the language of who asks for none of the page's.
const english = "en"

// ownNames are the languages that are shipped and what they call themselves, in the order of the
// menu: by these names.
var ownNames = [][2]string{
	{"id", "Bahasa Indonesia"}, {"ms", "Bahasa Melayu"}, {"cs", "Čeština"}, {"de", "Deutsch"}, {"en", "English"},
	{"es", "Español"}, {"fil", "Filipino"}, {"fr", "Français"}, {"it", "Italiano"}, {"sw", "Kiswahili"}, {"nl", "Nederlands"},
	{"pl", "Polski"}, {"pt", "Português"}, {"ro", "Română"}, {"sv", "Svenska"}, {"vi", "Tiếng Việt"}, {"tr", "Türkçe"},
	{"el", "Ελληνικά"}, {"ru", "Русский"}, {"uk", "Українська"}, {"he", "עברית"}, {"ur", "اردو"}, {"ar", "العربية"},
	{"fa", "فارسی"}, {"hi", "हिन्दी"}, {"bn", "বাংলা"}, {"th", "ไทย"}, {"ko", "한국어"}, {"ja", "日本語"},
	{"zh-Hans", "简体中文"}, {"zh-Hant", "繁體中文"},
}

// shipped are the words of each language that is shipped, by key. They are read when they are
// first asked for, because a service needs few of them.
var shipped = func() map[string]func() map[string]string {
	all := map[string]func() map[string]string{}
	for _, own := range ownNames {
		all[own[0]] = sync.OnceValue(func() map[string]string {
			data, _ := texts.ReadFile("text/" + own[0] + ".json") // embedded, and tested to be
			var words map[string]string
			_ = json.Unmarshal(data, &words)
			return words
		})
	}
	return all
}()

// locale is one language of a page. It is safe for concurrent use.
type locale struct {
	Tag, Dir string
	Name     string                   // in the language itself
	Words    func() map[string]string // by key; nobody changes them
	parsed   language.Tag
	frame    func() frame // around every screen
	// countries to choose from, in the order of their names.
	countries func() []country
}

// country is one of those to choose from, or nil.
func (l *locale) country(region string) *country {
	for _, c := range l.countries() {
		if c.Region == region {
			return &c
		}
	}
	return nil
}

// locales returns the languages of a page with these options, in the order of the menu.
func (o Options) locales() []*locale {
	own := slices.Clone(ownNames)
	for _, tag := range slices.Sorted(maps.Keys(o.Texts)) {
		if shipped[tag] == nil {
			own = append(own, [2]string{tag, tag})
		}
	}
	var all []*locale
	for _, l := range own {
		if tag := l[0]; o.Locale == "" || tag == o.Locale {
			all = append(all, o.newLocale(tag, cmp.Or(o.Texts[tag]["language"], l[1])))
		}
	}
	return all
}

// newLocale returns a language with the texts of the host. It has English where it has no text.
func (o Options) newLocale(tag, name string) *locale {
	l := &locale{Tag: tag, Dir: "ltr", Name: name, parsed: language.Make(tag)}
	if script, _ := l.parsed.Script(); slices.Contains(rightToLeft, script.String()) {
		l.Dir = "rtl"
	}
	theirs := maps.Clone(o.Texts[tag]) // the host may change its map
	base, ours := shipped[tag]
	if !ours {
		base = shipped[english]
	}
	l.Words = sync.OnceValue(func() map[string]string {
		if len(theirs) == 0 && ours {
			return base()
		}
		words := maps.Clone(base())
		words["language"] = name
		maps.Copy(words, theirs)
		return words
	})
	return l
}

// rightToLeft are the scripts that are written so, of those in use (ISO 15924).
var rightToLeft = []string{"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}

// languageCookie remembers the language that was chosen.
const languageCookie = "phoneauth-language"

// locale returns the language for r: the nearest to ?lang=, else the one that was chosen before, else
// the nearest to Accept-Language, else English, else the only one there is.
func (p *Page) locale(r *http.Request) *locale {
	if l := p.named(only(r.URL.Query()["lang"])); l != nil {
		return l
	}
	if l := p.tagged(string(p.cookie(r, languageCookie))); l != nil {
		return l
	}
	if l := p.tagged(p.nearest.Preferred(list(r, "Accept-Language"))); l != nil {
		return l
	}
	if l := p.tagged(english); l != nil {
		return l
	}
	return p.names[0]
}

// keepLanguage remembers the language of ?lang= where it was chosen on this origin, as from the menu.
// A link of another site chooses for one visit only. Browsers without Sec-Fetch-Site do not tell.
func (p *Page) keepLanguage(w http.ResponseWriter, r *http.Request) {
	l := p.named(only(r.URL.Query()["lang"]))
	if l != nil && len(p.names) > 1 && isOwn(r) {
		p.setCookie(w, languageCookie, phoneauth.Secret(l.Tag), cookieLife)
	}
}

// isOwn reports whether a page of this origin led to r, as far as the browser tells.
func isOwn(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return from == "" || from == "same-origin"
}

// named returns the language nearest to a tag, or nil.
func (p *Page) named(tag string) *locale { return p.tagged(p.nearest.Nearest(tag)) }

// tagged returns the language with a tag, or nil.
func (p *Page) tagged(tag string) *locale {
	if i := slices.IndexFunc(p.names, func(l *locale) bool { return l.Tag == tag }); i >= 0 {
		return p.names[i]
	}
	return nil
}

// of returns the text of key with its {placeholders} filled in, which come as pairs of name and
// value.
func (l *locale) of(key string, pairs ...string) string {
	for i := range pairs {
		if i%2 == 0 {
			pairs[i] = "{" + pairs[i] + "}"
		}
	}
	return strings.NewReplacer(pairs...).Replace(l.Words()[key])
}

// forms are the ends of keys with a plural form, by the numbers of package plural.
var forms = [...]string{plural.Other: ".other", plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many"}

// form returns the end of the keys for a count of n (CLDR).
func (l *locale) form(n int) string {
	return forms[plural.Cardinal.MatchPlural(l.parsed, n, 0, 0, 0, 0)]
}

// count returns the text of key in the form that n asks for, with n in it.
func (l *locale) count(key string, n int) string {
	form := l.form(n)
	if _, ok := l.Words()[key+form]; !ok {
		form = ".other" // a host's own text may have this form only
	}
	return l.of(key+form, "n", l.number(n))
}

// number returns a count in the digits of the language. Codes and phone numbers have ASCII digits
// in every language.
func (l *locale) number(n int) string {
	digits := []rune(l.Words()["digits"])
	return strings.Map(func(r rune) rune {
		if i := int(r - '0'); i >= 0 && i < len(digits) {
			return digits[i]
		}
		return r
	}, strconv.Itoa(n))
}

// duration returns seconds in words, rounded up: "42 seconds", "12 minutes".
func (l *locale) duration(seconds int) string {
	unit, size := "second", 1
	for _, u := range []struct {
		name string
		size int
	}{{"minute", 60}, {"hour", 3600}, {"day", 86400}} {
		if seconds >= 2*u.size {
			unit, size = u.name, u.size
		}
	}
	return l.count("time."+unit, (seconds+size-1)/size)
}

// pluralBase returns key without its plural form, because languages differ in their forms.
func pluralBase(key string) string {
	for _, form := range []string{".zero", ".one", ".two", ".few", ".many"} {
		if base, ok := strings.CutSuffix(key, form); ok {
			return base + ".other"
		}
	}
	return key
}
