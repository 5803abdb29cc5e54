// Package record writes down what the tests of the handlers send and get, so that the tests
// of integration can hold it to docs/openapi.yaml.
package record

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
)

// Handler is h. Where PHONEAUTH_RECORD names a file, every request and answer is appended to
// that file, one JSON object a line.
func Handler(h http.Handler) http.Handler {
	name := os.Getenv("PHONEAUTH_RECORD")
	if name == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, path, header := r.Method, r.URL.Path, r.Header.Clone()
		body, err := io.ReadAll(r.Body)
		recordOK(err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		line, err := json.Marshal(map[string]any{
			"method": method, "path": path, "header": header, "body": body,
			"status": answer.Code, "answer_header": answer.Header(), "answer": answer.Body.Bytes(),
		})
		recordOK(err)
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		recordOK(err)
		_, err = file.Write(append(line, '\n')) // at once: other tests write too
		recordOK(err)
		recordOK(file.Close())
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

func recordOK(err error) {
	if err != nil {
		panic(err)
	}
}
