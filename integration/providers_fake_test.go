package integration_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// asked is a request that a provider got. Each field of body is what its JSON is, or the values of
// a field of a form.
type asked struct {
	method, host, path, contentType, authorization string
	body                                           map[string]any
}

// providerAnswer is what a provider says to a request.
type providerAnswer struct {
	status int
	body   string
}

// fakeProviders plays providers with the answers, by path, and keeps what it was asked, in order.
func fakeProviders(t *testing.T, answers map[string]providerAnswer) (url string, take func() []asked) {
	t.Helper()
	var mu sync.Mutex
	var all []asked
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got := asked{r.Method, r.Host, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.Header.Get("Authorization"), requestFields(t, r.Header.Get("Content-Type"), raw)}
		mu.Lock()
		all = append(all, got)
		mu.Unlock()
		said, known := answers[got.path]
		if !assert.True(t, known, got.path) {
			said.status = http.StatusNotFound
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(said.status)
		io.WriteString(w, said.body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() []asked {
		mu.Lock()
		defer mu.Unlock()
		taken := all
		all = nil
		return taken
	}
}

// requestFields reads a body that is JSON or a form.
func requestFields(t *testing.T, contentType string, body []byte) map[string]any {
	t.Helper()
	read := map[string]any{}
	if !strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		assert.NoError(t, json.Unmarshal(body, &read))
		return read
	}
	form, err := url.ParseQuery(string(body))
	assert.NoError(t, err)
	for name, values := range form {
		read[name] = values
	}
	return read
}

// toFake returns a client that takes each request to the server at fake, which reads in Host where
// the request was to go.
func toFake(t *testing.T, fake string) *http.Client {
	t.Helper()
	u, err := url.Parse(fake)
	assert.NoError(t, err)
	return &http.Client{Transport: toHost(u.Host)}
}

// toHost is the transport of toFake.
type toHost string

func (h toHost) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.Host, out.URL.Scheme, out.URL.Host = r.URL.Host, "http", string(h)
	return http.DefaultTransport.RoundTrip(out)
}
