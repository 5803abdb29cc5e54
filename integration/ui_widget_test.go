package integration

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// widgetPage has ALTCHA's own widget, which solves by itself and hands over its answer.
const widgetPage = `<!doctype html><html lang="en"><title>Widget</title>
<script type="module">
import '/altcha.js';
const widget = document.createElement('altcha-widget');
widget.addEventListener('verified', async (event) => {
  const said = await fetch('/answer', { method: 'POST', body: event.detail.payload });
  document.querySelector('output').textContent = await said.text();
});
widget.setAttribute('challenge', location.origin + '/challenge');
widget.setAttribute('auto', 'onload');
document.body.append(widget);
</script><body><output></output></body></html>`

// TestUIHumanWidget: the official widget of npm altcha, in Chromium, answers our challenge, and
// we accept its answer.
func TestUIHumanWidget(t *testing.T) {
	modules := nodeModules(t, "testdata/altcha-widget", "altcha@3.2.2")
	check, err := altcha.New(altchaKey)
	require.NoError(t, err)
	params := func() humancheck.Params {
		return humancheck.Params{Binding: "the_number_the_purpose", Level: 2, Now: time.Now()}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(widgetPage)) })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /altcha.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(modules, "altcha", "dist", "main", "altcha.js"))
	})
	mux.HandleFunc("GET /challenge", func(w http.ResponseWriter, r *http.Request) {
		q, err := check.Ask(r.Context(), params())
		assert.NoError(t, err)
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(t, json.NewEncoder(w).Encode(q.Challenge))
	})
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		answer := make([]byte, altcha.MaxAnswer)
		n, _ := r.Body.Read(answer)
		proof, err := check.Verify(r.Context(), string(answer[:n]), params())
		if assert.NoError(t, err) && assert.Equal(t, humancheck.Level(2), proof.Level) {
			_, _ = w.Write([]byte("accepted"))
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b := newBrowser(t, server.URL, "blob:"+server.URL) // its workers
	b.open("/")
	b.until("is not accepted", `document.querySelector('output')?.textContent === 'accepted'`)
}
