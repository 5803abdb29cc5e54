package storetest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// charge is 1 on a score that may reach 20; a debt fades over a day, a credit over four
// hours.
func (c *challenges) charge(name string) phoneauth.Charge {
	return phoneauth.Charge{
		Score:  phoneauth.Score{Name: name, Key: c.key(name), Max: 20, DebtDecay: 24 * time.Hour, CreditDecay: 4 * time.Hour},
		Amount: 1,
	}
}

// charged charges all of these, and takes nothing else.
func (c *challenges) charged(now time.Time, charges ...phoneauth.Charge) error {
	return c.store.TakeLimits(c.Context(), phoneauth.TakeParams{Charges: charges, Now: now})
}

// owe raises the score of ch by amount, whatever its Max.
func (c *challenges) owe(ch phoneauth.Charge, amount float64, now time.Time) {
	c.Helper()
	ch.Max, ch.Amount = 1e9, amount
	require.NoError(c, c.charged(now, ch), "TakeLimits with a charge that has room")
}

// earn lowers the score of ch by amount.
func (c *challenges) earn(ch phoneauth.Charge, amount float64, now time.Time) {
	c.Helper()
	ch.Amount = amount
	err := c.store.GiveBack(c.Context(), phoneauth.GiveBackParams{Credits: []phoneauth.Charge{ch}, Now: now})
	require.NoError(c, err, "GiveBack of a credit")
}

// admits says whether ch would be admitted, and changes nothing: a charge after it is
// refused.
func (c *challenges) admits(ch phoneauth.Charge, now time.Time) bool {
	c.Helper()
	if !c.stopped {
		c.stopped = true
		c.owe(c.stopper, 5, start)
	}
	refused, ok := errors.AsType[*phoneauth.LimitError](c.charged(now, ch, c.stopper))
	require.True(c, ok, probe+"TakeLimits with a charge that is refused is no *LimitError")
	return refused.Limit == c.stopper.Name
}

// score checks the score of ch at now, to a millionth: a charge that leaves it just short
// of the half above Max is admitted, and one that lifts it just beyond is not.
func (c *challenges) score(ch phoneauth.Charge, want float64, now time.Time, message string) {
	c.Helper()
	const room, near = 100_000, 1e-6
	ch.Max, ch.SampleBelow, ch.SampleWeight = room, 0, 0
	ch.Amount = room + 0.5 - want - near
	low := c.admits(ch, now)
	ch.Amount += 2 * near
	if low && !c.admits(ch, now) {
		return
	}
	least, most := 0.0, 3.0*room
	for most-least > near/10 {
		ch.Amount = (least + most) / 2
		if c.admits(ch, now) {
			least = ch.Amount
		} else {
			most = ch.Amount
		}
	}
	require.Failf(c, probe+"TakeLimits with Charges: "+message, "the score of %s is %.6f, and must be %.6f", ch.Name, room+0.5-least, want)
}
