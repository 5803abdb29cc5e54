package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadNumber(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, typed, region, want string }{
		{"national", "0106 179 7840", "EG", "0106 179 7840"},
		{"Arabic digits", "٠١٠٦ ١٧٩ ٧٨٤٠", "EG", "0106 179 7840"},
		{"Devanagari digits", "९८७६५ ४३२१०", "IN", "98765 43210"},
		{"full width", "＋２０ １０６ １７９７８４０", "EG", "+20 106 1797840"},
		{"invisible marks", "\u202a+20 106 179 7840\u202c", "EG", "+20 106 179 7840"},
		{"no-break spaces and dashes", "+20\u00a0106\u2011179\u20137840", "EG", "+20 106-179-7840"},
		{"slashes", "030/123456", "DE", "030 123456"},

		{"a code before a number", "+20 +201061797840", "EG", "+201061797840"},
		{"another code before a number", "+33 +201061797840", "FR", "+201061797840"},
		{"a code twice", "+20201061797840", "EG", "+201061797840"},
		{"a code twice, spaced", "+91 91 98765 43210", "IN", "+919876543210"},
		{"no code twice: an Indian number begins with 91", "+91 91234 56789", "IN", "+91 91234 56789"},
		{"a plus in the middle", "106+1797840", "EG", "106+1797840"},

		{"00", "0033 6 00 00 01 78", "FR", "+33600000178"},
		{"00 of another country", "0020 106 179 7840", "FR", "+201061797840"},
		{"00 where the prefix is another", "0044 7400 123456", "US", "+447400123456"},
		{"011 in the US", "011 20 106 179 7840", "US", "+201061797840"},
		{"011 in Canada", "011447400123456", "CA", "+447400123456"},
		{"011 is no prefix in Argentina", "011 15-2345-6789", "AR", "011 15-2345-6789"},
		{"0011 in Australia", "0011 44 7400 123456", "AU", "+447400123456"},
		{"010 in Japan", "010 44 7400 123456", "JP", "+447400123456"},
		{"8~10 in Russia", "810 44 7400 123456", "RU", "+447400123456"},
		{"00 and nothing that is a number", "0012345", "FR", "0012345"},
		{"no region", "0033600000178", "", "+33600000178"},

		{"text", "call me", "EG", "call me"},
		{"empty", "", "EG", ""},
		{"too long", strings.Repeat("1", 200), "EG", strings.Repeat("1", 200)},
	} {
		assert.Equal(t, tt.want, readNumber(tt.typed, tt.region), tt.name)
	}
}

func TestLooksLike(t *testing.T) {
	t.Parallel()
	type signs = []string
	none := signs{"", "", "", ""}
	zone := func(region string) signs { return signs{"", region, "", ""} }
	for _, tt := range []struct {
		name, typed, chosen string
		byHand              bool
		signs               signs
		want                string
	}{
		// Indian mobiles have ten digits and begin with 6 to 9, as some numbers of the US do.
		{"an Indian 98765 under US is no number there", "98765 43210", "US", false, zone("IN"), "IN"},
		{"an Indian 98765 under US, by the host", "98765 43210", "US", false, signs{"IN", "US", "", ""}, "IN"},
		{"an Indian 98765 under US, by the last choice", "9876543210", "US", false, signs{"", "US", "IN", "US"}, "IN"},
		{"an Indian 98765 under US, by the language", "9876543210", "US", false, signs{"", "", "", "IN"}, "IN"},
		{"an Indian 98765 under US, no sign", "9876543210", "US", false, none, ""},
		{"an Indian 812 is Indiana, too", "812 345 6789", "US", false, zone("IN"), "IN"},
		{"an Indian 701 is North Dakota, too", "7012345678", "US", false, zone("IN"), "IN"},
		{"an Indian 701, US chosen by hand", "7012345678", "US", true, zone("IN"), "IN"},
		{"a North Dakotan in India, US by hand last time", "7012345678", "US", true, signs{"", "IN", "US", "US"}, ""},
		{"a North Dakotan at home", "7012345678", "US", false, zone("US"), ""},
		{"the language alone does not doubt a number that is valid", "7012345678", "US", false, signs{"", "", "", "IN"}, ""},
		{"the last choice alone does not", "7012345678", "US", false, signs{"", "", "IN", ""}, ""},
		{"the host says US, so the time zone does not count", "7012345678", "US", false, signs{"US", "IN", "", ""}, ""},
		{"an Indian trunk zero under US", "098765 43210", "US", false, zone("IN"), "IN"},
		{"Indian, 91 without a plus, no sign", "919876543210", "US", false, none, "IN"},
		{"Indian at home", "98765 43210", "IN", false, zone("IN"), ""},
		{"Indian with a plus", "+91 98765 43210", "US", false, zone("IN"), ""},

		{"US under IN", "(201) 555-0123", "IN", false, zone("US"), "US"},
		{"US under IN, valid in both", "701 234 5678", "IN", false, zone("US"), "US"},
		{"US with its 1 under IN", "1 201 555 0123", "IN", false, zone("IN"), "US"},
		{"Canada under US", "416 555 0123", "US", false, zone("CA"), ""},
		{"US under Canada", "201 555 0123", "CA", false, zone("US"), ""},

		{"Kazakhstan under RU", "8 701 123 4567", "RU", false, zone("KZ"), ""},
		{"Kazakhstan under US is North Dakota, too", "701 223 4567", "US", false, zone("KZ"), "KZ"},
		{"Russia under KZ", "916 123 45 67", "KZ", false, zone("RU"), ""},
		{"Russia with 7 and no plus under EG", "79161234567", "EG", false, none, "RU"},
		{"Russia with 8 under DE", "8 916 123-45-67", "DE", false, zone("RU"), "RU"},

		{"an Italian mobile under US", "312 345 6789", "US", false, zone("IT"), "IT"},
		{"an Italian mobile with a zero is none", "0312 345 6789", "IT", false, zone("IT"), ""},
		{"an Italian landline", "06 6982 1234", "IT", false, zone("IT"), ""},
		{"Mexico under US", "55 1234 5678", "US", false, zone("MX"), "MX"},
		{"Mexico at home", "55 1234 5678", "MX", false, zone("MX"), ""},
		{"Argentina, 15, under US", "011 15-2345-6789", "US", false, zone("AR"), "AR"},
		{"Argentina at home", "011 15-2345-6789", "AR", false, zone("AR"), ""},
		{"Brazil under PT", "(11) 96123-4567", "PT", false, zone("BR"), "BR"},
		{"Brazil with its zero under US", "011 96123-4567", "US", false, zone("BR"), "BR"},
		{"Egypt under US", "0106 179 7840", "US", false, zone("EG"), "EG"},
		{"Egypt under SA, which has no such number", "01061797840", "SA", false, signs{"", "", "", "EG"}, "EG"},
		{"France under DE", "06 12 34 56 78", "DE", false, zone("FR"), "FR"},
		{"Britain under AU", "07400 123456", "AU", false, zone("GB"), "GB"},
		{"Britain under Jersey", "07400 123456", "JE", false, zone("GB"), ""},

		{"00", "0091 98765 43210", "FR", false, zone("IN"), ""},
		{"011", "011 91 98765 43210", "US", false, zone("IN"), ""},
		{"a code twice", "+20 +201061797840", "FR", true, zone("FR"), ""},
		{"no number anywhere", "123", "US", false, zone("IN"), ""},
		{"nothing", "", "US", false, zone("IN"), ""},
		{"an unknown country", "98765 43210", "XX", false, zone("IN"), "IN"},
	} {
		region, ask := looksLike(tt.typed, tt.chosen, tt.byHand, tt.signs)
		assert.Equal(t, tt.want, region, tt.name)
		assert.Equal(t, tt.want != "", ask, tt.name)
	}
}

// Digits of every script count, as people type them.
func TestDigit(t *testing.T) {
	t.Parallel()
	for _, all := range []string{
		"0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "๐๑๒๓๔๕๖๗๘๙", "០១២៣៤៥៦៧៨៩", "၀၁၂၃၄၅၆၇၈၉", "０１２３４５６７８９", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
	} {
		assert.Equal(t, "0123456789", digitsOf(all), all)
	}
	assert.Equal(t, "", digitsOf("a/:²①Ⅷ一"))
}
