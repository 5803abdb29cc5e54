package phoneauth

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/numbers"
)

func TestPhonePrintsMasked(t *testing.T) {
	t.Parallel()
	for e164, want := range map[string]string{
		"+201061797840": "+20******7840", "+12015550123": "+1******0123", "+6834002": "+683**02",
		"+2101234567": "+210****567", "+20": "+**", "+2": "+*", "+": "", "": "", "+1": "+*",
	} {
		p := StoredPhone(e164)
		assert.Equal(t, want, p.String())
		marshalled, err := json.Marshal(struct{ P Phone }{p})
		require.NoError(t, err)
		assert.Equal(t, `{"P":"`+want+`"}`, string(marshalled))
		assert.Equal(t, want, p.LogValue().String())
		assert.Equal(t, slog.KindString, p.LogValue().Kind())
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			assert.Equal(t, want, fmt.Sprintf(verb, p))
		}
	}
}

func TestParsePhoneErrors(t *testing.T) {
	t.Parallel()
	p, err := ParsePhone("0106 179 7840", "EG")
	require.NoError(t, err)
	assert.Equal(t, StoredPhone("+201061797840"), p)
	for _, input := range []string{"", "01061797840", "+441212345678"} {
		p, err := ParsePhone(input, "")
		require.ErrorIs(t, err, ErrInvalidPhone, input)
		assert.True(t, p.IsZero())
	}
}

// internal/numbers calls the types of numbers what NumberType calls them.
func TestNumberTypes(t *testing.T) {
	t.Parallel()
	for kind, name := range map[NumberType]string{
		Mobile: numbers.Mobile, FixedLineOrMobile: numbers.FixedLineOrMobile, VoIP: numbers.VoIP, Personal: numbers.Personal,
	} {
		assert.Equal(t, string(kind), name)
	}
}

func TestNumberPolicy(t *testing.T) {
	t.Parallel()
	p, faults := newNumberPolicy(NumberRules{})
	require.Empty(t, faults)
	for _, e164 := range []string{"+201061797840", "+12015550123", "+447012345678", "+445612345678", "+870301234567"} {
		n, err := p.parse(e164)
		require.NoError(t, err, e164)
		assert.Equal(t, e164, n.phone.E164())
	}
	_, err := p.parse("84932466")
	require.ErrorIs(t, err, ErrInvalidPhone)

	p, faults = newNumberPolicy(NumberRules{
		DefaultRegion: "SG",
		Regions:       []string{"SG", "US", "001"},
		Types:         []NumberType{Mobile, FixedLineOrMobile},
		Test:          []TestNumber{{Phone: "+6584932466"}},
	})
	require.Empty(t, faults)
	for input, want := range map[string]number{
		"84932466":      {Phone{"+6584932466"}, "SG", Mobile},
		"+12015550123":  {Phone{"+12015550123"}, "US", FixedLineOrMobile},
		"+870301234567": {Phone{"+870301234567"}, "001", Mobile},
		"+15062345678":  {}, // Canada
		"+6531234567":   {}, // VoIP
		"+33600000178":  {},
		"x":             {},
	} {
		n, err := p.parse(input)
		assert.Equal(t, want, n)
		assert.Equal(t, want == number{}, err != nil, input)
		assert.True(t, err == nil || err == ErrInvalidPhone, "%v", err)
	}
}

func TestNumberPolicyFaults(t *testing.T) {
	t.Parallel()
	_, faults := newNumberPolicy(NumberRules{
		DefaultRegion: "XX",
		Regions:       []string{"SG", "sg", "ZZ"},
		Types:         []NumberType{Mobile, "fixed_line", ""},
		Test:          []TestNumber{{Phone: "84932466"}, {Phone: "+6584932466"}, {Phone: "+6584932466"}, {Phone: "+33600000178"}, {}},
	})
	var got []string
	for _, fault := range faults {
		got = append(got, fault.Error())
	}
	assert.Equal(t, []string{
		`Numbers.DefaultRegion: unknown region "XX"`,
		`Numbers.Regions[1]: unknown region "sg"`,
		`Numbers.Regions[2]: unknown region "ZZ"`,
		`Numbers.Types[1]: type "fixed_line" cannot be served`,
		`Numbers.Types[2]: type "" cannot be served`,
		`Numbers.Test[0].Phone: not the E.164 form of a number that these rules serve`,
		`Numbers.Test[2].Phone: listed twice`,
		`Numbers.Test[3].Phone: not the E.164 form of a number that these rules serve`,
		`Numbers.Test[4].Phone: not the E.164 form of a number that these rules serve`,
	}, got)
}

func TestPhoneRegion(t *testing.T) {
	t.Parallel()
	for e164, want := range map[string]string{
		"+201061797840":    "EG",
		"+12015550123":     "US",
		"+15062345678":     "CA",
		"+447400123456":    "GB",
		"+883510012345678": "001",
		"+447700900001":    "", // of nobody, for films
		"+999123456789":    "",
		"+":                "",
		"201061797840":     "",
		"":                 "",
	} {
		assert.Equal(t, want, StoredPhone(e164).Region(), e164)
	}
}
