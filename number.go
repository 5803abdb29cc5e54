package phoneauth

import (
	"fmt"
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// number is a valid number of one of the four types that can be served.
type number struct {
	phone  Phone
	region string // ISO 3166-1 alpha-2; "001" for non-geographic numbers
	kind   NumberType
}

// kinds are the types that can be served.
var kinds = map[phonenumbers.PhoneNumberType]NumberType{
	phonenumbers.MOBILE:               Mobile,
	phonenumbers.FIXED_LINE_OR_MOBILE: FixedLineOrMobile,
	phonenumbers.VOIP:                 VoIP,
	phonenumbers.PERSONAL_NUMBER:      Personal,
}

// E.164 numbers have at most 15 digits (ITU-T E.164, 6.2.1); none that can be served
// has fewer than 7.
const minE164Digits, maxE164Digits = 7, 15

// noRegion tells libphonenumber that there is no default region, so that an unknown
// calling code is not tried again as national digits.
const noRegion = "ZZ"

// parseNumber is ParsePhone, and what else the numbering plan says.
func parseNumber(input, defaultRegion string) (number, error) {
	var buf [maxPhoneInput]byte
	typed, plus, ok := scanPhone(input, &buf)
	if !ok {
		return number{}, ErrInvalidPhone
	}
	digits := string(typed)
	if !plus && defaultRegion != "" {
		if n, ok := readNumber(digits, defaultRegion); ok {
			return n.served()
		}
	}
	n, ok := readNumber("+"+digits, noRegion)
	if !ok {
		return number{}, ErrInvalidPhone
	}
	return n.served()
}

// served is n, or ErrInvalidPhone for a valid number of a type that nobody serves.
func (n number) served() (number, error) {
	if n.kind == "" {
		return number{}, ErrInvalidPhone
	}
	return n, nil
}

// readNumber reads a valid number of any type. libphonenumber also knows international
// prefixes (00, 011), which are none of the forms that are accepted.
func readNumber(spelled, region string) (number, bool) {
	parsed, err := phonenumbers.ParseAndKeepRawInput(spelled, region)
	if err != nil || parsed.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD {
		return number{}, false
	}
	// UNKNOWN is what the library calls invalid: IsValidNumber is this comparison, and
	// would find the region and match the patterns once more.
	kind := phonenumbers.GetNumberType(parsed)
	if kind == phonenumbers.UNKNOWN {
		return number{}, false
	}
	national := phonenumbers.GetNationalSignificantNumber(parsed)
	e164 := "+" + strconv.Itoa(int(parsed.GetCountryCode())) + national
	if len(e164) < 1+minE164Digits || len(e164) > 1+maxE164Digits {
		return number{}, false
	}
	if e164 != spelled && national != spelled && !canonical(e164) {
		return number{}, false
	}
	return number{Phone{e164}, regionOf(parsed), kinds[kind]}, true
}

// canonical reports whether parsing e164 gives e164: of a few numbers a prefix was
// stripped, and would be stripped again.
func canonical(e164 string) bool {
	again, err := phonenumbers.Parse(e164, noRegion)
	return err == nil && phonenumbers.Format(again, phonenumbers.E164) == e164
}

// regionOf costs a lookup where a calling code has one region, and as much as the type
// where regions share it.
func regionOf(parsed *phonenumbers.PhoneNumber) string {
	if regions := phonenumbers.GetRegionCodesForCountryCode(int(parsed.GetCountryCode())); len(regions) == 1 {
		return regions[0]
	}
	return phonenumbers.GetRegionCodeForNumber(parsed)
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
	known := phonenumbers.GetSupportedRegions()

	p := numberPolicy{home: rules.DefaultRegion}
	if p.home != "" && !known[p.home] {
		fault("Numbers.DefaultRegion: unknown region %q", p.home)
	}
	for i, region := range rules.Regions {
		if !known[region] && region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
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
	if input == "" || spells(input, known) {
		return true, nil
	}
	n, err := p.parse(input)
	return err == nil && n.phone == known, err
}
