// Package pumping simulates who asks a service for texts: people in 30 countries, half of them
// behind the addresses of carriers, and attackers who want texts or want to keep people out.
// They call a real Service on memory, whose clock is moved. The marks of the human check were
// chosen by it. The tables of docs/security.md are its output:
//
//	go run ./internal/suite/pumping/cmd
//
// A human check is answered or not. Solving it costs nothing here. What it would have cost is
// counted.
package pumping

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/seam"
	"github.com/phoneauth/phoneauth/memstore"
)

// Scenario is one simulation: a service, its people, and at most one attacker.
type Scenario struct {
	// PerDay is how many people sign in on a day.
	PerDay float64
	// OneCountry is true when all of them are at home.
	OneCountry bool
	// Warm is how long the service runs before the attacker comes and people are counted.
	// They are counted for two days.
	Warm time.Duration
	// Known is the share of sign-ins by known devices, and Able that of clients that can
	// answer a human check.
	Known, Able float64
	// Advert: 50 times as many people at home come in 5 minutes of the first day. Broken: no
	// text arrives at home in an hour of the first day.
	Advert, Broken bool
	// Attack is the attacker, or nil.
	Attack *Attack
	// Multiple is how many times WideBlock and Country the second marks are. 0 means the
	// defaults.
	Multiple int
	// Never is true when nobody is asked for a human check.
	Never bool
	// Seed tells simulations apart that are otherwise the same.
	Seed uint64
}

// Result is the outcome of a Scenario.
type Result struct {
	// People are those counted, by class.
	People map[Class]*Count
	// Pumped is what the attacker got.
	Pumped Pumped
}

// Of returns the sum over the classes that a filter accepts.
func (r *Result) Of(accept func(Class) bool) (sum Count) {
	for class, c := range r.People {
		if accept(class) {
			sum.add(*c)
		}
	}
	return sum
}

// count returns the Count of a class, or one that is thrown away.
func (r *Result) count(c Class, measured bool) *Count {
	if !measured {
		return &Count{}
	}
	if r.People[c] == nil {
		r.People[c] = &Count{}
	}
	return r.People[c]
}

// sim is a Scenario that runs.
type sim struct {
	Scenario
	ctx            context.Context
	seam           *seam.Seam
	service, setup *phoneauth.Service
	sender         texts
	world          *world
	people         *rand.Rand // what people do
	members        []member
	homes          int // addresses of people that were given out
	attacked       map[int]bool
	attackedBlocks map[string]bool
	events         events
	now            time.Duration
	made           int // events so far
	result         *Result
	err            error
}

// Run runs a Scenario. The same Scenario has the same Result.
func Run(ctx context.Context, sc Scenario) (*Result, error) {
	s := &sim{
		Scenario: sc, ctx: ctx, seam: seam.New(),
		world:   newWorld(sc.PerDay, sc.OneCountry, sc.Seed),
		people:  rand.New(rand.NewPCG(sc.Seed, 'p')),
		members: make([]member, int(sc.PerDay)),
		result:  &Result{People: map[Class]*Count{}},
	}
	if err := s.services(); err != nil {
		return nil, err
	}
	s.comes(source{until: s.end(), most: 1.7 * sc.PerDay / 24, rate: s.daily, random: s.people, act: func() { s.arrives(-1) }})
	if sc.Advert {
		from := s.hour()
		extra := 49 * s.daily(from) * s.world.places[Home].share
		ad := rand.New(rand.NewPCG(sc.Seed, 'a'))
		s.comes(source{from: from, until: from + 5*time.Minute, most: extra, random: ad, act: func() { s.arrives(Home) }})
	}
	attacker := s.attacker()
	for len(s.events) > 0 && s.err == nil {
		e := heap.Pop(&s.events).(event)
		if err := s.seam.Advance(ctx, e.at-s.now); err != nil {
			return nil, err
		}
		s.now = e.at
		e.do()
	}
	if attacker != nil {
		attacker.report(&s.result.Pumped)
	}
	return s.result, s.err
}

// services makes the Service of the Scenario, and the one that gives devices to members.
func (s *sim) services() error {
	keys := phoneauth.Keys{
		Index:   []byte(strings.Repeat("index ", 6)),
		Secrets: []phoneauth.Key{{ID: "a", Secret: []byte(strings.Repeat("secret", 6))}},
	}
	cfg := phoneauth.Config{
		Store: &store{
			memstore.New(memstore.MaxRecords(1<<40), memstore.MaxBytes(1<<50)),
			s.seam, rand.New(rand.NewPCG(s.Seed, 's')),
		},
		Sender: &s.sender, Keys: keys, HostSessions: true,
		Logger: slog.New(slog.DiscardHandler),
	}
	cfg.HumanCheck.Check = &free{}
	free := cfg
	free.Limits.InsecureOff, free.HumanCheck.When = true, phoneauth.HumanCheckNever
	if s.Never {
		cfg.HumanCheck.When = phoneauth.HumanCheckNever
	}
	if s.Multiple > 0 {
		cfg.Limits.WideBlockMax, cfg.Limits.CountryMax = 60*s.Multiple, 100*s.Multiple
	}
	var err error
	if s.service, err = phoneauth.New(cfg); err != nil {
		return err
	}
	s.setup, err = phoneauth.New(free)
	return err
}

// attacker begins the attack after the warm hours.
func (s *sim) attacker() *attacker {
	s.attacked, s.attackedBlocks = map[int]bool{}, map[string]bool{}
	if s.Attack == nil {
		return nil
	}
	a := &attacker{Attack: s.Attack, sim: s, random: rand.New(rand.NewPCG(s.Seed, 'x')), blocks: s.Attack.targets(s.world)}
	for day := range a.texts {
		a.texts[day] = make([]int, len(s.world.places))
	}
	for i := range s.world.places {
		s.attacked[i] = i == a.Country || a.Shape == Everywhere
	}
	for _, block := range a.blocks {
		s.attackedBlocks[block] = true
	}
	s.comes(source{from: s.Warm, until: s.end(), most: a.PerHour, random: a.random, act: a.try})
	return a
}

func (s *sim) end() time.Duration { return s.Warm + days*24*time.Hour }
func (s *sim) measured() bool     { return s.now >= s.Warm }
func (s *sim) day() int           { return min(max(int((s.now-s.Warm)/(24*time.Hour)), 0), days-1) }

// hour is when the advert runs and texts begin not to arrive: at 18 h, when most people come.
func (s *sim) hour() time.Duration { return s.Warm + 18*time.Hour }

// inHour reports whether it is the time that the scenario is about.
func (s *sim) inHour() bool {
	long := time.Hour
	if s.Advert {
		long = 6 * time.Minute
	}
	return s.now >= s.hour() && s.now < s.hour()+long
}

// daily is how many people come in an hour, at a time of the day.
func (s *sim) daily(at time.Duration) float64 {
	return s.PerDay / 24 * (1 + 0.7*math.Sin(2*math.Pi*(at.Hours()-12)/24))
}

func (s *sim) fail(what string, err error) {
	if s.err == nil {
		s.err = fmt.Errorf("pumping: %s: %w", what, err)
	}
}

// source does something at random times.
type source struct {
	from, until time.Duration
	most        float64                     // an hour
	rate        func(time.Duration) float64 // an hour; nil: most
	random      *rand.Rand
	act         func()
}

// comes begins a source.
func (s *sim) comes(from source) {
	s.next(from, from.from)
}

func (s *sim) next(from source, at time.Duration) {
	for {
		at += time.Duration(from.random.ExpFloat64() / from.most * float64(time.Hour))
		if at >= from.until {
			return
		}
		if from.rate == nil || from.random.Float64()*from.most < from.rate(at) {
			break
		}
	}
	s.at(at, func() {
		from.act()
		s.next(from, at)
	})
}

// after does something later, if that is before the end.
func (s *sim) after(wait time.Duration, do func()) { s.at(s.now+wait, do) }

func (s *sim) at(at time.Duration, do func()) {
	at = at.Truncate(time.Microsecond)
	if at < s.end() {
		s.made++
		heap.Push(&s.events, event{at, s.made, do})
	}
}

// event is something to do. Those of one time are done in the order in which they were made.
type event struct {
	at   time.Duration
	made int
	do   func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].made < e[j].made
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements [heap.Interface].
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements [heap.Interface].
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
