package phoneauth

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	t.Parallel()
	golden := map[Purpose]string{
		PurposeSignIn:               "012345 is your Acme sign-in code. Never share it.",
		PurposePasswordRegistration: "012345 is your Acme code to sign up with a password. Never share it.",
		PurposePasswordReset:        "012345 is your Acme code to reset your password. Never share it.",
		PurposePhoneChange:          "012345 is your Acme code to change your phone number. Never share it.",
		"confirm_payment":           "012345 is your Acme code for: confirm payment. Never share it.",
		NoticePasswordChanged:       "Your Acme password was changed. If it was not you, reset it now.",
		NoticePhoneChanged:          "The phone number of your Acme account was changed. If it was not you, contact us now.",
	}
	for purpose := range english {
		if purpose != "" {
			assert.Contains(t, golden, purpose, "every text has a golden string")
		}
	}
	for purpose, want := range golden {
		m := Message{To: StoredPhone("+201061797840"), Purpose: purpose, Service: "Acme"}
		if isNotice(purpose) {
			assert.Equal(t, want, text(m))
			assert.NotRegexp(t, `\d`, text(m), "a notice holds no digits")
			continue
		}
		m.Code = "012345"
		assert.Equal(t, want, text(m))
		assert.True(t, strings.HasPrefix(text(m), "012345 "), "%s: the code comes first", purpose)
		assert.Equal(t, []string{"012345"}, regexp.MustCompile(`\d+`).FindAllString(text(m), -1),
			"%s: the code, once, and no other digits", purpose)
	}
}

func TestTextFitsOneSegment(t *testing.T) {
	t.Parallel()
	purposes := []Purpose{"", Purpose(strings.Repeat("w", 32)), Purpose(strings.Repeat("a_", 16))}
	for p := range english {
		purposes = append(purposes, p)
	}
	for _, service := range []string{"A", strings.Repeat("W", 30), strings.Repeat("€", 30)} {
		for _, p := range purposes {
			m := Message{Purpose: p, Service: service}
			if !isNotice(p) {
				m.Code = "0123456789"
			}
			assert.LessOrEqual(t, septets(t, text(m)), 160, text(m))
		}
	}
}

func TestTextTakesNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	m := Message{Purpose: PurposeSignIn, Code: "012345", Service: "{code} {purpose} {service} %s"}
	assert.Equal(t, "012345 is your {code} {purpose} {service} %s sign-in code. Never share it.", text(m))
}

func isNotice(p Purpose) bool { return p == NoticePasswordChanged || p == NoticePhoneChanged }

// septets counts a text in GSM 7-bit (3GPP TS 23.038, 6.2.1); characters of the
// extension table take two. Any other fails the test.
func septets(t *testing.T, s string) int {
	t.Helper()
	const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	const extension = "\f^{}\\[~]|€"
	n := 0
	for _, r := range s {
		switch {
		case strings.ContainsRune(basic, r):
			n++
		case strings.ContainsRune(extension, r):
			n += 2
		default:
			require.Failf(t, "not GSM-7", "%q in %q", r, s)
		}
	}
	return n
}
