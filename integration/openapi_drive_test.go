package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// The numbers of the description's examples, and two more.
const (
	cairo2    = "+201061797842"
	delhi     = "+918076512310"
	singapore = "+6584932466"
	paris     = "+33600000178"
	paris2    = "+33600000179"

	password = "12345678"
)

// sought collects what was seen of what is described.
type sought struct {
	ours
	mu   sync.Mutex
	seen map[string][]exchange // by method and path
}

func (s *sought) add(e exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, _ := s.described(e.Path)
	s.seen[e.Method+" "+path] = append(s.seen[e.Method+" "+path], e)
}

// client is one client of a Service of its own.
type client struct {
	t       *testing.T
	sought  *sought
	svc     *phoneauth.Service
	inbox   *phonetest.Inbox
	store   *downStore
	handler http.Handler
	bearer  string
	header  map[string]string
	cookies map[string]string
}

type fields = map[string]any

func newClient(t *testing.T, sought *sought, mutate ...func(*phoneauth.Config)) *client {
	t.Helper()
	c := &client{t: t, sought: sought, inbox: phonetest.New(), store: newDownStore(memstore.New()), header: map[string]string{}, cookies: map[string]string{}}
	cfg := phoneauth.Config{
		Store:  c.store,
		Sender: c.inbox,
		Keys: phoneauth.Keys{
			Index:   []byte(strings.Repeat("i", 32)),
			Secrets: []phoneauth.Key{{ID: "1", Secret: []byte(strings.Repeat("s", 32))}},
		},
		Numbers: phoneauth.NumberRules{DefaultRegion: "SG"},
		Logger:  slog.New(slog.DiscardHandler),
	}
	for _, m := range mutate {
		m(&cfg)
	}
	var err error
	c.svc, err = phoneauth.New(cfg)
	require.NoError(t, err)
	c.handler = c.svc.Handler()
	return c
}

// do makes a request, whose answer must have the status, and holds both to the
// description. A body that is text is sent as it is.
func (c *client) do(status int, route string, body any) answer {
	c.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	text, raw := body.(string)
	if !raw && body != nil {
		data, err := json.Marshal(body)
		require.NoError(c.t, err)
		text = string(data)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	header := r.Header.Clone()
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if c.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		}
	}
	e := exchange{method, path, header, []byte(text), w.Code, w.Header(), w.Body.Bytes()}
	require.NoError(c.t, c.sought.check(e), e.String())
	c.sought.add(e)
	require.Equal(c.t, status, w.Code, e.String())
	return answer{c.t, w.Body.Bytes()}
}

// answer is the body of one.
type answer struct {
	t    *testing.T
	body []byte
}

// text walks down the names of a dotted path.
func (a answer) text(path string) string {
	a.t.Helper()
	var v any
	require.NoError(a.t, json.Unmarshal(a.body, &v))
	for name := range strings.SplitSeq(path, ".") {
		inner, ok := v.(map[string]any)
		require.True(a.t, ok, "%s: %s", path, a.body)
		v = inner[name]
	}
	require.IsType(a.t, "", v, "%s: %s", path, a.body)
	return v.(string)
}

func (c *client) code(phone string) string {
	c.t.Helper()
	return c.inbox.Code(c.t, phone)
}

// start has a code sent and reads it.
func (c *client) start(phone string) string {
	c.t.Helper()
	c.do(200, "POST /users/verification/start", fields{"phone": phone})
	return c.code(phone)
}

func (c *client) proof(phone string) string {
	c.t.Helper()
	body := fields{"phone": phone, "verification_code": c.start(phone)}
	return c.do(200, "POST /users/verification/verify", body).text("verification_token")
}

// connect signs in and stays signed in.
func (c *client) connect(phone string) answer {
	c.t.Helper()
	a := c.do(200, "POST /connect", fields{"phone": phone, "verification_token": c.proof(phone)})
	c.bearer = a.text("meta.access_token")
	return a
}

// signUp makes an account with a password and stays signed in.
func (c *client) signUp(phone string) answer {
	c.t.Helper()
	c.do(200, "POST /api/v1/users", fields{"msisdn": phone, "password": password, "password_confirmation": password})
	a := c.do(200, "POST /api/v1/users/verify", fields{"code": c.code(phone)})
	c.bearer = a.text("authentication_token")
	return a
}

// lock guesses at the codes of a number until it is locked.
func (c *client) lock(phone string) {
	c.t.Helper()
	for range 2 {
		bubble.Elapse(time.Minute)
		code := wrong(c.start(phone))
		for range 5 {
			c.do(422, "POST /users/verification/verify", fields{"phone": phone, "verification_code": code})
		}
	}
}

// wrong is a code other than code.
func wrong(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

// downStore is a store that is down when told to be.
type downStore struct {
	phoneauth.Store
	down atomic.Bool
}

func newDownStore(s phoneauth.Store) *downStore {
	d := new(downStore)
	d.Store = phoneauth.WrapStore(s, func(ctx context.Context, _ string, call func(context.Context) error) error {
		if d.down.Load() {
			return errors.New("connection refused")
		}
		return call(ctx)
	})
	return d
}

// complete reports what is described and was not seen.
func (s *sought) complete(t *testing.T) {
	t.Helper()
	for route, operation := range s.operations() {
		for status, ref := range operation.Responses.Map() {
			found, wanted := 0, examples(ref.Value)
			matched := make([]bool, len(wanted))
			exchanges := s.seen[route]
			if status == "405" {
				_, path, _ := strings.Cut(route, " ")
				exchanges = s.seen["PATCH "+path]
			}
			for _, e := range exchanges {
				if status != strconv.Itoa(e.Status) {
					continue
				}
				found++
				for i, example := range wanted {
					matched[i] = matched[i] || e.like(example)
				}
			}
			assert.NotZero(t, found, "%s never answers %s", route, status)
			for i, ok := range matched {
				assert.True(t, ok, "%s never answers %s as in its example %v", route, status, wanted[i])
			}
		}
	}
}
