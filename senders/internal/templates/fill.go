package templates

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
)

// The placeholders of variables.
const (
	code    = "{code}"
	details = "{details}"
	minutes = "{minutes}"
	service = "{service}"
)

var braces = regexp.MustCompile(`[{}][^{}]*[{}]?`)

// Check returns what is wrong with variables that have a placeholder there is not, or "".
func Check(variables []string) (fault string) {
	for _, v := range variables {
		for _, found := range braces.FindAllString(v, -1) {
			switch found {
			case code, details, minutes, service:
			default:
				return `Templates: a variable may have "{code}", "{service}", "{minutes}" and "{details}", and no other brace`
			}
		}
	}
	return ""
}

// Fits reports whether a template with these variables serves m: it has the code if m has one, and
// only then, the details likewise, and minutes only if m expires.
func Fits(m phoneauth.Message, variables []string) bool {
	all := strings.Join(variables, " ")
	return strings.Contains(all, code) == (m.Code != "") &&
		strings.Contains(all, details) == (m.Details != "") &&
		(!strings.Contains(all, minutes) || !m.ExpiresAt.IsZero())
}

// Fill returns variable with what m has for its placeholders. "{minutes}" are those that are left at
// now, rounded up, at least 1.
func Fill(variable string, m phoneauth.Message, now time.Time) string {
	left := max(1, int(math.Ceil(m.ExpiresAt.Sub(now).Minutes())))
	return strings.NewReplacer(
		code, string(m.Code), details, m.Details, minutes, strconv.Itoa(left), service, m.Service,
	).Replace(variable)
}
