package integration

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// standIns stand at the addresses of vendors, whose scripts cannot be had for tests. They do
// what the vendors' documentation says of their scripts.
type standIns struct {
	server *httptest.Server
	rules  string // that map the vendors' hosts to it, for --host-resolver-rules
	key    string // of its certificate, which browsers must be told to trust
}

// vendorHosts are the hosts that the vendors' scripts and frames come from.
var vendorHosts = []string{
	"challenges.cloudflare.com", "js.hcaptcha.com", "newassets.hcaptcha.com", "www.google.com", "www.gstatic.com",
}

// standInsBlocked makes the stand-ins fail, as where something blocks vendors.
var standInsBlocked atomic.Bool

func newStandIns() *standIns {
	mux := http.NewServeMux()
	script := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if standInsBlocked.Load() {
				http.Error(w, "blocked", http.StatusForbidden)
				return
			}
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, "{"+standInCommon+text+"}")
		}
	}
	mux.HandleFunc("challenges.cloudflare.com/turnstile/v0/api.js", script(standInTurnstile))
	mux.HandleFunc("js.hcaptcha.com/1/api.js", script(standInHCaptcha))
	mux.HandleFunc("www.google.com/recaptcha/api.js", script(standInRecaptcha))
	mux.HandleFunc("www.gstatic.com/recaptcha/releases/1/recaptcha.js", script(standInRecaptchaRest))
	for _, frame := range []string{"challenges.cloudflare.com/frame", "newassets.hcaptcha.com/frame", "www.google.com/recaptcha/api2/anchor"} {
		mux.HandleFunc(frame, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, standInFrame)
		})
	}
	s := &standIns{server: httptest.NewTLSServer(mux)}
	address, _ := url.Parse(s.server.URL)
	var rules []string
	for _, host := range vendorHosts {
		rules = append(rules, "MAP "+host+":443 "+address.Host)
	}
	sum := sha256.Sum256(s.server.Certificate().RawSubjectPublicKeyInfo)
	s.rules, s.key = strings.Join(rules, ","), base64.StdEncoding.EncodeToString(sum[:])
	return s
}

// standInFrame gives the token that its address names to whoever asks.
const standInFrame = `<!doctype html><html lang="en"><title>Check</title>
<script>
const token = new URLSearchParams(location.search).get('token');
onmessage = ({ source }) => source.postMessage({ token }, '*');
</script>`

// standInCommon has onload, which calls the function that the address of the script names,
// and frame, which loads a frame and calls back with its token once the box is ticked, or at
// once. The box is beside the frame, because browsers lose clicks on a frame that has just
// appeared.
const standInCommon = `
const address = new URL(document.currentScript.src);
const onload = () => window[address.searchParams.get('onload')]?.();
function frame(place, base, told, atOnce) {
	return new Promise((given) => {
		const frame = document.createElement('iframe');
		const token = btoa(JSON.stringify({ ...told, hl: address.searchParams.get('hl'), once: Math.random() }));
		frame.title = 'Check of a vendor';
		frame.width = 40;
		frame.height = 40;
		frame.src = base + '?' + new URLSearchParams({ token });
		const loaded = new Promise((done) => { frame.onload = done });
		const tick = () => loaded.then(() => frame.contentWindow.postMessage({}, '*'));
		addEventListener('message', ({ source, data }) => {
			if (source === frame.contentWindow) given(data.token);
		});
		place.append(frame);
		if (atOnce) {
			tick();
			return;
		}
		place.append(Object.assign(document.createElement('button'), { type: 'button', className: 'link', textContent: 'I am human', onclick: tick }));
	});
}
`

const standInTurnstile = `
window.turnstile = {
	render(place, o) {
		if (o.appearance === 'interaction-only') o['before-interactive-callback']();
		const { sitekey, action, cData: cdata, language: lang } = o;
		frame(place, 'https://challenges.cloudflare.com/frame', { sitekey, action, cdata, lang }).then(o.callback);
		return '1';
	},
	remove() {},
};
onload();
`

const standInHCaptcha = `
window.hcaptcha = {
	render(place, o) {
		frame(place, 'https://newassets.hcaptcha.com/frame', { sitekey: o.sitekey, size: o.size }).then(o.callback);
		return '1';
	},
	remove() {},
};
onload();
`

const standInRecaptcha = `
window.grecaptcha = { ready: (task) => (window.grecaptchaReady ??= []).push(task) };
document.head.append(Object.assign(document.createElement('script'), {
	src: 'https://www.gstatic.com/recaptcha/releases/1/recaptcha.js' + address.search,
}));
`

const standInRecaptchaRest = `
const anchor = 'https://www.google.com/recaptcha/api2/anchor';
Object.assign(window.grecaptcha, {
	ready: (task) => task(),
	render(place, o) {
		frame(place, anchor, { sitekey: o.sitekey, size: o.size }).then(o.callback);
		return 0;
	},
	execute(sitekey, { action }) {
		if (address.searchParams.get('render') !== sitekey) throw new Error('another key');
		return frame(document.body, anchor, { sitekey, action }, true);
	},
});
window.grecaptchaReady.forEach((task) => task());
onload();
`

// verifier is siteverify of a vendor, for the tokens of the stand-ins.
type verifier struct {
	url   string
	host  string // where the page is
	down  atomic.Bool
	wrong atomic.Int64 // so many answers are wrong yet

	mu    sync.Mutex
	used  map[string]bool
	asked []map[string]any // what each token says
}

func newVerifier(t *testing.T, host string) *verifier {
	v := &verifier{host: host, used: map[string]bool{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

func (v *verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if v.down.Load() {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	token := r.PostFormValue("response")
	data, _ := base64.StdEncoding.DecodeString(token)
	var said map[string]any
	known := json.Unmarshal(data, &said) == nil
	v.mu.Lock()
	defer v.mu.Unlock()
	answer := map[string]any{"success": false, "error-codes": []string{"invalid-input-response"}}
	if known && !v.used[token] && r.PostFormValue("secret") == "secret" && v.wrong.Add(-1) < 0 {
		answer = map[string]any{"success": true, "hostname": v.host, "action": said["action"], "cdata": said["cdata"], "score": 0.9}
	}
	v.used[token] = true
	v.asked = append(v.asked, said)
	_ = json.NewEncoder(w).Encode(answer)
}

// tokens are what the tokens that were verified say.
func (v *verifier) tokens() []map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}
