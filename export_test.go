package phoneauth

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/phoneauth/phoneauth/internal/argon2id"
)

// CheapHashes makes argon2id cheap for the rest of a test, which must not be parallel:
// the cost is a variable of internal/argon2id. Subtests of it may be.
func CheapHashes(t *testing.T) {
	t.Helper()
	t.Setenv("PHONEAUTH_CHEAP_HASHES", "1") // panics in a parallel test
	was := argon2id.Default
	argon2id.Default = argon2id.Cost{Memory: 8, Time: 1, Threads: 1}
	t.Cleanup(func() { argon2id.Default = was })
}

// Recorded is h; where PHONEAUTH_RECORD names a file, every request and answer is appended
// to it, one JSON object a line. The tests of integration hold them to docs/openapi.yaml.
func Recorded(h http.Handler) http.Handler {
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
