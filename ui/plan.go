package ui

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// maxPlan is the most bytes that a plan takes as JSON.
const maxPlan = 2048

// plan is what the script of the number field needs of the numbering plan of a region. It is made
// of the metadata of libphonenumber. The script uses it to format and to advise only. The server
// reads every number itself.
//
// In patterns, the letter d stands for a digit, and every group but those of Parse is there for
// its alternatives only. A pattern of numbers matches national digits as a whole, a pattern of
// leading digits matches what they begin with.
type plan struct {
	Region string `json:"region"`
	// Code is the calling code, without a plus.
	Code string `json:"code,omitempty"`
	// Served is false for a region that the page does not serve. No other field but Region and
	// Code is then set.
	Served bool `json:"served"`
	// Trunk is the prefix of national calls, "" for none.
	Trunk string `json:"trunk,omitempty"`
	// IDD is the pattern of what begins an international call.
	IDD string `json:"idd,omitempty"`
	// Lengths are the numbers of national digits that a served number can have, in order.
	Lengths []int `json:"lengths,omitempty"`
	// Mobile is the pattern of numbers that a Service accepts: of mobiles, of voice over IP and
	// personal ones.
	Mobile string `json:"mobile,omitempty"`
	// Landline is the pattern of fixed lines. A number that Mobile matches too is no landline.
	Landline string `json:"landline,omitempty"`
	// Parse is a pattern and what to write in place of its match ("$1"), where the national
	// prefix is not simply Trunk. Its groups count.
	Parse []string `json:"parse,omitempty"`
	// Formats are tried in order. The first text of each is a pattern of leading digits, the
	// others are layouts: each digit n of a layout stands for n digits of the number.
	Formats [][]string `json:"formats,omitempty"`
	// Example is a mobile number in the national format, "" where none is known.
	Example string `json:"example,omitempty"`
	// Main is the region of numbers that no pattern of Shared matches, where regions share Code.
	Main string `json:"main,omitempty"`
	// Shared has the leading digits of the other regions with Code.
	Shared map[string]string `json:"shared,omitempty"`
}

// shorterPrefixes replace national prefixes of the metadata that are too long for a plan. In
// Argentina a 15 between the area code and the rest stands for the 9 before the area code. The
// pattern takes the area codes by their lengths: 2, 3 or 4 digits, ten together with the rest.
var shorterPrefixes = map[string]string{
	"AR": `0?(?:(?=\d{12}$)(11|[23]\d{2,3}?)15)?`,
}

// metadata of a region, and of the main region of its calling code, which has the formats.
func metadataOf(region string) (own, main *phonenumbers.PhoneMetadata) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, nil // it is embedded, and the package of the numbers has read it
	}
	mainRegion := phonenumbers.GetRegionCodeForCountryCode(phonenumbers.GetCountryCodeForRegion(region))
	for _, m := range all.GetMetadata() {
		switch m.GetId() {
		case region:
			own = m
		case mainRegion:
			main = m
		}
	}
	if mainRegion == region {
		main = own
	}
	return own, main
}

// newPlan makes the plan of a region, nil for an unknown one.
func newPlan(region string) *plan {
	own, main := metadataOf(region)
	if own == nil {
		return nil
	}
	p := &plan{Region: region, Code: strconv.Itoa(int(own.GetCountryCode()))}
	pattern, lengths := servedPattern(own)
	if pattern == "" {
		return p
	}
	p.Served, p.Lengths = true, lengths
	p.Trunk = onlyDigits(own.GetNationalPrefix())
	p.IDD = short(own.GetInternationalPrefix())
	if parse := own.GetNationalPrefixForParsing(); parse != own.GetNationalPrefix() {
		if shorter, ok := shorterPrefixes[region]; ok {
			parse = shorter
		}
		p.Parse = []string{strings.ReplaceAll(parse, `\d`, "d"), own.GetNationalPrefixTransformRule()}
	}
	formats, national := layouts(pattern, main)
	p.Formats = formats
	p.Example = exampleOf(own, national)
	p.Main, p.Shared = sharedCode(int(own.GetCountryCode()))
	p.fit(pattern, landlinePattern(own))
	return p
}

// fit sets the patterns of numbers, as exact as they can be in maxPlan bytes. Landlines become
// less exact first: a landline is told by fewer of its first digits then.
func (p *plan) fit(mobile, landline string) {
	p.Mobile, p.Landline = shortest(mobile), shortest(landline)
	for depth := 6; depth > 0 && p.size() > maxPlan; depth-- {
		p.Landline = compileDigits(landline).coarse(depth)
	}
	for depth := 6; depth > 0 && p.size() > maxPlan; depth-- {
		p.Mobile = compileDigits(mobile).coarse(depth)
	}
}

func (p *plan) size() int { return len(p.json()) }

func (p *plan) json() []byte {
	data, _ := json.Marshal(p) // texts and numbers only
	return data
}

// servedPattern matches the national digits of numbers that a Service accepts, see
// phoneauth.ParsePhone. It has the pattern of libphonenumber's spelling, and their lengths.
func servedPattern(m *phonenumbers.PhoneMetadata) (string, []int) {
	var patterns []string
	var lengths []int
	for _, kind := range []*phonenumbers.PhoneNumberDesc{m.GetMobile(), m.GetVoip(), m.GetPersonalNumber()} {
		pattern := kind.GetNationalNumberPattern()
		if !hasNumbers(kind) || slices.Contains(patterns, pattern) {
			continue
		}
		patterns = append(patterns, pattern)
		for _, length := range kind.GetPossibleLength() {
			lengths = append(lengths, int(length))
		}
		if len(kind.GetPossibleLength()) == 0 { // the same as those of all numbers
			for _, length := range m.GetGeneralDesc().GetPossibleLength() {
				lengths = append(lengths, int(length))
			}
		}
	}
	slices.Sort(lengths)
	return strings.Join(patterns, "|"), slices.Compact(lengths)
}

// landlinePattern matches fixed lines, "" where they cannot be told from mobiles.
func landlinePattern(m *phonenumbers.PhoneMetadata) string {
	fixed := m.GetFixedLine().GetNationalNumberPattern()
	if !hasNumbers(m.GetFixedLine()) || m.GetSameMobileAndFixedLinePattern() || fixed == m.GetMobile().GetNationalNumberPattern() {
		return ""
	}
	return fixed
}

// hasNumbers is false for a kind of number that a region does not have.
func hasNumbers(kind *phonenumbers.PhoneNumberDesc) bool {
	pattern := kind.GetNationalNumberPattern()
	return pattern != "" && pattern != "NA"
}

// short spells a pattern as plans do.
func short(pattern string) string {
	return strings.NewReplacer(`\d`, "d", "(?:", "(").Replace(pattern)
}

// shortest is the shorter of two patterns that match the same numbers.
func shortest(pattern string) string {
	if pattern == "" {
		return ""
	}
	asItIs := short(pattern)
	if exact := compileDigits(pattern).coarse(maxNational); len(exact) < len(asItIs) {
		return exact
	}
	return asItIs
}

// onlyDigits drops the marks for a second dial tone.
func onlyDigits(prefix string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, prefix)
}

// exampleOf is a mobile number of the region: in the national format, or else as it is written after
// the calling code.
func exampleOf(m *phonenumbers.PhoneMetadata, national bool) string {
	for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER} {
		n := phonenumbers.GetExampleNumberForType(m.GetId(), kind)
		switch {
		case n == nil:
		case national:
			return phonenumbers.Format(n, phonenumbers.NATIONAL)
		default:
			_, written, _ := strings.Cut(phonenumbers.Format(n, phonenumbers.INTERNATIONAL), " ")
			return written
		}
	}
	return ""
}
