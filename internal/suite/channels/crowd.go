package channels

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// weather is a sender that loses, delays and doubles messages, and bills each that it accepts.
type weather struct {
	mu      sync.Mutex
	random  *rand.Rand
	billed  map[string]int      // by number and channel and ask
	arrived map[string][]string // codes, by number
	late    map[string][]string // those that arrive after everything else
}

// Send lets chance say what becomes of a message.
func (w *weather) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := m.To.E164()
	ask := fmt.Sprintf("%s %s %d", to, m.Channel, m.Sends)
	r := phoneauth.Receipt{ID: ask, Sender: m.Channel}
	fail := func(class phoneauth.SendClass, fault phoneauth.SendFault) (phoneauth.Receipt, error) {
		return phoneauth.Receipt{Sender: m.Channel}, &phoneauth.SendError{Class: class, Fault: fault}
	}
	switch fate := w.random.IntN(20); {
	case fate == 0:
		return fail(phoneauth.Temporary, phoneauth.FaultSender)
	case fate == 1:
		return fail(phoneauth.Temporary, phoneauth.FaultDestination)
	case fate == 2: // it may have gone, and has
		w.billed[ask]++
		w.arrived[to] = append(w.arrived[to], string(m.Code))
		return fail(phoneauth.Ambiguous, phoneauth.FaultSender)
	case fate == 3: // it may have gone, and has not
		return fail(phoneauth.Ambiguous, phoneauth.FaultSender)
	case fate <= 5: // the carrier loses it
	case fate == 6: // the carrier doubles it
		w.arrived[to] = append(w.arrived[to], string(m.Code), string(m.Code))
	case fate == 7:
		w.late[to] = append(w.late[to], string(m.Code))
	default:
		w.arrived[to] = append(w.arrived[to], string(m.Code))
	}
	w.billed[ask]++
	return r, nil
}

func (w *weather) newest(phone string) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.arrived[phone]
	if len(all) == 0 {
		return "", false
	}
	return all[len(all)-1], true
}

// 200 people at once, each of whom goes on to the next channel where nothing arrives: everybody
// is in, nobody is locked out, and no ask is billed twice.
func testCrowd(t *testing.T, o suite.Options) {
	const people = 200
	w := &weather{
		random: rand.New(rand.NewPCG(1, 2)), billed: map[string]int{}, arrived: map[string][]string{}, late: map[string][]string{},
	}
	s := o.Service(t, three, func(c *phoneauth.Config) {
		for i := range c.Channels {
			c.Channels[i].Sender = w
		}
		c.ChannelOrder = nil
		c.Limits.WideBlock, c.Limits.Country = 1e6, 1e6 // the crowd is of one country
	})
	crowd := make([]*person, people)
	for i := range crowd {
		crowd[i] = newPerson(s)
	}
	in := make([]bool, people)
	asks := 0
	var mu sync.Mutex
	for round := 0; ; round++ {
		require.Less(t, round, 400, "somebody is locked out")
		waiting := false
		for i, done := range suite.AtOnce(people, func(i int) bool {
			if in[i] {
				return true
			}
			if round > 0 {
				if code, ok := w.newest(crowd[i].phone); ok {
					return assert.NoError(t, crowd[i].gives(code), "the code that arrived is good, whichever channel it came by")
				}
			}
			for range 2 { // a person who taps twice
				_, err := s.Register(context.Background(), crowd[i].request([]string{sms, whatsApp, voice}[round%3]))
				if err == nil || errors.Is(err, phoneauth.ErrUnavailable) {
					mu.Lock()
					asks++
					mu.Unlock()
				} else {
					assert.True(t, suite.IsLimit(err, ""), err)
				}
			}
			return false
		}) {
			in[i] = done
			waiting = waiting || !done
		}
		if !waiting {
			break
		}
		s.Elapse(45 * time.Second)
	}
	for ask, n := range w.billed {
		assert.Equal(t, 1, n, "billed for one ask: %s", ask)
	}
	assert.LessOrEqual(t, len(w.billed), asks)
	for phone, codes := range w.late {
		for _, code := range codes {
			_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: suite.FreshClient()})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "a late one is worth nothing")
		}
	}
}
