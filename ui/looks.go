package ui

import (
	"cmp"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// looksLike reports whether to ask, before a text goes out, if a number is of another country than
// the one that was chosen, and of which: "This looks like an Indian number, +91?". It asks when typed
// has no plus and
//
//   - it is no number of chosen, and it is one of another country with its calling code, or one
//     of a country that a sign points to;
//   - or it is a number of chosen, and of the country that the strongest of the host's sign and the
//     time zone points to, and these have different calling codes. It does not ask somebody who
//     has chosen the same country by hand before.
//
// signs are those of Page.signsOf.
func looksLike(typed, chosen string, byHand bool, signs []string) (region string, ask bool) {
	n := readNumber(typed, chosen)
	if strings.HasPrefix(n, "+") {
		return "", false
	}
	if !isOf(n, chosen) {
		if p, err := phoneauth.ParsePhone(n, chosen); err == nil {
			return p.Region(), true
		}
		for _, sign := range signs {
			if isOf(n, sign) {
				return sign, true
			}
		}
		return "", false
	}
	there := cmp.Or(signs[fromHost], signs[fromZone])
	if there == "" || callingCode(there) == callingCode(chosen) || byHand && signs[fromLast] == chosen || !isOf(n, there) {
		return "", false
	}
	return there, true
}

// isOf reports whether n, without a plus, is a number that has the calling code of region.
func isOf(n, region string) bool {
	p, err := phoneauth.ParsePhone(n, region)
	return region != "" && err == nil && strings.HasPrefix(p.E164(), "+"+callingCode(region))
}
