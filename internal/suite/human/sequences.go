package human

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/internal/race"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/phonetest"
)

// issued is a question as the model knows it, with its answer.
type issued struct {
	answer phoneauth.Secret
	ends   time.Time
	used   bool
}

// sequence is one sequence of events, with two numbers of its own.
type sequence struct {
	*person
	phones    [2]string
	questions [2][]*issued
}

// event is what a client does, or time.
type event struct {
	name string
	do   func(*sequence)
}

// events are what the sequences are made of.
func events() []event {
	all := []event{{"3 minutes pass", func(s *sequence) { s.Elapse(3 * time.Minute) }}}
	for n := range 2 {
		all = append(all,
			event{fmt.Sprint("number ", n, " without an answer"), func(s *sequence) { s.send(n, nil) }},
			event{fmt.Sprint("number ", n, " with its newest answer"), func(s *sequence) { s.send(n, newest(s.questions[n])) }},
			event{fmt.Sprint("number ", n, " with its first answer"), func(s *sequence) { s.send(n, first(s.questions[n])) }},
		)
	}
	return append(all, event{"number 0 with an answer of number 1", func(s *sequence) { s.send(0, newest(s.questions[1])) }})
}

func newest(all []*issued) *issued {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func first(all []*issued) *issued {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// send asks for a code, and compares what happens with the model: an answer is good for its
// number, once, until it ends.
func (s *sequence) send(n int, q *issued) {
	client := s.client
	own := false
	if q != nil {
		client.HumanCheck = q.answer
		own = q == newest(s.questions[n]) || q == first(s.questions[n])
	}
	good := own && !q.used && s.Now().Before(q.ends)
	sends := s.Inbox.Sends()
	err := s.ask(s.phones[n], client)
	if good {
		q.used = true
		require.NoError(s, err)
		require.Equal(s, sends+1, s.Inbox.Sends())
		return
	}
	asked := s.question(err)
	require.Equal(s, q != nil, asked.Wrong)
	require.Equal(s, sends, s.Inbox.Sends())
	s.questions[n] = append(s.questions[n], &issued{
		answer: phoneauth.Secret(asked.Question.Challenge.(string)), ends: s.Now().Add(humancheck.Life),
	})
}

// testSequences: all sequences of events behave as the model says.
func testSequences(t *testing.T, o suite.Options) {
	length := 4
	switch {
	case suite.Release() && !o.Real:
		length = 5
	case race.Enabled || o.Real || testing.Short():
		length = 3
	}
	p := people(t, o, suite.LimitsOff, suite.NoEvents, func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	all, played := events(), 0
	var play func(names []int)
	play = func(chosen []int) {
		if len(chosen) < length {
			for i := range all {
				play(append(chosen[:len(chosen):len(chosen)], i))
			}
			return
		}
		one := *p
		one.client = able()
		s := &sequence{person: &one, phones: [2]string{suite.FreshPhone(), suite.FreshPhone()}}
		for _, i := range chosen {
			all[i].do(s)
		}
		if played++; t.Failed() {
			for _, i := range chosen {
				t.Log(all[i].name)
			}
			t.FailNow()
		}
	}
	play(nil)
	assert.Positive(t, played)
	t.Logf("%d sequences", played)
}

// testEmbedded: without a word of configuration the embedded check asks, and its answer is
// good for one number, purpose and address, in one realm, under the keys that asked.
func testEmbedded(t *testing.T, o suite.Options) {
	svc := o.Service(t)
	p := &person{Service: svc, client: able()}
	p.busy(10)
	asked := p.question(p.ask(block(0), p.client))
	assert.Equal(t, "altcha", asked.Question.Kind)
	answer := p.client
	answer.HumanCheck = phonetest.Answer(t, asked.Question)
	elsewhere := able()
	elsewhere.HumanCheck = answer.HumanCheck
	always := func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways }
	on := func(change func(*phoneauth.Config)) *suite.Service { return svc.Again(always, change) }
	for name, ask := range map[string]func() error{
		"number":  func() error { return p.ask(block(1), answer) },
		"address": func() error { return p.ask(block(0), elsewhere) },
		"purpose": func() error {
			_, err := p.Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Purpose: "transfer", Client: answer})
			return err
		},
		"realm": func() error {
			_, err := on(func(c *phoneauth.Config) { c.Realm = "another" }).Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Client: answer})
			return err
		},
		"keys": func() error {
			_, err := on(func(c *phoneauth.Config) { c.Keys = suite.Keys("others") }).Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Client: answer})
			return err
		},
	} {
		wrong, ok := errors.AsType[*phoneauth.HumanCheckError](ask())
		require.True(t, ok, name)
		assert.True(t, wrong.Wrong, name)
	}
	rotated := on(func(c *phoneauth.Config) { c.Keys = suite.Keys("next", "now") })
	_, err := rotated.Register(t.Context(), phoneauth.RegisterRequest{Phone: block(0), Client: answer})
	require.NoError(t, err, "keys that are rotated know it")
	assert.True(t, p.question(p.askLater(block(0), answer)).Wrong, "used")
}

// askLater asks after the cooldown of the number.
func (p *person) askLater(phone string, c phoneauth.ClientInfo) error {
	p.Elapse(time.Minute)
	return p.ask(phone, c)
}
