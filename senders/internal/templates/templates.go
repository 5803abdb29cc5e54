// Package templates chooses the template of a provider by the purpose and the language of a
// message.
package templates

import (
	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
)

// Entry is a template of T.
type Entry[T any] struct {
	// Purpose is what the template is for. It must not be empty.
	Purpose phoneauth.Purpose
	// Locale is the language of the template (BCP 47, or with "_" for "-"). Empty means that
	// the template serves every language.
	Locale string
	// Template is what the provider needs to know of it.
	Template T
}

// Set has templates. It is safe for concurrent use.
type Set[T any] struct {
	purposes map[phoneauth.Purpose]*group[T]
}

// group has the templates of a purpose.
type group[T any] struct {
	matcher   language.Matcher
	templates []T
	fallback  int // the template for languages that no other has
}

// New returns the Set of entries, or every fault of them. The faults quote no setting.
func New[T any](entries []Entry[T]) (_ *Set[T], faults []string) {
	s := &Set[T]{map[phoneauth.Purpose]*group[T]{}}
	tags := map[phoneauth.Purpose][]language.Tag{}
	for _, e := range entries {
		tag, err := language.Und, error(nil)
		if e.Locale != "" {
			tag, err = language.Parse(e.Locale)
		}
		switch {
		case e.Purpose == "":
			faults = append(faults, "Templates: each must have a Purpose")
			continue
		case err != nil:
			faults = append(faults, "Templates: a Locale must be empty or a language tag")
			continue
		}
		for _, other := range tags[e.Purpose] {
			if other == tag {
				faults = append(faults, "Templates: a purpose must not have two templates of one language")
			}
		}
		tags[e.Purpose] = append(tags[e.Purpose], tag)
		g := s.purposes[e.Purpose]
		if g == nil {
			g = &group[T]{}
			s.purposes[e.Purpose] = g
		}
		if tag == language.Und {
			g.fallback = len(g.templates)
		}
		g.templates = append(g.templates, e.Template)
	}
	for purpose, g := range s.purposes {
		g.matcher = language.NewMatcher(tags[purpose])
	}
	return s, faults
}

// Choose returns the template for m.Purpose in the language nearest to m.Locale. If none is near, it
// returns the one without a Locale, else the first of the purpose. It returns false if the purpose has
// no template.
func (s *Set[T]) Choose(m phoneauth.Message) (T, bool) {
	g := s.purposes[m.Purpose]
	if g == nil {
		var none T
		return none, false
	}
	wanted, err := language.Parse(m.Locale)
	if err != nil {
		return g.templates[g.fallback], true
	}
	_, i, confidence := g.matcher.Match(wanted)
	if confidence == language.No {
		i = g.fallback
	}
	return g.templates[i], true
}
