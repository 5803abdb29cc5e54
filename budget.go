package phoneauth

import (
	"math"
	"math/rand/v2"
	"time"
)

// How scores fade, and when a busy country is counted one event in 16.
const (
	debtDecay         = 24 * time.Hour
	creditDecay       = 4 * time.Hour
	budgetSampleBelow = -500
	budgetSample      = 16
)

// A verification gives this much beyond what its challenge was charged, once a number and
// day.
const (
	rewardAmount = 2
	rewardEvery  = 24 * time.Hour
)

// deviceSends is how many unverified codes in 24 hours the known devices of a number may
// ask for before they are charged like strangers.
const deviceSends = 5

// budgeted reports whether codes for c count in the number budgets or in the score of
// known devices: not those of a test number.
func (s *Service) budgeted(c *call) bool { return !s.cfg.Limits.InsecureOff && c.test == nil }

// charges are what a code for c is charged to. Known devices have a score of their own.
func (s *Service) charges(c *call) []Charge {
	switch {
	case !s.budgeted(c):
		return nil
	case c.device.known():
		return []Charge{s.deviceScore(c, deviceSends)}
	}
	return s.budgets(c)
}

// strangersCharges are what a code for a known device is charged to once the score of
// known devices is used up.
func (s *Service) strangersCharges(c *call) []Charge {
	return append(s.budgets(c), s.deviceScore(c, math.Inf(1)))
}

// deviceScore is the charge for a code to a known device of c's phone.
func (s *Service) deviceScore(c *call, most float64) Charge {
	return Charge{Amount: 1, Score: Score{
		Name: LimitDeviceSends, Key: key(c.print, kindDeviceScore),
		Max: most, DebtDecay: debtDecay, CreditDecay: creditDecay,
	}}
}

// budgets are the charges of c's blocks and country. The country comes last: its key is
// the one that is busy. Resets have budgets of their own, so that no answer about signing
// in tells how many resets there were.
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

// reward is what a verification of c earns beyond what was charged.
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
