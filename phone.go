package phoneauth

import (
	"log/slog"
	"strings"
)

// Phone is a phone number in canonical form: E.164. Only [ParsePhone] and
// [StoredPhone] make one. It prints masked; the zero Phone is no number.
type Phone struct{ e164 string }

// StoredPhone is the Phone that a store wrote as Phone.E164. It is not parsed or
// checked again: numbering plans change, and a stored number stays what it was.
func StoredPhone(e164 string) Phone { return Phone{e164} }

// E164 returns the number in clear, as "+201061797840".
func (p Phone) E164() string { return p.e164 }

// IsZero reports whether p is no number.
func (p Phone) IsZero() bool { return p.e164 == "" }

// String returns the number masked: "+20******7840".
func (p Phone) String() string { return mask(p.e164) }

// GoString returns what String does.
func (p Phone) GoString() string { return p.String() }

// LogValue returns what String does.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText returns what String does, so that no encoder writes the number by
// accident. Write E164 where the number is meant.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// mask keeps the calling code and at most the last four digits.
func mask(e164 string) string {
	if len(e164) < 2 {
		return ""
	}
	code := 1 + callingCodeLength(e164[1:])
	if len(e164) <= code {
		return "+" + strings.Repeat("*", len(e164)-1)
	}
	national := e164[code:]
	shown := min(4, len(national)/2)
	hidden := len(national) - shown
	return e164[:code] + strings.Repeat("*", hidden) + national[hidden:]
}

// callingCodeLength says how many of the first digits of an E.164 number are its
// country calling code (ITU-T E.164, list of assigned codes): 1 for zones 1 and 7,
// 2 for the codes below, else 3.
func callingCodeLength(digits string) int {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case len(digits) >= 2 && strings.Contains(" 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ", " "+digits[:2]+" "):
		return 2
	}
	return 3
}
