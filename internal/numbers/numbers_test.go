package numbers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, input, region, want string }{
		{"Egypt", "+201061797840", "", "+201061797840"},
		{"Egypt, spaced", " +20 106 179-7840 ", "", "+201061797840"},
		{"Egypt, national", "0106 179 7840", "EG", "+201061797840"},
		{"Egypt, MSISDN", "201061797840", "", "+201061797840"},
		{"Egypt, MSISDN, at home", "201061797840", "EG", "+201061797840"},
		{"Egypt, MSISDN, abroad", "201061797840", "SG", "+201061797840"},
		{"India", "+91 98765 43210", "", "+919876543210"},
		{"India, national", "9876543210", "IN", "+919876543210"},
		{"India, trunk zero", "09876543210", "IN", "+919876543210"},
		{"Singapore, national", "84932466", "SG", "+6584932466"},
		{"Singapore, E.164 abroad", "+6584932466", "US", "+6584932466"},
		{"France", "+33600000178", "", "+33600000178"},
		{"France, brackets", "(+33) 6.00.00.01.78", "", "+33600000178"},
		{"France, trunk zero", "+33 (0)6 00 00 01 78", "", "+33600000178"},
		{"France, trunk zero, MSISDN", "330600000178", "", "+33600000178"},
		{"France, national", "06 00 00 01 78", "FR", "+33600000178"},
		{"France, national without zero", "600000178", "FR", "+33600000178"},
		{"US", "+1 (201) 555-0123", "", "+12015550123"},
		{"US, national", "(201) 555-0123", "US", "+12015550123"},
		{"US, national with 1", "1 201 555 0123", "US", "+12015550123"},
		{"Canada, from the US", "506 234 5678", "US", "+15062345678"},
		{"Canada, MSISDN", "15062345678", "", "+15062345678"},
		{"Bahamas, local", "359 1234", "BS", "+12423591234"},
		{"UK mobile", "07400 123456", "GB", "+447400123456"},
		{"UK personal", "+447012345678", "", "+447012345678"},
		{"UK VoIP", "+445612345678", "", "+445612345678"},
		{"Argentina, 15 in place of 9", "011 15-2345-6789", "AR", "+5491123456789"},
		{"Italy", "312 345 6789", "IT", "+393123456789"},
		{"Inmarsat", "+870301234567", "", "+870301234567"},
		{"Ivory Coast, its zero is significant", "+225 01 23 45 6789", "", "+2250123456789"},

		{name: "empty"},
		{name: "separators only", input: " -.()"},
		{name: "plus only", input: "+"},
		{name: "two pluses", input: "++201061797840"},
		{name: "two pluses apart", input: "+ +201061797840"},
		{name: "almost nothing", input: "+ 1"},
		{name: "one digit", input: "1", region: "US"},
		{name: "plus in the middle", input: "20+1061797840"},
		{name: "plus at the end", input: "201061797840+"},
		{name: "national without a region", input: "01061797840"},
		{name: "national of an unknown region", input: "01061797840", region: "XX"},
		{name: "national of a lower-case region", input: "01061797840", region: "eg"},
		{name: "the wrong region", input: "84932466", region: "FR"},
		{name: "international prefix", input: "0033600000178", region: "FR"},
		{name: "international prefix, US", input: "01133600000178", region: "US"},
		{name: "international prefix, plus", input: "+0033600000178", region: "FR"},
		{name: "unknown calling code", input: "+2101234567", region: "US"},
		{name: "unknown calling code, national at home", input: "+0600000178", region: "FR"},
		{name: "too short", input: "+3360000017"},
		{name: "too long", input: "+336000001789"},
		{name: "all zeros", input: "+0000000000"},
		{name: "33 bytes", input: "+201061797840" + strings.Repeat(" ", 20)},
		{name: "full-width digits", input: "+20106179784０"},
		{name: "Arabic digits", input: "+20106179784٠"},
		{name: "full-width plus", input: "＋201061797840"},
		{name: "extension", input: "+201061797840;ext=9"},
		{name: "x extension", input: "+201061797840x99"},
		{name: "# extension", input: "+201061797840#9"},
		{name: "vanity", input: "+1201KLONDIK"},
		{name: "tel URI", input: "tel:+201061797840"},
		{name: "phone context", input: "01061797840;phone-context=+20"},
		{name: "zero-width space", input: "+20106\u200b1797840"},
		{name: "left-to-right mark", input: "\u200e+201061797840"},
		{name: "no-break space", input: "+20\u00a01061797840"},
		{name: "tab", input: "+20\t1061797840"},
		{name: "newline", input: "+201061797840\n"},
		{name: "NUL", input: "+201061797840\x00"},
		{name: "invalid UTF-8", input: "+201061797840\xff"},
		{name: "slash", input: "+20/1061797840"},
		{name: "NANP toll free", input: "+18002345678"},
		{name: "NANP premium", input: "+19002345678"},
		{name: "UK fixed line", input: "+441212345678"},
		{name: "UK premium", input: "+449012345678"},
		{name: "UK shared cost", input: "+448431234567"},
		{name: "UK UAN", input: "+445512345678"},
		{name: "UK pager", input: "+447640123456"},
		{name: "Germany, fixed line", input: "+4930123456"},
		{name: "Germany, voicemail", input: "+49177991234567"},
		{name: "international free phone", input: "+80012345678"},
		{name: "international premium", input: "+979123456789"},
		{name: "Italy, trunk zero", input: "+3903123456789"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, ok := Parse(tt.input, tt.region)
			assert.Equal(t, tt.want, n.E164)
			assert.Equal(t, tt.want != "", ok)
			if !ok {
				assert.Zero(t, n)
			}
		})
	}
}

// examples are libphonenumber's, of every plan and type.
func examples(yield func(region, national string, n *phonenumbers.PhoneNumber)) {
	metadata, _ := phonenumbers.MetadataCollection()
	for _, m := range metadata.GetMetadata() {
		for _, desc := range []*phonenumbers.PhoneNumberDesc{
			m.GetMobile(), m.GetVoip(), m.GetPersonalNumber(), m.GetFixedLine(), m.GetTollFree(), m.GetPremiumRate(),
			m.GetSharedCost(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
		} {
			if national := desc.GetExampleNumber(); national != "" {
				n, err := phonenumbers.Parse(fmt.Sprintf("+%d%s", m.GetCountryCode(), national), "ZZ")
				if err == nil {
					yield(m.GetId(), national, n)
				}
			}
		}
	}
}

func TestParsePhoneExamples(t *testing.T) {
	t.Parallel()
	accepted, refused := 0, 0
	examples(func(region, national string, n *phonenumbers.PhoneNumber) {
		e164 := phonenumbers.Format(n, phonenumbers.E164)
		kind, served := kinds[phonenumbers.GetNumberType(n)]
		got, ok := Parse(e164, "")
		if !served {
			assert.False(t, ok, e164)
			assert.Zero(t, got)
			refused++
			return
		}
		accepted++
		if !assert.True(t, ok, e164) {
			return
		}
		assert.Equal(t, Number{e164, phonenumbers.GetRegionCodeForNumber(n), kind}, got)
		code := strconv.Itoa(int(n.GetCountryCode()))
		nsn := phonenumbers.GetNationalSignificantNumber(n)

		// Every spelling that is accepted gives the one key.
		for _, region := range []string{"", got.Region, "US", "DE", "IT", "BR"} {
			for _, spelling := range []string{
				e164, "+" + code + " (" + nsn[:2] + ") " + nsn[2:4] + "-" + nsn[4:], "(" + e164 + ")",
				phonenumbers.Format(n, phonenumbers.INTERNATIONAL),
			} {
				p, ok := Parse(spelling, region)
				assert.True(t, ok, spelling)
				assert.Equal(t, got, p, spelling)
				assert.Equal(t, !strings.ContainsAny(spelling, "/~"), Spells(spelling, p.E164), spelling)
			}
		}
		if p, ok := Parse(code+nsn, ""); assert.True(t, ok, e164) {
			assert.Equal(t, got, p)
		}
		if got.Region != "001" {
			p, ok := Parse(nsn, got.Region)
			assert.True(t, ok, "%s in %s", nsn, got.Region)
			assert.Equal(t, got, p, "%s in %s", nsn, got.Region)
			checkAgainstLibrary(t, phonenumbers.Format(n, phonenumbers.NATIONAL), got.Region)
		}
		// A trunk zero gives the same number, or none.
		if p, ok := Parse("+"+code+"0"+nsn, ""); ok {
			assert.Equal(t, got, p)
		}
	})
	assert.Greater(t, accepted, 300)
	assert.Greater(t, refused, 500)
}

// The library is asked to parse only what begins with a prefix; that must not show.
func checkAgainstLibrary(t *testing.T, input, region string) {
	t.Helper()
	var buf [maxInput]byte
	digits, plus, ok := scan(input, &buf)
	got, valid := Parse(input, region)
	if !ok {
		require.False(t, valid, "%q in %q", input, region)
		return
	}
	type try struct{ input, region string }
	tries := []try{{"+" + string(digits), "ZZ"}}
	if !plus && phonenumbers.GetSupportedRegions()[region] {
		tries = []try{{string(digits), region}, {"+" + string(digits), "ZZ"}}
	}
	want := Number{}
	for _, try := range tries {
		n, err := phonenumbers.ParseAndKeepRawInput(try.input, try.region)
		if err != nil || !phonenumbers.IsValidNumber(n) ||
			n.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD {
			continue
		}
		e164 := phonenumbers.Format(n, phonenumbers.E164)
		again, err := phonenumbers.Parse(e164, "ZZ")
		if err != nil || phonenumbers.Format(again, phonenumbers.E164) != e164 ||
			!canonicalForm.MatchString(e164) {
			continue
		}
		if kind, ok := kinds[phonenumbers.GetNumberType(n)]; ok {
			want = Number{e164, phonenumbers.GetRegionCodeForNumber(n), kind}
		}
		break
	}
	require.Equal(t, want, got, "%q in %q", input, region)
	require.Equal(t, want != Number{}, valid, "%q in %q", input, region)
}

var canonicalForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func TestParseNumberAsTheLibrary(t *testing.T) {
	t.Parallel()
	// Every example with a digit changed, cut or added, a little otherwise each.
	i := 0
	examples(func(region, national string, n *phonenumbers.PhoneNumber) {
		code := strconv.Itoa(int(n.GetCountryCode()))
		i = (i + 1) % 4
		for _, changed := range []string{
			national[:i] + "0" + national[i+1:], national[:i] + "9" + national[i+1:],
			national[i:], "0" + national, "1" + national, "8" + national[i:],
		} {
			checkAgainstLibrary(t, "+"+code+changed, "")
			checkAgainstLibrary(t, changed, region)
		}
	})
}

// Accepted: canonical and stable, as the library has it. Refused: nothing.
func FuzzPhone(f *testing.F) {
	regions := append(slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())), "", "XX")
	for _, seed := range []string{"84932466", "+33 (0)6 00 00 01 78", "0033600000178", "+1201KLONDIK", "011 15-2345-6789", "+78005553535", "+20106179784٠"} {
		f.Add(seed, uint8(slices.Index(regions, "AR")))
	}
	for i, region := range regions {
		if n := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE); n != nil {
			f.Add(phonenumbers.Format(n, phonenumbers.E164), uint8(i))
			f.Add(phonenumbers.Format(n, phonenumbers.NATIONAL), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, input string, i uint8) {
		region := regions[int(i)%len(regions)]
		p, ok := Parse(input, region)
		if !ok {
			require.Zero(t, p)
		} else {
			require.Regexp(t, canonicalForm, p.E164)
			for _, other := range []string{"", region, "US", "IT"} {
				again, ok := Parse(p.E164, other)
				require.True(t, ok)
				require.Equal(t, p, again)
			}
			require.True(t, Spells(p.E164, p.E164))
			require.NotContains(t, Mask(p.E164), p.E164[callingCodeLength(p.E164[1:])+1:])
		}
		checkAgainstLibrary(t, input, region)
	})
}

func TestSpells(t *testing.T) {
	t.Parallel()
	const e164 = "+201061797840"
	for input, want := range map[string]bool{
		"+201061797840": true, " (+20) 106.179-7840": true, "201061797840": false, "01061797840": false,
		"+20 0106 179 7840": false, "+201061797841": false, "+20106179784": false, "": false, "+": false,
		"++201061797840": false, "+201061797840;ext=1": false, "+20106179784٠": false,
		"+201061797840" + strings.Repeat(" ", 20): false,
	} {
		assert.Equal(t, want, Spells(input, e164), input)
	}
	assert.False(t, Spells("", ""))
	assert.False(t, Spells("+", ""))
}

func TestCallingCodes(t *testing.T) {
	t.Parallel()
	codes := phonenumbers.GetSupportedCallingCodes()
	assert.Greater(t, len(codes), 200)
	assert.Equal(t, phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY, NonGeographic)
	for code := range codes {
		digits := strconv.Itoa(code)
		assert.Equal(t, len(digits), callingCodeLength(digits+"123456789"), digits)
		assert.Equal(t, len(digits), callingCodeLength(digits), digits)
		for other := range codes {
			assert.False(t, other != code && strings.HasPrefix(strconv.Itoa(other), digits), "%d begins with %d", other, code)
		}
	}
	assert.Equal(t, 3, callingCodeLength("2101234567"))
}

func BenchmarkPhone(b *testing.B) {
	for _, bb := range []struct{ name, input, region string }{
		{"junk", "Robert'); DROP TABLE", "EG"},
		{"E164", "+201061797840", ""},
		{"E164 shared code", "+12015550123", ""},
		{"national", "84932466", "SG"},
		{"national with trunk", "01061797840", "EG"},
		{"MSISDN", "201061797840", "SG"},
	} {
		b.Run(bb.name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				forget()
				_, _ = Parse(bb.input, bb.region)
			}
		})
		b.Run(bb.name+"/ours, again", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(bb.input, bb.region)
			}
		})
		b.Run(bb.name+"/phonenumbers.Parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = phonenumbers.Parse(bb.input, bb.region)
			}
		})
		b.Run(bb.name+"/Parse+IsValid+Type+Region+Format", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := phonenumbers.Parse(bb.input, bb.region); err == nil && phonenumbers.IsValidNumber(n) {
					phonenumbers.GetNumberType(n)
					phonenumbers.GetRegionCodeForNumber(n)
					phonenumbers.Format(n, phonenumbers.E164)
				}
			}
		})
	}
	b.Run("spells", func(b *testing.B) {
		for b.Loop() {
			Spells("+20 106 179 7840", "+201061797840")
		}
	})
}
