// Package languages chooses the nearest of the languages that a provider has.
package languages

import "golang.org/x/text/language"

// Languages are those of a provider. It is safe for concurrent use.
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
	wanted, err := language.Parse(locale)
	if err != nil || locale == "" {
		return ""
	}
	_, i, confidence := l.matcher.Match(wanted)
	if confidence == language.No {
		return ""
	}
	return l.codes[i]
}
