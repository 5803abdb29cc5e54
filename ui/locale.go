package ui

import (
	"embed"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed text
var texts embed.FS

// languages are shipped, in the order of the menu.
var languages = []string{"en", "fr", "es", "ar", "hi"}

// shipped are the words of each, by key.
var shipped = func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, tag := range languages {
		data, _ := texts.ReadFile("text/" + tag + ".json") // embedded, and tested to be
		var words map[string]string
		_ = json.Unmarshal(data, &words)
		all[tag] = words
	}
	return all
}()

// locale is one language of a page.
type locale struct {
	Tag, Dir  string
	Words     map[string]string
	countries []country // to choose from, in its order
	frame     frame     // around every screen
}

// pluralBase returns key without its plural form, because Arabic has more forms than English.
func pluralBase(key string) string {
	for _, form := range []string{".zero", ".one", ".two", ".few", ".many"} {
		if base, ok := strings.CutSuffix(key, form); ok {
			return base + ".other"
		}
	}
	return key
}

// rightToLeft are the languages that are written so (of those with more speakers).
var rightToLeft = []string{"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}

// locales returns the languages of a page with these options, and their order.
func (o Options) locales() (map[string]*locale, []*locale) {
	tags := slices.Clone(languages)
	for _, tag := range slices.Sorted(maps.Keys(o.Texts)) {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if o.Locale != "" {
		tags = []string{o.Locale}
	}
	all, order := map[string]*locale{}, make([]*locale, 0, len(tags))
	for _, tag := range tags {
		words := maps.Clone(shipped["en"])
		if own, ok := shipped[tag]; ok {
			words = maps.Clone(own)
		} else {
			words["language"] = tag
		}
		maps.Copy(words, o.Texts[tag])
		l := &locale{Tag: tag, Dir: "ltr", Words: words}
		primary, _, _ := strings.Cut(tag, "-")
		if slices.Contains(rightToLeft, strings.ToLower(primary)) {
			l.Dir = "rtl"
		}
		all[strings.ToLower(tag)] = l
		order = append(order, l)
	}
	return all, order
}

// locale returns the language for r: the one asked for by ?lang=, else the best of
// Accept-Language, else the first.
func (p *Page) locale(r *http.Request) *locale {
	if l := p.named(only(r.URL.Query()["lang"])); l != nil {
		return l
	}
	best, bestQuality := p.names[0], 0.0
	for part := range strings.SplitSeq(list(r, "Accept-Language"), ",") {
		tag, weight, _ := strings.Cut(part, ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q="); ok {
			quality, _ = strconv.ParseFloat(q, 64)
		}
		if l := p.named(strings.TrimSpace(tag)); l != nil && quality > bestQuality {
			best, bestQuality = l, quality
		}
	}
	return best
}

// named returns the language of a tag or of what it begins with: "fr" for "fr-CA".
func (p *Page) named(tag string) *locale {
	tag = strings.ToLower(tag)
	for {
		if l := p.locales[tag]; l != nil {
			return l
		}
		end := strings.LastIndexByte(tag, '-')
		if end < 0 {
			return nil
		}
		tag = tag[:end]
	}
}

// of returns the text of key with its {placeholders} filled in, which come as pairs of name and
// value.
func (l *locale) of(key string, pairs ...string) string {
	for i := range pairs {
		if i%2 == 0 {
			pairs[i] = "{" + pairs[i] + "}"
		}
	}
	return strings.NewReplacer(pairs...).Replace(l.Words[key])
}

// count returns the text of key in the form that n asks for.
func (l *locale) count(key string, n int) string {
	form := [...]string{".other", ".zero", ".one", ".two", ".few", ".many"}[plural.Cardinal.MatchPlural(language.Make(l.Tag), n, 0, 0, 0, 0)]
	if _, ok := l.Words[key+form]; !ok {
		form = ".other"
	}
	return l.of(key+form, "n", strconv.Itoa(n))
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
