package sqlstore

import (
	"cmp"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/micros"
)

// Arrays are sent as text, which every driver can.
type (
	bytesArray [][]byte
	ints       []int64
	floats     []float64
)

// An owner is the number of the candidate, from 1, whose match needs something. It is 0 for what
// every outcome needs, and -1 for a counter that is only looked at.
type (
	stepPlace struct { // of a counter
		key   string
		owner int64
		last  bool // it may be sampled
	}
	challengeOf struct { // that is stored
		owner int64
		phoneauth.Challenge
	}
)

// uses is what a step does with a limit: see 00007_challenges_functions.sql.
type uses int64

const (
	asking uses = iota
	taking
	giving
	givingEachSend
	rewarding
)

func (all bytesArray) text() string {
	b := []byte{'{'}
	for i, one := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(hex.AppendEncode(append(b, `"\\x`...), one), '"')
	}
	return string(append(b, '}'))
}

func (all ints) text() string {
	b := []byte{'{'}
	for i, one := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, one, 10)
	}
	return string(append(b, '}'))
}

func (all floats) text() string {
	b := []byte{'{'}
	for i, one := range all {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsInf(one, 0) {
			b = strconv.AppendQuote(b, map[bool]string{true: "Infinity", false: "-Infinity"}[one > 0])
			continue
		}
		b = strconv.AppendFloat(b, one, 'g', -1, 64)
	}
	return string(append(b, '}'))
}

// stepArgs are the arguments of one call of the function of steps. A place is an index of a
// list in the function, which begins with 1.
type stepArgs struct {
	verb       string
	now        int64
	slots      []string // sorted
	candidates ints
	ids        bytesArray
	digests    bytesArray
	digestOf   ints
	counters   []stepPlace
	steps      ints // of the lockout
	limits     ints
	scores     ints
	rates      floats
	cleared    ints
	stored     []challengeOf
	table      *tables

	lockoutName string
	limitNames  []string
	chargeNames []string
	beyond      bool // a number is out of range

	opening *opening // what follows a match, or nil
}

// mostNumber is far more than any span or instant, and so little that sums of some are no more
// than the largest int64.
const mostNumber = 1 << 60

func (a *stepArgs) number(n int64) int64 {
	a.beyond = a.beyond || n > mostNumber || n < -mostNumber
	return n
}

// place returns the place of a counter, which the owner needs. It is new if neither the
// owner nor every outcome has it.
func (a *stepArgs) place(owner int64, key string) int64 {
	i := slices.IndexFunc(a.counters, func(p stepPlace) bool { return p.key == key && (p.owner == 0 || p.owner == owner) })
	if i < 0 {
		i = len(a.counters)
		a.counters = append(a.counters, stepPlace{key: key, owner: owner})
	}
	return int64(i + 1)
}

// lockout must come first: the function finds it at place 1.
func (a *stepArgs) lockout(l *phoneauth.Lockout) {
	if l.Key == "" {
		return
	}
	a.lockoutName = l.Name
	a.place(0, ofLockout+l.Key)
	a.steps = append(a.steps, a.number(micros.Ceil(l.TTL)))
	for _, step := range l.Steps {
		a.steps = append(a.steps, int64(step.Failures), a.number(micros.Ceil(step.Wait)))
	}
}

// endless is an instant after all others, to which another can be added.
const endless = math.MaxInt64 / 2

func (a *stepArgs) uses(owner int64, use uses, takes []phoneauth.Take) {
	for i := range takes {
		t := &takes[i]
		every := micros.Ceil(t.Every)
		span, room := micros.Mul(max(t.Cost, 1), every), micros.Mul(t.Burst, every)
		asked := span // by it and those before it of the same key: see phoneauth.ResendAt
		for j := range takes[:i] {
			if takes[j].Key == t.Key {
				asked = micros.Add(asked, micros.Mul(max(takes[j].Cost, 1), every))
			}
		}
		later := a.number(micros.Add(a.number(asked), -room))
		if phoneauth.ResendAt(takes[i:i+1], []int64{endless}, 0) == 0 { // it does not count
			later = -endless
		}
		a.limits = append(a.limits, owner, int64(use), a.place(owner, ofLimit+t.Key), a.number(span), a.number(room), later)
		a.limitNames = append(a.limitNames, t.Name)
	}
}

// charges adds changes of scores. Those whose changes are probably not written are read
// without a lock, unless cleared names them.
func (a *stepArgs) charges(owner int64, charges []phoneauth.Charge, reward float64, cleared []string) {
	named := map[string]int{}
	for i := range charges {
		named[charges[i].Key]++
	}
	for _, key := range cleared {
		named[key]++
	}
	for i := range charges {
		c := &charges[i]
		place, peeked := a.place(owner, ofScore+c.Key), int64(0)
		a.counters[place-1].last = a.counters[place-1].last || c.SampleBelow != 0
		if c.Sampled() && named[c.Key] == 1 {
			peeked, a.counters[place-1].owner = 1, -1
		}
		life := micros.Mul(4, micros.Ceil(max(c.DebtDecay, c.CreditDecay)))
		a.scores = append(a.scores, owner, place, a.number(life), peeked)
		a.rates = append(a.rates, c.Max, c.Amount, float64(c.DebtDecay), float64(c.CreditDecay), c.SampleBelow, c.SampleWeight, reward)
		a.chargeNames = append(a.chargeNames, c.Name)
	}
	for _, key := range cleared {
		a.cleared = append(a.cleared, owner, a.place(owner, ofScore+key))
	}
}

func (a *stepArgs) candidate(c *phoneauth.Candidate) {
	place, _ := slices.BinarySearch(a.slots, c.Key)
	a.candidates = append(a.candidates, int64(place+1))
	a.ids = append(a.ids, []byte(c.ID))
	for _, digest := range c.Digests {
		if len(digest) > 0 { // an empty one equals nothing
			a.digests = append(a.digests, digest)
			a.digestOf = append(a.digestOf, int64(len(a.candidates)))
		}
	}
}

// match adds what a match of the candidate with this number does.
func (a *stepArgs) match(owner int64, m *phoneauth.OnMatch) {
	a.uses(owner, giving, m.Refunds)
	a.uses(owner, givingEachSend, m.SendRefunds)
	if len(m.Credits) > 0 && m.Reward.Take.Key != "" {
		a.uses(owner, rewarding, []phoneauth.Take{m.Reward.Take})
	}
	a.charges(owner, m.Credits, m.Reward.Amount, m.ClearScores)
	if m.Store != nil {
		a.stored = append(a.stored, challengeOf{owner, *m.Store})
	}
}

// values are in the order of the parameters of the function.
func (a *stepArgs) values() []any {
	var slots, keys, stored bytesArray
	var owners, numbers, keyLocks ints
	for _, key := range a.slots {
		slots = append(slots, []byte(key))
	}
	for _, p := range a.counters {
		keys, owners = append(keys, []byte(p.key)), append(owners, p.owner)
		keyLocks = append(keyLocks, lockOf(a.table.counters, p.key))
	}
	for i := range a.stored {
		c := &a.stored[i]
		expires := c.ExpiresAt.UnixMicro()
		stored = append(stored, []byte(c.Key), []byte(c.ID), c.Digest, c.Sealed, c.Pending)
		numbers = append(numbers, c.owner, int64(int32s(c.TriesLeft)), int64(int32s(c.Sends)), expires, c.Until.UnixMicro(), int64(due(expires, minute)))
	}
	return []any{a.verb, a.now, slots.text(), a.candidates.text(), a.ids.text(), a.digests.text(), a.digestOf.text(),
		keys.text(), owners.text(), a.steps.text(), a.limits.text(), a.scores.text(), a.rates.text(), a.cleared.text(),
		stored.text(), numbers.text(), a.slotLocks().text(), keyLocks.text()}
}

// slotLocks are the locks of challenges that may be absent, in the order of their keys. A step that
// inserts one and rests on its absence takes the lock alone first.
func (a *stepArgs) slotLocks() (locks ints) {
	type lock struct {
		key   string
		owner int64 // of a challenge that is stored, or -1
	}
	var all []lock
	for i := range a.stored {
		all = append(all, lock{a.stored[i].Key, a.stored[i].owner})
	}
	if a.verb == "attempt" {
		for _, key := range a.slots {
			all = append(all, lock{key, -1})
		}
	}
	slices.SortFunc(all, func(x, y lock) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(y.owner, x.owner)) })
	for _, l := range all {
		place, isSlot := slices.BinarySearch(a.slots, l.key)
		if !isSlot {
			place = -1
		}
		locks = append(locks, lockOf(a.table.challenges, l.key), int64(place+1), l.owner)
	}
	return locks
}

func (s *Store) newStep(verb string, now time.Time, slots ...string) *stepArgs {
	return &stepArgs{verb: verb, now: now.UnixMicro(), slots: slots, table: &s.table}
}
