package sendertest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/failover"
)

// spare is a sender that accepts everything.
type spare struct{ sends int }

func (s *spare) Send(context.Context, phoneauth.Message) (phoneauth.Receipt, error) {
	s.sends++
	return phoneauth.Receipt{ID: "spare"}, nil
}

// behind returns the sender under test with a spare one behind it, as hosts have it.
func behind(t testing.TB, p Provider, url string) (*failover.Sender, *spare) {
	t.Helper()
	second := &spare{}
	s, err := failover.New(failover.Config{
		Senders: []failover.Entry{{Name: "tested", Sender: p.sender(t, url, nil)}, {Name: "spare", Sender: second}},
		// So long that it has not ended when a slow machine comes to the next send.
		Cooldown: time.Hour,
		Logger:   slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return s, second
}

// otherDestinations checks that requests for a number that the provider refuses do not stop the
// service for other numbers.
func otherDestinations(t testing.TB, p Provider) {
	for _, r := range p.Refusals {
		if r.Fault != phoneauth.FaultDestination {
			continue
		}
		srv := serve(t, p, func(_ *server, e exchange) {
			if e.to == number {
				e.answer(r.Answer)
				return
			}
			e.accept(p)
		})
		s, second := behind(t, p, srv.url)
		for range 10 { // in a row, as would open a breaker
			_, err := s.Send(t.Context(), p.sample())
			assert.Equal(t, r.Class != phoneauth.Temporary, err != nil, "%s: Temporary goes to the next sender, and nothing else does", r.Name)
		}
		for i := range 10 {
			other := messageTo(fmt.Sprintf("+2010617977%02d", i), p.code(), " is your code.")
			receipt, err := s.Send(t.Context(), other)
			require.NoError(t, err, "%s: to another number", r.Name)
			assert.Equal(t, "tested", receipt.Sender, "%s: another number is served by the same sender", r.Name)
		}
		if r.Class == phoneauth.Temporary {
			assert.Equal(t, 10, second.sends, "%s: the next sender served the number", r.Name)
		}
	}
}

// illSenders: a sender that is ill is left alone, so that people are served at once by the
// next one.
func illSenders(t testing.TB, p Provider) {
	for _, r := range p.Refusals {
		if r.Fault != phoneauth.FaultSender || r.RetryAfter > 0 { // which ends the cooldown earlier
			continue
		}
		srv := serve(t, p, func(_ *server, e exchange) { e.answer(r.Answer) })
		s, second := behind(t, p, srv.url)
		for range 3 { // as many as open a breaker
			_, _ = s.Send(t.Context(), p.sample())
		}
		asked := len(srv.texts())
		before := second.sends
		_, err := s.Send(t.Context(), p.sample())
		require.NoError(t, err, "%s: the next sender serves", r.Name)
		assert.Len(t, srv.texts(), asked, "%s: it is left alone", r.Name)
		assert.Equal(t, before+1, second.sends, "%s: the next sender serves", r.Name)
	}
}
