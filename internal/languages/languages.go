// Package languages chooses the nearest of the languages that there are, by the rules of CLDR.
package languages

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Languages are those that there are. It is safe for concurrent use.
type Languages struct {
	codes   []string
	matcher language.Matcher
}

// New returns Languages with these codes, which must be language tags (BCP 47); it panics
// otherwise.
func New(codes ...string) *Languages {
	tags := make([]language.Tag, len(codes))
	for i, code := range codes {
		tags[i] = language.MustParse(code)
	}
	return &Languages{codes, language.NewMatcher(tags)}
}

// Nearest returns the code nearest to locale, or "" if none is near or locale is no language.
func (l *Languages) Nearest(locale string) string {
	tag, _ := language.Parse(locale) // what it cannot read is near to none
	return l.nearest([]language.Tag{tag})
}

// Preferred returns the code nearest to what the header Accept-Language asks for (RFC 9110,
// 12.5.4), or "" if none is near. It passes over what it cannot read.
func (l *Languages) Preferred(header string) string {
	type wish struct {
		tag     language.Tag
		quality float32
	}
	var wishes []wish
	for part := range strings.SplitSeq(header, ",") {
		tags, qualities, err := language.ParseAcceptLanguage(part)
		if err == nil && len(tags) == 1 {
			wishes = append(wishes, wish{tags[0], qualities[0]})
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.quality, a.quality) })
	tags := make([]language.Tag, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	return l.nearest(tags)
}

func (l *Languages) nearest(tags []language.Tag) string {
	tags = slices.DeleteFunc(tags, func(t language.Tag) bool { return t == language.Und })
	_, i, confidence := l.matcher.Match(tags...)
	if len(tags) == 0 || confidence == language.No {
		return ""
	}
	return l.codes[i]
}
