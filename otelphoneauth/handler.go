package otelphoneauth

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// routes are those of [phoneauth.Service.Handler], and names of spans. A test compares
// them with its table.
var routes = map[string]bool{
	"POST /users/verification/start":     true,
	"POST /users/verification/verify":    true,
	"POST /connect":                      true,
	"POST /api/phone/register":           true,
	"POST /api/phone/verify":             true,
	"POST /api/v1/users":                 true,
	"POST /api/v1/users/verify":          true,
	"PUT /api/v1/users/forget_password":  true,
	"PUT /api/v1/users/recover_password": true,
	"PUT /api/v1/users/reset_password":   true,
	"POST /api/v1/login":                 true,
	"POST /token/refresh":                true,
	"POST /logout":                       true,
	"POST /users/phone/start":            true,
	"POST /users/phone/verify":           true,
	"GET /users/me":                      true,
	"DELETE /users/me":                   true,
	"GET /users/me/sessions":             true,
	"DELETE /users/me/sessions":          true,
	"DELETE /users/me/sessions/{id}":     true,
	"GET /.well-known/jwks.json":         true,
}

// sessionPath is the beginning of the one path that ends with an id.
const sessionPath = "/users/me/sessions/"

// Handler returns [phoneauth.Service.Handler] with a span and a duration for each request. They
// contain the method, the route and the status, and nothing else of the request. The route is
// the documented path, without a prefix that [http.StripPrefix] removed. It is "_OTHER" for
// other paths.
func (s *Service) Handler(apis ...phoneauth.API) http.Handler {
	next := s.Service.Handler(apis...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		_, _ = run(r.Context(), s.t, s.t.route(r),
			func(ctx context.Context) (int, error) {
				if s.t.tracer != nil { // else it is that of r
					r = r.WithContext(ctx)
				}
				next.ServeHTTP(answer, r)
				return answer.status, nil
			}, routeOutcome)
	})
}

// route returns the work of one request.
func (t *telemetry) route(r *http.Request) *work {
	path := r.URL.Path
	if id, ok := strings.CutPrefix(path, sessionPath); ok && id != "" && !strings.Contains(id, "/") {
		path = sessionPath + "{id}"
	}
	name := r.Method + " " + path
	if !routes[name] {
		return t.requests.of(other, func() *work {
			return newWork(other, trace.SpanKindInternal, t.operationDuration, keyOperation.String(other))
		})
	}
	return t.requests.of(name, func() *work {
		return newWork(name, trace.SpanKindInternal, t.operationDuration, keyOperation.String(name), keyMethod.String(r.Method), keyRoute.String(path))
	})
}

// routeOutcome returns the status. Those of servers are faults, as the semantic conventions
// want it.
func routeOutcome(_ context.Context, status int, _ error) outcome {
	o := outcome{status: status}
	if status >= 500 {
		o.fault = strconv.Itoa(status)
	}
	return o
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter

	status int
	wrote  bool
}

// Unwrap returns the writer inside, for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 { // the others are not the last
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}
