package phoneauth

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/phoneauth/phoneauth/internal/numbers"
)

// Phone is a phone number in its one canonical form, E.164. [ParsePhone] and [StoredPhone]
// make one. It prints masked. The zero Phone is no number. Phones can be compared with ==.
type Phone struct{ e164 string }

// ParsePhone reads a number as a person typed it, and returns the canonical form that all
// its spellings share. It tries these forms in this order:
//
//   - E.164 with its '+';
//   - the national digits of defaultRegion (ISO 3166-1 alpha-2, upper case), with or
//     without the trunk prefix; this form is left out for an empty or unknown region;
//   - international digits without the '+', as MSISDNs are written.
//
// The first form that gives a valid number decides. ASCII spaces, dashes, dots and
// parentheses are ignored. A trunk zero after the calling code (+33 06…) is ignored where
// the numbering plan allows it, and refused otherwise. Parsing the E164 of a Phone gives the
// same Phone, for every region.
//
// ErrInvalidPhone: the input has more than 32 bytes, or any other character (digits of other
// scripts, extensions, letters, invisible marks), or no numbering plan has the number, or
// its type is not Mobile, FixedLineOrMobile, VoIP or Personal. A Service refuses more, by
// its NumberRules.
//
// A number is valid when libphonenumber's numbering plans say so. The operator is not asked.
// The plans change with the version of that library, so a number that was valid once may be
// invalid later. Therefore read a stored number with [StoredPhone], and never parse it again.
func ParsePhone(input, defaultRegion string) (Phone, error) {
	n, err := parseNumber(input, defaultRegion)
	return n.phone, err
}

// StoredPhone returns the Phone that a store wrote as Phone.E164. It neither parses nor
// checks e164, because numbering plans change and a stored number must stay the same.
func StoredPhone(e164 string) Phone { return Phone{e164} }

// E164 returns the number in clear, such as "+201061797840". It is "" for the zero Phone.
func (p Phone) E164() string { return p.e164 }

// Region returns the region of the number (ISO 3166-1 alpha-2). It is "001" for a number
// that belongs to no region, and "" for one that no numbering plan has. It takes about as
// long as ParsePhone.
func (p Phone) Region() string { return numbers.Region(p.e164) }

// IsZero reports whether p is the zero Phone.
func (p Phone) IsZero() bool { return p.e164 == "" }

// String returns the number masked, such as "+20******7840".
func (p Phone) String() string { return numbers.Mask(p.e164) }

// GoString returns what String does.
func (p Phone) GoString() string { return p.String() }

// LogValue returns what String does.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Format writes what String returns, for every verb.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// MarshalText returns what String does, so that no encoder writes the number by accident.
// Encode E164 where you need the number.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// number is a valid number of a type that can be served.
type number struct {
	phone  Phone
	region string // ISO 3166-1 alpha-2; "001" for non-geographic numbers
	kind   NumberType
}

// parseNumber does what ParsePhone does, and returns the region and type of the number too.
func parseNumber(input, defaultRegion string) (number, error) {
	n, ok := numbers.Parse(input, defaultRegion)
	if !ok {
		return number{}, ErrInvalidPhone
	}
	return number{Phone{n.E164}, n.Region, NumberType(n.Kind)}, nil
}

// numberPolicy is the compiled form of NumberRules. A nil map allows everything.
type numberPolicy struct {
	home    string
	regions map[string]bool
	kinds   map[NumberType]bool
}

// newNumberPolicy compiles rules and reports every fault with its field. It does not check
// the codes and dates of test numbers.
func newNumberPolicy(rules NumberRules) (numberPolicy, []error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	known := numbers.Regions()

	p := numberPolicy{home: rules.DefaultRegion}
	if p.home != "" && !known[p.home] {
		fault("Numbers.DefaultRegion: unknown region %q", p.home)
	}
	for i, region := range rules.Regions {
		if !known[region] && region != numbers.NonGeographic {
			fault("Numbers.Regions[%d]: unknown region %q", i, region)
		}
		p.regions = put(p.regions, region)
	}
	for i, kind := range rules.Types {
		switch kind {
		case Mobile, FixedLineOrMobile, VoIP, Personal:
		default:
			fault("Numbers.Types[%d]: type %q cannot be served", i, string(kind))
		}
		p.kinds = put(p.kinds, kind)
	}
	seen := make(map[string]bool)
	for i, test := range rules.Test {
		if n, err := p.parse(test.Phone); err != nil || n.phone.e164 != test.Phone {
			fault("Numbers.Test[%d].Phone: not the E.164 form of a number that these rules serve", i)
		}
		if seen[test.Phone] {
			fault("Numbers.Test[%d].Phone: listed twice", i)
		}
		seen[test.Phone] = true
	}
	return p, faults
}

func put[K comparable](set map[K]bool, k K) map[K]bool {
	if set == nil {
		set = make(map[K]bool)
	}
	set[k] = true
	return set
}

// parse returns the number of input. ErrInvalidPhone: it is invalid, or the rules do not
// serve it.
func (p numberPolicy) parse(input string) (number, error) {
	n, err := parseNumber(input, p.home)
	if err != nil {
		return number{}, err
	}
	if !p.serves(n) {
		return number{}, ErrInvalidPhone
	}
	return n, nil
}

// serves reports whether the rules serve n.
func (p numberPolicy) serves(n number) bool {
	return (p.regions == nil || p.regions[n.region]) && (p.kinds == nil || p.kinds[n.kind])
}

// same reports whether input is empty or spells known. It parses input only when it must.
// ErrInvalidPhone: input is another number that is not valid.
func (p numberPolicy) same(input string, known Phone) (bool, error) {
	if input == "" || numbers.Spells(input, known.e164) {
		return true, nil
	}
	n, err := p.parse(input)
	return err == nil && n.phone == known, err
}
