package texts

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// originBound parses a message by the steps of wicg.github.io/sms-one-time-codes,
// "parse an origin-bound one-time code message".
func originBound(message string) (host, code, embedded string, ok bool) {
	message = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(message)
	line := message[strings.LastIndexByte(message, '\n')+1:]
	token := func(marker byte) (string, bool) {
		if line == "" || line[0] != marker {
			return "", false
		}
		line = line[1:]
		end := strings.IndexAny(line, "\t\n\f\r ")
		if end < 0 {
			end = len(line)
		}
		s := line[:end]
		line = line[end:]
		return s, s != ""
	}
	if host, ok = token('@'); !ok || !strings.HasPrefix(line, " ") {
		return "", "", "", false
	}
	line = line[1:]
	if code, ok = token('#'); !ok {
		return "", "", "", false
	}
	if strings.HasPrefix(line, " ") {
		line = line[1:]
		embedded, _ = token('@')
	}
	return host, code, embedded, true
}

func TestOriginBoundParser(t *testing.T) {
	t.Parallel()
	for message, want := range map[string][3]string{ // the examples of the document
		"747723 is your ExampleCo authentication code.\n\n@example.com #747723":                    {"example.com", "747723", ""},
		"747723 is your ExampleCo authentication code.\n\n@example.com #747723 @ecommerce.example": {"example.com", "747723", "ecommerce.example"},
		"@example.com #747723 @ecommerce.example $future":                                          {"example.com", "747723", "ecommerce.example"},
	} {
		host, code, embedded, ok := originBound(message)
		assert.True(t, ok, message)
		assert.Equal(t, want, [3]string{host, code, embedded}, message)
	}
	for _, message := range []string{
		"something @example.com #747723", "#747723 @ecommerce.example @example.com", "@example.com code #747723",
		"@example.com  #747723", "@example.com", "@example.com ", "@ #747723", "@example.com #", "@example.com #747723\n", "",
	} {
		_, _, _, ok := originBound(message)
		assert.False(t, ok, message)
	}
}

func TestTextAutofill(t *testing.T) {
	t.Parallel()
	const host, hash = "example.com", "FA+9qCX9VSu"
	for _, in := range wordings {
		for _, p := range append([]string{"confirm_payment"}, purposes...) {
			m := message(in, p, "Acme")
			plain := Rules{}.Text(m)
			withHost := Rules{Host: host}.Text(m)
			withHash := Rules{AndroidHash: hash}.Text(m)
			both := Rules{Host: host, AndroidHash: hash}.Text(m)
			if m.Code == "" {
				assert.Equal(t, []string{plain, plain, plain}, []string{withHost, withHash, both}, "notices have no code to fill in")
				continue
			}
			for _, s := range []string{withHost, both} {
				got, code, embedded, ok := originBound(s)
				require.True(t, ok, s)
				assert.Equal(t, []string{host, "012345", ""}, []string{got, code, embedded}, s)
			}
			for _, s := range []string{withHash, both} {
				assert.True(t, strings.HasSuffix(s, hash), "%s: SMS Retriever: it ends with the hash", s)
				assert.Contains(t, "\n ", s[len(s)-len(hash)-1:len(s)-len(hash)], "the hash is a word of its own")
			}
			assert.LessOrEqual(t, len(withHash), 140, "SMS Retriever: %s", withHash)
		}
	}
}

func TestTextAutofillGolden(t *testing.T) {
	t.Parallel()
	m := message(&english, SignIn, "Acme")
	const text = "012345 is your Acme sign-in code. Never share it."
	assert.Equal(t, text+"\n@example.com #012345", Rules{Host: "example.com"}.Text(m))
	assert.Equal(t, text+"\nFA+9qCX9VSu", Rules{AndroidHash: "FA+9qCX9VSu"}.Text(m))
	assert.Equal(t, text+"\n@example.com #012345 FA+9qCX9VSu", Rules{Host: "example.com", AndroidHash: "FA+9qCX9VSu"}.Text(m))
}

func TestTextValidHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"example.com", "a.b-c.example", "localhost", "xn--mgbh0fb.example", "127.0.0.1", strings.Repeat("a", 63) + ".example"} {
		assert.True(t, validHost(host), host)
	}
	for _, host := range []string{
		"https://example.com", "example.com/", "example.com:443", "example.com.", ".example.com", "a..b", "-a.example", "a-.example",
		"Example.com", "example.com #1", "@example.com", "exämple.com", "a_b.example", "[::1]", "a\nb", " ", strings.Repeat("a", 64) + ".example",
		strings.Repeat("a.", 127) + "com",
	} {
		assert.False(t, validHost(host), host)
	}
}

// TestAndroidHash: no certificate was found published beside its hash. This one was made
// for the test, and its hash by the commands of
// developers.google.com/identity/sms-retriever/verify:
//
//	(printf 'com.example.myapp '; xxd -p cert.der | tr -d '[:space:]') |
//	  sha256sum | tr -d '[:space:]-' | xxd -r -p | base64 | cut -c1-11
func TestAndroidHash(t *testing.T) {
	t.Parallel()
	der, err := base64.StdEncoding.DecodeString("" +
		"MIIBRjCB+aADAgECAhQ57tSsHCTNa0Xsu2TUiAh0HBX50TAFBgMrZXAwGTEXMBUGA1UEAwwOcGhvbmVhdXRoIHRlc3" +
		"QwHhcNMjYxMTIyMDMwODEzWhcNMjYxMTIzMDMwODEzWjAZMRcwFQYDVQQDDA5waG9uZWF1dGggdGVzdDAqMAUGAytl" +
		"cAMhAK1QxqdVGs2dAb1ohLSw7zQokIW16KwBTii0ebK9Zfk6o1MwUTAdBgNVHQ4EFgQULDG7HOA+ih549qeGlZ/5+L" +
		"45s+UwHwYDVR0jBBgwFoAULDG7HOA+ih549qeGlZ/5+L45s+UwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQDRasXk" +
		"0yEgWrdMouiSqVRFAzaReQMGrzgCqspF7hISvlE4Ezp7iiIkTJ7KtdmhDsW30oDMMqsQAThS+e1r1fgE")
	require.NoError(t, err)
	assert.Equal(t, "fBHCSwLwhnl", AndroidHash("com.example.myapp", der))
	assert.NotEqual(t, "fBHCSwLwhnl", AndroidHash("com.example.myapp.debug", der))
	assert.True(t, validAndroidHash(AndroidHash("", nil)))
	for _, bad := range []string{"", "FA+9qCX9VS", "FA+9qCX9VSuu", "FA-9qCX9VSu", "FA+9qCX9VS=", "FA+9qCX9VS\n", "FA+9qCX9VSé"} {
		assert.False(t, validAndroidHash(bad), bad)
	}
}
