package integration

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
	"github.com/phoneauth/phoneauth/humancheck/hcaptcha"
	"github.com/phoneauth/phoneauth/humancheck/recaptcha"
	"github.com/phoneauth/phoneauth/humancheck/turnstile"
	"github.com/phoneauth/phoneauth/ui"
)

// hardCheck is the embedded check with more work than is demanded.
type hardCheck struct {
	*altcha.Check
	harder  humancheck.Level
	endless atomic.Bool  // its challenges have no solution
	wrong   atomic.Int64 // so many answers are wrong yet
	asked   atomic.Int64

	mu      sync.Mutex
	answers []string
}

func newHardCheck(t *testing.T, harder humancheck.Level) *hardCheck {
	check, err := altcha.New(altchaKey)
	require.NoError(t, err)
	return &hardCheck{Check: check, harder: harder}
}

func (h *hardCheck) Ask(ctx context.Context, p humancheck.Params) (humancheck.Question, error) {
	h.asked.Add(1)
	p.Level = min(p.Level+h.harder, humancheck.Highest)
	q, err := h.Check.Ask(ctx, p)
	if err == nil && h.endless.Load() {
		begin, rest, _ := strings.Cut(string(q.Challenge.(json.RawMessage)), `"keyPrefix":"`)
		q.Challenge = json.RawMessage(begin + `"keyPrefix":"nothing` + rest)
	}
	return q, err
}

func (h *hardCheck) Verify(ctx context.Context, answer string, p humancheck.Params) (humancheck.Proof, error) {
	h.mu.Lock()
	h.answers = append(h.answers, answer)
	h.mu.Unlock()
	if h.wrong.Add(-1) >= 0 {
		return humancheck.Proof{}, humancheck.ErrWrong
	}
	return h.Check.Verify(ctx, answer, p)
}

// busy sends codes to other numbers of the block of cairo, to clients elsewhere that do not know
// of the human check.
func (h *uiHost) busy(t *testing.T) {
	t.Helper()
	for n := range 11 {
		_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{
			Phone:  fmt.Sprintf("+20106179%04d", n),
			Client: phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})},
		})
		require.NoError(t, err)
	}
}

// typeNumber types the number of cairo.
func (b *browser) typeNumber() {
	b.t.Helper()
	b.sees("Phone number")
	b.choose("Country or region", "Egypt")
	b.fill("Phone number", cairoTyped)
}

// cheapPhone is how many iterations of PBKDF2 a cheap phone does in a second (docs/security.md, Human check).
const cheapPhone = 500_000

// A block is busy, and somebody signs in with a number of it. Nothing is seen of the check until a second
// is over, which the page is told never. What is demanded takes a cheap phone less than that on average. The
// work is counted, because a time would be that of this machine.
func TestUIHumanUnseen(t *testing.T) {
	var check *hardCheck
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		check = newHardCheck(t, 0)
		cfg.HumanCheck.Check = check
	})
	host.busy(t)
	b := newBrowser(t, host.url)
	b.script(`const { setTimeout: later } = window; window.setTimeout = (f, ms, ...args) => ms === 1000 ? 0 : later(f, ms, ...args)`)
	b.open("/signin/")
	b.typeNumber()
	valueOf[bool](b, `(window.shown = 0, new MutationObserver(([{ target }]) => { window.shown += !target.hidden })
		.observe(document.getElementById('check'), { attributes: true }), true)`)
	b.press("Continue")
	b.sees("Enter your code")
	// The time between the question and the answer, in milliseconds.
	took := valueOf[float64](b, `(([asked, answered]) => answered.startTime - asked.responseEnd)
		(performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/start')))`)
	assert.Zero(t, valueOf[int](b, "window.shown"), "something was seen")
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	assert.EqualValues(t, 1, check.asked.Load())

	require.Len(t, check.answers, 1)
	data, err := base64.StdEncoding.DecodeString(check.answers[0])
	require.NoError(t, err)
	var answer struct {
		Challenge struct {
			Parameters struct {
				Cost int `json:"cost"`
				Data struct {
					Level humancheck.Level `json:"level"`
				} `json:"data"`
			} `json:"parameters"`
		} `json:"challenge"`
		Solution struct {
			Counter int `json:"counter"`
		} `json:"solution"`
	}
	require.NoError(t, json.Unmarshal(data, &answer))
	demanded := answer.Challenge.Parameters
	work := altcha.Work(demanded.Data.Level)
	t.Logf("level %d: %d keys, %d on average, in %.0f ms here", demanded.Data.Level, answer.Solution.Counter+1, work, took)
	assert.Less(t, answer.Solution.Counter, 2*work)
	assert.Less(t, work*demanded.Cost, cheapPhone)
}

// A challenge that takes longer says so, and can be cancelled. So it can by going to another
// screen. The worker ends at once.
func TestUIHumanProgress(t *testing.T) {
	source := axeSource(t)
	check := newHardCheck(t, humancheck.Highest)
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		cfg.HumanCheck, o.Passwords = phoneauth.HumanCheckRules{Check: check, When: phoneauth.HumanCheckAlways}, true
	})
	check.endless.Store(true)
	for _, lang := range []string{"en", "ar"} {
		words := uiTexts(t, lang)
		b := newBrowser(t, host.url)
		b.size(320, 568)
		b.open("/signin/?lang=" + lang)
		b.sees(words["title.phone"])
		if lang == "en" {
			b.choose("Country or region", "Egypt")
		}
		b.fill(words["label.phone"], cairo)
		valueOf[bool](b, `(window.ended = 0, Worker.prototype.terminate = new Proxy(Worker.prototype.terminate, {
			apply: (terminate, worker) => { window.ended++; return terminate.call(worker) } }), true)`)
		b.key("\r")
		b.sees(words["js.check_working"])
		assert.True(t, valueOf[bool](b, `document.activeElement.id === 'phone'`), "the focus moved")
		b.until("no progress", `document.getElementById('check-bar').value > 0`)
		b.fits()
		b.axe(source, lang+" light")
		b.screenshot("human-" + lang)
		b.dark()
		b.axe(source, lang+" dark")
		b.screenshot("human-dark-" + lang)
		b.press(words["js.cancel"])
		b.sees(words["js.cancelled"])
		b.seesNot(words["js.check_working"])
		assert.Equal(t, 1, valueOf[int](b, "window.ended"))
		assert.Equal(t, "submit", valueOf[string](b, "document.activeElement.id"))
		b.axe(source, lang+" cancelled")

		b.press(words["action.phone"])
		b.sees(words["js.check_working"])
		b.press(words["link.password"])
		b.sees(words["title.password"])
		b.seesNot(words["js.check_working"])
		assert.Equal(t, 2, valueOf[int](b, "window.ended"))
	}
	assert.Zero(t, host.inbox.Sends())
	check.endless.Store(false)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.typeNumber()
	b.press("Continue")
	b.sees("Enter your code") // the highest level
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
}

// An answer that is wrong or too late is given again, twice. Then a sentence says so.
func TestUIHumanWrong(t *testing.T) {
	check := newHardCheck(t, 0)
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		cfg.HumanCheck, o.Passwords = phoneauth.HumanCheckRules{Check: check, When: phoneauth.HumanCheckAlways}, true
		cfg.Limits.InsecureOff = true
	})
	check.wrong.Store(3)
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.typeNumber()
	b.press("Continue")
	b.sees(uiTexts(t, "en")["error.human_check_required"])
	assert.EqualValues(t, 4, check.asked.Load(), "the last question is not answered")
	assert.Zero(t, host.inbox.Sends())

	check.wrong.Store(2)
	b.press("Continue")
	b.sees("Enter your code")
	b.press("Send the code again")
	b.sees("We sent the code again.")
	b.press("Change number")
	b.press("Use a password instead")
	b.press("Create an account with a password")
	b.sees("Choose a password. We will send you a code to confirm your number.") // else one types into the page before
	b.fill("New password", "correct horse")
	b.press("Create account")
	b.sees("Enter your code")
	assert.Equal(t, 3, host.inbox.Sends())
}

// On plain HTTP the embedded check cannot work. So the page does not say that it can, and is
// served as long as clients are that know nothing of it. When everybody is asked it says why
// it does not go on.
func TestUIHumanInsecure(t *testing.T) {
	for _, always := range []bool{false, true} {
		host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
			cfg.HTTP.InsecureCookie, o.InsecureCookie = true, true
			if always {
				cfg.HumanCheck.When = phoneauth.HumanCheckAlways
			}
		})
		if !always {
			host.busy(t)
		}
		b := newBrowser(t, strings.Replace(host.url, "127.0.0.1", plainHost, 1))
		b.open("/signin/")
		b.typeNumber()
		b.press("Continue")
		if !always {
			b.sees("Enter your code")
			continue
		}
		b.sees("Your browser can do this check on a secure connection only. Open this page with https.")
		b.axe(axeSource(t), "insecure")
	}
}

// Without JavaScript the page says that the check needs it.
func TestUIHumanNoScript(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.HumanCheck.When = phoneauth.HumanCheckAlways })
	b := newBrowser(t, host.url)
	b.withoutScripts()
	b.open("/signin/")
	b.typeNumber()
	b.press("Continue")
	b.sees("We must check that you are a person, and that needs JavaScript. Turn it on in your browser, then load the page again.")
}

// The answers of the worker are right for npm altcha-lib, too.
func TestUIHumanAltchaLib(t *testing.T) {
	check := newHardCheck(t, 0)
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
		cfg.HumanCheck = phoneauth.HumanCheckRules{Check: check, When: phoneauth.HumanCheckAlways}
	})
	check.wrong.Store(2) // so that there are three answers
	b := newBrowser(t, host.url)
	b.open("/signin/")
	b.typeNumber()
	b.press("Continue")
	b.sees("Enter your code")
	require.Len(t, check.answers, 3)
	for _, verified := range askAltchaLib(t, altchaInput{Key: hex.EncodeToString(altchaKey), Verify: check.answers}).Verified {
		assert.True(t, verified.Fast && verified.Slow)
	}
}

// Each vendor's check: its widget is shown, or not where the vendor wants none, and the person
// goes on with it. A wrong token is asked for again. While the vendor is down or blocked, a
// sentence says so, and then one can try again.
func TestUIHumanVendors(t *testing.T) {
	source := axeSource(t)
	for _, tt := range []struct {
		name    string
		check   func(*testing.T, *verifier) humancheck.Check
		origins []string
		ticks   bool
		says    map[string]any // what the vendor's script was told
	}{
		{"turnstile", newTurnstile, []string{"https://challenges.cloudflare.com/"}, true,
			map[string]any{"sitekey": "site", "action": "phoneauth", "lang": "en"}},
		{"hcaptcha", newHCaptcha, []string{"https://js.hcaptcha.com/", "https://newassets.hcaptcha.com/"}, true,
			map[string]any{"sitekey": "site", "size": "normal", "hl": "en"}},
		{"recaptcha v2", newRecaptcha(2), googleOrigins, true, map[string]any{"sitekey": "site", "size": "normal", "hl": "en"}},
		{"recaptcha v3", newRecaptcha(3), googleOrigins, false, map[string]any{"sitekey": "site", "action": "phoneauth", "hl": "en"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVerifier(t, "127.0.0.1")
			host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) {
				cfg.HumanCheck = phoneauth.HumanCheckRules{Check: tt.check(t, v), When: phoneauth.HumanCheckAlways}
			})
			b := newBrowser(t, host.url, tt.origins...)
			b.open("/signin/")
			b.typeNumber()

			standInsBlocked.Store(true)
			b.press("Continue")
			b.sees("Your browser could not do the check that you are a person. Turn off what blocks it, then try again.")
			b.axe(source, "blocked")
			standInsBlocked.Store(false)

			if tt.ticks {
				b.press("Continue")
				b.sees("Show that you are a person.")
				b.until("no widget", `document.querySelector('#check iframe')`)
				b.fits()
				b.axe(source, "light")
				b.screenshot("human-" + tt.name)
				b.dark()
				b.axe(source, "dark")
				b.press("Cancel")
				b.sees("You cancelled the check. No code was sent.")
				b.seesNot("Show that you are a person.")
			}

			v.down.Store(true)
			b.press("Continue")
			if tt.ticks {
				b.press("I am human")
			}
			b.sees("This does not work just now. Try again in a moment.")
			b.axe(source, "down")
			v.down.Store(false)

			v.wrong.Store(1)
			b.press("Continue")
			if tt.ticks {
				b.press("I am human")
			}
			Eventually(t, "the wrong token is verified", func() bool { return len(v.tokens()) == 1 })
			if tt.ticks {
				b.press("I am human")
			}
			b.sees("Enter your code")
			b.fill("Code", host.inbox.Code(t, cairo))
			b.at("/home")
			for _, said := range v.tokens() {
				for key, want := range tt.says {
					assert.Equal(t, want, said[key], key)
				}
			}
		})
	}
}

var googleOrigins = []string{"https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"}

func newTurnstile(t *testing.T, v *verifier) humancheck.Check {
	c, err := turnstile.New(turnstile.Config{SiteKey: "site", Secret: "secret", Hostnames: []string{v.host}, URL: v.url})
	require.NoError(t, err)
	return c
}

func newHCaptcha(t *testing.T, v *verifier) humancheck.Check {
	c, err := hcaptcha.New(hcaptcha.Config{SiteKey: "site", Secret: "secret", Hostnames: []string{v.host}, URL: v.url})
	require.NoError(t, err)
	return c
}

func newRecaptcha(version int) func(*testing.T, *verifier) humancheck.Check {
	return func(t *testing.T, v *verifier) humancheck.Check {
		c, err := recaptcha.New(recaptcha.Config{
			Version: version, SiteKey: "site", Secret: "secret", Hostnames: []string{v.host}, URL: v.url,
		})
		require.NoError(t, err)
		return c
	}
}
