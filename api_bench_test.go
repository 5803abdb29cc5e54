package phoneauth_test

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
	"github.com/phoneauth/phoneauth/memstore"
)

// apiLast is a sender that keeps the last code.
type apiLast struct{ codes chan string }

func (l apiLast) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
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
func (l apiLast) code() string { return <-l.codes }

// apiSink is a ResponseWriter that costs nothing of its own.
type apiSink struct {
	header http.Header
	status int
	body   []byte
}

func (w *apiSink) Header() http.Header    { return w.header }
func (w *apiSink) WriteHeader(status int) { w.status = status }
func (w *apiSink) Write(p []byte) (int, error) {
	w.body = append(w.body[:0], p...)
	return len(p), nil
}

// apiBench makes requests of fresh phones from fresh addresses.
type apiBench struct {
	*apiServer
	b    *testing.B
	last apiLast
	n    int
}

// newAPIBench: every limit and budget is asked and charged as by default. Only the size
// of the budgets is another: a country would be dry after a hundred codes.
func newAPIBench(b *testing.B) *apiBench {
	last := apiLast{make(chan string, 1)}
	s := newAPI(b, func(cfg *phoneauth.Config) {
		cfg.Store = memstore.New(memstore.MaxRecords(1<<40), memstore.MaxBytes(1<<40))
		cfg.Sender = last
		cfg.Limits.Block, cfg.Limits.WideBlock, cfg.Limits.Country = math.MaxInt32, math.MaxInt32, math.MaxInt32
		cfg.Logger = slog.New(slog.DiscardHandler)
	})
	return &apiBench{apiServer: s, b: b, last: last}
}

// phone is a new number; neighbours are 9,973 apart, so that blocks are many.
func (s *apiBench) phone() string {
	s.n++
	return fmt.Sprintf("+2010%08d", s.n*9973%100_000_000)
}

func (s *apiBench) client() *apiClient {
	c := s.apiServer.client()
	c.addr = fmt.Sprintf("10.%d.%d.%d:4711", s.clients>>16&255, s.clients>>8&255, s.clients&255)
	return c
}

// call is for what comes before the measured request.
func (s *apiBench) call(r *http.Request) *apiAnswer {
	w := &apiSink{header: http.Header{}}
	s.handler.ServeHTTP(w, r)
	require.Less(s.b, w.status, 300, string(w.body))
	return &apiAnswer{t: s.b, path: r.URL.Path, status: w.status, text: string(w.body)}
}

// start has a code sent by c.
func (s *apiBench) start(c *apiClient, phone string) string {
	s.call(c.request("POST", "/users/verification/start", `{"phone":"`+phone+`"}`))
	return s.last.code()
}

func (s *apiBench) proof(c *apiClient, phone string) string {
	code := s.start(c, phone)
	return s.call(c.request("POST", "/users/verification/verify", `{"phone":"`+phone+`","verification_code":"`+code+`"}`)).str("verification_token")
}

func (s *apiBench) connect(c *apiClient, phone string) *apiAnswer {
	a := s.call(c.request("POST", "/connect", `{"phone":"`+phone+`","verification_token":"`+s.proof(c, phone)+`"}`))
	c.bearer = a.str("meta.access_token")
	return a
}

// apiRoute is a route to measure: next is the request, with what comes before it made.
type apiRoute struct {
	name string
	next func(s *apiBench, c *apiClient, phone string) *http.Request
}

const benchPassword = `"password":"12345678"`

// BenchmarkAPI measures each route through ServeHTTP, with what came before it outside
// the measure.
func BenchmarkAPI(b *testing.B) {
	benchAPI(b, []apiRoute{
		{"verification_start", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/users/verification/start", `{"phone":"`+phone+`"}`)
		}},
		{"verification_verify", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/users/verification/verify", `{"phone":"`+phone+`","verification_code":"`+s.start(c, phone)+`"}`)
		}},
		{"connect", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/connect", `{"phone":"`+phone+`","verification_token":"`+s.proof(c, phone)+`"}`)
		}},
		{"phone_register", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/api/phone/register", `{"phone_number":"`+phone+`"}`)
		}},
		{"phone_verify", func(s *apiBench, c *apiClient, phone string) *http.Request {
			token := s.call(c.request("POST", "/api/phone/register", `{"phone_number":"`+phone+`"}`)).str("session_token")
			return c.request("POST", "/api/phone/verify", `{"phone_number":"`+phone+`","security_code":"`+s.last.code()+`","session_token":"`+token+`"}`)
		}},
		{"users_forget_password", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("PUT", "/api/v1/users/forget_password", `{"msisdn":"`+phone+`"}`)
		}},
		{"login_code", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/api/v1/login", `{"user":{"phone":"`+phone+`","sms_code":"`+s.start(c, phone)+`"}}`)
		}},
		{"refresh", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/token/refresh", `{"refresh_token":"`+s.connect(c, phone).str("meta.refresh_token")+`"}`)
		}},
		{"logout", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/logout", `{"refresh_token":"`+s.connect(c, phone).str("meta.refresh_token")+`"}`)
		}},
		{"phone_change_start", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("POST", "/users/phone/start", `{"phone":"`+s.phone()+`"}`)
		}},
		{"phone_change_verify", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			next := s.phone()
			s.call(c.request("POST", "/users/phone/start", `{"phone":"`+next+`"}`))
			return c.request("POST", "/users/phone/verify", `{"phone":"`+next+`","verification_code":"`+s.last.code()+`"}`)
		}},
		{"me", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("GET", "/users/me", nil)
		}},
		{"delete_me", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("DELETE", "/users/me", nil)
		}},
		{"jwks", func(s *apiBench, c *apiClient, _ string) *http.Request {
			return c.request("GET", "/.well-known/jwks.json", nil)
		}},
		{"invalid_phone", func(s *apiBench, c *apiClient, _ string) *http.Request {
			return c.request("POST", "/users/verification/start", `{"phone":"+20106"}`)
		}},
	})
}

// BenchmarkAPIPassword measures those that are one argon2id hash of 19 MiB and little else.
func BenchmarkAPIPassword(b *testing.B) {
	benchAPI(b, []apiRoute{
		{"users_register", func(s *apiBench, c *apiClient, phone string) *http.Request {
			return c.request("POST", "/api/v1/users", `{"msisdn":"`+phone+`",`+benchPassword+`,"password_confirmation":"12345678"}`)
		}},
		{"users_verify", func(s *apiBench, c *apiClient, phone string) *http.Request {
			token := s.call(c.request("POST", "/api/v1/users", `{"msisdn":"`+phone+`",`+benchPassword+`,"password_confirmation":"12345678"}`)).str("session_token")
			return c.request("POST", "/api/v1/users/verify", `{"code":"`+s.last.code()+`","session_token":"`+token+`"}`)
		}},
		{"users_recover_password", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			require.NoError(s.b, s.svc.Unlock(s.b.Context(), phone))
			s.call(c.request("PUT", "/api/v1/users/forget_password", `{"msisdn":"`+phone+`"}`))
			code := s.last.code()
			return c.request("PUT", "/api/v1/users/recover_password", `{"msisdn":"`+phone+`","code":"`+code+`",`+benchPassword+`,"password_confirmation":"12345678"}`)
		}},
		{"users_reset_password", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			return c.request("PUT", "/api/v1/users/reset_password", `{`+benchPassword+`}`)
		}},
		{"login_password", func(s *apiBench, c *apiClient, phone string) *http.Request {
			s.connect(c, phone)
			s.call(c.request("PUT", "/api/v1/users/reset_password", `{`+benchPassword+`}`))
			return c.request("POST", "/api/v1/login", `{"user":{"phone":"`+phone+`",`+benchPassword+`}}`)
		}},
	})
}

func benchAPI(b *testing.B, routes []apiRoute) {
	for _, bm := range routes {
		b.Run(bm.name, func(b *testing.B) {
			s := newAPIBench(b)
			requests := make([]*http.Request, b.N)
			for i := range requests {
				requests[i] = bm.next(s, s.client(), s.phone())
			}
			w := &apiSink{header: http.Header{}}
			b.ReportAllocs()
			for b.ResetTimer(); len(requests) > 0; requests = requests[1:] {
				clear(w.header)
				s.handler.ServeHTTP(w, requests[0])
				runtime.Gosched() // to what comes after the answer
				if w.status >= 300 && !strings.HasPrefix(bm.name, "invalid") {
					b.Fatalf("%d %s", w.status, w.body)
				}
			}
		})
	}
}
