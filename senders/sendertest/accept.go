package sendertest

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// bodies are what follows the code in texts that break senders.
var bodies = map[string]string{
	"GSM-7":             " is your Acme code. @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€",
	"accents":           " est votre code Acmé: ça s’arrête à 5 minutes, œuf",
	"Arabic":            " هو رمز الدخول إلى أكمي.",
	"Hindi":             " आपका एक्मे कोड है।",
	"outside the BMP":   " is your code 👩‍👩‍👧‍👦🔑 \U0001F510",
	"form syntax":       " & to=+14155552671;from=x&text=y %26 %00 a+b #c ?d",
	"JSON and XML":      ` "},{"to":"x <Body>&amp;</Body> \u0000 \n`,
	"lines":             " is your code.\n\n@acme.example #8301749625\r\n",
	"SMS Retriever":     " <#> is your code\nFA+9qCX9VSu",
	"spaces at the end": " is your code \t ",
	"long":              strings.Repeat(" 0123456789abcdef", 90),
	"long UTF-8":        strings.Repeat(" رمز", 160),
	"nothing more":      "",
}

// textsArrive: number and text reach the provider as they were given, in one request.
func textsArrive(t testing.TB, p Provider) {
	srv := serve(t, p, func(_ *server, e exchange) { e.accept(p) })
	s := p.sender(t, srv.url, nil)
	n := 0
	for name, around := range bodies {
		n++
		m := message(p.code(), around)
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err, "%s: the provider accepted", name)
		p.accepted(t, r, n)
		got := srv.texts()
		require.Len(t, got, n, "%s: one call is one request", name)
		assert.Equal(t, text{number, p.wants(t, m)}, got[n-1], "%s: arrives whole", name)
	}
}

// manyAtOnce: concurrent sends arrive once each.
func manyAtOnce(t testing.TB, p Provider) {
	const goroutines, each = 16, 20
	srv := serve(t, p, func(_ *server, e exchange) { e.accept(p) })
	s := p.sender(t, srv.url, nil)
	ids := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				r, err := s.Send(t.Context(), message(fmt.Sprintf("%06d", g*each+i), " is your code."))
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				ids[r.ID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	bodies := map[string]int{}
	for _, got := range srv.texts() {
		bodies[got.body]++
	}
	assert.Len(t, bodies, goroutines*each, "every message arrives")
	for body, times := range bodies {
		assert.Equal(t, 1, times, "%q arrives once", body)
	}
	assert.Len(t, ids, goroutines*each, "every message has an id of its own")
}

// oneAfterAnother: a connection is kept for the next send. How many are kept when many
// send at once is left to the sender's client: http.DefaultTransport keeps two.
func oneAfterAnother(t testing.TB, p Provider) {
	const sends = 20
	srv := serve(t, p, func(_ *server, e exchange) { e.accept(p) })
	s := p.sender(t, srv.url, nil)
	for i := range sends {
		_, err := s.Send(t.Context(), message(fmt.Sprintf("%06d", i), " is your code."))
		require.NoError(t, err)
	}
	// Fewer than half, not one: a client may drop a connection while a slow machine sleeps.
	assert.Less(t, srv.connections.Load(), int64(sends/2), "connections are kept for the next send")
}

// prints: a sender that is logged shows no secret.
func prints(t testing.TB, p Provider) {
	s := p.sender(t, "http://provider.example", nil)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("", "sender", s)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "sender", s)
	p.keeps(t, fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), phoneauth.Message{Code: longCode})
	p.keeps(t, log.String(), phoneauth.Message{Code: longCode})
}
