package docs_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/docs"
)

func ask(method string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/openapi.yaml", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	docs.Handler().ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	t.Parallel()
	w := ask(http.MethodGet)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	assert.Equal(t, string(docs.OpenAPI), w.Body.String())
	assert.Contains(t, w.Body.String(), "openapi: 3.1.0\n")

	etag := w.Header().Get("ETag")
	require.NotEmpty(t, etag)
	w = ask(http.MethodGet, "If-None-Match", etag)
	assert.Equal(t, http.StatusNotModified, w.Code)
	assert.Empty(t, w.Body.String())
	assert.Equal(t, http.StatusOK, ask(http.MethodGet, "If-None-Match", `"of before"`).Code)

	w = ask(http.MethodHead)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, etag, w.Header().Get("ETag"))
	assert.Empty(t, w.Body.String())

	w = ask(http.MethodPost)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

// Below a prefix the routes are found too: the server of the description is relative to
// the place that it is served from, and not the root of the host.
func TestServerIsBesideTheDescription(t *testing.T) {
	t.Parallel()
	servers := regexp.MustCompile(`(?m)^servers:\n  - url: (\S+)$`).FindSubmatch(docs.OpenAPI)
	require.NotNil(t, servers)
	server, err := url.Parse(string(servers[1]))
	require.NoError(t, err)
	for place, want := range map[string]string{
		"https://example.com/openapi.yaml":         "https://example.com/",
		"https://example.com/auth/openapi.yaml":    "https://example.com/auth/",
		"https://example.com/auth/v2/openapi.yaml": "https://example.com/auth/v2/",
	} {
		description, err := url.Parse(place)
		require.NoError(t, err)
		assert.Equal(t, want, description.ResolveReference(server).String())
	}
}

// The program of operations.md that finds the numbers whose plans have changed does find
// them.
func TestProgramThatFindsOldNumbers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles a program")
	}
	text, err := os.ReadFile("operations.md")
	require.NoError(t, err)
	_, text, found := bytes.Cut(text, []byte("## Numbers that you have already\n"))
	require.True(t, found)
	_, text, found = bytes.Cut(text, []byte("```go\n"))
	require.True(t, found)
	program, _, _ := bytes.Cut(text, []byte("```"))
	name := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(name, program, 0o600))

	run := exec.CommandContext(t.Context(), "go", "run", name)
	run.Dir = ".."
	run.Stdin = strings.NewReader(strings.Join([]string{
		"+525512345678", "+5215512345678", // Mexico, new and old
		"+2250707123456", "+22507123456", // Ivory Coast
		"+5511987654321", "+551187654321", // Brazil
		"+2290190011234", "+22990011234", // Benin
		"+201061797840", "+20 106 179 7840", "01061797840", // good; not E.164
	}, "\n"))
	output, err := run.Output()
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(`
+5215512345678 is not found
+22507123456 is not found
+551187654321 is not found
+22990011234 is not found
+20 106 179 7840 is found only as +201061797840
01061797840 is not found
`), strings.TrimSpace(string(output)))
}

// TestFilesOfTheHouse: the documents name only files that are there, and architecture.md
// names every file of the root package.
func TestFilesOfTheHouse(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("*.md")
	require.NoError(t, err)
	file := regexp.MustCompile("`([a-z0-9_/]+\\.go)`")
	named := map[string]bool{}
	for _, document := range documents {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, m := range file.FindAllStringSubmatch(string(text), -1) {
			assert.FileExists(t, filepath.Join("..", m[1]), "of %s", document)
			named[m[1]] = named[m[1]] || document == "architecture.md"
		}
	}
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	for _, name := range files {
		if name = filepath.Base(name); !strings.HasSuffix(name, "_test.go") {
			assert.True(t, named[name], "architecture.md does not name %s", name)
		}
	}
}
