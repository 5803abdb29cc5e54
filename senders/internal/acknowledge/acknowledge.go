// Package acknowledge answers callbacks of providers that do not take 204 for success.
package acknowledge

import (
	"io"
	"net/http"
)

// With returns a handler that answers 200 with body, which is JSON or empty, where h answers 204.
func With(body string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(writer{w, body}, r)
	})
}

type writer struct {
	http.ResponseWriter
	body string
}

func (w writer) WriteHeader(status int) {
	if status != http.StatusNoContent {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.body != "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.ResponseWriter.WriteHeader(http.StatusOK)
	io.WriteString(w.ResponseWriter, w.body)
}

// Unwrap returns the writer inside, for http.ResponseController.
func (w writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
