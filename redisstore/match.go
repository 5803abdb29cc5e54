package redisstore

import (
	"context"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// gifts are what is given back, credited and forgotten, or the part of it in one slot.
type gifts struct {
	slot int
	// once are given back once, sends once for each send.
	once, sends []phoneauth.Take
	// reward has at most one take.
	reward  []phoneauth.Take
	more    float64
	credits []phoneauth.Charge
	clear   []string
}

// giftsOf are all gifts of m.
func giftsOf(m *phoneauth.OnMatch) gifts {
	g := gifts{once: m.Refunds, sends: m.SendRefunds, credits: m.Credits, clear: m.ClearScores}
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		g.reward, g.more = []phoneauth.Take{m.Reward.Take}, m.Reward.Amount
	}
	return g
}

// giftsAt are the gifts of m that the step of the match gives. Where the reward is in
// another slot, credits wait for it, and what is forgotten waits for them.
func (s *Store) giftsAt(m *phoneauth.OnMatch, home int) gifts {
	all := giftsOf(m)
	if !s.cluster {
		return all
	}
	waits := len(all.reward) > 0 && s.slot(s.key(limitKind, all.reward[0].Key)) != home
	for _, g := range s.giftsBySlot(all) {
		if g.slot == home {
			if waits {
				g.credits, g.clear = nil, nil
			}
			return g
		}
	}
	return gifts{slot: home}
}

// giftsBySlot splits g, one part a slot.
func (s *Store) giftsBySlot(g gifts) []gifts {
	if !s.cluster {
		return []gifts{g}
	}
	var all []gifts
	at := func(kind, key string) *gifts {
		slot := s.slot(s.key(kind, key))
		i := slices.IndexFunc(all, func(g gifts) bool { return g.slot == slot })
		if i < 0 {
			i, all = len(all), append(all, gifts{slot: slot, more: g.more})
		}
		return &all[i]
	}
	for _, t := range g.once {
		part := at(limitKind, t.Key)
		part.once = append(part.once, t)
	}
	for _, t := range g.sends {
		part := at(limitKind, t.Key)
		part.sends = append(part.sends, t)
	}
	for _, t := range g.reward {
		part := at(limitKind, t.Key)
		part.reward = append(part.reward, t)
	}
	for _, c := range g.credits {
		part := at(scoreKind, c.Key)
		part.credits = append(part.credits, c)
	}
	for _, key := range g.clear {
		part := at(scoreKind, key)
		part.clear = append(part.clear, key)
	}
	return all
}

// some reports whether there are any.
func (g *gifts) some() bool {
	return len(g.once)+len(g.sends)+len(g.reward)+len(g.credits)+len(g.clear) > 0
}

// putGifts writes what readGifts in lua/plan.lua reads.
func (s *Store) putGifts(c *call, g *gifts) {
	if c.bit(g.some()); !g.some() {
		return
	}
	s.putTakes(c, g.once)
	s.putTakes(c, g.sends)
	s.putTakes(c, g.reward)
	c.double(g.more)
	s.putCharges(c, g.credits)
	c.count(len(g.clear))
	for _, key := range g.clear {
		c.key(s.key(scoreKind, key))
	}
}

// giveCall gives g, with sends as often as its credits: once.
func (s *Store) giveCall(g *gifts, now time.Time) *call {
	c := newRequest(giveScript, now)
	s.putGifts(c, g)
	return c
}

// matched is a match on a cluster, done in the slot home.
type matched struct {
	*phoneauth.OnMatch
	sends int
	// given: the reward was given there.
	given bool
	home  int
	now   time.Time
}

// afterMatch gives what is still to be given in other slots than home. A reward there is
// asked first, since all credits depend on it.
func (s *Store) afterMatch(ctx context.Context, m matched) {
	all := giftsOf(m.OnMatch)
	for i := range all.sends {
		if m.sends > 0 {
			back := all.sends[i]
			back.Cost = max(back.Cost, 1) * m.sends
			all.once = append(slices.Clip(all.once), back)
		}
	}
	all.sends = nil

	reward, more := all.reward, all.more
	waits := len(reward) > 0 && s.slot(s.key(limitKind, reward[0].Key)) != m.home
	if waits {
		slot := s.slot(s.key(limitKind, reward[0].Key))
		back := slices.DeleteFunc(slices.Clone(all.once), func(t phoneauth.Take) bool {
			return s.slot(s.key(limitKind, t.Key)) != slot
		})
		all.once = slices.DeleteFunc(slices.Clone(all.once), func(t phoneauth.Take) bool {
			return s.slot(s.key(limitKind, t.Key)) == slot
		})
		r, err := s.do(ctx, s.giveCall(&gifts{once: back, reward: reward}, m.now))
		m.given = err == nil && r.int(1) == 1
	}
	if !m.given {
		more = 0
	}
	all.reward, all.more = nil, 0
	all.credits = slices.Clone(all.credits)
	for i := range all.credits {
		all.credits[i].Amount = float64(m.sends)*all.credits[i].Amount + more
	}
	var calls []*call
	for _, g := range s.giftsBySlot(all) {
		if g.slot == m.home {
			// The step of the match has given the rest.
			if g.once = nil; !waits {
				continue
			}
		}
		calls = append(calls, s.giveCall(&g, m.now))
	}
	_, _ = s.each(ctx, calls)
}
