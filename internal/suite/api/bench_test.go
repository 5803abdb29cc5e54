package api

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cputime"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
)

// lastCode is a sender that keeps the last code.
type lastCode struct{ codes chan string }

func (l lastCode) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if m.Code != "" {
		select {
		case <-l.codes:
		default:
		}
		select {
		case l.codes <- string(m.Code):
		default:
		}
	}
	return phoneauth.Receipt{ID: "1", Sender: "last"}, nil
}

// code is the last one; it waits for one that leaves after the answer.
func (l lastCode) code() string { return <-l.codes }

// sink is a ResponseWriter that costs nothing of its own.
type sink struct {
	header http.Header
	status int
	body   []byte
}

func (w *sink) Header() http.Header    { return w.header }
func (w *sink) WriteHeader(status int) { w.status = status }
func (w *sink) Write(p []byte) (int, error) {
	w.body = append(w.body[:0], p...)
	return len(p), nil
}

// bench makes requests of fresh phones from fresh addresses.
type bench struct {
	*server
	b    *testing.B
	last lastCode
}

// newBench: every limit and budget is asked and charged as by default. Only the size of the
// budgets is another: a country would be dry after a hundred codes. The clock is the real one.
func newBench(b *testing.B) *bench {
	last := lastCode{make(chan string, 1)}
	svc, err := phoneauth.New(phoneauth.Config{
		Store:   memstore.New(memstore.MaxRecords(1<<40), memstore.MaxBytes(1<<40)),
		Sender:  last,
		Keys:    suite.Keys(),
		Numbers: phoneauth.NumberRules{DefaultRegion: "SG"},
		Limits:  phoneauth.Limits{Block: math.MaxInt32, WideBlock: math.MaxInt32, Country: math.MaxInt32},
		Logger:  slog.New(slog.DiscardHandler),
	})
	require.NoError(b, err)
	return &bench{server: &server{t: b, svc: svc, handler: svc.Handler()}, b: b, last: last}
}

// phone is a new number; neighbours are 9,973 apart, so that blocks are many.
func (s *bench) phone() string {
	seen++
	return fmt.Sprintf("+2010%08d", seen*9973%100_000_000)
}

// seen is how many numbers there were, in all benchmarks: the process remembers those that it has read.
var seen int

func (s *bench) client() *client {
	c := s.server.client()
	c.addr = fmt.Sprintf("10.%d.%d.%d:4711", s.clients>>16&255, s.clients>>8&255, s.clients&255)
	return c
}

// call is for what comes before the measured request.
func (s *bench) call(r *http.Request) *answer {
	w := &sink{header: http.Header{}}
	s.handler.ServeHTTP(w, r)
	require.Less(s.b, w.status, 300, string(w.body))
	return &answer{t: s.b, path: r.URL.Path, status: w.status, text: string(w.body)}
}

// start has a code sent by c.
func (s *bench) start(c *client, phone string) string {
	s.call(c.request("POST", "/users/verification/start", `{"phone":"`+phone+`"}`))
	return s.last.code()
}

func (s *bench) proof(c *client, phone string) string {
	code := s.start(c, phone)
	return s.call(c.request("POST", "/users/verification/verify", `{"phone":"`+phone+`","verification_code":"`+code+`"}`)).str("verification_token")
}

func (s *bench) connect(c *client, phone string) *answer {
	a := s.call(c.request("POST", "/connect", `{"phone":"`+phone+`","verification_token":"`+s.proof(c, phone)+`"}`))
	c.bearer = a.str("meta.access_token")
	return a
}

// route is a route to measure: next is the request, with what comes before it made.
type route struct {
	name string
	next func(s *bench, c *client, phone string) *http.Request
}

const benchPassword = `"password":"12345678"`

// BenchmarkAPI measures each route through ServeHTTP, with what came before it outside
// the measure.
func BenchmarkAPI(b *testing.B) {
	benchRoutes(b, []route{
		{"verification_start", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/users/verification/start", `{"phone":"`+phone+`"}`)
		}},
		{"verification_verify", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/users/verification/verify", `{"phone":"`+phone+`","verification_code":"`+s.start(c, phone)+`"}`)
		}},
		{"connect", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/connect", `{"phone":"`+phone+`","verification_token":"`+s.proof(c, phone)+`"}`)
		}},
		{"phone_register", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/api/phone/register", `{"phone_number":"`+phone+`"}`)
		}},
		{"phone_verify", func(s *bench, c *client, phone string) *http.Request {
			token := s.call(c.request("POST", "/api/phone/register", `{"phone_number":"`+phone+`"}`)).str("session_token")
			return c.request("POST", "/api/phone/verify", `{"phone_number":"`+phone+`","security_code":"`+s.last.code()+`","session_token":"`+token+`"}`)
		}},
		{"users_forget_password", func(s *bench, c *client, phone string) *http.Request {
			return c.request("PUT", "/api/v1/users/forget_password", `{"msisdn":"`+phone+`"}`)
		}},
		{"login_code", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/api/v1/login", `{"user":{"phone":"`+phone+`","sms_code":"`+s.start(c, phone)+`"}}`)
		}},
		{"refresh", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/token/refresh", `{"refresh_token":"`+s.connect(c, phone).str("meta.refresh_token")+`"}`)
		}},
		{"logout", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/logout", `{"refresh_token":"`+s.connect(c, phone).str("meta.refresh_token")+`"}`)
		}},
		{"phone_change_start", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("POST", "/users/phone/start", `{"phone":"`+s.phone()+`"}`)
		}},
		{"phone_change_verify", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			next := s.phone()
			s.call(c.request("POST", "/users/phone/start", `{"phone":"`+next+`"}`))
			return c.request("POST", "/users/phone/verify", `{"phone":"`+next+`","verification_code":"`+s.last.code()+`"}`)
		}},
		{"me", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("GET", "/users/me", nil)
		}},
		{"delete_me", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("DELETE", "/users/me", nil)
		}},
		{"jwks", func(s *bench, c *client, _ string) *http.Request {
			return c.request("GET", "/.well-known/jwks.json", nil)
		}},
		{"invalid_phone", func(s *bench, c *client, _ string) *http.Request {
			return c.request("POST", "/users/verification/start", `{"phone":"+20106"}`)
		}},
	})
}

// BenchmarkAPIPassword measures those that are one argon2id hash of 19 MiB and little else.
func BenchmarkAPIPassword(b *testing.B) {
	benchRoutes(b, []route{
		{"users_register", func(s *bench, c *client, phone string) *http.Request {
			return c.request("POST", "/api/v1/users", `{"msisdn":"`+phone+`",`+benchPassword+`,"password_confirmation":"12345678"}`)
		}},
		{"users_verify", func(s *bench, c *client, phone string) *http.Request {
			token := s.call(c.request("POST", "/api/v1/users", `{"msisdn":"`+phone+`",`+benchPassword+`,"password_confirmation":"12345678"}`)).str("session_token")
			return c.request("POST", "/api/v1/users/verify", `{"code":"`+s.last.code()+`","session_token":"`+token+`"}`)
		}},
		{"users_recover_password", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			require.NoError(s.b, s.svc.Unlock(s.b.Context(), phone))
			s.call(c.request("PUT", "/api/v1/users/forget_password", `{"msisdn":"`+phone+`"}`))
			code := s.last.code()
			return c.request("PUT", "/api/v1/users/recover_password", `{"msisdn":"`+phone+`","code":"`+code+`",`+benchPassword+`,"password_confirmation":"12345678"}`)
		}},
		{"users_reset_password", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("PUT", "/api/v1/users/reset_password", `{`+benchPassword+`}`)
		}},
		{"login_password", func(s *bench, c *client, phone string) *http.Request {
			s.connect(c, phone)
			s.call(c.request("PUT", "/api/v1/users/reset_password", `{`+benchPassword+`}`))
			return c.request("POST", "/api/v1/login", `{"user":{"phone":"`+phone+`",`+benchPassword+`}}`)
		}},
	})
}

func benchRoutes(b *testing.B, routes []route) {
	for _, bm := range routes {
		b.Run(bm.name, func(b *testing.B) {
			s := newBench(b)
			requests := make([]*http.Request, b.N)
			for i := range requests {
				requests[i] = bm.next(s, s.client(), s.phone())
			}
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			cpu := cputime.Used()
			for b.ResetTimer(); len(requests) > 0; requests = requests[1:] {
				clear(w.header)
				s.handler.ServeHTTP(w, requests[0])
				runtime.Gosched() // to what comes after the answer
				if w.status >= 300 && !strings.HasPrefix(bm.name, "invalid") {
					b.Fatalf("%d %s", w.status, w.body)
				}
			}
			b.ReportMetric(float64(cputime.Used()-cpu)/float64(b.N), "cpu-ns/op")
		})
	}
}
