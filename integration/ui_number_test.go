package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// numberPage is the sign-in page with the script of its number field alone, as "entry".
func numberPage(t *testing.T, change func(*phoneauth.Config, *ui.Options)) *uiHost {
	t.Helper()
	h := newUIHost(t, change)
	h.mux.HandleFunc("/field", func(w http.ResponseWriter, r *http.Request) {
		page := httptest.NewRecorder()
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.RequestURI = "/signin/", "/signin/?"+r.URL.RawQuery
		inner.Header.Del("Accept-Encoding")
		h.mux.ServeHTTP(page, inner)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, strings.Replace(page.Body.String(), `src="/signin/app.js"`, `src="/entry.js"`, 1))
	})
	h.mux.HandleFunc("/entry.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, `import * as number from '/signin/number.js';
			const { lang, texts } = JSON.parse(document.getElementById('texts').textContent);
			Object.assign(window, { number, changes: 0, entry: number.numberField(document, { lang, texts, planURL: '/signin/plan' }) });
			entry.onChange = () => { changes += 1; };
			document.documentElement.dataset.ready = '';`)
	})
	return h
}

// numberBrowser opens the page in a time zone, and waits for the plan of the country.
func numberBrowser(t *testing.T, h *uiHost, zone string) *browser {
	t.Helper()
	b := newBrowser(t, h.url)
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
	b.open("/field")
	b.until("has no number field", `document.documentElement.dataset.ready === '' && entry.plan`)
	return b
}

// types puts keys into the number field, one by one.
func (b *browser) types(keys string) {
	b.t.Helper()
	valueOf[bool](b, "(document.getElementById('phone').focus(), true)")
	b.key(keys)
}

// pastes puts a text into the number field at once.
func (b *browser) pastes(text string) {
	b.t.Helper()
	valueOf[bool](b, "(document.getElementById('phone').select(), true)")
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// holds waits for a country with its calling code, and what the number field shows.
func (b *browser) holds(country, dial, number string) {
	b.t.Helper()
	b.until("does not hold "+country+" "+dial+" "+number, "entry.country === "+quoted(country)+
		" && document.getElementById('dial').textContent === "+quoted(dial)+" && document.getElementById('phone').value === "+quoted(number))
}

func (b *browser) verdict(want string) {
	b.t.Helper()
	assert.Equal(b.t, want, valueOf[string](b, "entry.verdict()"))
}

// The plan of every country takes its own example, and writes it without a change of digits.
func TestNumberFieldPlans(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "UTC")
	for begin := 0; begin < valueOf[int](b, "entry.rows.size"); begin += 50 {
		checkPlans(b, begin)
	}
}

// checkPlans checks those of 50 countries.
func checkPlans(b *browser, begin int) {
	b.t.Helper()
	valueOf[bool](b, fmt.Sprintf(`((async () => {
		window.faults = null;
		const faults = [];
		const asked = [...entry.rows.keys()].slice(%d, %d).map((region) => entry.ask('region=' + region));
		for (const plan of await Promise.all(asked)) {
			const { region } = plan;
			if (!plan.example) continue;
			const digits = plan.example.replace(/\D/g, '');
			const is = (what, want, got) => want !== got && faults.push([region, what, want, got].join(' '));
			is('example', '', number.verdict(plan, digits));
			is('short', 'too_short', number.verdict(plan, digits.slice(0, 3)));
			is('long', 'too_long', number.verdict(plan, digits + '5555555'));
			for (let n = 1; n <= digits.length; n += 1) is('digits', digits.slice(0, n), number.write(plan, digits.slice(0, n)).replace(/\D/g, ''));
		}
		window.faults = faults;
	})(), true)`, begin, begin+50))
	b.until("has not asked for the plans", "window.faults")
	assert.Empty(b.t, valueOf[[]string](b, "faults"))
}

// What is typed is written as the country writes it, and the caret stays where it is.
func TestNumberFieldWrites(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "America/New_York")
	b.holds("US", "+1", "")
	assert.Equal(t, "(201) 555-0123", valueOf[string](b, "document.getElementById('phone').placeholder"))
	b.types("2015550123")
	b.holds("US", "+1", "(201) 555-0123")
	b.verdict("")
	caret := func(at int) {
		valueOf[bool](b, "(document.getElementById('phone').setSelectionRange("+string(rune('0'+at))+", "+string(rune('0'+at))+"), true)")
	}
	is := func(want int) {
		t.Helper()
		assert.Equal(t, want, valueOf[int](b, "document.getElementById('phone').selectionStart"))
	}
	caret(6) // before the second group
	b.key("\b")
	b.holds("US", "+1", "(205) 550-123")
	is(3)
	b.key("1")
	b.holds("US", "+1", "(201) 555-0123")
	is(4)
	caret(2)
	b.key("9")
	b.holds("US", "+1", "29015550123")
	b.verdict("too_long")
	b.pastes("٢٠١ ٥٥٥ ٠١٢٣")
	b.holds("US", "+1", "(201) 555-0123")
	b.pastes("201abc555\u200b0123")
	b.holds("US", "+1", "(201) 555-0123")
	b.pastes("1 201 555 0123")
	b.holds("US", "+1", "1 (201) 555-0123")
	b.verdict("")
	b.pastes("")
	b.key("\b")
	b.verdict("")
	b.types("201")
	b.verdict("too_short")
	assert.Positive(t, valueOf[int](b, "changes"))
}

// A number with a calling code chooses the country, at once and in any spelling.
func TestNumberFieldAbroad(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "Europe/Paris")
	b.holds("FR", "+33", "")
	for _, tt := range []struct{ text, country, dial, number string }{
		{"+20 106 179 7840", "EG", "+20", "106 179 7840"},
		{"+33 6 00 00 01 78", "FR", "+33", "6 00 00 01 78"},
		{"+20 +201061797840", "EG", "+20", "10 61797840"},
		{"0033600000178", "FR", "+33", "6 00 00 01 78"},
		{"+77011234567", "KZ", "+7", "701 123-45-67"},
		{"+79161234567", "RU", "+7", "916 123-45-67"},
		{"+14165550123", "CA", "+1", "(416) 555-0123"},
		{"011 44 7400 123456", "GB", "+44", "7400 123456"},
		{"+44 (0)7781 123456", "GG", "+44", "07781 123456"},
		{"+39 312 345 6789", "IT", "+39", "312 345 6789"},
	} {
		b.pastes(tt.text)
		b.until(tt.text, "entry.country === "+quoted(tt.country)+" && document.getElementById('dial').textContent === "+quoted(tt.dial)+
			" && document.getElementById('phone').value.replace(/\\D/g, '') === "+quoted(strings.Join(strings.FieldsFunc(tt.number, func(c rune) bool { return c < '0' || c > '9' }), "")))
		b.verdict("")
	}
	b.pastes(" ")
	b.types("+447")
	b.holds("GB", "+44", "7")
	b.pastes("+999 1234567")
	b.holds("GB", "", "+999 1234567")
	b.verdict("not_served")
}

// Whoever chooses a country by hand keeps it, and the field never shows two calling codes.
func TestNumberFieldByHand(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "Europe/Paris")
	b.pastes("+201061797840")
	b.holds("EG", "+20", "10 61797840")
	assert.Equal(t, "number", valueOf[string](b, "document.querySelector('[name=chosen]').value"))
	b.choose("Country or region", "France")
	b.holds("FR", "+33", "1061797840")
	assert.Equal(t, "hand", valueOf[string](b, "document.querySelector('[name=chosen]').value"))
	b.choose("Country or region", "United States")
	b.pastes("4165550123")
	b.holds("US", "+1", "(416) 555-0123")
	b.verdict("")
}

// The digits of a guessed country tell its neighbours with the same calling code.
func TestNumberFieldNeighbours(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "America/New_York")
	b.types("416")
	b.holds("CA", "+1", "(416")
	b.key("\b\b\b")
	b.types("2015")
	b.holds("US", "+1", "(201) 5")
}

func TestNumberFieldVerdicts(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, func(_ *phoneauth.Config, o *ui.Options) { o.Regions = []string{"DE", "IN", "US", "AR"} }), "Asia/Kolkata")
	b.holds("IN", "+91", "")
	for _, tt := range []struct{ country, text, want string }{
		{"India", "98765 43210", ""}, {"India", "098765 43210", ""}, {"India", "98765 4321", "too_short"}, {"India", "98765 432101", "too_long"},
		{"India", "022 2123 4567", "landline"}, {"India", "91 98765 43210", ""},
		{"Germany", "0151 23456789", ""}, {"Germany", "030 123456", "landline"}, {"Germany", "98765 43210", ""}, // the server asks
		{"Argentina", "011 15-2345-6789", ""}, {"Argentina", "9 11 2345 6789", ""}, {"Argentina", "11 2345 6789", "landline"},
		{"United States", "(416) 555-0123", "not_served"}, {"United States", "+20 106 179 7840", "not_served"},
	} {
		b.choose("Country or region", tt.country)
		b.until("has no plan", "entry.plan")
		b.pastes(tt.text)
		assert.Equal(t, tt.want, valueOf[string](b, "entry.verdict()"), tt.text)
	}
}

// The fault that the server found goes when the number is corrected, and the field works after its
// elements were replaced.
func TestNumberFieldReplaced(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "Europe/Paris")
	valueOf[bool](b, `(() => {
		const old = document.getElementById('screen');
		const next = new DOMParser().parseFromString('<main id=screen><div id=alert>Wrong</div><input type=hidden name=chosen value=hand><input type=hidden name=zone>'
			+ '<label for=country>Land</label><select id=country><option value=EG>Egypt (+20)</option><option value=FR>France (+33)</option></select>'
			+ '<label for=phone>Number</label><span id=dial></span><input id=phone aria-invalid=true value="0106179"></main>', 'text/html').getElementById('screen');
		old.replaceWith(next);
		return true;
	})()`)
	b.holds("EG", "+20", "010 6179")
	b.types("7840")
	b.holds("EG", "+20", "010 61797840")
	assert.False(t, valueOf[bool](b, "document.getElementById('phone').hasAttribute('aria-invalid')"))
	assert.Empty(t, valueOf[string](b, "document.getElementById('alert').textContent"))
	assert.Equal(t, "Europe/Paris", valueOf[string](b, "document.querySelector('[name=zone]').value"))
}

// A country is found by its name in the language of the page, other names and its calling code, by
// keyboard alone.
func TestNumberFieldSearch(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, nil), "Asia/Kolkata")
	b.holds("IN", "+91", "")
	b.until("has no name", "field(\"Country or region\").value.startsWith('India')")
	shown := "[...document.querySelectorAll('#countries li')].map((e) => e.textContent.split(' (')[0])"
	valueOf[bool](b, "(field(\"Country or region\").focus(), true)")
	b.until("does not open", "document.querySelectorAll('#countries li').length > 200")
	assert.Equal(t, []string{"India", "United States"}, valueOf[[]string](b, shown+".slice(0, 2)"), "the likely ones come first")
	b.until("has no other names", "performance.getEntriesByType('resource').some((e) => e.name.endsWith('plan?names') && e.responseEnd > 0)")
	for query, want := range map[string]string{"egy": "Egypt", "uk": "United Kingdom", "uae": "United Arab Emirates", "+49": "Germany", "deutsch": "Germany", "مصر": "Egypt", "cote": "Côte d’Ivoire", "holland": "Netherlands"} {
		b.fill("Country or region", query)
		b.until(query, shown+"[0] === "+quoted(want))
	}
	b.fill("Country or region", "zzz")
	b.sees(uiTexts(t, "en")["js.none_found"])
	b.fill("Country or region", "egy")
	b.enter()
	b.holds("EG", "+20", "")
	assert.Equal(t, "/field", valueOf[string](b, "location.pathname"), "Enter did not send the form")
	assert.True(t, valueOf[bool](b, "document.getElementById('countries').hidden"))
	require.Equal(t, "Egypt", valueOf[string](b, "field(\"Country or region\").value.split(' (')[0]"))
	b.fill("Country or region", "uni")
	b.key("\x1b")
	require.Equal(t, "Egypt", valueOf[string](b, "field(\"Country or region\").value.split(' (')[0]"), "Escape leaves all as it was")
}

// A host of one country has no picker.
func TestNumberFieldOneCountry(t *testing.T) {
	t.Parallel()
	b := numberBrowser(t, numberPage(t, func(_ *phoneauth.Config, o *ui.Options) { o.Regions = []string{"IN"} }), "America/New_York")
	b.holds("IN", "+91", "")
	assert.False(t, valueOf[bool](b, "!!field(\"Country or region\")"))
	assert.False(t, valueOf[bool](b, "!!document.querySelector('[role=combobox]')"))
	b.types("9876543210")
	b.holds("IN", "+91", "98765 43210")
}
