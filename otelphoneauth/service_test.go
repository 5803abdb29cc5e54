package otelphoneauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/otelphoneauth"
)

// Every method with a context is an operation, but for three.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	operations := 0
	for m := range reflect.TypeFor[*phoneauth.Service]().Methods() {
		if m.Type.NumIn() < 2 || m.Type.In(1) != reflect.TypeFor[context.Context]() || slices.Contains([]string{"Close", "FlushJournal", "ReportDelivery"}, m.Name) {
			continue
		}
		operations++
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for i := 2; i < m.Type.NumIn(); i++ {
			arg := reflect.Zero(m.Type.In(i))
			if arg.Kind() == reflect.Pointer {
				arg = reflect.New(m.Type.In(i).Elem())
			}
			args = append(args, arg)
		}
		want := reflect.ValueOf(h.svc.Service).MethodByName(m.Name).Call(args)
		before := len(h.spans.Ended())
		got := reflect.ValueOf(h.svc).MethodByName(m.Name).Call(args)
		assert.Equal(t, want[len(want)-1].Interface(), got[len(got)-1].Interface(), m.Name)
		spans := h.spans.Ended()
		require.Greater(t, len(spans), before, m.Name)
		assert.Equal(t, "phoneauth."+m.Name, spans[len(spans)-1].Name())
	}
	assert.Equal(t, 42, operations)
}

// The spans have a name for every route of the Handler, and for nothing else.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../handlers.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\t\{"([A-Z]+)", "(/[^"]*)", \w+API,`).FindAllSubmatch(source, -1)
	require.Len(t, rows, 21)
	h := newHost(t)
	handler := h.svc.Handler()
	for _, row := range rows {
		method, path := string(row[1]), string(row[2])
		status := serve(handler, method, strings.ReplaceAll(path, "{id}", "3aCUNtf2vIua9HZ")+"?phone="+cairo, "{")
		spans := h.spans.Ended()
		span := spans[len(spans)-1]
		assert.Equal(t, method+" "+path, span.Name())
		assert.NotEqual(t, 404, status, path)
		assert.Equal(t, fmt.Sprintf("http.request.method=%s http.response.status_code=%d http.route=%s phoneauth.operation=%s %s",
			method, status, path, method, path), attrs(span.Attributes()))
	}
	names, err := os.ReadFile("handler.go")
	require.NoError(t, err)
	assert.Len(t, regexp.MustCompile(`(?m)^\t"[A-Z]+ /\S*": +true,$`).FindAll(names, -1), len(rows))

	for _, target := range []string{"/", "/connect/", "/connect/x", "/%2B201061797840", "/CONNECT"} {
		serve(handler, "POST", target, "{}")
		spans := h.spans.Ended()
		assert.Equal(t, "_OTHER", spans[len(spans)-1].Name(), target)
	}
	assert.Equal(t, 405, serve(handler, "PATCH", "/connect", "{}"))
	assert.Equal(t, 404, serve(h.svc.Handler(phoneauth.LoginAPI), "POST", "/connect", "{}"), "only the APIs that were named")
}

// The request is the host's: the span is below its span, its writer is in reach.
func TestHandlerPasses(t *testing.T) {
	t.Parallel()
	var flushed error
	h := newHost(t, func(c *phoneauth.Config) {
		c.HostSessions = true
		c.HTTP.SignedIn = func(w http.ResponseWriter, _ *http.Request, _ *phoneauth.Session) error {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
			flushed = http.NewResponseController(w).Flush()
			return errors.New("no session")
		}
	})
	_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)

	providers := trace.NewTracerProvider(trace.WithSpanProcessor(h.spans))
	handler := http.StripPrefix("/auth", h.svc.Handler())
	ctx, outer := providers.Tracer("host").Start(t.Context(), "host")
	body := strings.NewReader(`{"user": {"phone": "` + cairo + `", "sms_code": "` + h.inbox.Code(t, cairo) + `"}}`)
	r := httptest.NewRequest("POST", "/auth/api/v1/login", body).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	outer.End()
	require.NoError(t, flushed, "it was asked, and found")
	assert.Contains(t, h.trees(), "host \n\tPOST /api/v1/login http.request.method=POST http.response.status_code=202 ")
}

// fullJournal is a journal that takes no entries.
type fullJournal struct{ phoneauth.JournalStore }

func (fullJournal) AppendEntries(context.Context, []phoneauth.JournalEntry) error {
	return errors.New("disk full")
}

// What a journal loses is counted from 0 on, and adds up over Services that share a provider.
func TestJournalLost(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(c *phoneauth.Config) { c.Journal.Store = fullJournal{memstore.New()} })
	assert.Contains(t, h.metrics(t), "phoneauth.journal.lost {entry}\n\t0 \n")

	second, err := phoneauth.New(h.cfg)
	require.NoError(t, err)
	_, err = otelphoneauth.Wrap(second, h.options...)
	require.NoError(t, err)
	for phone, svc := range map[string]*phoneauth.Service{cairo: h.svc.Service, delhi: second} {
		_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
		require.NoError(t, err)
		require.NoError(t, svc.FlushJournal(t.Context()))
		require.EqualValues(t, 1, svc.JournalLost())
	}
	assert.Contains(t, h.metrics(t), "phoneauth.journal.lost {entry}\n\t2 \n")
}
