package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxBody leaves room for the answer to a human check: vendors' have up to 8 KiB.
const maxBody = 16 << 10

// only returns the one value of what may stand in a request once. It is "" where it stands
// there several times: another program in front may have read another of them.
func only(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

// list returns a header that is a list. It may stand in several lines (RFC 9110, 5.3).
func list(r *http.Request, name string) string {
	return strings.Join(r.Header.Values(name), ",")
}

var (
	errMediaType  = errors.New("phoneauth/ui: content type is not application/json")
	errTooLarge   = errors.New("phoneauth/ui: body too large")
	errBadRequest = errors.New("phoneauth/ui: body is not a JSON object of texts")
)

// readBody reads the body of r: one JSON object, flat, of texts, no name twice.
func readBody(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	if t, _, err := mime.ParseMediaType(only(r.Header.Values("Content-Type"))); err != nil || t != "application/json" {
		return nil, errMediaType
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errTooLarge
	}
	if err != nil || !utf8.Valid(data) || !json.Valid(data) { // valid: one value, and nothing after it
		return nil, errBadRequest
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if begin, _ := d.Token(); begin != json.Delim('{') {
		return nil, errBadRequest
	}
	body := map[string]string{}
	for d.More() {
		name, _ := d.Token()
		value, _ := d.Token()
		key, _ := name.(string)
		text, ok := value.(string)
		if _, twice := body[key]; twice || !ok {
			return nil, errBadRequest
		}
		body[key] = text
	}
	return body, nil
}

// readForm reads a form: each field once.
func readForm(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	var err error
	if t, _, _ := mime.ParseMediaType(only(r.Header.Values("Content-Type"))); t == "multipart/form-data" {
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm() // ParseMultipartForm would lose its error
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, errBadRequest
	}
	body := map[string]string{}
	for name, values := range r.PostForm {
		if len(values) != 1 || !utf8.ValidString(values[0]) {
			return nil, errBadRequest
		}
		body[name] = values[0]
	}
	return body, nil
}
