package integration

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// The scripts and styles need nothing that the oldest browsers of the pages lack.
func TestUIFloor(t *testing.T) {
	files := map[string]string{}
	for _, pattern := range []string{"../ui/static/*.js", "../ui/static/*.css"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			files[filepath.Base(name)] = string(data)
		}
	}
	check := func(files map[string]string) (faults []string) {
		runNode(t, nodeScript{"testdata/floor", "floor.mjs", "floor@1"}, files, &faults)
		return faults
	}
	assert.Empty(t, check(files))

	// What is newer is seen.
	newer := map[string]string{
		"a.js": "a ??= 1;", "b.js": "class B { #c = 1 }", "c.js": "await 1;", "d.js": "f([].at(-1));", "e.js": "AbortSignal.timeout(1);",
		"f.js": "new Intl.DisplayNames('en', { type: 'region' });", "g.js": "x.replaceChildren();", "h.js": "/(?<=a)b/.test(c);", "i.js": "structuredClone(a);",
		"a.css": "p { inset: 0 }", "b.css": "p:has(a) { color: red }", "c.css": "p { display: flex; gap: 1px }", "d.css": "p { padding-inline: 1px }",
		"e.css": "p { color: color-mix(in srgb, red, blue) }", "f.css": "p { min-height: 100dvh }", "g.css": "a:focus-visible { color: red }", "h.css": "@layer a { p { color: red } }",
	}
	found := check(newer)
	for name := range maps.Keys(newer) {
		assert.Condition(t, func() bool {
			for _, fault := range found {
				if len(fault) > len(name) && fault[:len(name)] == name {
					return true
				}
			}
			return false
		}, "%s: %s", name, newer[name])
	}
	good := map[string]string{"a.js": "export const f = (a) => a?.b ?? 1;", "a.css": "p { min-height: 100vh; min-height: 100dvh; display: grid; gap: 1px } a:focus:not(:focus-visible) { outline: none }"}
	assert.Empty(t, check(good))
}

// withoutNewer takes away what the oldest browsers of the pages lack.
const withoutNewer = `
delete AbortSignal.timeout; delete AbortSignal.any;
for (const name of ['DisplayNames', 'ListFormat', 'Segmenter', 'supportedValuesOf']) delete Intl[name];
for (const name of ['structuredClone', 'BroadcastChannel', 'WeakRef', 'FinalizationRegistry', 'AggregateError', 'requestIdleCallback', 'cookieStore', 'navigation', 'scheduler',
	'CSSStyleSheet', 'ResizeObserver', 'OTPCredential', 'Temporal']) delete window[name];
for (const prototype of [Element.prototype, Document.prototype, DocumentFragment.prototype]) delete prototype.replaceChildren;
for (const type of [Array, String, Int8Array.__proto__]) for (const name of ['at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with', 'replaceAll', 'isWellFormed']) delete type.prototype[name];
for (const name of ['hasOwn', 'groupBy']) delete Object[name];
for (const name of ['any', 'withResolvers', 'try']) delete Promise[name];
delete HTMLFormElement.prototype.requestSubmit; delete Element.prototype.setHTML;
delete SubmitEvent.prototype.submitter; delete Navigator.prototype.locks; delete Navigator.prototype.userAgentData; delete crypto.randomUUID; delete Crypto.prototype.randomUUID;
`

// A browser as old as the oldest signs in, is signed out, and comes back.
func TestUIOldBrowser(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, o *ui.Options) {
		o.Passwords = true
		cfg.Limits.InsecureOff = true
		cfg.HumanCheck.When = phoneauth.HumanCheckAlways
	})
	b := newBrowser(t, host.url)
	b.script(withoutNewer)
	for range 2 {
		b.open("/signin/?next=/home&screen=phone")
		require.True(t, valueOf[bool](b, "!Intl.DisplayNames && !AbortSignal.timeout && !navigator.locks && !Element.prototype.replaceChildren && !('submitter' in SubmitEvent.prototype)"))
		b.askForCode("Egypt", cairoTyped)
		b.press("Send the code again")
		b.sees("We sent the code again.")
		code := host.inbox.Code(t, cairo)
		b.fill("Code", wrong(code))
		b.sees("You have 4 tries left.")
		b.fill("Code", code)
		b.at("/home")
		b.open("/signin/?next=/home")
		b.at("/home")
		b.signOut()
	}
}
