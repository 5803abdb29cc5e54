package numbers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Mask hides a number but for its calling code and at most the last four digits.
func Mask(e164 string) string {
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

// maxInput bytes are enough for any number with its separators.
const maxInput = 32

// scan drops the separators of input. It is the strict rule in front of
// libphonenumber, which would map or cut away whatever else somebody puts there: at
// most one '+', before all digits, ASCII digits and separators, at most 32 bytes.
func scan(input string, buf *[maxInput]byte) (digits []byte, plus, ok bool) {
	if len(input) > maxInput {
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

// Spells reports whether input is e164, with its '+' and any separators. It knows no
// numbering plan: on false, input may still be another spelling of the same number, which
// only parsing can tell.
func Spells(input, e164 string) bool {
	var buf [maxInput]byte
	digits, plus, ok := scan(input, &buf)
	return ok && plus && e164 != "" && string(digits) == e164[1:]
}
