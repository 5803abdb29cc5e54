// Package body reads the body of a request: one JSON object, strictly, and of a bounded
// size.
package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxBytes is how long a body may be.
	MaxBytes = 8 << 10
	// maxDepth is how deep objects and arrays may be within one another.
	maxDepth = 32
)

// Refusals of a request before it is understood, in the order they are met.
var (
	// ErrMediaType: the Content-Type is not application/json.
	ErrMediaType = errors.New("phoneauth: content type is not application/json")
	// ErrTooLarge: the body is longer than MaxBytes, or than the host's own bound.
	ErrTooLarge = errors.New("phoneauth: body too large")
	// ErrMalformed: the body is not one JSON object, or could not be read.
	ErrMalformed = errors.New("phoneauth: body is not a JSON object")
)

// Object is a JSON object: text is a string, an object is an Object, and everything else
// is nil.
type Object map[string]any

// Text returns the text under name. Whatever is not text, or blank, is "" as if it
// were missing.
func (o Object) Text(name string) string {
	s, _ := o[name].(string)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// Object returns the object under name, or an empty one.
func (o Object) Object(name string) Object {
	inner, _ := o[name].(Object)
	return inner
}

// bodies are buffers with room for the byte that is too much.
var bodies = sync.Pool{New: func() any { return new([MaxBytes + 1]byte) }}

// Read reads the body of r, which must be one JSON object.
func Read(r *http.Request) (Object, error) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, ErrMediaType
	}
	if r.ContentLength > MaxBytes {
		return nil, ErrTooLarge
	}
	if r.Body == nil {
		return nil, ErrMalformed
	}
	buf := bodies.Get().(*[MaxBytes + 1]byte)
	defer bodies.Put(buf)
	n := 0
	for n < len(buf) {
		m, err := r.Body.Read(buf[n:])
		n += m
		if err == io.EOF {
			break
		}
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok { // the host's own bound
			return nil, ErrTooLarge
		}
		if err != nil {
			return nil, ErrMalformed
		}
	}
	if n > MaxBytes {
		return nil, ErrTooLarge
	}
	o, ok := parse(buf[:n])
	if !ok {
		return nil, ErrMalformed
	}
	return o, nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" { // nearly always, and 100 times as fast
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

// parse parses one JSON object strictly, as RFC 7493 (I-JSON) has it: valid
// UTF-8, surrogates in pairs, names unique at every depth, and nothing after it.
func parse(body []byte) (Object, bool) {
	if !utf8.Valid(body) || !json.Valid(body) || !surrogatesPaired(body) {
		return nil, false
	}
	p := parser{body: body}
	v, ok := p.value(0)
	o, isObject := v.(Object)
	return o, ok && isObject
}

// surrogatesPaired reports whether each escaped surrogate in valid JSON is one of a
// pair. encoding/json makes U+FFFD of the others, so that two texts become one.
func surrogatesPaired(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 {
			return true
		}
		body = body[at:]
		first := escaped(body)
		switch {
		case first < 0:
			body = body[2:]
		case !utf16.IsSurrogate(first):
			body = body[6:]
		case utf16.DecodeRune(first, escaped(body[6:])) == utf8.RuneError:
			return false
		default:
			body = body[12:]
		}
	}
}

// escaped returns the code unit of the escape (\u and four digits) that b begins with, or -1.
func escaped(b []byte) rune {
	if !bytes.HasPrefix(b, []byte(`\u`)) {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// parser walks over valid JSON, so that commas and colons mean no more than blanks.
type parser struct {
	body []byte
	at   int
}

// peek returns the first byte of the next value, or of the end of this one.
func (p *parser) peek() byte {
	for {
		switch c := p.body[p.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.at++
		default:
			return c
		}
	}
}

// value returns the next value, or false if it is too deep or has a name twice.
func (p *parser) value(depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch p.peek() {
	case '"':
		return p.text(), true
	case '{':
		p.at++
		o := Object{}
		for p.peek() != '}' {
			name := p.text()
			if _, twice := o[name]; twice {
				return nil, false
			}
			v, ok := p.value(depth + 1)
			if !ok {
				return nil, false
			}
			o[name] = v
		}
		p.at++
		return o, true
	case '[':
		p.at++
		for p.peek() != ']' {
			if _, ok := p.value(depth + 1); !ok {
				return nil, false
			}
		}
		p.at++
		return nil, true
	}
	for p.at < len(p.body) && strings.IndexByte(" \t\r\n,]}", p.body[p.at]) < 0 {
		p.at++ // a number, true, false or null
	}
	return nil, true
}

// text returns the string that begins here.
func (p *parser) text() string {
	start, plain := p.at, true
	for p.at++; p.body[p.at] != '"'; p.at++ {
		if p.body[p.at] == '\\' {
			p.at++
			plain = false
		}
	}
	p.at++
	if plain {
		return string(p.body[start+1 : p.at-1])
	}
	var s string
	_ = json.Unmarshal(p.body[start:p.at], &s) // it is valid
	return s
}
