package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chromium is the one browser of the test binary. TestMain ends it.
var chromium struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

// EndChromium is for TestMain.
func EndChromium() {
	if chromium.end != nil {
		chromium.end()
	}
}

// plainHost is a name of this machine that browsers do not trust, as they do localhost:
// there, http is not secure.
const plainHost = "plain.test"

// startChromium starts the browser, once. Without one the test is skipped.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		missing(t, "chromium", "apt-get install -y --no-install-recommends chromium")
	}
	chromium.once.Do(func() {
		standIns := newStandIns()
		dir, err := os.MkdirTemp("", "phoneauth-chromium-")
		if err != nil {
			chromium.err = err
			return
		}
		alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), // it outlives the test
			chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
			chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-extensions", true),
			// The window of a person has these, and no test needs them. They took a sixth of the time of the tests.
			chromedp.Flag("disable-features", "PreloadTopChromeWebUI,WebUIOmniboxPopup,SpareRendererForSitePerProcess,Translate,OptimizationHints,MediaRouter"),
			chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-US"),
			chromedp.Flag("host-resolver-rules", "MAP "+plainHost+" 127.0.0.1,"+standIns.rules),
			chromedp.Flag("ignore-certificate-errors-spki-list", standIns.key))
		ctx, endBrowser := chromedp.NewContext(alloc)
		chromium.ctx = ctx
		chromium.end = func() {
			_ = chromedp.Cancel(ctx)
			endBrowser()
			endAlloc()
			standIns.server.Close()
			_ = os.RemoveAll(dir)
		}
		chromium.err = chromedp.Do(ctx, chromedp.Navigate("about:blank"))
	})
	require.NoError(t, chromium.err)
	return chromium.ctx
}

// browser is one visitor: a window with cookies of its own.
type browser struct {
	t    *testing.T
	ctx  context.Context
	home string   // the origin of the host under test
	also []string // the beginnings of other addresses that it may ask

	mu     sync.Mutex
	faults []string // what the console complained of, and requests to other hosts
}

func newBrowser(t *testing.T, home string, also ...string) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(startChromium(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, home: home, also: also}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	b.size(390, 844)
	t.Cleanup(func() { assert.Empty(t, b.takeFaults(), "console errors, policy violations and foreign requests") })
	return b
}

// takeFaults returns the faults so far, and forgets them.
func (b *browser) takeFaults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}

func (b *browser) listen(event any) {
	fault := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		// A refusal that the page has a sentence for is a line of the console, too.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork || e.Entry.Source == log.EntrySourceSecurity {
			fault = fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			fault = "console." + e.Type.String()
		}
	case *network.EventRequestWillBeSent:
		u := e.Request.URL
		begins := func(with string) bool { return strings.HasPrefix(u, with) }
		if !begins(b.home+"/") && !begins("data:") && !slices.ContainsFunc(b.also, begins) {
			fault = "request to " + u
		}
	}
	if fault != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, fault)
	}
}

func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, steps...))
}

// call sends one command of the DevTools protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b.t, err)
	return result
}

func (b *browser) size(width, height int64) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(2)))
}

func (b *browser) dark() {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.home + path))
}

// finders are functions of the page's scripts' language that find what a person would,
// by what can be seen.
const finders = `
const text = (e) => e.innerText.replace(/\s+/g, ' ').trim();
const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getBoundingClientRect().width > 0;
const field = (label) => [...document.querySelectorAll('label')].filter(seen).filter((l) => text(l) === label).map((l) => l.control)[0];
const button = (label) => [...document.querySelectorAll('button, a')].filter(seen).find((e) => text(e) === label);
const says = (sentence) => text(document.body).includes(sentence);
`

// evaluate returns what an expression of the page's language is.
func evaluate[T any](b *browser, expression string) (T, error) {
	return chromedp.Run(b.ctx, chromedp.Evaluate[T]("(() => {"+finders+"return ("+expression+")})()"))
}

// valueOf is evaluate for what must not fail.
func valueOf[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := evaluate[T](b, expression)
	require.NoError(b.t, err)
	return v
}

func quoted(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

// appears is how long something may take to be seen.
const appears = 15 * time.Second

// until waits for an expression to be true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(appears)
	tick := time.NewTicker(tick)
	defer tick.Stop()
	for {
		// An error is of a page that is just going away.
		if ok, err := evaluate[bool](b, "!!("+expression+")"); err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			page, _ := evaluate[string](b, "location.href + '\\n' + document.body.innerText.split('\\n').filter((l) => !/\\+\\d+\\u2069\\)$/.test(l)).join('\\n') + [...document.querySelectorAll('input, select')].map((e) => '\\n' + (e.name || e.id) + '=' + e.value).join('')")
			b.t.Fatalf("%s, after %s; the page says:\n%s", what, appears, page)
		}
		<-tick.C
	}
}

func (b *browser) sees(sentence string) {
	b.t.Helper()
	b.until("does not see "+sentence, "says("+quoted(sentence)+")")
}

func (b *browser) seesNot(sentence string) {
	b.t.Helper()
	b.until("still sees "+sentence, "!says("+quoted(sentence)+")")
}

// point scrolls to what expression finds, and clicks it as a mouse does.
func (b *browser) point(what, expression string) {
	b.t.Helper()
	b.until("does not find "+what, "(e => e && !e.disabled)("+expression+")")
	at := valueOf[[]float64](b, "(e => { e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"+
		"return [r.x + r.width / 2, r.y + r.height / 2] })("+expression+")")
	b.run(chromedp.MouseClickXY(at[0], at[1]))
}

func (b *browser) press(label string) {
	b.t.Helper()
	b.point("a button "+label, "button("+quoted(label)+")")
}

// fill types into the field of a label, in place of what it holds.
func (b *browser) fill(label, value string) {
	b.t.Helper()
	b.point("a field "+label, "field("+quoted(label)+")")
	valueOf[bool](b, "(document.activeElement.select(), true)")
	b.run(chromedp.KeyEvent(value))
}

// choose chooses from the list of a label the entry that begins with option. The script makes a search
// field of the list, at a time of its own.
func (b *browser) choose(label, option string) {
	b.t.Helper()
	found := valueOf[string](b, "((s) => { if (s.role === 'combobox') return 'search';"+
		"const o = [...s.options].find((o) => o.text.startsWith("+quoted(option)+")); if (!o) return 'nothing';"+
		"s.focus(); s.value = o.value; s.dispatchEvent(new Event('change', {bubbles: true})); return 'list' })"+
		"(field("+quoted(label)+"))")
	require.NotEqual(b.t, "nothing", found, option)
	if found == "search" {
		b.fill(label, option)
		b.until("does not find "+option, "document.querySelector('#countries [aria-selected=true]')?.textContent.startsWith("+quoted(option)+")")
		b.enter()
		b.until("has not chosen "+option, "document.querySelector('#country').selectedOptions[0].text.startsWith("+quoted(option)+") &&"+
			"document.querySelector('#country-name').getAttribute('aria-expanded') === 'false'")
	}
}

// enter presses Enter as a keyboard does: a page that takes the key sends no form.
func (b *browser) enter() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13})
	}
}

func (b *browser) key(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// at waits until the browser is at a path.
func (b *browser) at(path string) {
	b.t.Helper()
	b.until("is not at "+path, "location.pathname + location.search === "+quoted(path)+" && document.readyState === 'complete'")
}

func (b *browser) cookies() map[string]*network.Cookie {
	b.t.Helper()
	all := map[string]*network.Cookie{}
	for _, c := range call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.home + "/signin/session/"}}).Cookies {
		all[c.Name] = c
	}
	return all
}

// fits checks that nothing is wider than the window.
func (b *browser) fits() {
	b.t.Helper()
	wide := valueOf[[]string](b, `[...document.querySelectorAll('body *')].filter(seen)
		.filter((e) => { const r = e.getBoundingClientRect(); return r.left < -0.5 || r.right > innerWidth + 0.5 })
		.map((e) => e.outerHTML.slice(0, 80))`)
	assert.Empty(b.t, wide, "wider than the window")
}

// screenshot writes what is seen into $PHONEAUTH_SCREENSHOTS, if that is set.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("PHONEAUTH_SCREENSHOTS")
	if dir == "" {
		return
	}
	require.NoError(b.t, os.MkdirAll(dir, 0o755))
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(dir+"/"+name+".png", png, 0o644))
}
