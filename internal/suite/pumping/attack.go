package pumping

import (
	"math/rand/v2"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

// Solver says how an attacker answers a human check.
type Solver string

// The attackers.
const (
	// SolvesNothing answers nothing. Every second of its requests says that it could.
	SolvesNothing Solver = "solves nothing"
	// Computes answers everything, by computing.
	Computes Solver = "computes"
	// Farm pays people for answers, at most FarmRate an hour.
	Farm Solver = "captcha farm"
)

// FarmRate is how many answers a farm gives in an hour: one a second.
const FarmRate = 3600

// Prices, in US dollars.
const (
	// FarmPrice is that of one answer of a captcha farm.
	FarmPrice = 0.001
	// CorePrice is that of an hour of a rented core.
	CorePrice = 0.01
	// KeysPerCoreHour is how many keys of the embedded check such a core derives in an hour.
	KeysPerCoreHour = 2000 * 3600
	// TextPrice is that of a text to an expensive country.
	TextPrice = 0.10
)

// Shape says which numbers an attacker asks for.
type Shape string

// The shapes.
const (
	// OneBlock is one block of a country.
	OneBlock Shape = "one block"
	// HundredBlocks is 100 blocks of a country.
	HundredBlocks Shape = "100 blocks"
	// OneCountry is all blocks of a country.
	OneCountry Shape = "a country"
	// Everywhere is all blocks of all countries.
	Everywhere Shape = "everywhere"
)

// Attack is somebody who asks for codes and never verifies one.
type Attack struct {
	// Solver is what it does when it is asked.
	Solver Solver
	// Shape says which numbers.
	Shape Shape
	// Country is where. Everywhere has none.
	Country int
	// PerHour is how many codes it asks for.
	PerHour float64
	// Addresses is from how many addresses it asks.
	Addresses int
	// Neighbours is from how many addresses of carriers in the Country it asks instead.
	Neighbours int
}

// Pumped is what an attacker got.
type Pumped struct {
	// Tries is how many codes it asked for. Answers is how many human checks it answered.
	Tries, Answers int
	// Keys is how many keys of the embedded check that would have cost.
	Keys int
	// Days has the texts of each day, and Most those of the country that got the most.
	Days, Most [days]int
}

// days is how many are measured.
const days = 2

// targets returns the blocks of a, or nil for all of them.
func (a *Attack) targets(w *world) []string {
	p := &w.places[a.Country]
	var all []string
	switch a.Shape {
	case OneBlock:
		all = append(all, p.country.block(p.ranked(p.blocks()/2)))
	case HundredBlocks:
		for i := range 100 {
			all = append(all, p.country.block(p.ranked(p.blocks()/200*(i+1))))
		}
	}
	return all
}

// attacker runs an Attack.
type attacker struct {
	*Attack
	sim    *sim
	random *rand.Rand
	blocks []string
	farmed int           // answers of the farm in this hour
	hour   time.Duration // when it began
	texts  [days][]int   // by country
}

// try asks for one code.
func (a *attacker) try() {
	country := a.Country
	if a.Shape == Everywhere {
		country = a.random.IntN(len(a.sim.world.places))
	}
	p := &a.sim.world.places[country]
	block := p.country.block(a.random.IntN(p.blocks()))
	if len(a.blocks) > 0 {
		block = a.blocks[a.random.IntN(len(a.blocks))]
	}
	client := a.client()
	out := &a.sim.result.Pumped
	out.Tries++
	_, err := a.sim.register(number(a.random, block), &client, a.solves(), func(level humancheck.Level) {
		out.Answers++
		out.Keys += altcha.Work(level)
		a.farmed++
	})
	if err == nil {
		a.texts[a.sim.day()][country]++
	}
}

// client is a client of the attacker.
func (a *attacker) client() (c phoneauth.ClientInfo) {
	c.CanAnswer = a.Solver != SolvesNothing || a.random.IntN(2) == 0
	c.Addr = address(addrAttacker, 0, a.random.IntN(max(1, a.Addresses)))
	if a.Neighbours > 0 {
		c.Addr = address(addrNAT, a.Country, a.random.IntN(a.Neighbours))
	}
	return c
}

// solves reports whether a answers now.
func (a *attacker) solves() bool {
	if now := a.sim.now; now >= a.hour+time.Hour {
		a.hour, a.farmed = now.Truncate(time.Hour), 0
	}
	return a.Solver == Computes || a.Solver == Farm && a.farmed < FarmRate
}

// report writes what a got.
func (a *attacker) report(p *Pumped) {
	for day, countries := range a.texts {
		for _, n := range countries {
			p.Days[day] += n
			p.Most[day] = max(p.Most[day], n)
		}
	}
}

// Cost is what the answers cost a solver, in US dollars.
func (p *Pumped) Cost(of Solver) float64 {
	if of == Farm {
		return float64(p.Answers) * FarmPrice
	}
	return float64(p.Keys) / KeysPerCoreHour * CorePrice
}
