package numbers

import (
	"regexp"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Calling codes have at most 3 digits (ITU-T E.164, 6.1).
const maxCallingCode = 3

// nationalPrefixes returns, by calling code, what the library may strip from the beginning of a
// national number, such as the 0 in +33 06. A code without an entry has none.
var nationalPrefixes = sync.OnceValue(func() map[int]*regexp.Regexp {
	prefixes := map[int]*regexp.Regexp{}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil // read then parses everything
	}
	for _, plan := range all.GetMetadata() {
		code := int(plan.GetCountryCode())
		if plan.GetId() != phonenumbers.GetRegionCodeForCountryCode(code) {
			continue // the library goes by the main region of a code
		}
		if prefix := plan.GetNationalPrefixForParsing(); prefix != "" {
			prefixes[code] = regexp.MustCompile("^(?:" + prefix + ")")
		}
	}
	return prefixes
})

// readQuickly does what read does for most numbers that are spelled with a plus and digits. It is
// false for done where it does not know. Most of the time of a full parse goes into a search for
// an extension, which such a spelling cannot have.
func readQuickly(spelled string) (n Number, ok, done bool) {
	prefixes := nationalPrefixes()
	if prefixes == nil || len(spelled) < 1+minE164Digits || len(spelled) > 1+maxE164Digits || spelled[0] != '+' || spelled[1] == '0' {
		return Number{}, false, false
	}
	for i := 2; i <= 1+maxCallingCode; i++ {
		code, err := strconv.Atoi(spelled[1:i])
		if err != nil {
			return Number{}, false, false
		}
		if len(phonenumbers.GetRegionCodesForCountryCode(code)) == 0 {
			continue
		}
		national := spelled[i:]
		if prefix := prefixes[code]; prefix != nil && prefix.MatchString(national) {
			return Number{}, false, false
		}
		value, err := strconv.ParseUint(national, 10, 64)
		if err != nil {
			return Number{}, false, false
		}
		n, ok = typed(spelled, parsedNumber(int32(code), value, national))
		return n, ok, true
	}
	return Number{}, false, false
}

// parsedNumber returns what the library parses from a national number with this value.
func parsedNumber(code int32, value uint64, national string) *phonenumbers.PhoneNumber {
	p := &phonenumbers.PhoneNumber{CountryCode: &code, NationalNumber: &value}
	zeros := int32(0)
	for int(zeros) < len(national)-1 && national[zeros] == '0' {
		zeros++
	}
	if zeros > 0 {
		leading := true
		p.ItalianLeadingZero = &leading
	}
	if zeros > 1 {
		p.NumberOfLeadingZeros = &zeros
	}
	return p
}

// typed returns the number with its region and kind, and false if the plan does not have it.
func typed(e164 string, parsed *phonenumbers.PhoneNumber) (Number, bool) {
	// UNKNOWN is what the library calls invalid: IsValidNumber is this comparison, and
	// would find the region and match the patterns once more.
	kind := phonenumbers.GetNumberType(parsed)
	if kind == phonenumbers.UNKNOWN {
		return Number{}, false
	}
	return Number{e164, regionOf(parsed), kinds[kind]}, true
}
