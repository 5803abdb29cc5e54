package body

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseObject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule, body string
		want       Object // nil: refused
	}{
		{"empty", `{}`, Object{}},
		{"blanks around", " \t\r\n{ \"a\" : \"b\" }\n", Object{"a": "b"}},
		{"text alone counts", `{"a":1,"b":-2.5e3,"c":true,"d":false,"e":null,"f":["x",{"y":1}],"g":"h"}`,
			Object{"a": nil, "b": nil, "c": nil, "d": nil, "e": nil, "f": nil, "g": "h"}},
		{"objects inside", `{"user":{"phone":"1","x":{}},"z":"2"}`,
			Object{"user": Object{"phone": "1", "x": Object{}}, "z": "2"}},
		{"escapes", `{"a":"\"\\\/\n\u00e9\ud83d\ude00","\u0062":"c,:]}"}`, Object{"a": "\"\\/\né😀", "b": "c,:]}"}},
		{"names by exact case", `{"Phone":"1","phone":"2"}`, Object{"Phone": "1", "phone": "2"}},
		{"a replacement character is a character", `{"a":"\ufffd"}`, Object{"a": "\ufffd"}},
		{"an escaped backslash begins no surrogate", `{"a":"\\ud800"}`, Object{"a": `\ud800`}},
		{"deep enough", `{"a":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`, Object{"a": nil}},

		{"nothing", ``, nil},
		{"blank", ` `, nil},
		{"an array", `[]`, nil},
		{"a string", `"a"`, nil},
		{"a number", `1`, nil},
		{"null", `null`, nil},
		{"two objects", `{}{}`, nil},
		{"trailing data", `{} x`, nil},
		{"trailing comma", `{"a":1,}`, nil},
		{"no quotes", `{a:1}`, nil},
		{"cut off", `{"a":"b`, nil},
		{"a comment", `{/**/}`, nil},
		{"a byte order mark", "\ufeff{}", nil},
		{"a name twice", `{"a":"1","a":"2"}`, nil},
		{"a name twice, null", `{"a":null,"a":"2"}`, nil},
		{"a name twice, escaped", `{"a":"1","\u0061":"2"}`, nil},
		{"a name twice, inside", `{"user":{"a":"1","a":"2"}}`, nil},
		{"a name twice, in an array", `{"x":[[{"a":1,"a":1}]]}`, nil},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", nil},
		{"invalid UTF-8 in a name", "{\"\xc0\x80\":1}", nil},
		{"half a surrogate pair", `{"a":"\ud800"}`, nil},
		{"the other half", `{"a":"\udc00x"}`, nil},
		{"two halves of the same kind", `{"a":"\ud800\ud800"}`, nil},
		{"half a pair in a field nobody reads", `{"x":["\uD83D!"]}`, nil},
		{"too deep", `{"a":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}`, nil},
		{"control character", "{\"a\":\"\x01\"}", nil},
	} {
		got, ok := parse([]byte(tt.body))
		assert.Equal(t, tt.want != nil, ok, "%s: %q", tt.rule, tt.body)
		if ok {
			assert.Equal(t, tt.want, got, tt.rule)
		}
	}
}

func TestObjectMissing(t *testing.T) {
	t.Parallel()
	o, ok := parse([]byte(`{"a":1,"b":null,"c":"","d":" \t\u00a0","e":{},"f":["x"],"ok":" x ","user":"x"}`))
	require.True(t, ok)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "OK"} {
		assert.Empty(t, o.Text(name), name)
	}
	assert.Equal(t, " x ", o.Text("ok"))
	assert.Empty(t, o.Object("user").Object("more").Text("x"))
}

func TestReadObject(t *testing.T) {
	t.Parallel()
	const right = "application/json"
	full := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	for _, tt := range []struct {
		rule, contentType string
		body              io.Reader
		want              error
	}{
		{"plain", right, strings.NewReader(`{}`), nil},
		{"charset", "application/json; charset=utf-8", strings.NewReader(`{}`), nil},
		{"upper case", "Application/JSON", strings.NewReader(`{}`), nil},
		{"no type", "", strings.NewReader(`{}`), ErrMediaType},
		{"a form", "application/x-www-form-urlencoded", strings.NewReader(`{}`), ErrMediaType},
		{"text", "text/plain; application/json", strings.NewReader(`{}`), ErrMediaType},
		{"a relative", "application/vnd.api+json", strings.NewReader(`{}`), ErrMediaType},
		{"junk", "application/json; ;;=", strings.NewReader(`{}`), ErrMediaType},
		{"the most", right, strings.NewReader(full(MaxBytes)), nil},
		{"one more", right, strings.NewReader(full(MaxBytes + 1)), ErrTooLarge},
		{"the most, length unknown", right, io.MultiReader(strings.NewReader(full(MaxBytes))), nil},
		{"one more, length unknown", right, io.MultiReader(strings.NewReader(full(MaxBytes + 1))), ErrTooLarge},
		{"byte by byte", right, byteReader{strings.NewReader(`{"a":"b"}`)}, nil},
		{"the host's bound", right, http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(full(100))), 50), ErrTooLarge},
		{"broken off", right, io.MultiReader(strings.NewReader(`{}`), errorReader{}), ErrMalformed},
	} {
		r := httptest.NewRequest("POST", "/", tt.body)
		r.Header.Set("Content-Type", tt.contentType)
		_, err := Read(r)
		assert.ErrorIs(t, err, tt.want, tt.rule)
	}
}

// byteReader reads one byte at a time, errorReader none.
type byteReader struct{ io.Reader }

func (b byteReader) Read(p []byte) (int, error) { return b.Reader.Read(p[:min(1, len(p))]) }

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// FuzzBody compares with encoding/json: what is accepted has the same texts there, and
// what is refused is refused by a plain walk over its tokens.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"phone":"+201061797840","verification_code":"123456"}`,
		`{"format":"json","user":{"phone":"+33600000178","sms_code":"123456"}}`,
		`{"a":[1,-2.5e3,true,false,null,{"b":{}}],"\u0061":"\ud83d\ude00"}`,
		`{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":1}{`, `[]`, `{"a" "b"}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := parse(body)
		var want map[string]any
		plain := utf8.Valid(body) && json.Unmarshal(body, &want) == nil && want != nil && namesUnique(body)
		if !ok {
			lenient := plain && surrogatesPaired(body) && strings.Count(string(body), "[")+strings.Count(string(body), "{") <= maxDepth
			require.False(t, lenient, "refused: %q", body)
			return
		}
		require.True(t, plain, "accepted: %q", body)
		require.Len(t, got, len(want))
		for name, v := range want {
			s, isText := v.(string)
			if isText {
				require.Equal(t, s, got[name])
			} else {
				require.Empty(t, got.Text(name))
			}
		}
	})
}

// namesUnique reports whether no object in valid JSON has a name twice.
func namesUnique(body []byte) bool {
	d := json.NewDecoder(strings.NewReader(string(body)))
	var value func() bool
	value = func() bool {
		token, _ := d.Token()
		unique, names := true, map[any]bool{}
		switch token {
		case json.Delim('{'), json.Delim('['):
			for d.More() {
				if token == json.Delim('{') {
					name, _ := d.Token()
					unique = unique && !names[name]
					names[name] = true
				}
				unique = value() && unique
			}
			_, _ = d.Token()
		}
		return unique
	}
	return value()
}

func BenchmarkParseObject(b *testing.B) {
	body := []byte(`{"phone":"+201061797840","verification_code":"123456"}`)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = parse(body)
	}
}
