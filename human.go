package phoneauth

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
	"github.com/phoneauth/phoneauth/internal/micros"
	"github.com/phoneauth/phoneauth/internal/throttle"
)

// HumanCheckRules say when a client must prove that a person uses it before a code is sent.
// Known devices, test numbers and operators (see [Service.Resend]) are never asked. Being asked
// takes nothing from any limit of the number.
type HumanCheckRules struct {
	// Check asks and verifies. Nil means package humancheck/altcha: the client shows that
	// it has worked.
	Check humancheck.Check
	// When says who is asked. Empty means HumanCheckAuto.
	When HumanCheckWhen
	// Demand may demand more or less than the rules. SendInfo.Demanded is what the rules
	// demand, from 0 to [humancheck.Highest]. The result takes its place. 0 asks nothing.
	// It is called after the limits were asked, and not for those who are never asked.
	// Nil keeps what the rules demand.
	Demand func(context.Context, SendInfo) humancheck.Level
}

// HumanCheckWhen says which clients are asked.
type HumanCheckWhen string

// The values of HumanCheckRules.When.
const (
	// HumanCheckAuto asks when a code looks like that of a machine. A client that can
	// answer is asked when a score is past half of Limits.Block, WideBlock or Country, or
	// when its address has asked for more than 20 codes that were not verified; they are
	// forgotten as those of Limits.AddressSends are. Any other client is asked when a score
	// is past Limits.WideBlock or Country.
	HumanCheckAuto HumanCheckWhen = "auto"
	// HumanCheckAlways asks everybody.
	HumanCheckAlways HumanCheckWhen = "always"
	// HumanCheckNever asks nobody. Scores past their limits then refuse.
	HumanCheckNever HumanCheckWhen = "never"
)

// HumanCheckError asks the client to prove that a person uses it. Send the same request
// again with the answer in ClientInfo.HumanCheck. The answer is good once, for 5 minutes,
// and only for the number, the purpose and the address of the client.
type HumanCheckError struct {
	// Question is for the client.
	Question humancheck.Question
	// Level is the level of the question.
	Level humancheck.Level
	// Wrong is true when the request had an answer that was wrong, expired, used, or of too
	// low a level.
	Wrong bool
}

// Error returns the same text for all questions.
func (e *HumanCheckError) Error() string { return "phoneauth: human check required" }

// What an address may do. asksOf bounds the work of asking. It is kept in the process,
// because that is what it protects.
const (
	asksBurst = 60
	asksEvery = 5 * time.Second
)

// verifyDeadline bounds the verification of an answer that is not verified at once.
const verifyDeadline = 5 * time.Second

// unverifiedSends is how many codes that nobody has verified an address may ask for before
// its clients are asked. With fewer, more than one in 200 are asked on the day on which an
// advert brings 50 times as many people for 5 minutes, half of them behind addresses that
// 1,000 people share. See package internal/suite/pumping.
const unverifiedSends = 20

// wideAddress is how many times the codes of an address its known devices and those who have
// answered may ask for.
const wideAddress = 4

// humanChecks asks clients and verifies their answers.
type humanChecks struct {
	HumanCheckRules
	local bool // the answer is verified at once
	asked *throttle.Throttle
}

// newHumanChecks returns nil if nobody is ever asked. The keys are those of the embedded
// check.
func newHumanChecks(r HumanCheckRules, keys [][]byte) (*humanChecks, error) {
	if r.When == HumanCheckNever {
		return nil, nil
	}
	if r.Check == nil {
		var err error
		if r.Check, err = altcha.New(keys...); err != nil {
			return nil, err
		}
	}
	_, local := r.Check.(humancheck.Local)
	return &humanChecks{HumanCheckRules: r, local: local, asked: throttle.New(asksBurst, asksEvery)}, nil
}

// HumanCheckKind returns the Kind of the human check, or "" if nobody is ever asked. A page
// needs it before the first question, for its Content-Security-Policy.
func (s *Service) HumanCheckKind() string {
	if s.humans == nil {
		return ""
	}
	return s.humans.Check.Kind()
}

// human is what is known of the person behind a call.
type human struct {
	answered bool             // the answer was read; it proves nothing if proved is 0
	proved   humancheck.Level // by the answer
	answer   string           // print of the answer that proved it
	enough   bool             // HumanCheckRules.Demand demands no more
}

// canAnswer reports whether the client of c can answer a human check.
func (c *call) canAnswer() bool { return c.client.CanAnswer || c.client.HumanCheck != "" }

// mayAsk reports whether the rules may demand that c is the request of a person.
func (s *Service) mayAsk(c *call) bool {
	return s.humans != nil && c.test == nil && !c.operator && (!c.device.known() || c.stranger)
}

// asksFirst reports whether the check needs the state of the limits before the step that
// takes them. Otherwise that step finds out by itself whether c must be asked.
func (s *Service) asksFirst(c *call) bool {
	if !s.mayAsk(c) {
		return false
	}
	vendors := c.client.HumanCheck != "" && !s.humans.local
	always := s.humans.When == HumanCheckAlways && c.human.proved == 0
	return vendors || always || s.humans.Demand != nil
}

// marks are the scores at which a rule asks and refuses.
type marks struct {
	asks    float64 // clients that can answer are asked past it
	limit   float64 // all other clients too
	refuses float64 // everybody is refused past it
}

// marksOf returns the marks of the rule with this name.
func (s *Service) marksOf(name string) marks {
	l := &s.cfg.Limits
	m := marks{limit: float64(l.Block), refuses: float64(l.Block)}
	switch name {
	case LimitWideBlock:
		m = marks{limit: float64(l.WideBlock), refuses: float64(l.WideBlockMax)}
	case LimitCountry:
		m = marks{limit: float64(l.Country), refuses: float64(l.CountryMax)}
	}
	if s.humans == nil {
		m.refuses = m.limit
	}
	m.asks = m.limit / 2
	return m
}

// admits returns the greatest score at which somebody who has proved the level is admitted.
func (m marks) admits(level humancheck.Level, canAnswer bool) float64 {
	switch {
	case level > 0:
		return m.asks + (m.refuses-m.asks)*float64(min(level, humancheck.Highest))/float64(humancheck.Highest)
	case canAnswer:
		return m.asks
	}
	return m.limit
}

// most returns the greatest score at which a code for c is admitted. An answer is good for
// the level above its own, because the score may have risen since the question.
func (s *Service) most(c *call, m marks) float64 {
	switch {
	case s.humans == nil:
		return m.limit
	case c.human.enough, c.operator:
		return m.refuses
	case c.human.proved > 0:
		return m.admits(c.human.proved+1, true)
	}
	return m.admits(0, c.canAnswer())
}

// demands returns the level that a charge demands which makes the score to sum. It returns
// false if no answer helps.
func (m marks) demands(sum float64, canAnswer bool) (humancheck.Level, bool) {
	for level := range humancheck.Highest + 1 {
		if !exceeds(sum, m.admits(level, canAnswer)) {
			return level, true
		}
	}
	return 0, false
}

// unverified returns the limit past which clients of an address are asked, made of the limit
// of sends of the address. It is asked under the same key, so it costs nothing to keep.
func unverified(addressSends Take) Take {
	addressSends.Name = LimitUnverifiedSends
	addressSends.Burst = min(addressSends.Burst, unverifiedSends)
	return addressSends
}

// wide returns the limit of sends of an address for those who have shown who they are.
func wide(addressSends Take) Take {
	addressSends.Burst = timesOrMost(addressSends.Burst, wideAddress)
	return addressSends
}

// ofAddress returns takes with what change makes of the limit of sends of the address.
func ofAddress(takes []Take, change func(Take) Take) []Take {
	takes = slices.Clone(takes)
	for i := range takes {
		if takes[i].Name == LimitAddressSends {
			takes[i] = change(takes[i])
		}
	}
	return takes
}

// shownTakes returns takes as they are for a known device and for somebody who has answered.
// Others behind the same address cannot use up their sends.
func (s *Service) shownTakes(c *call, takes []Take) []Take {
	device := s.humans != nil && c.device.known() && !c.stranger
	if device || c.human.proved > 0 || c.human.enough && c.canAnswer() {
		return ofAddress(takes, wide)
	}
	return takes
}

// humanTakes returns takes as the human check has them for c: with the use of its answer, or
// with the limit past which it is asked.
func (s *Service) humanTakes(c *call, takes []Take) []Take {
	takes = s.shownTakes(c, takes)
	switch {
	case !s.mayAsk(c):
		return takes
	case c.human.proved > 0:
		used := Take{LimitHumanCheckUsed, keyOf(c.print, kindAnswer, c.human.answer), Limit{1, humancheck.Life}, 1}
		return append(takes[:len(takes):len(takes)], used)
	case c.human.enough || !c.canAnswer():
		return takes
	}
	return ofAddress(takes, unverified)
}

// liftable reports whether an answer to a human check may lift a refusal by this limit.
func liftable(limit string) bool {
	switch limit {
	case LimitBlock, LimitWideBlock, LimitCountry, LimitUnverifiedSends, LimitHumanCheckUsed:
		return true
	}
	return false
}

// readLocally verifies the answer of the client if that asks nobody else.
func (s *Service) readLocally(ctx context.Context, c *call) error {
	if s.humans == nil || !s.humans.local {
		return nil
	}
	return s.readAnswer(ctx, c)
}

// readAnswer verifies the answer of the client, once.
func (s *Service) readAnswer(ctx context.Context, c *call) error {
	if c.human.answered || c.client.HumanCheck == "" || !s.mayAsk(c) {
		return nil
	}
	if !s.humans.local { // asking a vendor costs more than asking the client
		if err := s.mayBeAsked(ctx, c); err != nil {
			return err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, verifyDeadline)
		defer cancel()
	}
	c.human.answered = true
	proof, err := s.humans.Check.Verify(ctx, string(c.client.HumanCheck), s.humanParams(c, 0))
	switch {
	case errors.Is(err, humancheck.ErrWrong):
		s.refuseAnswer(ctx, c)
		return nil
	case err != nil:
		return &unavailable{"verify the human check", err}
	}
	c.human.proved = min(max(proof.Level, 1), humancheck.Highest)
	c.human.answer = s.keys.Print("answer", proof.ID)
	return nil
}

// refuseAnswer notes that the answer of c proves nothing.
func (s *Service) refuseAnswer(ctx context.Context, c *call) {
	c.human = human{answered: true}
	s.humanEvent(ctx, c, EventHumanCheckFailed, 0)
}

func (s *Service) humanEvent(ctx context.Context, c *call, what EventType, level humancheck.Level) {
	e := c.event(what)
	e.Check, e.Level = s.humans.Check.Kind(), int(level)
	s.event(ctx, e)
}

func (s *Service) humanParams(c *call, level humancheck.Level) humancheck.Params {
	return humancheck.Params{
		Binding: s.keys.Print("human", c.print, string(c.purpose), s.addressOf(c)),
		Level:   level, Addr: c.client.Addr, Now: c.now,
	}
}

// mayBeAsked takes one of the questions that the address of c gets.
func (s *Service) mayBeAsked(ctx context.Context, c *call) error {
	if wait := s.humans.asked.Admit(s.addressOf(c), c.now); wait > 0 {
		return s.limited(ctx, c, &LimitError{LimitHumanChecks, wait})
	}
	return nil
}

// checkHuman returns nil if a code for c may be sent, a *HumanCheckError if the client must
// answer first, and a *LimitError if no answer helps. It takes nothing.
func (s *Service) checkHuman(ctx context.Context, c *call, o sending) error {
	level, err := s.demanded(ctx, c, o)
	if err != nil {
		return s.limited(ctx, c, err)
	}
	if level > 0 {
		if err := s.readAnswer(ctx, c); err != nil {
			return err
		}
	}
	if level == 0 || c.human.proved > 0 && c.human.proved+1 >= level {
		c.human.enough = s.humans.Demand != nil
		return nil
	}
	if c.human.proved > 0 {
		s.refuseAnswer(ctx, c)
	}
	if err := s.mayBeAsked(ctx, c); err != nil {
		return err
	}
	q, err := s.humans.Check.Ask(ctx, s.humanParams(c, level))
	if err != nil {
		return &unavailable{"ask for a human check", err}
	}
	s.humanEvent(ctx, c, EventHumanCheckAsked, level)
	return &HumanCheckError{Question: q, Level: level, Wrong: c.human.answered}
}

// demanded returns the level that is demanded for a code for c. *LimitError: a limit refuses
// that no answer lifts.
func (s *Service) demanded(ctx context.Context, c *call, o sending) (humancheck.Level, error) {
	lockout, charges := s.codeLockout(c), s.charges(c)
	limits := slices.Concat(o.asks, o.takes)
	p := StateParams{Lockouts: []string{lockout.Key}, Takes: limits, Now: c.now}
	if c.canAnswer() {
		p.Takes = ofAddress(limits, wide)
		for _, take := range limits {
			if take.Name == LimitAddressSends {
				p.Takes = append(p.Takes, unverified(take))
			}
		}
	}
	for _, charge := range charges {
		p.Scores = append(p.Scores, charge.Score)
	}
	found, err := s.store.ReadState(ctx, p)
	if err != nil {
		return 0, err
	}
	now := p.Now.UnixMicro()
	if err := found.Lockouts[0].Refusal(&lockout, now); err != nil {
		return 0, err
	}
	for i := range limits {
		if found.Waits[i] > 0 {
			return 0, &LimitError{limits[i].Name, found.Waits[i]}
		}
	}
	var level humancheck.Level
	if s.humans.When == HumanCheckAlways || slices.Max(append(found.Waits[len(limits):], 0)) > 0 {
		level = 1
	}
	for i, charge := range charges {
		if charge.Name == LimitDeviceSends {
			continue
		}
		m := s.marksOf(charge.Name)
		needs, ok := m.demands(found.Scores[i]+charge.Amount, c.canAnswer())
		if !ok {
			charge.Max = m.refuses
			return 0, charge.refusal(found.Scores[i], now)
		}
		level = max(level, needs)
	}
	if s.humans.Demand != nil {
		info := s.sendInfo(c, o)
		info.Demanded = level
		level = min(max(s.humans.Demand(ctx, info), 0), humancheck.Highest)
	}
	return level, nil
}

// refusal returns the *LimitError of the charge at now if the faded score refuses it, else
// nil.
func (c *Charge) refusal(faded float64, now int64) error {
	_, err := ScoreState{Value: faded, ChangedAt: now, ForgetAt: micros.Add(now, c.lifetime())}.Charged(c, now)
	return err
}

// timesOrMost returns n times by, or the greatest int.
func timesOrMost(n, by int) int {
	if n > math.MaxInt/by {
		return math.MaxInt
	}
	return n * by
}
