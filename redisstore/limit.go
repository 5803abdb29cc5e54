package redisstore

import (
	"context"
	"math"
	"time"

	"github.com/phoneauth/phoneauth"
)

// TakeLimits implements [phoneauth.ChallengeStore]. On a cluster the slots are asked one
// after the other; if one refuses, those before it are given back what they gave.
func (s *Store) TakeLimits(ctx context.Context, p phoneauth.TakeParams) error {
	t := taken{store: s, now: p.Now}
	return failed("take limits", t.takeRuns(ctx, s.runs(uses{asks: p.Asks, takes: p.Takes, charges: p.Charges})))
}

// GiveBack implements [phoneauth.ChallengeStore]. On a cluster each slot is one step. When
// one does not answer, the others have what they were given all the same.
func (s *Store) GiveBack(ctx context.Context, p phoneauth.GiveBackParams) error {
	var calls []*call
	for _, g := range s.giftsBySlot(gifts{once: p.Takes, credits: p.Credits}) {
		calls = append(calls, s.giveCall(&g, p.Now))
	}
	_, err := s.each(ctx, calls)
	return failed("give back", err)
}

// putUses writes what readUses in lua/plan.lua reads.
func (s *Store) putUses(c *call, u *uses) {
	s.putTakes(c, u.asks)
	s.putTakes(c, u.takes)
	s.putCharges(c, u.charges)
}

func (s *Store) putTakes(c *call, takes []phoneauth.Take) {
	c.count(len(takes))
	for i := range takes {
		t := &takes[i]
		c.key(s.key(limitKind, t.Key))
		c.number(span(t))
		c.number(times(t.Burst, micros(t.Every)))
	}
}

// span is by how much t moves a tat, in microseconds.
func span(t *phoneauth.Take) int64 { return times(max(t.Cost, 1), micros(t.Every)) }

func (s *Store) putCharges(c *call, charges []phoneauth.Charge) {
	c.count(len(charges))
	for i := range charges {
		of := &charges[i]
		c.key(s.key(scoreKind, of.Key))
		c.double(of.Max)
		c.double(of.Amount)
		c.fading(&of.Score)
		c.double(of.SampleBelow)
		c.double(of.SampleWeight)
	}
}

// fading writes how of fades, in nanoseconds, and how long it is remembered after a
// change, in microseconds.
func (c *call) fading(of *phoneauth.Score) {
	c.number(int64(of.DebtDecay))
	c.number(int64(of.CreditDecay))
	c.number(times(4, micros(max(of.DebtDecay, of.CreditDecay))))
}

// micros is d in whole microseconds, rounded up.
func micros(d time.Duration) int64 {
	us := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		us++
	}
	return us
}

// times is n times d, neither of them negative. It stops at the largest int64.
func times(n int, d int64) int64 {
	if d > 0 && int64(n) > math.MaxInt64/d {
		return math.MaxInt64
	}
	return int64(n) * d
}
