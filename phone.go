package phoneauth

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/phoneauth/phoneauth/internal/numbers"
)

// Phone is a phone number in canonical form: E.164. Only [ParsePhone] and
// [StoredPhone] make one. It prints masked; the zero Phone is no number.
type Phone struct{ e164 string }

// ParsePhone reads a number as somebody typed it, and returns the one canonical form
// that all its spellings share. It accepts, and tries in this order,
//
//   - E.164 with its '+';
//   - national digits of defaultRegion (ISO 3166-1 alpha-2, upper case), with or
//     without the trunk prefix; an empty or unknown region has none;
//   - international digits without the '+', as MSISDNs are written.
//
// The first of them that is a valid number is the number. ASCII spaces, dashes, dots
// and parentheses are dropped. A trunk zero after the calling code (+33 06…) gives the
// same number as without it, or none. Parsing the E164 of a Phone gives the same Phone,
// whatever the region.
//
// Everything else is ErrInvalidPhone: more than 32 bytes, any other character (digits
// of other scripts, extensions, letters, invisible marks), numbers that no numbering
// plan has, and numbers of other types than Mobile, FixedLineOrMobile, VoIP and
// Personal. A Service narrows this further by its NumberRules.
//
// Valid means: as libphonenumber's numbering plans say. Nobody asked the operator.
// Plans change with the version of that library, so a number that was accepted once
// may not be later: compare what is stored by [StoredPhone], never by parsing it again.
func ParsePhone(input, defaultRegion string) (Phone, error) {
	n, err := parseNumber(input, defaultRegion)
	return n.phone, err
}

// StoredPhone is the Phone that a store wrote as Phone.E164. It is not parsed or
// checked again: numbering plans change, and a stored number stays what it was.
func StoredPhone(e164 string) Phone { return Phone{e164} }

// E164 returns the number in clear, as "+201061797840".
func (p Phone) E164() string { return p.e164 }

// Region returns the region of the number, ISO 3166-1 alpha-2: "001" for one that belongs
// to none, "" for one that no numbering plan has. It costs about as much as ParsePhone.
func (p Phone) Region() string { return numbers.Region(p.e164) }

// IsZero reports whether p is no number.
func (p Phone) IsZero() bool { return p.e164 == "" }

// String returns the number masked: "+20******7840".
func (p Phone) String() string { return numbers.Mask(p.e164) }

// GoString returns what String does.
func (p Phone) GoString() string { return p.String() }

// LogValue returns what String does.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Format writes what String returns, whatever the verb.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// MarshalText returns what String does, so that no encoder writes the number by
// accident. Write E164 where the number is meant.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// number is a valid number of a type that can be served.
type number struct {
	phone  Phone
	region string // ISO 3166-1 alpha-2; "001" for non-geographic numbers
	kind   NumberType
}

// parseNumber is ParsePhone, and what else the numbering plan says.
func parseNumber(input, defaultRegion string) (number, error) {
	n, ok := numbers.Parse(input, defaultRegion)
	if !ok {
		return number{}, ErrInvalidPhone
	}
	return number{Phone{n.E164}, n.Region, NumberType(n.Kind)}, nil
}

// numberPolicy is NumberRules, compiled. A nil map allows everything.
type numberPolicy struct {
	home    string
	regions map[string]bool
	kinds   map[NumberType]bool
}

// newNumberPolicy compiles rules and reports every fault, each naming its field. The
// codes and dates of test numbers are not its business.
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

// parse returns the number that input is, if the rules serve it; else ErrInvalidPhone.
func (p numberPolicy) parse(input string) (number, error) {
	n, err := parseNumber(input, p.home)
	if err != nil {
		return number{}, err
	}
	if p.regions != nil && !p.regions[n.region] || p.kinds != nil && !p.kinds[n.kind] {
		return number{}, ErrInvalidPhone
	}
	return n, nil
}

// same reports whether input is nothing or spells known, without parsing it where that can
// be told. Any other number must be valid.
func (p numberPolicy) same(input string, known Phone) (bool, error) {
	if input == "" || numbers.Spells(input, known.e164) {
		return true, nil
	}
	n, err := p.parse(input)
	return err == nil && n.phone == known, err
}
