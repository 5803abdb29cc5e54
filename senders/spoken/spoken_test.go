package spoken_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/spoken"
)

func ExampleNew() {
	speaker, err := spoken.New(nil, "en-US", "fr-FR") // of the provider
	if err != nil {
		panic(err)
	}
	call := speaker.Call(phoneauth.Message{Code: "012345", Service: "Acme", Locale: "fr-CA"})
	fmt.Println(call.Voice)
	for _, part := range call.Parts {
		fmt.Println(part)
	}
	// Output:
	// fr-FR
	// Ici Acme.
	// Votre code est : 0, 1, 2, 3, 4, 5.
	// Je répète, votre code est : 0, 1, 2, 3, 4, 5.
}

func TestVoices(t *testing.T) {
	t.Parallel()
	s, err := spoken.New(nil, "en-US", "en-GB", "pt-BR", "pt-PT", "es-MX", "ja-JP", "ar", "hi-IN")
	require.NoError(t, err)
	for locale, want := range map[string]string{
		"": "en-US", "en": "en-US", "en-GB": "en-GB", "en-AU": "en-GB", "pt": "pt-BR", "pt-PT": "pt-PT", "es-AR": "es-MX", "hi": "hi-IN", "ar-EG": "ar",
		"ja": "en-US", "tlh": "en-US", "not a language": "en-US",
	} {
		assert.Equal(t, want, s.Call(phoneauth.Message{Code: "1", Locale: locale}).Voice, "%q; there is no phrase in Japanese", locale)
	}
}

// TestPhrases: each phrase says all there is to say.
func TestPhrases(t *testing.T) {
	t.Parallel()
	for tag := range spoken.Phrases() {
		s, err := spoken.New(nil, tag)
		require.NoError(t, err)
		got := s.Call(phoneauth.Message{Code: "0123456789", Service: "Acme", Details: "100.00 EUR to 100%s", Locale: tag})
		require.Len(t, got.Parts, 4, tag)
		assert.Equal(t, 1, strings.Count(got.Parts[0], "Acme"), tag)
		assert.Equal(t, 1, strings.Count(got.Parts[1], "100.00 EUR to 100%s"), tag)
		for _, part := range got.Parts[2:] {
			assert.True(t, strings.HasSuffix(part, " 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."), part)
		}
		_, err = spoken.New(spoken.Phrases(), tag)
		assert.NoError(t, err, "%s is as a host's must be", tag)
		assert.NotEqual(t, language.Und, language.Make(tag))
	}
}

func TestHostsPhrases(t *testing.T) {
	t.Parallel()
	s, err := spoken.New(map[string]spoken.Phrase{
		"nl": {"Dit is %s.", "Voor: %s.", "Uw code is", "Nogmaals"},
		"en": {"%s here.", "For %s.", "Code", "Again"},
	}, "en-US", "nl-NL")
	require.NoError(t, err)
	assert.Equal(t, spoken.Call{Voice: "nl-NL", Parts: []string{"Dit is Acme.", "Uw code is 1, 2.", "Nogmaals 1, 2."}}, s.Call(phoneauth.Message{Code: "12", Service: "Acme", Locale: "nl"}))
	assert.Equal(t, spoken.Call{Voice: "en-US", Parts: []string{"Code 1, 2.", "Again 1, 2."}}, s.Call(phoneauth.Message{Code: "12", Locale: "en"}))

	_, err = spoken.New(map[string]spoken.Phrase{
		"!": {}, "nl": {}, "de": {Greeting: "%s", Approves: "%d"}, "it": {Greeting: "%s", Approves: "%s"}, "pt": {Greeting: "%s %s", Approves: "%s"},
	}, "en-US")
	for _, fault := range []string{`"!" is no language tag`, `["nl"].Greeting must have one "%s"`, `["de"].Approves must have one "%s"`, `["it"]: Code and Again are required`, `["pt"].Greeting must have`} {
		assert.ErrorContains(t, err, fault)
	}
	_, err = spoken.New(nil, "ja-JP")
	assert.ErrorContains(t, err, "no voice has a phrase")
	_, err = spoken.New(nil, "!")
	assert.Error(t, err)
}

func TestSupports(t *testing.T) {
	t.Parallel()
	s, err := spoken.New(nil, "en-US")
	require.NoError(t, err)
	assert.True(t, s.Supports(phoneauth.Message{Code: "012345"}))
	assert.False(t, s.Supports(phoneauth.Message{Body: "Your password was changed."}), "a notice")
	assert.False(t, s.Supports(phoneauth.Message{Code: "12a"}))
	assert.False(t, s.Supports(phoneauth.Message{Code: "012345", Details: strings.Repeat("é", 1000)}))
}
