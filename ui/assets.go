package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// file is a static file, plain and gzipped.
type file struct {
	contentType, tag string
	plain, gzipped   []byte
}

var contentTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
}

// staticFiles returns what is embedded, the style sheet with the rules of the host.
func staticFiles(rules string) map[string]*file {
	files := map[string]*file{}
	entries, _ := fs.ReadDir(static, "static") // embedded: it is there
	for _, entry := range entries {
		contentType, ok := contentTypes[path.Ext(entry.Name())]
		if !ok {
			continue // page.html
		}
		data, _ := static.ReadFile("static/" + entry.Name())
		if entry.Name() == "style.css" {
			data = append([]byte(rules), data...)
		}
		data = lean(data)
		sum := sha256.Sum256(data)
		files[entry.Name()] = &file{contentType, hex.EncodeToString(sum[:8]), data, gzipped(data)}
	}
	return files
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(data) // to memory
	_ = w.Close()
	return b.Bytes()
}

// serve answers with the file. Browsers ask each time whether it is still the same, so
// that the files of a page always fit one another.
func (f *file) serve(w http.ResponseWriter, r *http.Request) { f.serveFor(w, r, "no-cache") }

// serveFor answers with the file, which caches may keep as cacheControl says.
func (f *file) serveFor(w http.ResponseWriter, r *http.Request, cacheControl string) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", cacheControl)
	h.Set("Vary", "Accept-Encoding")
	data, tag := f.plain, f.tag
	if acceptsGzip(r) {
		data, tag = f.gzipped, f.tag+"-gz"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// acceptsGzip reports whether r says so and does not say "q=0" of it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(list(r, "Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.Trim(strings.TrimSpace(quality), "q=0.") != "" || quality == ""
		}
	}
	return false
}
