package ui

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// groupOf is where a format of libphonenumber writes a group of its pattern.
var groupOf = regexp.MustCompile(`\$\d`)

// numberFormat is a format of libphonenumber.
type numberFormat struct {
	leads    bool   // it is for numbers that begin with leading only
	leading  digits // of the spelling
	spelling string
	pattern  digits
	groups   *regexp.Regexp // pattern with its groups
	format   string
}

// layouts returns the formats, as a plan has them, that numbers of the pattern served are written
// in. They are the national ones, but where these write digits that the number does not have: those
// would be read as a part of it.
func layouts(served string, m *phonenumbers.PhoneMetadata) (all [][]string, national bool) {
	if all, ok := layoutsOf(served, m.GetNumberFormat()); ok {
		return all, true
	}
	all, _ = layoutsOf(served, m.GetIntlNumberFormat())
	return all, false
}

// layoutsOf is false where a format writes digits that the number does not have.
func layoutsOf(served string, from []*phonenumbers.NumberFormat) ([][]string, bool) {
	formats := make([]numberFormat, len(from))
	for i, f := range from {
		formats[i] = numberFormat{
			pattern: compileDigits(f.GetPattern()),
			groups:  regexp.MustCompile("^(?:" + f.GetPattern() + ")$"), format: f.GetFormat(),
		}
		if n := len(f.GetLeadingDigitsPattern()); n > 0 {
			formats[i].leads, formats[i].spelling = true, f.GetLeadingDigitsPattern()[n-1]
			formats[i].leading = compileDigits(formats[i].spelling)
		}
	}
	var all [][]string
	used := usedFormats(compileDigits(served), formats)
	for i, f := range formats {
		if len(used[i]) == 0 {
			continue
		}
		row := []string{short(f.spelling)}
		for _, witness := range used[i] {
			layout, ok := f.layout(witness)
			if !ok {
				return nil, false
			}
			if !slices.Contains(row[1:], layout) {
				row = append(row, layout)
			}
		}
		all = append(all, row)
	}
	return all, true
}

// layout is how f writes a number. Each digit n of it stands for n digits.
func (f numberFormat) layout(national string) (string, bool) {
	groups := f.groups.FindStringSubmatch(national)
	if strings.ContainsAny(groupOf.ReplaceAllString(f.format, ""), "0123456789") {
		return "", false
	}
	return groupOf.ReplaceAllStringFunc(f.format, func(group string) string {
		n, _ := strconv.Atoi(group[1:])
		return strconv.Itoa(len(groups[n]))
	}), true
}

// usedFormats returns for each format one number of each length that is served and written in it.
// As in libphonenumber, a number is written in the first format whose leading digits and pattern
// match.
func usedFormats(served digits, formats []numberFormat) [][]string {
	used := make([][]string, len(formats))
	if len(formats) == 0 {
		return used
	}
	begin := newSearch(served, formats)
	now := map[string]search{begin.key(): begin}
	for length := 0; length <= maxNational && len(now) > 0; length++ {
		next := map[string]search{}
		witness := map[int]string{}
		for _, s := range now {
			if i := s.format(served, formats); i >= 0 && (witness[i] == "" || s.number < witness[i]) {
				witness[i] = s.number
			}
			for digit := byte('0'); digit <= '9'; digit++ {
				after, ok := s.after(served, formats, digit)
				key := after.key()
				if other, has := next[key]; ok && (!has || after.number < other.number) {
					next[key] = after
				}
			}
		}
		for i, number := range witness {
			used[i] = append(used[i], number)
		}
		now = next
	}
	return used
}

// search is a number so far, and in which states it leaves the machines.
type search struct {
	number string
	served digitStates
	// led and laid are of each format: of its leading digits, and of its pattern.
	led, laid []digitStates
}

// begun stands for leading digits that have matched.
const begun = digitStates("begun")

func newSearch(served digits, formats []numberFormat) search {
	s := search{served: served.start()}
	for _, f := range formats {
		led := begun
		if f.leads {
			led = f.leading.start()
		}
		s.led, s.laid = append(s.led, led), append(s.laid, f.pattern.start())
	}
	return s
}

func (s search) key() string {
	var b strings.Builder
	b.WriteString(string(s.served))
	for i := range s.led {
		b.WriteString("|" + string(s.led[i]) + "," + string(s.laid[i]))
	}
	return b.String()
}

// after is false where no served number begins so.
func (s search) after(served digits, formats []numberFormat, digit byte) (search, bool) {
	next := search{number: s.number + string(digit), served: served.after(s.served, digit)}
	if next.served == "" {
		return next, false
	}
	for i, f := range formats {
		led, laid := s.led[i], s.laid[i]
		if led != begun {
			if led = f.leading.after(led, digit); f.leading.matches(led) {
				led = begun
			}
		}
		if laid = f.pattern.after(laid, digit); led == "" || laid == "" {
			led, laid = "", "" // it is out, whichever of the two failed
		}
		next.led, next.laid = append(next.led, led), append(next.laid, laid)
	}
	return next, true
}

// format is the format of a whole number, -1 for none.
func (s search) format(served digits, formats []numberFormat) int {
	if !served.matches(s.served) {
		return -1
	}
	for i, f := range formats {
		if s.led[i] == begun && f.pattern.matches(s.laid[i]) {
			return i
		}
	}
	return -1
}
