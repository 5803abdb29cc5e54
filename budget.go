package phoneauth

import (
	"math"
	"math/rand/v2"
	"time"
)

// How scores fade, and when only one in 16 changes of a busy country is written. A country
// is busy when its score is below budgetSampleBelow: many more codes were verified there than
// were not. Each change that is written then counts as 16.
const (
	debtDecay         = 24 * time.Hour
	creditDecay       = 4 * time.Hour
	budgetSampleBelow = -500
	budgetSample      = 16
)

// A verification credits this much beyond what its challenge was charged, once per number
// and day.
const (
	rewardAmount = 2
	rewardEvery  = 24 * time.Hour
)

// deviceSends is the greatest score of the known devices of a number: about how many
// unverified codes they may ask for in 24 hours. Then they are charged like strangers.
const deviceSends = 5

// budgeted reports whether codes for c are charged to the number budgets or to the score of
// known devices. Those of a test number are not.
func (s *Service) budgeted(c *call) bool { return !s.cfg.Limits.InsecureOff && c.test == nil }

// charges returns the charges of a code for c. Known devices have a score of their own.
func (s *Service) charges(c *call) []Charge {
	switch {
	case !s.budgeted(c):
		return nil
	case c.device.known():
		return []Charge{s.deviceScore(c, deviceSends)}
	}
	return s.budgets(c)
}

// strangersCharges returns the charges of a code for a known device after the score of known
// devices has reached its greatest value.
func (s *Service) strangersCharges(c *call) []Charge {
	return append(s.budgets(c), s.deviceScore(c, math.Inf(1)))
}

// deviceScore returns the charge for a code to a known device of c's phone.
func (s *Service) deviceScore(c *call, most float64) Charge {
	return Charge{Amount: 1, Score: Score{
		Name: LimitDeviceSends, Key: key(c.print, kindDeviceScore),
		Max: most, DebtDecay: debtDecay, CreditDecay: creditDecay,
	}}
}

// budgets returns the charges of c's blocks and country. The country comes last, because many
// operations use its key. Password resets have budgets of their own, so that no answer about
// signing in tells how many resets there were.
func (s *Service) budgets(c *call) []Charge {
	reset := ""
	if c.purpose == PurposePasswordReset {
		reset = "reset "
	}
	charge := func(name, what string, most int) Charge {
		return Charge{Amount: 1, Score: Score{
			Name: name, Key: key(s.budgetPrint(reset+name, what), kindBudget),
			Max: float64(most), DebtDecay: debtDecay, CreditDecay: creditDecay,
		}}
	}
	e164 := c.phone.e164
	country := charge(LimitCountry, c.region, s.cfg.Limits.Country)
	country.SampleBelow = budgetSampleBelow
	if rand.IntN(budgetSample) == 0 {
		country.SampleWeight = budgetSample
	}
	return []Charge{
		charge(LimitBlock, e164[:len(e164)-4], s.cfg.Limits.Block),
		charge(LimitWideBlock, e164[:len(e164)-6], s.cfg.Limits.WideBlock),
		country,
	}
}

// reward returns the credit that a verification of c earns beyond what was charged.
func (s *Service) reward(c *call) Reward {
	kind := kindReward
	if c.purpose == PurposePasswordReset {
		kind = kindResetReward
	}
	return Reward{
		Take:   Take{Key: key(c.print, kind), Limit: Limit{Burst: 1, Every: rewardEvery}, Cost: 1},
		Amount: rewardAmount,
	}
}
