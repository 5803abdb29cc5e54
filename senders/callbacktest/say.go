package callbacktest

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// understands fails t unless the handler makes of a request what s says.
func (p Provider) understands(t testing.TB, r *http.Request, s Say) {
	t.Helper()
	if s.Refused != 0 {
		assert.Equal(t, s.Refused, p.refuses(t, r, s.Name).status, "%s: the status of the refusal", s.Name)
		return
	}
	a := p.ask(t, r, nil)
	assert.False(t, a.panicked, "%s: the handler panics", s.Name)
	assert.True(t, a.status >= 200 && a.status <= 299, "%s: it is taken, or the provider sends it again and again: %d", s.Name, a.status)
	if s.Want.Status == "" {
		assert.Empty(t, a.reported, "%s: there is nothing to report", s.Name)
		return
	}
	assert.Equal(t, []phoneauth.Delivery{s.Want}, a.reported, "%s: what is reported", s.Name)
}

// says: each thing becomes the report that it is.
func says(t testing.TB, p Provider) {
	for _, s := range p.Says {
		p.understands(t, p.Signed(s.Fields), s)
		if s.Want.Status == phoneauth.Delivered || s.Want.Status == phoneauth.Undelivered {
			assert.NotEmpty(t, s.Want.ID, "%s: a report of a message has its id", s.Name)
		}
	}
}

// unknownFields: providers add fields without asking.
func unknownFields(t testing.TB, p Provider) {
	for _, s := range p.Says {
		more := maps.Clone(s.Fields)
		if more == nil {
			more = map[string]string{}
		}
		more["callbacktest_unknown"] = `a&b=c "d" {é} %00`
		p.understands(t, p.Signed(more), s)
	}
}

// repeats: providers send again what was not answered in time.
func repeats(t testing.TB, p Provider) {
	for _, s := range p.reported() {
		first := p.ask(t, p.Signed(s.Fields), nil)
		again := p.ask(t, p.Signed(s.Fields), nil)
		require.NotEmpty(t, first.reported, s.Name)
		assert.Equal(t, first.reported, again.reported, "%s: a report that is repeated is the same, and its id too", s.Name)
	}
}

// manyAtOnce: one handler serves all.
func manyAtOnce(t testing.TB, p Provider) {
	const goroutines, each = 16, 20
	var mu sync.Mutex
	got := map[phoneauth.Delivery]int{}
	h, err := p.New(func(_ context.Context, d phoneauth.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		got[d]++
	})
	require.NoError(t, err, "Provider.New")
	all := p.reported()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				h.ServeHTTP(httptest.NewRecorder(), p.Signed(all[i%len(all)].Fields))
			}
		})
	}
	wg.Wait()
	want := map[phoneauth.Delivery]int{}
	for i := range each {
		want[all[i%len(all)].Want] += goroutines
	}
	assert.Equal(t, want, got, "each report is reported once")
}

// hostFails: what a host could not take must come again.
func hostFails(t testing.TB, p Provider) {
	for _, s := range p.reported() {
		a := p.ask(t, p.Signed(s.Fields), func() { panic(http.ErrAbortHandler) })
		assert.True(t, a.panicked && a.status == 0 || a.status >= 500,
			"%s: a report that panics is not answered with success: %d", s.Name, a.status)
	}
}
