package callbacktest

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stranger says everything that the provider says.
func (p Provider) stranger(t testing.TB, request func(map[string]string) *http.Request) {
	t.Helper()
	for _, s := range p.Says {
		a := p.refuses(t, request(s.Fields), s.Name)
		assert.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, a.status,
			"%s: whoever is not the provider is told 401, 403 or 404", s.Name)
	}
}

// unsigned: anybody can call the address.
func unsigned(t testing.TB, p Provider) { p.stranger(t, p.Unsigned) }

// forged: a signature is looked at.
func forged(t testing.TB, p Provider) { p.stranger(t, p.Forged) }

// changed: a signature is of one body, whatever byte of it is another.
func changed(t testing.TB, p Provider) {
	if !p.SignsBody {
		return
	}
	for _, s := range p.reported() {
		signed := body(t, p.Signed(s.Fields))
		require.NotEmpty(t, signed, "%s: a provider that signs bodies has some", s.Name)
		for i := range signed {
			r := p.Signed(s.Fields)
			b := body(t, r)
			b[min(i, len(b)-1)] ^= 1
			setBody(r, b)
			p.refuses(t, r, s.Name+": a byte that was changed")
		}
		r := p.Signed(s.Fields)
		setBody(r, append(body(t, r), "&x=y"...))
		p.refuses(t, r, s.Name+": bytes that were added")
	}
}

// ages: whoever saw a request cannot repeat it for ever. It runs under synctest.
func ages(t testing.TB, p Provider) {
	s := p.reported()[0]
	r := p.Signed(s.Fields)
	raw := body(t, r)
	<-time.After(p.MaxAge - time.Second)
	p.understands(t, r.Clone(r.Context()), s)
	<-time.After(2 * time.Second)
	setBody(r, raw)
	p.refuses(t, r, "a request older than Provider.MaxAge")
}

// methods: a provider's requests have their methods.
func methods(t testing.TB, p Provider) {
	own := p.Methods
	if len(own) == 0 {
		own = []string{http.MethodPost}
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if slices.Contains(own, method) {
			continue
		}
		r := p.Signed(p.reported()[0].Fields)
		r.Method = method
		a := p.refuses(t, r, method)
		assert.Equal(t, http.StatusMethodNotAllowed, a.status, method)
		for _, right := range own {
			assert.Contains(t, a.header.Get("Allow"), right, "%s: Allow says which are right", method)
		}
	}
}

// reader counts what is read of it.
type reader struct {
	io.Reader
	read int
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.read += n
	return n, err
}

// forever is a body of as much as anybody reads.
type forever struct{}

func (forever) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

const mebibyte = 1 << 20

// endless: nobody can fill the memory of a host.
func endless(t testing.TB, p Provider) {
	for _, s := range p.reported() {
		r := p.Signed(s.Fields)
		hasBody := len(body(t, r)) > 0
		all := &reader{Reader: io.LimitReader(forever{}, 8*mebibyte)}
		r.Body, r.ContentLength = io.NopCloser(all), -1
		if hasBody {
			p.refuses(t, r, s.Name+": a body without end")
		} else {
			p.ask(t, r, nil)
		}
		assert.LessOrEqual(t, all.read, mebibyte, "%s: no more than 1 MiB of a body is read", s.Name)
		if !hasBody {
			continue
		}
		more := maps.Clone(s.Fields)
		more["callbacktest_unknown"] = strings.Repeat("x", mebibyte)
		a := p.refuses(t, p.Signed(more), s.Name+": 1 MiB, though signed")
		assert.Equal(t, http.StatusRequestEntityTooLarge, a.status, "%s: 1 MiB, though signed", s.Name)
	}
}

// breaksOff: a part of a body is not the body.
func breaksOff(t testing.TB, p Provider) {
	for _, s := range p.reported() {
		for _, part := range []int{0, 1, 2} { // halves
			r := p.Signed(s.Fields)
			b := body(t, r)
			if len(b) == 0 {
				continue
			}
			broken := io.MultiReader(bytes.NewReader(b[:len(b)*part/2]), failing{})
			r.Body, r.ContentLength = io.NopCloser(broken), int64(len(b)+1)
			p.refuses(t, r, s.Name+": a body that breaks off")
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the connection is gone") }

// nonsense: what is no callback is no report.
func nonsense(t testing.TB, p Provider) {
	for _, s := range p.reported() {
		for _, b := range []string{
			"", "%zz", "=", "&&&", "null", "[]", "{}", `{"a":`, `"text"`, "\x00\xff\xfe", strings.Repeat("[", 10_000),
			strings.Repeat(`{"a":`, 5_000), "<xml/>", "a=b&a=b",
		} {
			r := p.Signed(s.Fields)
			if len(body(t, r)) == 0 {
				continue
			}
			setBody(r, []byte(b))
			p.refuses(t, r, s.Name+": a body of nonsense")
		}
	}
}
