package spoken

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
)

// maxPart is how many characters one part of a call may have. Providers take at least 1,500.
const maxPart = 1000

// Phrase is what a call says, in one language. All fields but Digits are required.
type Phrase struct {
	// Greeting begins the call. It has one "%s", for the name of the service.
	Greeting string
	// Approves says what the code approves. It has one "%s", for Message.Details.
	Approves string
	// Code comes before the digits.
	Code string
	// Again comes before the digits when they are said once more.
	Again string
	// Digits are the words for 0 to 9, in the form in which a code is read out. A voice may read
	// "5." as the fifth, and never reads a word so. All empty means the digits themselves.
	Digits [10]string
}

// Call is what a call says.
type Call struct {
	// Voice is the one of the provider's languages that it is said in, such as "fr-FR".
	Voice string
	// Parts are sentences, with a pause after each. The words for the digits of the code are in two
	// of them, with ", " between, so that a voice says one after the other.
	Parts []string
}

// Speaker words calls in the languages that a provider has voices for. It is safe for
// concurrent use.
type Speaker struct {
	voices  []string
	phrases []Phrase // of each voice
	matcher language.Matcher
}

// New returns a Speaker for the voices of a provider, which are language tags (BCP 47), and
// the first of which is for people whose language has none. The phrases of the host, by
// language tag, win over [Phrases]. The error joins every fault of them.
func New(phrases map[string]Phrase, voices ...string) (*Speaker, error) {
	all := map[language.Tag]Phrase{} // by their tags, because "EN" and "en" are one
	for tag, p := range Phrases() {
		all[language.Make(tag)] = p
	}
	var faults []error
	given := map[language.Tag]string{}
	for _, tag := range slices.Sorted(maps.Keys(phrases)) {
		p := phrases[tag]
		parsed, err := language.Parse(tag)
		other, twice := given[parsed]
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("phrases: %q is no language tag", tag))
		case twice:
			faults = append(faults, fmt.Errorf("phrases: %q and %q are one language", other, tag))
		case strings.Count(p.Greeting, "%") != 1 || !strings.Contains(p.Greeting, "%s"):
			faults = append(faults, fmt.Errorf(`phrases[%q].Greeting must have one "%%s"`, tag))
		case strings.Count(p.Approves, "%") != 1 || !strings.Contains(p.Approves, "%s"):
			faults = append(faults, fmt.Errorf(`phrases[%q].Approves must have one "%%s"`, tag))
		case p.Code == "" || p.Again == "":
			faults = append(faults, fmt.Errorf("phrases[%q]: Code and Again are required", tag))
		case p.Digits != [10]string{} && slices.Contains(p.Digits[:], ""):
			faults = append(faults, fmt.Errorf("phrases[%q].Digits must be ten words or none", tag))
		}
		given[parsed], all[parsed] = tag, p
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	s := &Speaker{}
	var tags []language.Tag
	for _, voice := range voices {
		tag, err := language.Parse(voice)
		if err != nil {
			return nil, fmt.Errorf("voice %q is no language tag", voice)
		}
		if p, ok := nearest(all, tag); ok {
			s.voices, s.phrases, tags = append(s.voices, voice), append(s.phrases, p), append(tags, tag)
		}
	}
	if len(tags) == 0 {
		return nil, errors.New("no voice has a phrase")
	}
	s.matcher = language.NewMatcher(tags)
	return s, nil
}

// nearest returns the phrase of tag, or of one above it: that of "pt" for "pt-BR". At last it takes
// that of the language in the script of tag: "zh-Hans" for "zh-CN".
func nearest(all map[language.Tag]Phrase, tag language.Tag) (Phrase, bool) {
	base, _ := tag.Base()
	script, _ := tag.Script()
	written, _ := language.Compose(base, script)
	near := []language.Tag{}
	for ; tag != language.Und; tag = tag.Parent() {
		near = append(near, tag)
	}
	for _, tag := range append(near, written) {
		if p, ok := all[tag]; ok {
			return p, true
		}
	}
	return Phrase{}, false
}

// Supports reports whether m can be said: it has a code of digits, and names that are not
// too long to listen to.
func (s *Speaker) Supports(m phoneauth.Message) bool {
	if m.Code == "" || strings.Trim(string(m.Code), "0123456789") != "" {
		return false
	}
	for _, part := range s.Call(m).Parts {
		if len([]rune(part)) > maxPart {
			return false
		}
	}
	return true
}

// Call words the call for m: who calls, what the code approves if m says so, and the code,
// digit by digit, twice.
func (s *Speaker) Call(m phoneauth.Message) Call {
	i := 0
	if tag, err := language.Parse(m.Locale); err == nil {
		if _, near, confidence := s.matcher.Match(tag); confidence != language.No {
			i = near
		}
	}
	p := s.phrases[i]
	c := Call{Voice: s.voices[i]}
	if m.Service != "" {
		c.Parts = append(c.Parts, strings.Replace(p.Greeting, "%s", m.Service, 1))
	}
	if m.Details != "" {
		c.Parts = append(c.Parts, strings.Replace(p.Approves, "%s", m.Details, 1))
	}
	said := p.say(string(m.Code))
	c.Parts = append(c.Parts, p.Code+" "+said, p.Again+" "+said)
	return c
}

// say returns a code as it is read out.
func (p Phrase) say(code string) string {
	said := strings.Split(code, "")
	for i, digit := range said {
		if n := strings.Index("0123456789", digit); n >= 0 && p.Digits[n] != "" {
			said[i] = p.Digits[n]
		}
	}
	return strings.Join(said, ", ") + "."
}
