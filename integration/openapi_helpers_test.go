package integration_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// description is one path of a vendor's own description of its API.
type description struct {
	doc    *openapi3.T
	post   *openapi3.Operation
	router routers.Router
}

// describe loads shared/delivery/file, which lies beside the repository or in
// $PHONEAUTH_SHARED, and keeps path, under a server at base.
func describe(t *testing.T, file, path, base string) *description {
	t.Helper()
	shared := os.Getenv("PHONEAUTH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	file = filepath.Join(shared, "delivery", file)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("the vendor's OpenAPI description is not there (%v): set PHONEAUTH_SHARED to the folder that has delivery/", err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	require.NoError(t, err)
	item := doc.Paths.Value(path)
	require.NotNil(t, item, path)
	item.Servers = nil
	doc.Paths = openapi3.NewPaths(openapi3.WithPath(path, item))
	doc.Servers = openapi3.Servers{{URL: base}}
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	return &description{doc, item.Post, router}
}

// schema of the name, among the components.
func (d *description) schema(t *testing.T, name string) *openapi3.Schema {
	t.Helper()
	ref := d.doc.Components.Schemas[name]
	require.NotNil(t, ref, name)
	return ref.Value
}

// posted is the schema of the form that is posted.
func (d *description) posted() *openapi3.Schema {
	return d.post.RequestBody.Value.Content.Get("application/x-www-form-urlencoded").Schema.Value
}

// options take basic credentials, or a bearer token, where the description wants them.
func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		MultiError:            true,
		IncludeResponseStatus: true,
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			r := in.RequestValidationInput.Request
			_, password, _ := r.BasicAuth()
			token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if in.SecurityScheme.Scheme == "basic" && password != "" || in.SecurityScheme.Scheme == "bearer" && bearer && token != "" {
				return nil
			}
			return in.NewError(nil)
		},
	}
}

// validate holds r, whose body can be read, to the description.
func (d *description) validate(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options()}
	return in, openapi3filter.ValidateRequest(r.Context(), in)
}

// form is a form that is posted to a path.
type form struct{ path, body string }

// notices fails t unless each of bad is against the description: it would notice.
func (d *description) notices(t *testing.T, bad map[string]form) {
	t.Helper()
	for name, f := range bad {
		r := httptest.NewRequest(http.MethodPost, f.path, strings.NewReader(f.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, err := d.validate(r)
		assert.Error(t, err, name)
	}
}

// tells fails t unless the description takes good and refuses each of bad, all with credentials.
func (d *description) tells(t *testing.T, good form, bad map[string]form) {
	t.Helper()
	check := func(f form) error {
		r := httptest.NewRequest(http.MethodPost, f.path, strings.NewReader(f.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("user", "password")
		_, err := d.validate(r)
		return err
	}
	require.NoError(t, check(good))
	for name, f := range bad {
		assert.Error(t, check(f), name)
	}
}

// sends sends texts of each kind through s, which are accepted with this receipt.
func sends(t *testing.T, s phoneauth.SMSSender, want phoneauth.Receipt, name string) {
	t.Helper()
	for _, body := range []phoneauth.Secret{
		"012345 is your Acme sign-in code. Never share it.",
		"<#> 012345 هو رمز الدخول & ça = été\n@acme.example #012345",
		phoneauth.Secret(strings.Repeat("0123456789", 60)),
	} {
		r, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(cairo), Body: body})
		require.NoError(t, err, name)
		assert.Equal(t, want, r, name)
	}
}

// serve starts a server that answers status and answer to forms, and holds both requests and
// answers to the description.
func (d *description) serve(t *testing.T, status int, answer []byte) string {
	t.Helper()
	return d.serveAs(t, status, answer, func(r *http.Request) {
		assert.NoError(t, r.ParseForm())
		for name, values := range r.PostForm {
			assert.Contains(t, d.posted().Properties, name, "a field that the vendor does not know")
			assert.Len(t, values, 1, name)
		}
	})
}

// serveAs is like serve, for requests of any kind. It calls look with each request, whose body can
// be read.
func (d *description) serveAs(t *testing.T, status int, answer []byte, look func(*http.Request)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		in, err := d.validate(r)
		assert.NoError(t, err, "the request")
		r.Body = io.NopCloser(bytes.NewReader(body))
		look(r)
		header := http.Header{"Content-Type": {"application/json"}}
		if in != nil {
			out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: status, Header: header, Options: in.Options}
			assert.NoError(t, openapi3filter.ValidateResponse(r.Context(), out.SetBodyBytes(answer)), "the answer")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(answer)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
