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

// maxTag is the longest language tag, in bytes, that is read. RFC 5646, 4.4.1, wants 35 at least.
const maxTag = 64

// Nearest returns the code nearest to locale, or "" if none is near, or if locale is no language or has more
// than 64 bytes.
func (l *Languages) Nearest(locale string) string {
	if len(locale) > maxTag {
		return ""
	}
	tag, _ := language.Parse(locale) // what it cannot read is near to none
	return l.nearest([]language.Tag{tag})
}

// MaxHeader is the longest Accept-Language, in bytes, that is read: clients choose its length, and each tag
// costs time. Browsers send less than 100 bytes.
const MaxHeader = 512

// Preferred returns the code nearest to what the header Accept-Language asks for (RFC 9110,
// 12.5.4), or "" if none is near, or if header is longer than MaxHeader. Parts of the header that it
// cannot read count as not there.
func (l *Languages) Preferred(header string) string {
	if len(header) > MaxHeader {
		return ""
	}
	type choice struct {
		tag     language.Tag
		quality float32
	}
	var choices []choice
	for part := range strings.SplitSeq(header, ",") {
		tags, qualities, _ := language.ParseAcceptLanguage(part)
		for i, tag := range tags {
			choices = append(choices, choice{tag, qualities[i]})
		}
	}
	slices.SortStableFunc(choices, func(a, b choice) int { return cmp.Compare(b.quality, a.quality) })
	var tags []language.Tag
	for _, c := range choices {
		tags = append(tags, c.tag)
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
