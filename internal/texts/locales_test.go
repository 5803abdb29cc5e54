package texts

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"

	"github.com/phoneauth/phoneauth/internal/segments"
)

// golden has the texts of the first languages, to a service named Acme; goldenFile has those of
// the others.
var golden = map[string]map[string]string{
	"en": {
		SignIn:               "012345 is your Acme sign-in code. Never share it.",
		PasswordRegistration: "012345 is your Acme code to sign up with a password. Never share it.",
		PasswordReset:        "012345 is your Acme code to reset your password. Never share it.",
		PhoneChange:          "012345 is your Acme code to change your phone number. Never share it.",
		AccountDeletion:      "012345 is your Acme code to delete your account. Never share it.",
		DataExport:           "012345 is your Acme code to download your data. Never share it.",
		AccountUnlock:        "012345 is your Acme code to unlock your account. Never share it.",
		"confirm_payment":    "012345 is your Acme code for: confirm payment. Never share it.",
		approval:             "012345 is your Acme code to approve: transfer to Bob. Never share it.",
		PasswordChanged:      "Your Acme password was changed. If it was not you, reset it now.",
		PhoneChanged:         "The phone number of your Acme account was changed. If it was not you, contact us now.",
		DataExported:         "The data of your Acme account was downloaded. If it was not you, contact us now.",
		notMe:                "Your Acme password was changed. Was it not you? https://example.com/not-me?t=abc",
	},
	"fr": {
		SignIn:               "012345 est votre code de connexion à Acme. Ne le communiquez à personne.",
		PasswordRegistration: "012345 est votre code d'inscription à Acme avec mot de passe. Ne le communiquez à personne.",
		PasswordReset:        "012345 est votre code pour réinitialiser votre mot de passe Acme. Ne le communiquez à personne.",
		PhoneChange:          "012345 est votre code pour changer de numéro sur Acme. Ne le communiquez à personne.",
		AccountDeletion:      "012345 est votre code pour supprimer votre compte Acme. Ne le communiquez à personne.",
		DataExport:           "012345 est votre code pour télécharger vos données Acme. Ne le communiquez à personne.",
		AccountUnlock:        "012345 est votre code pour déverrouiller votre compte Acme. Ne le communiquez à personne.",
		"confirm_payment":    "012345 est votre code Acme pour : confirm payment. Ne le communiquez à personne.",
		approval:             "012345 est votre code Acme pour valider : transfer to Bob. Ne le communiquez à personne.",
		PasswordChanged:      "Votre mot de passe Acme a été modifié. Si ce n'était pas vous, réinitialisez-le tout de suite.",
		PhoneChanged:         "Le numéro de téléphone de votre compte Acme a été modifié. Si ce n'était pas vous, contactez-nous tout de suite.",
		DataExported:         "Les données de votre compte Acme ont été téléchargées. Si ce n'était pas vous, contactez-nous tout de suite.",
		notMe:                "Votre mot de passe Acme a été modifié. Ce n'était pas vous ? https://example.com/not-me?t=abc",
	},
	"es": {
		SignIn:               "012345 es tu clave para acceder a Acme. No la compartas con nadie.",
		PasswordRegistration: "012345 es tu clave para registrarte en Acme con contraseña. No la compartas con nadie.",
		PasswordReset:        "012345 es tu clave para restablecer tu contraseña de Acme. No la compartas con nadie.",
		PhoneChange:          "012345 es tu clave para cambiar tu teléfono en Acme. No la compartas con nadie.",
		AccountDeletion:      "012345 es tu clave para eliminar tu cuenta de Acme. No la compartas con nadie.",
		DataExport:           "012345 es tu clave para descargar tus datos de Acme. No la compartas con nadie.",
		AccountUnlock:        "012345 es tu clave para desbloquear tu cuenta de Acme. No la compartas con nadie.",
		"confirm_payment":    "012345 es tu clave de Acme para: confirm payment. No la compartas con nadie.",
		approval:             "012345 es tu clave de Acme para aprobar: transfer to Bob. No la compartas con nadie.",
		PasswordChanged:      "Tu contraseña de Acme ha cambiado. Si no reconoces este cambio, restablécela ahora.",
		PhoneChanged:         "El teléfono de tu cuenta de Acme ha cambiado. Si no reconoces este cambio, contacta con nosotros.",
		DataExported:         "Se han descargado los datos de tu cuenta de Acme. Si no reconoces esta descarga, contacta con nosotros.",
		notMe:                "Tu contraseña de Acme ha cambiado. ¿No fue cosa tuya? https://example.com/not-me?t=abc",
	},
	"ar": {
		SignIn:               "012345 رمز الدخول إلى Acme. لا تشاركه مع أحد.",
		PasswordRegistration: "012345 رمز التسجيل في Acme بكلمة مرور. لا تشاركه مع أحد.",
		PasswordReset:        "012345 رمز استعادة كلمة مرور Acme. لا تشاركه مع أحد.",
		PhoneChange:          "012345 رمز تغيير رقم هاتفك في Acme. لا تشاركه مع أحد.",
		AccountDeletion:      "012345 رمز حذف حسابك في Acme. لا تشاركه مع أحد.",
		DataExport:           "012345 رمز تنزيل بياناتك من Acme. لا تشاركه مع أحد.",
		AccountUnlock:        "012345 رمز فتح حسابك المقفل في Acme. لا تشاركه مع أحد.",
		"confirm_payment":    "012345 رمز Acme لغرض: confirm payment. لا تشاركه مع أحد.",
		approval:             "012345 رمز Acme للموافقة على: transfer to Bob. لا تشاركه مع أحد.",
		PasswordChanged:      "تم تغيير كلمة مرورك في Acme. إن لم تكن أنت، فأعد تعيينها الآن.",
		PhoneChanged:         "تم تغيير رقم هاتف حسابك في Acme. إن لم تكن أنت، فتواصل معنا الآن.",
		DataExported:         "تم تنزيل بيانات حسابك في Acme. إن لم تكن أنت، فتواصل معنا الآن.",
		notMe:                "تم تغيير كلمة مرورك في Acme. لم تكن أنت؟ https://example.com/not-me?t=abc",
	},
	"hi": {
		SignIn:               "012345 आपका Acme साइन-इन कोड है। इसे किसी को न बताएँ।",
		PasswordRegistration: "012345 Acme पर पासवर्ड से साइन-अप का कोड है। इसे किसी को न बताएँ।",
		PasswordReset:        "012345 आपका Acme पासवर्ड रीसेट कोड है। इसे किसी को न बताएँ।",
		PhoneChange:          "012345 Acme पर फ़ोन नंबर बदलने का कोड है। इसे किसी को न बताएँ।",
		AccountDeletion:      "012345 आपका Acme खाता हटाने का कोड है। इसे किसी को न बताएँ।",
		DataExport:           "012345 Acme का डेटा डाउनलोड करने का कोड है। इसे किसी को न बताएँ।",
		AccountUnlock:        "012345 आपका Acme खाता अनलॉक करने का कोड है। इसे किसी को न बताएँ।",
		"confirm_payment":    "012345 confirm payment के लिए आपका Acme कोड है। इसे किसी को न बताएँ।",
		approval:             "012345 transfer to Bob की मंज़ूरी के लिए आपका Acme कोड है।", // no room for the tail
		PasswordChanged:      "आपका Acme पासवर्ड बदल गया है। आपने नहीं बदला? अभी रीसेट करें।",
		PhoneChanged:         "आपके Acme खाते का फ़ोन नंबर बदल गया है।", // the tail has no room
		DataExported:         "आपके Acme खाते का डेटा डाउनलोड हुआ। आपने नहीं किया? हमसे संपर्क करें।",
		notMe:                "आपका Acme पासवर्ड बदल गया है। आपने नहीं बदला? https://example.com/not-me?t=abc",
	},
}

// message is what a text is made of.
func message(in *wording, p string, service string) Message {
	m := Message{Purpose: p, Service: service, Locale: in.locale}
	if p == approval {
		m.Purpose, m.Details = "confirm_payment", "transfer to Bob"
	}
	switch {
	case p == notMe:
		m.Purpose, m.Link = PasswordChanged, Rules{NotMeURL: "https://example.com/not-me"}.LinkOf("abc")
	case !notice(p):
		m.Code = "012345"
	}
	return m
}

const goldenFile = "testdata/golden.txt"

var update = flag.Bool("update", false, "write "+goldenFile)

// TestTextGoldenFile: what people get in the languages that golden does not have.
func TestTextGoldenFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, in := range wordings {
		if _, ok := golden[in.locale]; ok {
			continue
		}
		for _, p := range append(slices.Clone(purposes), "confirm_payment", approval, notMe) {
			text := Rules{}.Text(message(in, p, "Acme"))
			_, gsm7 := segments.Count(text)
			fmt.Fprintf(&b, "%s %s, %s:\n%s\n", in.locale, p, map[bool]string{true: "GSM-7", false: "UCS-2"}[gsm7], text)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(goldenFile, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "read what has changed, then: go test ./internal/texts -update")
}

func TestTextGolden(t *testing.T) {
	t.Parallel()
	for _, in := range wordings {
		require.Len(t, in.words, len(purposes)+3, in.locale)
		for _, p := range append(slices.Clone(purposes), "confirm_payment", approval, notMe) {
			require.True(t, p == "confirm_payment" || in.words[p].text != "", "%s has no words for %s", in.locale, p)
			m := message(in, p, "Acme")
			got := Rules{}.Text(m)
			if want, ok := golden[in.locale]; ok {
				assert.Equal(t, want[p], got, "%s %s", in.locale, p)
			}
			digits := regexp.MustCompile(`\p{Nd}+`).FindAllString(got, -1)
			if m.Code == "" {
				assert.Empty(t, digits, "a notice holds no digits")
				continue
			}
			assert.True(t, strings.HasPrefix(got, "012345 "), "the code comes first: %s", got)
			assert.Equal(t, []string{"012345"}, digits, "the code, once, and no other digits")
		}
	}
}

// inGSM7 are the languages of which every text is in GSM-7.
var inGSM7 = strings.Fields("en fr es de nl sv it pt ro id ms fil sw")

// TestTextWords: what must hold of any language's words.
func TestTextWords(t *testing.T) {
	t.Parallel()
	for _, in := range wordings {
		said := map[string]string{}
		for p, w := range in.words {
			about := fmt.Sprint(in.locale, " ", p)
			m := message(in, p, "Acme")
			placeholders := regexp.MustCompile(`\{[^}]*\}`).FindAllString(w.text, -1)
			want := []string{"{service}"}
			if m.Code != "" {
				want = append(want, "{code}")
			}
			switch p {
			case "":
				want = append(want, "{purpose}")
			case approval:
				want = append(want, "{details}")
			case notMe:
				want = []string{"{link}"}
				assert.True(t, strings.HasSuffix(w.text, " {link}"), "%s: nothing after the link, which phones would take for a part of it", about)
			}
			assert.ElementsMatch(t, want, placeholders, about)
			assert.NotContains(t, w.tail, "{", about)
			assert.Equal(t, p == notMe, w.tail == "", about)
			for _, s := range []string{w.text, w.tail} {
				assert.Equal(t, norm.NFC.String(strings.TrimSpace(s)), composed(s), about)
				assert.NotContains(t, s, "  ", about)
				assert.False(t, strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }), "%s: no marks that old phones show as boxes", about)
			}
			assert.NotContains(t, said, w.text, "%s: each names its own purpose", about)
			said[w.text] = p
			if _, gsm7 := segments.Count(w.text + w.tail); slices.Contains(inGSM7, in.locale) {
				assert.True(t, gsm7, about)
			}
		}
	}
}

// TestTextNamesTheAmount: whatever is approved, the text says it, in every language and as the host
// has written it.
func TestTextNamesTheAmount(t *testing.T) {
	t.Parallel()
	for _, details := range []string{"100.00 EUR to ACME", "1,000.50 USD {service} {code}", "٥٠٠ جنيه"} {
		for _, in := range wordings {
			m := Message{Purpose: "confirm_payment", Code: "012345", Service: "Bank", Locale: in.locale, Details: details}
			got := Rules{MaxSegments: 2}.Text(m)
			assert.True(t, strings.HasPrefix(got, "012345 "), got)
			assert.Contains(t, got, details)
			assert.Contains(t, got, "Bank")
			n, _ := segments.Count(got)
			assert.LessOrEqual(t, n, 2)
		}
	}
	m := Message{Purpose: "confirm_payment", Code: "012345", Service: "Bank", Locale: "hi", Details: "100.00 EUR to ACME Trading Company"}
	assert.Equal(t, "012345 is your Bank code to approve: 100.00 EUR to ACME Trading Company. Never share it.", Rules{}.Text(m),
		"in English, where it does not fit otherwise")
	assert.True(t, Rules{}.Fits(m))
	m.Details = strings.Repeat("界", 60)
	assert.False(t, Rules{}.Fits(m))
	assert.True(t, Rules{MaxSegments: 2}.Fits(m), "with the consent of the host")
}

// A purpose of the host that is named like our keys of words is one like any other.
func TestPurposeNamedDetails(t *testing.T) {
	t.Parallel()
	m := Message{Purpose: "details", Code: "012345", Service: "Acme"}
	assert.Equal(t, "012345 is your Acme code for: details. Never share it.", Rules{}.Text(m))
	m.Purpose = "not_me"
	assert.Equal(t, "012345 is your Acme code for: not me. Never share it.", Rules{}.Text(m))
}

// TestTextLinks: a notice with the longest link takes at most three segments in every language.
func TestTextLinks(t *testing.T) {
	t.Parallel()
	rules := Rules{NotMeURL: "https://example.com/" + strings.Repeat("a", maxPage-len("https://example.com/"))}
	link := rules.LinkOf(strings.Repeat("w", linkTokenLength))
	for _, in := range wordings {
		for _, p := range []string{PasswordChanged, PhoneChanged} {
			m := message(in, p, strings.Repeat("W", 15))
			m.Link = link
			got := rules.Text(m)
			assert.True(t, strings.HasSuffix(got, " "+link), got)
			assert.True(t, rules.Fits(m), "%s %s: %s", in.locale, p, got)
		}
	}
	m := message(&english, SignIn, "Acme")
	m.Link = link
	assert.NotContains(t, rules.Text(m), link, "a text with a code has no link")
	rules.Validate("Acme", 6, func(field, format string, args ...any) { t.Errorf(field+": "+format, args...) })
}

func TestTextNotMeURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://example.com/account/not-me", "https://example.com", "https://example.com:8443/a_b.c", "http://localhost:8080/x", "http://127.0.0.1/"} {
		assert.True(t, validPage(good), good)
	}
	for _, bad := range []string{
		"http://example.com/", "example.com", "https://", "https:///x", "https://example.com/?a=b", "https://example.com/#a", "https://example.com/a b",
		"https://a@example.com/", "https://example.com:x/", "https://exämple.com/", "https://example.com/\n", "javascript:alert(1)",
		"https://example.com/" + strings.Repeat("a", maxPage),
	} {
		assert.False(t, validPage(bad), bad)
	}
}

// composed writes out the one character of ours that NFC takes apart.
func composed(s string) string { return strings.ReplaceAll(s, "\u095e", "\u092b\u093c") }

// TestTextDirection: the first character with a direction decides that of a paragraph
// (UAX #9, P2); it must be one of the language, and not of the name.
func TestTextDirection(t *testing.T) {
	t.Parallel()
	for in, want := range map[*wording]bidi.Class{&arabic: bidi.AL, &persian: bidi.AL, &urdu: bidi.AL, &hebrew: bidi.R} {
		for _, p := range append([]string{"confirm_payment"}, purposes...) {
			for _, service := range []string{"Acme", "أكمي"} {
				text := Rules{Host: "example.com", MaxSegments: 2}.Text(message(in, p, service))
				first, last, _ := strings.Cut(text, "\n")
				assert.Equal(t, want, strong(first), text)
				if last != "" {
					assert.Equal(t, bidi.L, strong(last), "the line for browsers is a paragraph of its own: %s", text)
				}
			}
		}
	}
}

func strong(s string) bidi.Class {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		if c := p.Class(); c == bidi.L || c == bidi.R || c == bidi.AL {
			return c
		}
	}
	return bidi.ON
}

func TestTextLocales(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"": "en", "en": "en", "en-GB": "en", "da": "en", "nb": "en", "zh-Latn": "en", "hi-Latn": "en", "ar-Latn": "en", "ta": "en", "est": "en", "e": "en",
		"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-Hans-HK": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant", "zh-Hant-US": "zh-Hant",
		"pt": "pt", "pt-PT": "pt", "pt-BR": "pt", "tl": "fil", "fil-PH": "fil", "iw": "he", "in": "id", "fa-AF": "fa", "de-CH": "de", "uk": "uk", "be": "ru", "mr": "hi",
		"fr": "fr", "fr-CA": "fr", "FR": "fr", "fr_FR": "fr", "fr-CA-x-a": "fr", "br": "fr", "fr-": "fr",
		"es": "es", "es-419": "es", "es-MX": "es", "gl": "es", "ar": "ar", "ar-EG": "ar", "hi": "hi", "hi-IN": "hi", "hi-Deva-IN": "hi",
		"no such locale": "en", "*": "en", "und": "en", "x-private": "en", "\xff": "en",
		"fr-" + strings.Repeat("a", 33): "en", strings.Repeat("fr-", 1<<16): "en",
	} {
		assert.Equal(t, want, nearest(locale).locale, "%.40q", locale)
	}
	for _, in := range wordings { // the way past the matcher goes where the matcher does
		for _, region := range []string{"US", "FR", "EG", "IN", "MX", "419", "001"} {
			locale := in.locale + "-" + region
			assert.Equal(t, matcher().Nearest(locale), nearest(locale).locale, locale)
		}
	}
	some := Rules{Locales: []string{"ar", "fr"}}
	for locale, want := range map[string]string{"ar-EG": "ar", "br": "fr", "hi": "en", "en": "en", "": "en", "de": "en", "da": "en"} {
		assert.Equal(t, want, some.wordingFor(locale).locale, locale)
	}
}

// longestName is how many characters like c a name may have, for all texts of in to be
// one segment.
func longestName(r Rules, in *wording, c string) (n int) {
	for {
		for _, p := range append(slices.Clone(purposes), longestPurpose) {
			if m := message(in, p, strings.Repeat(c, n+1)); !r.small(r.Text(m), 1, m.Code) {
				return n
			}
		}
		n++
	}
}

// TestTextLongestNames: docs/languages.md says it of each language, and the documentation of
// phoneauth.TextRules of all. 15 is the least.
func TestTextLongestNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/languages.md")
	require.NoError(t, err)
	source, err := os.ReadFile("../../sender.go")
	require.NoError(t, err)
	const host, hash = "example.com", "FA+9qCX9VSu"
	cases := []struct {
		name, c string
		rules   Rules
	}{
		{"in GSM-7", "W", Rules{}},
		{"in another script", "ش", Rules{}},
		{"in GSM-7, Host of 11", "W", Rules{Host: host}},
		{"in GSM-7, AndroidHash", "W", Rules{AndroidHash: hash}},
		{"in GSM-7, both", "W", Rules{Host: host, AndroidHash: hash}},
	}
	least := make([]int, len(cases))
	for _, in := range wordings {
		var row strings.Builder
		row.WriteString(fmt.Sprintf("| `%s` | %s |", in.locale, encodings(in)))
		for i, of := range cases {
			n := longestName(of.rules, in, of.c)
			if i == 0 {
				assert.GreaterOrEqual(t, n, 15, in.locale)
			}
			if in == wordings[0] || n < least[i] {
				least[i] = n
			}
			row.WriteString(fmt.Sprintf(" %s |", said(n)))
		}
		assert.True(t, strings.Contains(string(page), row.String()), "docs/languages.md lacks %q", row.String())
	}
	for i, of := range cases {
		line := fmt.Sprintf("//\t%-24s%s\n", of.name, said(least[i]))
		assert.True(t, strings.Contains(string(source), line), "sender.go lacks %q", line)
	}
}

// encodings returns the encodings of the texts of in, to a service with a name in GSM-7.
func encodings(in *wording) string {
	var gsm7, ucs2 bool
	for _, p := range purposes {
		_, ok := segments.Count(Rules{}.Text(message(in, p, "Acme")))
		gsm7, ucs2 = gsm7 || ok, ucs2 || !ok
	}
	switch {
	case gsm7 && ucs2:
		return "both"
	case gsm7:
		return "GSM-7"
	}
	return "UCS-2"
}

func said(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

func BenchmarkText(b *testing.B) {
	for _, locale := range []string{"", "fr-CA", "ar", "hi", "pt-BR"} {
		b.Run(locale, func(b *testing.B) {
			m := message(&english, SignIn, "Acme")
			m.Locale = locale
			for b.Loop() {
				Rules{Host: "example.com"}.Text(m)
			}
		})
	}
}
