package pumping

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Table is one of docs/security.md.
type Table struct {
	// Head names the columns.
	Head []string
	// Rows are those below it.
	Rows []Row
}

// Row is one row of a Table, which takes a simulation or more.
type Row struct {
	// Name is what the first cells say.
	Name []string
	// Quick: it takes some seconds. A test runs it.
	Quick bool

	cells func(context.Context) ([]string, error)
}

// Line runs the simulations of a row, and returns it as it stands in the document.
func (r Row) Line(ctx context.Context) (string, error) {
	cells, err := r.cells(ctx)
	return line(append(r.Name[:len(r.Name):len(r.Name)], cells...)), err
}

// Title returns the head of t as it stands in the document.
func (t Table) Title() string {
	return line(t.Head) + "\n|" + strings.Repeat("---|", len(t.Head))
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// The services: a quiet one, and a busy one.
const (
	quiet = 1_000
	busy  = 100_000
)

// service is a Scenario that has run long enough for its scores to be what they are.
func service(perDay float64) Scenario {
	sc := Scenario{PerDay: perDay, Warm: 72 * time.Hour, Known: 0.6, Able: 0.5}
	if perDay == busy {
		sc.Warm = 24 * time.Hour
	}
	return sc
}

// Tables returns the tables of the document.
func Tables() []Table { return []Table{withoutAttack(), secondMarks(), attacks()} }

// runs runs a Scenario with several seeds, and sums.
func runs(ctx context.Context, sc Scenario, seeds int) (*Result, error) {
	sum := &Result{People: map[Class]*Count{}}
	for seed := range seeds {
		sc.Seed = uint64(seed)
		r, err := Run(ctx, sc)
		if err != nil {
			return nil, err
		}
		for class, c := range r.People {
			sum.count(class, true).add(*c)
		}
		sum.Pumped = r.Pumped // of the last one: only tables of one seed show it
	}
	return sum, nil
}

// withoutAttack is how many people are asked and kept out where nobody attacks.
func withoutAttack() Table {
	t := Table{Head: []string{"sign-ins a day", "two days", "asked, of those who can answer", "kept out, of these", "kept out, of those who cannot", "sign-ins"}}
	days := []struct {
		name   string
		change func(*Scenario)
	}{
		{"ordinary ones", func(*Scenario) {}},
		{"the first two, with no history", func(sc *Scenario) { sc.Warm, sc.Known = 0, 0 }},
		{"with 50 times the people at home for 5 minutes", func(sc *Scenario) { sc.Advert = true }},
		{"with an hour in which no text arrives at home", func(sc *Scenario) { sc.Broken = true }},
	}
	for _, perDay := range []float64{quiet, busy} {
		for i, day := range days {
			sc, seeds := service(perDay), 1
			day.change(&sc)
			if perDay == quiet {
				seeds = 5 // as many services, to see one in 10,000
			}
			t.Rows = append(t.Rows, Row{
				Name: []string{thousands(int(perDay)), day.name}, Quick: perDay == quiet && i%3 == 0,
				cells: func(ctx context.Context) ([]string, error) {
					r, err := runs(ctx, sc, seeds)
					if err != nil {
						return nil, err
					}
					able, others := r.Of(func(c Class) bool { return c.Able }), r.Of(func(c Class) bool { return !c.Able })
					return []string{
						percent(able.Asked, able.SignIns), percent(able.KeptOut, able.SignIns),
						percent(others.KeptOut, others.SignIns), thousands(able.SignIns + others.SignIns),
					}, nil
				},
			})
		}
	}
	return t
}

// near accepts people without a known device in an attacked country, outside of the few blocks
// that are attacked.
func near(able bool) func(Class) bool {
	return func(c Class) bool { return !c.Known && c.Attacked && !c.Block && c.Able == able }
}

// secondMarks is what other second marks would do at the quiet service, when its home is
// attacked.
func secondMarks() Table {
	t := Table{Head: []string{
		"second marks", "solves nothing: people kept out who can answer", "work of such a person",
		"solves everything: texts on day 1", "texts on day 2", "price of the texts", "price of the answers, computed", "by a farm",
	}}
	for _, multiple := range []int{2, 3, 4, 6, 8, 10} {
		sc := service(quiet)
		sc.Multiple = multiple
		t.Rows = append(t.Rows, Row{
			Name: []string{fmt.Sprintf("%d times, %d and %d", multiple, 60*multiple, 100*multiple)}, Quick: multiple == 4,
			cells: func(ctx context.Context) ([]string, error) {
				sc.Attack = &Attack{Solver: SolvesNothing, Shape: OneCountry, PerHour: 600, Addresses: botnet}
				nothing, err := runs(ctx, sc, 2)
				if err != nil {
					return nil, err
				}
				sc.Attack = &Attack{Solver: Computes, Shape: OneCountry, PerHour: 600, Addresses: botnet}
				all, err := runs(ctx, sc, 1)
				if err != nil {
					return nil, err
				}
				people, p := nothing.Of(near(true)), all.Pumped
				return []string{
					fmt.Sprintf("%d of %d", people.KeptOut, people.SignIns), seconds(people),
					thousands(p.Days[0]), thousands(p.Days[1]), dollars(float64(p.Days[0]+p.Days[1]) * TextPrice),
					dollars(p.Cost(Computes)), dollars(p.Cost(Farm)),
				}, nil
			},
		})
	}
	return t
}

// botnet is from how many addresses most attackers ask.
const botnet = 20_000

// attacks is what attackers do under the default marks.
func attacks() Table {
	t := Table{Head: []string{
		"sign-ins a day", "attacker", "numbers", "texts on day 1", "on day 2", "most in one country", "price of the texts", "price of the answers",
		"people who can answer: asked", "kept out", "who cannot: kept out", "in the blocks: kept out",
	}}
	quietAttack := func(solver Solver, shape Shape) Scenario {
		sc := service(quiet)
		sc.Attack = &Attack{Solver: solver, Shape: shape, PerHour: 600, Addresses: botnet}
		if shape == Everywhere {
			sc.Attack.PerHour = 2400
		}
		return sc
	}
	for _, solver := range []Solver{SolvesNothing, Computes} {
		for _, shape := range []Shape{OneBlock, HundredBlocks, OneCountry, Everywhere} {
			t.Rows = append(t.Rows, attackRow(string(shape), quietAttack(solver, shape)))
		}
		sc := quietAttack(solver, Everywhere)
		sc.Attack.Neighbours = 1
		t.Rows = append(t.Rows, attackRow("everywhere, from the address of home's carrier", sc))
	}
	farm := quietAttack(Farm, Everywhere)
	farm.Attack.PerHour = 4800 // more than it can answer
	t.Rows = append(t.Rows, attackRow(string(Everywhere), farm))
	for _, never := range []bool{true, false} {
		sc := Scenario{PerDay: 288, OneCountry: true, Warm: 72 * time.Hour, Able: 0.5, Never: never}
		sc.Attack = &Attack{Solver: SolvesNothing, Shape: OneCountry, PerHour: 200, Addresses: 5}
		name := "the only country, from 5 addresses"
		if never {
			name += ", without a check"
		}
		row := attackRow(name, sc)
		row.Quick = true
		t.Rows = append(t.Rows, row)
	}
	for _, solver := range []Solver{SolvesNothing, Computes} {
		for _, shape := range []Shape{OneCountry, Everywhere} {
			sc := service(busy)
			sc.Attack = &Attack{Solver: solver, Shape: shape, Country: Middling, PerHour: 2400, Addresses: botnet}
			if shape == Everywhere {
				sc.Attack.PerHour = 4800
			}
			t.Rows = append(t.Rows, attackRow(string(shape), sc))
		}
	}
	return t
}

func attackRow(numbers string, sc Scenario) Row {
	return Row{
		Name: []string{thousands(int(sc.PerDay)), string(sc.Attack.Solver), numbers},
		cells: func(ctx context.Context) ([]string, error) {
			r, err := runs(ctx, sc, 1)
			if err != nil {
				return nil, err
			}
			able, others := r.Of(near(true)), r.Of(near(false))
			blocks := r.Of(func(c Class) bool { return !c.Known && c.Block })
			p := r.Pumped
			return []string{
				thousands(p.Days[0]), thousands(p.Days[1]), thousands(max(p.Most[0], p.Most[1])),
				dollars(float64(p.Days[0]+p.Days[1]) * TextPrice), dollars(p.Cost(sc.Attack.Solver)),
				part(able.Asked, able), part(able.KeptOut, able), part(others.KeptOut, others), part(blocks.KeptOut, blocks),
			}, nil
		},
	}
}

func part(n int, of Count) string {
	if of.SignIns == 0 {
		return "–"
	}
	return fmt.Sprintf("%s of %s", thousands(n), thousands(of.SignIns))
}

// keysPerSecond is how many keys of the embedded check a cheap phone derives in a second, as
// package altcha assumes.
const keysPerSecond = 500

func seconds(c Count) string {
	return fmt.Sprintf("%.1f s", float64(c.Work)/keysPerSecond/float64(max(c.Asked, 1)))
}

func dollars(d float64) string {
	if d >= 10 {
		return "$" + thousands(int(d+0.5))
	}
	return fmt.Sprintf("$%.2f", d)
}

func percent(n, of int) string { return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(max(of, 1))) }

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
