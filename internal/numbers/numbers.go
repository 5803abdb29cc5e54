// Package numbers reads phone numbers by the numbering plans of libphonenumber, and spells
// them in one canonical form, E.164.
package numbers

import (
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// Number is a valid number.
type Number struct {
	// E164 is the number in its canonical form, such as "+201061797840".
	E164 string
	// Region is its ISO 3166-1 alpha-2 code, or NonGeographic if it belongs to no region.
	Region string
	// Kind is one of the four kinds that can be served, or "".
	Kind string
}

// The kinds of numbers that can be served. They are the values of phoneauth.NumberType.
const (
	Mobile            = "mobile"               // phoneauth.Mobile
	FixedLineOrMobile = "fixed_line_or_mobile" // phoneauth.FixedLineOrMobile
	VoIP              = "voip"                 // phoneauth.VoIP
	Personal          = "personal"             // phoneauth.Personal
)

// NonGeographic is the region of numbers that belong to none.
const NonGeographic = "001"

// kinds are the types of libphonenumber that can be served.
var kinds = map[phonenumbers.PhoneNumberType]string{
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

// Parse reads a number as somebody typed it, in any of the forms that phoneauth.ParsePhone
// accepts. It is false for everything else.
func Parse(input, defaultRegion string) (Number, bool) {
	var buf [maxInput]byte
	typed, plus, ok := scan(input, &buf)
	if !ok {
		return Number{}, false
	}
	digits := string(typed)
	if !plus && defaultRegion != "" {
		if n, ok := read(digits, defaultRegion); ok {
			return n.served()
		}
	}
	n, ok := read("+"+digits, noRegion)
	if !ok {
		return Number{}, false
	}
	return n.served()
}

// served returns n, and false for a valid number of a type that cannot be served.
func (n Number) served() (Number, bool) {
	if n.Kind == "" {
		return Number{}, false
	}
	return n, true
}

// Region returns the region of a number in its canonical form: NonGeographic for one that
// belongs to none, and "" for one that no numbering plan has.
func Region(e164 string) string {
	n, _ := read(e164, noRegion)
	return n.Region
}

// Regions returns every region that has a numbering plan. Nobody may write to it.
func Regions() map[string]bool { return phonenumbers.GetSupportedRegions() }

// remembered are the numbers that were read last.
var remembered recent

// read reads a valid number of any type. libphonenumber also knows international
// prefixes (00, 011), which are none of the forms that are accepted.
func read(spelled, region string) (Number, bool) {
	as := spelling{spelled, region}
	if n, ok := remembered.get(as); ok {
		return n, true
	}
	n, ok, done := readQuickly(spelled)
	if !done {
		n, ok = readWhole(spelled, region)
	}
	if ok {
		remembered.put(as, n)
	}
	return n, ok
}

// readWhole does what read does for every spelling.
func readWhole(spelled, region string) (Number, bool) {
	parsed, err := phonenumbers.ParseAndKeepRawInput(spelled, region)
	if err != nil || parsed.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD {
		return Number{}, false
	}
	national := phonenumbers.GetNationalSignificantNumber(parsed)
	e164 := "+" + strconv.Itoa(int(parsed.GetCountryCode())) + national
	if len(e164) < 1+minE164Digits || len(e164) > 1+maxE164Digits {
		return Number{}, false
	}
	if e164 != spelled && national != spelled && !canonical(e164) {
		return Number{}, false
	}
	return typed(e164, parsed)
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
