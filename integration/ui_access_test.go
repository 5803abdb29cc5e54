package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

const axeVersion = "4.11.0"

var axeOnce sync.Mutex

// axeSource is axe-core, which npm installs into the user's cache once.
func axeSource(t *testing.T) string {
	t.Helper()
	axeOnce.Lock()
	defer axeOnce.Unlock()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(cache, "phoneauth-integration", "axe-core-"+axeVersion)
	file := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		npm, err := exec.LookPath("npm")
		if err != nil {
			missing(t, "npm", "apt-get install -y --no-install-recommends nodejs npm")
		}
		require.NoError(t, os.MkdirAll(dir, 0o700))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, npm, "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "axe-core@"+axeVersion)
		cmd.WaitDelay = time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			missing(t, "npm axe-core", fmt.Sprintf("npm install axe-core@%s: %v\n%s", axeVersion, err, out))
		}
	}
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(source)
}

// axe checks what is seen against WCAG 2.2 AA and good practice.
func (b *browser) axe(source, where string) {
	b.t.Helper()
	type violation struct {
		ID    string
		Help  string
		Nodes []struct{ HTML, FailureSummary string }
	}
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](source+"; true"))
	require.NoError(b.t, err)
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]violation](
		`axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map(({id, help, nodes}) =>
			({ID: id, Help: help, Nodes: nodes.map((n) => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`,
		chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	assert.Empty(b.t, found, where)
}

// Every screen, in light and dark, left to right and right to left, on a small phone and
// on a desk: no violation, nothing cut off.
func TestUIAccess(t *testing.T) {
	source := axeSource(t)
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Passwords, o.Region, o.Next = true, "EG", ""
		cfg.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Minute}, {Burst: 20, Every: time.Minute}}
		cfg.Limits.AddressSends = phoneauth.Limit{Burst: 100, Every: time.Second}
	})
	for i, tt := range []struct {
		name          string
		width, height int64
		dark          bool
		lang          string
	}{
		{"320-en", 320, 568, false, "en"},
		{"320-ar-dark", 320, 568, true, "ar"},
		{"390-ar", 390, 844, false, "ar"},
		{"390-hi-dark", 390, 844, true, "hi"},
		{"desktop-en", 1280, 800, false, "en"},
		{"desktop-fr-dark", 1280, 800, true, "fr"},
		{"desktop-es", 1280, 800, false, "es"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			words := uiTexts(t, tt.lang)
			b := newBrowser(t, host.url)
			b.size(tt.width, tt.height)
			if tt.dark {
				b.dark()
			}
			check := func(screen string) {
				t.Helper()
				b.fits()
				b.axe(source, screen)
				b.screenshot(tt.name + "-" + screen)
			}
			b.open("/signin/?lang=" + tt.lang)
			b.sees(words["title.phone"])
			assert.Equal(t, tt.lang == "ar", valueOf[bool](b, `getComputedStyle(document.body).direction === 'rtl'`))
			check("1-phone")
			b.press(words["action.phone"])
			b.sees(words["error.empty_phone"])
			check("2-error")
			b.press(words["link.password"])
			b.sees(words["title.password"])
			check("3-password")
			b.press(words["link.register"])
			b.sees(words["title.register"])
			check("4-register")
			b.press(words["link.phone"])
			b.sees(words["title.phone"])
			typed := fmt.Sprintf("010 6179 78%02d", i)
			sent := strings.ReplaceAll("+2"+typed, " ", "")
			if tt.lang == "ar" {
				typed = arabicDigits.Replace(typed)
			}
			b.fill(words["label.phone"], typed)
			b.press(words["action.phone"])
			b.sees(words["title.code"])
			check("5-code")
			code := host.inbox.Code(t, sent)
			b.fill(words["label.code"], wrong(code))
			b.sees(words["error.invalid_code"])
			check("6-wrong")
			b.press(words["link.change"])
			b.press(words["link.password"])
			b.press(words["link.forgot"])
			b.sees(words["title.forgot"])
			check("7-forgot")
			b.press(words["action.forgot"])
			b.sees(strings.Split(words["error.rate_limited_sent"], "{")[0])
			check("8-limited")
			b.press(words["link.have_code"])
			b.sees(words["title.reset"])
			check("9-reset")
			b.open("/signin/?lang=" + tt.lang)
			b.sees(words["title.reset"])
			b.press(words["link.change"])
			b.press(words["link.sign_in"])
			b.press(words["link.phone"])
			b.sees(words["lead.phone"])
			b.fill(words["label.phone"], strings.TrimPrefix(sent, "+2"))
			b.press(words["action.phone"])
			b.press(words["link.have_code"])
			b.fill(words["label.code"], code)
			b.press(words["action.code"])
			b.sees(words["title.done"])
			check("10-done")
		})
	}
}

var arabicDigits = strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "4", "٤", "5", "٥", "6", "٦", "7", "٧", "8", "٨", "9", "٩")

// The whole way by keyboard alone, and what a screen reader says on it.
func TestUIKeyboard(t *testing.T) {
	host := newUIHost(t, func(_ *phoneauth.Config, o *ui.Options) { o.Region = "EG" })
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.sees("Phone number")
	b.key("\t") // the country
	assert.Equal(t, "Country or region", valueOf[string](b, `text(document.activeElement.labels[0])`))
	b.key("\t" + cairoTyped + "\r")
	b.sees("Enter your code")
	b.until("focus is not on the code", `document.activeElement === field("Code")`)
	assert.Contains(t, valueOf[string](b, `text(document.getElementById(document.activeElement.getAttribute('aria-describedby')))`), cairoShown)
	code := host.inbox.Code(t, cairo)
	b.key(wrong(code))
	b.sees("You have 4 tries left.")
	b.until("the code is not marked", `document.activeElement === field("Code") && field("Code").getAttribute('aria-invalid') === 'true'`)
	assert.Contains(t, valueOf[string](b, `text(document.querySelector('[role=alert]'))`), "You have 4 tries left.")
	b.key(code) // it was selected
	b.at("/home")
}

// Where the browser reads the message (WebOTP), nobody types: its last line is for the
// host of this very page.
func TestUIWebOTP(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Region, cfg.Texts.Host = "EG", "localhost"
	})
	b := newBrowser(t, strings.Replace(host.url, "127.0.0.1", "localhost", 1))
	b.open("/signin/")
	b.sees("Phone number")
	valueOf[bool](b, `(window.OTPCredential ??= class {}, Object.defineProperty(navigator, 'credentials', {value: {
		get: ({otp, signal}) => new Promise((read) => {
			window.asked = [otp.transport[0], !signal.aborted].join();
			window.message = (text) => { // as web.dev/articles/sms-otp-autofill has it
				const [, host, code] = /@(\S+) #(\S+)$/.exec(text);
				if (host === location.hostname) read({code});
			};
		}),
	}}), true)`)
	b.fill("Phone number", cairoTyped)
	b.press("Continue")
	b.sees("Enter your code")
	assert.Equal(t, "sms,true", valueOf[string](b, "window.asked"))
	text, ok := host.inbox.Last(cairo)
	require.True(t, ok)
	valueOf[bool](b, `(message(`+quoted(string(text.Body))+`), true)`)
	b.at("/home")
}
