package spoken_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

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
	// Votre code est : zéro, un, deux, trois, quatre, cinq.
	// Je répète, votre code est : zéro, un, deux, trois, quatre, cinq.
}

func TestVoices(t *testing.T) {
	t.Parallel()
	s, err := spoken.New(nil, "en-US", "en-GB", "pt-BR", "pt-PT", "es-MX", "ja-JP", "ar", "hi-IN", "cmn-CN", "da-DK", "zh-CN", "zh-TW", "fil-PH")
	require.NoError(t, err)
	for locale, want := range map[string]string{
		"": "en-US", "en": "en-US", "en-GB": "en-GB", "en-AU": "en-GB", "pt": "pt-BR", "pt-PT": "pt-PT", "es-AR": "es-MX", "hi": "hi-IN", "ar-EG": "ar",
		"ja": "ja-JP", "zh": "zh-CN", "zh-SG": "zh-CN", "zh-TW": "zh-TW", "zh-HK": "zh-TW", "tl": "fil-PH", "da": "en-US", "is": "en-US", "tlh": "en-US", "not a language": "en-US",
	} {
		assert.Equal(t, want, s.Call(phoneauth.Message{Code: "1", Locale: locale}).Voice, "%q; there is no phrase in Danish", locale)
	}
}

// TestPhrases: each language says who calls, what the code approves, and each digit by its word.
func TestPhrases(t *testing.T) {
	t.Parallel()
	said := map[string]string{
		"ar":      "رمزكم هو: صفر, واحد, اثنان, ثلاثة, أربعة, خمسة, ستة, سبعة, ثمانية, تسعة.",
		"bn":      "আপনার কোড হলো: শূন্য, এক, দুই, তিন, চার, পাঁচ, ছয়, সাত, আট, নয়.",
		"cs":      "Váš kód je: nula, jedna, dva, tři, čtyři, pět, šest, sedm, osm, devět.",
		"de":      "Ihr Code lautet: null, eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun.",
		"el":      "Ο κωδικός σας είναι: μηδέν, ένα, δύο, τρία, τέσσερα, πέντε, έξι, επτά, οκτώ, εννέα.",
		"en":      "Your code is: zero, one, two, three, four, five, six, seven, eight, nine.",
		"es":      "Su código es: cero, uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve.",
		"fa":      "کد شما این است: صفر, یک, دو, سه, چهار, پنج, شش, هفت, هشت, نه.",
		"fil":     "Ang iyong code ay: sero, isa, dalawa, tatlo, apat, lima, anim, pito, walo, siyam.",
		"fr":      "Votre code est : zéro, un, deux, trois, quatre, cinq, six, sept, huit, neuf.",
		"he":      "הקוד שלכם הוא: אפס, אחת, שתיים, שלוש, ארבע, חמש, שש, שבע, שמונה, תשע.",
		"hi":      "आपका कोड है: शून्य, एक, दो, तीन, चार, पाँच, छह, सात, आठ, नौ.",
		"id":      "Kode Anda adalah: nol, satu, dua, tiga, empat, lima, enam, tujuh, delapan, sembilan.",
		"it":      "Il suo codice è: zero, uno, due, tre, quattro, cinque, sei, sette, otto, nove.",
		"ja":      "お客様のコードは次のとおりです。 ゼロ, いち, に, さん, よん, ご, ろく, なな, はち, きゅう.",
		"ko":      "인증번호는 다음과 같습니다: 공, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구.",
		"ms":      "Kod anda ialah: kosong, satu, dua, tiga, empat, lima, enam, tujuh, lapan, sembilan.",
		"nl":      "Uw code is: nul, één, twee, drie, vier, vijf, zes, zeven, acht, negen.",
		"pl":      "Twój kod to: zero, jeden, dwa, trzy, cztery, pięć, sześć, siedem, osiem, dziewięć.",
		"pt":      "O seu código é: zero, um, dois, três, quatro, cinco, seis, sete, oito, nove.",
		"ro":      "Codul dumneavoastră este: zero, unu, doi, trei, patru, cinci, șase, șapte, opt, nouă.",
		"ru":      "Ваш код: ноль, один, два, три, четыре, пять, шесть, семь, восемь, девять.",
		"sv":      "Din kod är: noll, ett, två, tre, fyra, fem, sex, sju, åtta, nio.",
		"sw":      "Msimbo wako ni: sifuri, moja, mbili, tatu, nne, tano, sita, saba, nane, tisa.",
		"th":      "รหัสของคุณคือ: ศูนย์, หนึ่ง, สอง, สาม, สี่, ห้า, หก, เจ็ด, แปด, เก้า.",
		"tr":      "Kodunuz: sıfır, bir, iki, üç, dört, beş, altı, yedi, sekiz, dokuz.",
		"uk":      "Ваш код: нуль, один, два, три, чотири, п’ять, шість, сім, вісім, дев’ять.",
		"ur":      "آپ کا کوڈ ہے: صفر, ایک, دو, تین, چار, پانچ, چھ, سات, آٹھ, نو.",
		"vi":      "Mã của bạn là: không, một, hai, ba, bốn, năm, sáu, bảy, tám, chín.",
		"zh-Hans": "您的验证码是： 零, 一, 二, 三, 四, 五, 六, 七, 八, 九.",
		"zh-Hant": "您的驗證碼是： 零, 一, 二, 三, 四, 五, 六, 七, 八, 九.",
	}
	entries, err := os.ReadDir("../../ui/text")
	require.NoError(t, err)
	var pages []string
	for _, entry := range entries {
		pages = append(pages, strings.TrimSuffix(entry.Name(), ".json"))
	}
	assert.ElementsMatch(t, pages, slices.Collect(maps.Keys(spoken.Phrases())), "the languages of the pages")
	for tag, want := range said {
		s, err := spoken.New(nil, tag)
		require.NoError(t, err)
		got := s.Call(phoneauth.Message{Code: "0123456789", Service: "Acme", Details: "100.00 EUR to 100%s", Locale: tag})
		require.Len(t, got.Parts, 4, tag)
		assert.Equal(t, 1, strings.Count(got.Parts[0], "Acme"), tag)
		assert.Equal(t, 1, strings.Count(got.Parts[1], "100.00 EUR to 100%s"), tag)
		assert.Equal(t, want, got.Parts[2], tag)
		again := spoken.Phrases()[tag].Again
		assert.Equal(t, again+strings.TrimPrefix(want, spoken.Phrases()[tag].Code), got.Parts[3], tag)
		for _, part := range got.Parts {
			assert.True(t, norm.NFC.IsNormalString(part), part)
		}
		assert.False(t, strings.ContainsAny(want, "0123456789"), tag)
		_, err = spoken.New(spoken.Phrases(), tag)
		assert.NoError(t, err, "%s is as a host's must be", tag)
		assert.NotEqual(t, language.Und, language.Make(tag))
	}
}

func TestHostsPhrases(t *testing.T) {
	t.Parallel()
	s, err := spoken.New(map[string]spoken.Phrase{
		"nl": {Greeting: "Dit is %s.", Approves: "Voor: %s.", Code: "Uw code is", Again: "Nogmaals"},
		"en": {"%s here.", "For %s.", "Code", "Again", [10]string{"oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "niner"}},
	}, "en-US", "nl-NL")
	require.NoError(t, err)
	assert.Equal(t, spoken.Call{Voice: "nl-NL", Parts: []string{"Dit is Acme.", "Uw code is 1, 2.", "Nogmaals 1, 2."}}, s.Call(phoneauth.Message{Code: "12", Service: "Acme", Locale: "nl"}))
	assert.Equal(t, spoken.Call{Voice: "en-US", Parts: []string{"Code oh, niner.", "Again oh, niner."}}, s.Call(phoneauth.Message{Code: "09", Locale: "en"}))

	_, err = spoken.New(map[string]spoken.Phrase{
		"!": {}, "nl": {}, "de": {Greeting: "%s", Approves: "%d"}, "it": {Greeting: "%s", Approves: "%s"}, "pt": {Greeting: "%s %s", Approves: "%s"},
		"fr": {"%s", "%s", "Code", "Encore", [10]string{"zéro"}},
	}, "en-US")
	for _, fault := range []string{`"!" is no language tag`, `["nl"].Greeting must have one "%s"`, `["de"].Approves must have one "%s"`, `["it"]: Code and Again are required`, `["pt"].Greeting must have`, `["fr"].Digits must be ten words or none`} {
		assert.ErrorContains(t, err, fault)
	}
	_, err = spoken.New(map[string]spoken.Phrase{"en": {}, "EN": {}}, "en-US")
	assert.ErrorContains(t, err, `"EN" and "en" are one language`)
	_, err = spoken.New(nil, "is-IS", "yue-CN")
	assert.ErrorContains(t, err, "no voice has a phrase")
	_, err = spoken.New(nil, "!")
	assert.Error(t, err)
}

// TestSpellingsOfTags: a phrase of the host wins over that of the package, however its tag is written.
func TestSpellingsOfTags(t *testing.T) {
	t.Parallel()
	own := spoken.Phrase{Greeting: "%s.", Approves: "%s.", Code: "Own", Again: "Again"}
	for tag, locale := range map[string]string{"EN": "en", "iw": "he", "tl": "fil", "zh-hans": "zh"} {
		for range 20 { // the order of a map must not matter
			s, err := spoken.New(map[string]spoken.Phrase{tag: own}, "en-US", "he", "fil-PH", "zh-CN")
			require.NoError(t, err)
			assert.Equal(t, "Own 1.", s.Call(phoneauth.Message{Code: "1", Locale: locale}).Parts[0], tag)
		}
	}
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
