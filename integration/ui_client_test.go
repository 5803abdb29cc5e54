package integration

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/ui"
)

// clientPage is a page of a host with a form of its own.
const clientPage = `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">
<label>Number <input id="number"></label><label>Code <input id="digits"></label>
<button id="send">Send</button><button id="enter">Enter</button><button id="orders">Orders</button><button id="leave">Leave</button>
<output></output><script type="module">
import { Client } from '/signin/client.js';
const say = (text) => { document.querySelector('output').textContent = text };
const client = window.client = new Client({ ended: () => { document.title = 'ended' } });
let sent;
const on = (id, task) => { document.getElementById(id).onclick = task };
on('send', async () => {
  sent = await client.start({ phone: document.getElementById('number').value });
  say(sent.ok ? 'sent to ' + sent.display + ' by ' + sent.channel : sent.code);
});
on('enter', async () => {
  const answer = await client.verify({ ...sent, code: document.getElementById('digits').value });
  say(answer.ok ? 'welcome ' + answer.display : answer.code + ' ' + answer.tries_left);
});
on('orders', async () => {
  const response = await client.fetch('/orders');
  say(response.status + ' ' + (await response.text()));
});
on('leave', async () => say((await client.end()).ok ? 'bye' : 'no'));
</script>`

// A host's own page signs in, gets what needs a session after the access token has gone, and signs out.
func TestUIClient(t *testing.T) {
	host := newUIHost(t, func(cfg *phoneauth.Config, _ *ui.Options) { cfg.HumanCheck.When = phoneauth.HumanCheckAlways })
	l := newLine(t, host)
	host.mux.HandleFunc("/shop", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, clientPage)
	})
	host.mux.Handle("/orders", host.page.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "two shirts")
	})))
	b := newBrowser(t, l.url)
	b.open("/shop")
	b.fill("Number", "+2010")
	b.press("Send")
	b.sees("invalid_phone")
	l.answer("start", says(200))
	b.press("Send")
	b.sees("portal")
	l.answer("start", nil)
	b.fill("Number", cairo)
	b.press("Send")
	b.sees("sent to " + cairoShown + " by sms")
	code := host.inbox.Code(t, cairo)
	b.fill("Code", wrong(code))
	b.press("Enter")
	b.sees("invalid_code 4")
	b.fill("Code", code)
	b.press("Enter")
	b.sees("welcome " + cairoShown)
	orders := func(answer string) {
		valueOf[bool](b, `(document.querySelector('output').textContent = '', true)`)
		b.press("Orders")
		b.sees(answer)
	}
	orders("200 two shirts")

	withoutAccess := func() {
		call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: "__Host-phoneauth-access", URL: b.home})
	}
	withoutAccess()
	orders("200 two shirts")
	assert.Equal(t, 1, l.requests("session/refresh"))
	// However many requests find out at the same time, there is one refresh.
	withoutAccess()
	assert.Equal(t, "200 200 200 200", await(b, `Promise.all([1, 2, 3, 4].map(() => client.fetch('/orders'))).then((all) => all.map((r) => r.status).join(' '))`))
	assert.Equal(t, 2, l.requests("session/refresh"))

	withoutAccess()
	l.answer("session/refresh", says(503))
	valueOf[bool](b, `(window.tried = 0, client.refresh(() => { tried++ }), true)`)
	b.until("it does not try again", "tried >= 2")
	l.answer("session/refresh", nil)
	orders("200 two shirts")
	assert.LessOrEqual(t, l.requests("session/refresh"), 8)

	b.press("Leave")
	b.sees("bye")
	orders("401")
	b.until("it is not told that the session has ended", "document.title === 'ended'")
	before := l.requests("session/refresh")
	orders("401")
	orders("401")
	assert.Equal(t, before, l.requests("session/refresh"), "an ended session is not asked for again")
}

// await returns the text that a promise of the page becomes.
func await(b *browser, promise string) string {
	b.t.Helper()
	valueOf[bool](b, "(window.awaited = undefined, ("+promise+").then((v) => { window.awaited = String(v) }), true)")
	b.until("nothing comes of "+promise, "window.awaited !== undefined")
	return valueOf[string](b, "window.awaited")
}

// One tab refreshes for all tabs.
func TestUIClientTabs(t *testing.T) {
	host := newUIHost(t, nil)
	l := newLine(t, host)
	host.mux.HandleFunc("/shop", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, clientPage)
	})
	b := newBrowser(t, l.url)
	b.open("/signin/")
	b.askForCode("Egypt", cairoTyped)
	b.fill("Code", host.inbox.Code(t, cairo))
	b.at("/home")
	b.open("/shop")
	b.until("the client is not there", "window.client")
	release := make(chan struct{})
	l.answer("session/refresh", func(w http.ResponseWriter, r *http.Request) {
		<-release
		host.mux.ServeHTTP(w, r)
	})
	// Two clients are like two tabs: they share nothing but what browsers share among tabs.
	valueOf[bool](b, `(window.both = Promise.all([client, new client.constructor()].map((c) => c.refresh())), true)`)
	Eventually(t, "a request", func() bool { return l.requests("session/refresh") == 1 })
	close(release)
	assert.Equal(t, "true true", await(b, `both.then((all) => all.map((r) => r.ok).join(' '))`))
	assert.Equal(t, 1, l.requests("session/refresh"))
}

// The types of the client fit what a host writes.
func TestUIClientTypes(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node", "apt-get install -y --no-install-recommends nodejs npm")
	}
	modules := nodeModules(t, "testdata/openapi", "openapi-typescript@7.13.0")
	dir := t.TempDir()
	types, err := os.ReadFile("../ui/static/client.d.ts")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "client.d.ts"), types, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600))
	compile := func(source string) (string, error) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "host.ts"), []byte("import { Client, type Refusal, type Sent } from './client.js';\nconst client = new Client({ lang: 'en', slow: () => {} });\n"+source), 0o600))
		cmd := exec.CommandContext(t.Context(), node, filepath.Join(modules, "typescript", "bin", "tsc"), "--strict", "--noEmit", "--module", "nodenext", "--target", "es2020", "--lib", "es2020,dom", "--skipLibCheck", "false", "host.ts")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := compile(`
const sent = await client.start({ phone: '+201061797840', channel: 'sms' });
if (sent.ok) {
  const again: Sent | Refusal = await client.resend(sent, { channel: sent.channels[0]?.channel });
  const registered = await client.register({ phone: '+201061797840', password: 'correct horse' });
  if (registered.ok) await client.resend(registered);
  const done = await client.verify({ ...sent, code: '123456' });
  if (!done.ok && done.code === 'invalid_code') console.log(done.tries_left, again.ok);
}
const response: Response = await client.fetch('/orders');
console.log((await client.refresh((seconds: number) => seconds)).ok, response.status);
export {};`)
	require.NoError(t, err, out)
	out, err = compile(`const sent = await client.start({ phone: 1 }); export {};`)
	require.Error(t, err, out)
}
