package ui_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/internal/race"
	"github.com/phoneauth/phoneauth/ui"
)

// nowhere is a client that throws away what it gets.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w nowhere) WriteHeader(int)             {}

// hits are visits to the page, each of which hit repeats.
func hits(tb testing.TB) map[string]func() {
	h := newHost(tb, ui.Options{Name: "Sunbird", Passwords: true})
	all := map[string]func(){}
	visit := func(name string, cookies map[string]*http.Cookie) {
		r := httptest.NewRequest("GET", "/signin/?next=%2Forders%3Fid%3D1", nil)
		r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
		r.Header.Set("Accept-Language", "fr-CA,fr;q=0.9,en;q=0.8")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		all[name] = func() { h.page.ServeHTTP(nowhere{http.Header{}}, r) }
	}
	visit("stranger", nil)
	h.signIn(cairo)
	visit("signed in", h.cookies)
	return all
}

func BenchmarkPage(b *testing.B) {
	for name, hit := range hits(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				hit()
			}
		})
	}
}

// A visit compresses nothing: a compressor alone takes 800 KB.
func TestPageIsCheap(t *testing.T) { // not parallel: it counts what this process allocates
	for name, hit := range hits(t) {
		allocs := testing.AllocsPerRun(100, hit)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			hit()
		}
		runtime.ReadMemStats(&after)
		bytes := (after.TotalAlloc - before.TotalAlloc) / 100
		t.Logf("%s: %.0f allocations, %d bytes", name, allocs, bytes)
		if !race.Enabled { // with it, a sync.Pool drops what it holds
			assert.Less(t, allocs, 600.0, name)
			assert.Less(t, bytes, uint64(32<<10), name)
		}
	}
}

// BenchmarkHandler makes the page, as a program does when it starts.
func BenchmarkHandler(b *testing.B) {
	h := newHost(b, ui.Options{})
	b.ReportAllocs()
	for b.Loop() {
		ui.Handler(h.svc, ui.Options{Name: "Sunbird", Passwords: true})
	}
}
