package phoneauth

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/nyaruka/phonenumbers"
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
func (p Phone) Region() string {
	n, _ := readNumber(p.e164, noRegion)
	return n.region
}

// IsZero reports whether p is no number.
func (p Phone) IsZero() bool { return p.e164 == "" }

// String returns the number masked: "+20******7840".
func (p Phone) String() string { return mask(p.e164) }

// GoString returns what String does.
func (p Phone) GoString() string { return p.String() }

// LogValue returns what String does.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Format writes what String returns, whatever the verb.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

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

// callingCodeLength says how many of the first digits are the country calling code.
// Codes are prefix-free (ITU-T E.164): the first that is one is the one. Where nothing
// is a code, as in a stored number of a withdrawn one, it is 3, as most are.
func callingCodeLength(digits string) int {
	codes := phonenumbers.GetSupportedCallingCodes()
	code := 0
	for i := range min(3, len(digits)) {
		code = 10*code + int(digits[i]-'0')
		if codes[code] {
			return i + 1
		}
	}
	return 3
}

// maxPhoneInput bytes are enough for any number with its separators.
const maxPhoneInput = 32

// scanPhone drops the separators of input. It is the strict rule in front of
// libphonenumber, which would map or cut away whatever else somebody puts there: at
// most one '+', before all digits, ASCII digits and separators, at most 32 bytes.
func scanPhone(input string, buf *[maxPhoneInput]byte) (digits []byte, plus, ok bool) {
	if len(input) > maxPhoneInput {
		return nil, false, false
	}
	n := 0
	for i := range len(input) {
		switch c := input[i]; {
		case '0' <= c && c <= '9':
			buf[n] = c
			n++
		case c == ' ', c == '-', c == '.', c == '(', c == ')':
		case c == '+' && !plus && n == 0:
			plus = true
		default:
			return nil, false, false
		}
	}
	return buf[:n], plus, n > 0
}

// spells reports whether input is p's E.164 form, with its '+' and any separators. It
// knows no numbering plan: on false, input may still be another spelling of p, which
// only parsing can tell.
func spells(input string, p Phone) bool {
	var buf [maxPhoneInput]byte
	digits, plus, ok := scanPhone(input, &buf)
	return ok && plus && !p.IsZero() && string(digits) == p.e164[1:]
}
