// Package docs holds the description of the HTTP APIs (OpenAPI 3.1), to serve beside them,
// below the same prefix:
//
//	mux.Handle("/auth/", http.StripPrefix("/auth", svc.Handler()))
//	mux.Handle("/auth/openapi.yaml", docs.Handler())
//
// Its server is ".", so that a client finds the routes relative to the place that it has
// the description from.
//
// The tests of the handlers compare every request and answer with it, so its routes, bodies,
// errors and headers are those of the handlers.
package docs

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"net/http"
	"time"
)

// OpenAPI is the description, in YAML. It must not be changed.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Handler serves OpenAPI, at whichever path it is mounted, to GET and HEAD. Mount it where
// the routes begin, for its server is relative to that path. Caches may keep it and must
// ask whether it is still the same: it has an ETag.
func Handler() http.Handler {
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(OpenAPI))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/yaml") // RFC 9512
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", etag)
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(OpenAPI))
	})
}
