package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth/internal/numbers"
)

// UntilUnlock is a LockoutStep.Wait of 100 years: the lock lasts until [Service.Unlock].
const UntilUnlock = 100 * 365 * 24 * time.Hour

// Limits are the limits, lockouts and number budgets of a Service. The zero value of a
// field is its default.
type Limits struct {
	// PhoneSends limit the codes to one number. All of them apply. Empty means three:
	// 1, then one each 60 s; 5, then one each 12 min; 10, then one each 144 min. Each channel has
	// the limit with the shortest Every for itself; its Burst must then be 1. The others are for
	// all channels together.
	PhoneSends []Limit
	// AddressSends limits the codes that one client address asks for (an IPv4 address or
	// an IPv6 /64). Zero means 20, then one each 3 min. A verification gives back the
	// sends of its challenge. Where there is a human check, known devices and clients that
	// have answered it have four times the Burst, so that others behind their address
	// cannot keep them out.
	AddressSends Limit
	// ServiceSends limits the codes of the whole realm. Zero means no limit, which is
	// safer against strangers: they can use up such a limit, and then nobody gets a code.
	// EventCeilingNear is reported at 80 % of it.
	ServiceSends Limit
	// AddressFailures limits the wrong codes and passwords from one client address. Zero
	// means 30, then one each 10 s.
	AddressFailures Limit
	// PhoneLockout locks a number after failures in a row. Empty means 15 min at 10, 1 h
	// at 20, 24 h at 50, 30 days at 100. The last step must be at 100 failures or before
	// (NIST SP 800-63B-4, 3.2.2). Its Wait may be UntilUnlock.
	PhoneLockout []LockoutStep
	// PasswordLockout makes the passwords of a number wait after failures in a row. Empty
	// means 1 s at the 10th, doubling up to 15 min.
	PasswordLockout []LockoutStep
	// Passwords limits the sign-ins by password to one number, including those with the
	// right password. The known devices of the number have the same limit for themselves.
	// A wrong password gives its take back, because PasswordLockout counts it. Zero means
	// 10, then one each 30 s.
	Passwords Limit
	// Block, WideBlock and Country are the greatest scores of a block of 10,000 numbers, a
	// block of 1,000,000 numbers and a country. 0 means 20, 60 and 100. docs/security.md
	// explains them under "Number budgets".
	Block, WideBlock, Country int
	// WideBlockMax and CountryMax are the greatest scores for clients that have answered a
	// human check. 0 means four times WideBlock and four times Country. Without a human
	// check they are not used. A block has no such second limit. docs/security.md says
	// under "Human check" how they were chosen, and what other values would do.
	WideBlockMax, CountryMax int
	// InsecureOff drops the limits of sends, addresses and passwords and the number
	// budgets, for development. Tries and failures are counted all the same.
	InsecureOff bool
}

// How long failures are remembered after the last one.
const (
	phoneFailuresForgotten    = 30 * 24 * time.Hour
	passwordFailuresForgotten = 24 * time.Hour
)

func (l Limits) withDefaults() Limits {
	if len(l.PhoneSends) == 0 {
		l.PhoneSends = []Limit{{1, time.Minute}, {5, 12 * time.Minute}, {10, 144 * time.Minute}}
	}
	if l.AddressSends == (Limit{}) {
		l.AddressSends = Limit{20, 3 * time.Minute}
	}
	if l.AddressFailures == (Limit{}) {
		l.AddressFailures = Limit{30, 10 * time.Second}
	}
	if l.Passwords == (Limit{}) {
		l.Passwords = Limit{10, 30 * time.Second}
	}
	if len(l.PhoneLockout) == 0 {
		l.PhoneLockout = []LockoutStep{{10, 15 * time.Minute}, {20, time.Hour}, {50, 24 * time.Hour}, {100, 30 * 24 * time.Hour}}
	}
	if len(l.PasswordLockout) == 0 {
		for i := range 10 {
			l.PasswordLockout = append(l.PasswordLockout, LockoutStep{10 + i, time.Second << i})
		}
		l.PasswordLockout = append(l.PasswordLockout, LockoutStep{20, 15 * time.Minute})
	}
	l.PhoneSends = slices.Clone(l.PhoneSends)
	l.PhoneLockout = slices.Clone(l.PhoneLockout)
	l.PasswordLockout = slices.Clone(l.PasswordLockout)
	l.Block = cmp.Or(l.Block, 20)
	l.WideBlock = cmp.Or(l.WideBlock, 60)
	l.Country = cmp.Or(l.Country, 100)
	l.WideBlockMax = cmp.Or(l.WideBlockMax, timesOrMost(l.WideBlock, 4))
	l.CountryMax = cmp.Or(l.CountryMax, timesOrMost(l.Country, 4))
	return l
}

func (l Limits) validate(fault func(field, format string, args ...any)) {
	limit := func(field string, l Limit) {
		if l.Burst < 1 || l.Every < time.Microsecond || l.Every > math.MaxInt64/time.Duration(max(l.Burst, 1))/4 {
			fault(field, "needs a Burst of at least 1 and an Every of at least 1 µs, and their product within 73 years")
		}
	}
	for i, p := range l.PhoneSends {
		limit(fmt.Sprintf("Limits.PhoneSends[%d]", i), p)
	}
	limit("Limits.AddressSends", l.AddressSends)
	limit("Limits.AddressFailures", l.AddressFailures)
	limit("Limits.Passwords", l.Passwords)
	if l.ServiceSends != (Limit{}) {
		limit("Limits.ServiceSends", l.ServiceSends)
	}
	steps := func(field string, steps []LockoutStep) {
		before := 0
		for _, s := range steps {
			if s.Failures <= before || s.Wait < time.Second {
				fault(field, "steps must ascend from 1 failure, with a Wait of at least 1 s")
			}
			before = s.Failures
		}
		if before > 100 {
			fault(field, "the last step must be at 100 failures or before")
		}
	}
	steps("Limits.PhoneLockout", l.PhoneLockout)
	steps("Limits.PasswordLockout", l.PasswordLockout)
	if l.Block < 1 || l.WideBlock < 1 || l.Country < 1 {
		fault("Limits", "Block, WideBlock and Country must be at least 1")
	}
	if l.WideBlockMax < l.WideBlock || l.CountryMax < l.Country {
		fault("Limits", "WideBlockMax and CountryMax must not be below WideBlock and Country")
	}
}

// sendTakes returns the limits that a code for c by ch must pass. The keys of the number come
// first, those that many share come last.
func (s *Service) sendTakes(c *call, ch *channel) []Take {
	return append(append(s.phoneSendTakes(c.print, c.device.known(), ch), s.addressSendTakes(c)...), s.sharedTakes(c, ch)...)
}

// sharedTakes returns the limits that a code for c by ch shares with all other codes, or with those
// to its country. The code of a reset is sent only to some numbers: see deliverReset.
func (s *Service) sharedTakes(c *call, ch *channel) []Take {
	if c.purpose == PurposePasswordReset {
		return s.serviceTakes()
	}
	return append(s.serviceTakes(), s.spendTakes(c, ch)...)
}

// phoneSendTakes returns the limits of codes by ch to the phone with this print. Its known
// devices have a second set. Each channel has the hold for itself, and the others are for all
// channels together.
func (s *Service) phoneSendTakes(phonePrint string, known bool, ch *channel) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	takes := make([]Take, 0, len(s.cfg.Limits.PhoneSends)+2) // room for those of address and service
	for i := range s.cfg.Limits.PhoneSends {
		takes = append(takes, s.phoneSendTake(phonePrint, known, i, ch))
	}
	return takes
}

// phoneSendTake returns the i-th take of phoneSendTakes.
func (s *Service) phoneSendTake(phonePrint string, known bool, i int, ch *channel) Take {
	kind, which := kindSends, strconv.Itoa(i)
	if known {
		kind = kindDeviceSends
	}
	if i == s.holdIndex {
		which += ch.hold
	}
	return Take{LimitPhoneSends, keyOf(phonePrint, kind, which), s.cfg.Limits.PhoneSends[i], 1}
}

// holdOf returns the index of the hold in PhoneSends: the limit with the shortest wait.
func (l *Limits) holdOf() int {
	shortest := 0
	for i := range l.PhoneSends {
		if l.PhoneSends[i].Every < l.PhoneSends[shortest].Every {
			shortest = i
		}
	}
	return shortest
}

// hold returns the hold of channels for a phone. A verified code gives those of all channels
// back, so that a code for something else can follow at once. The longer limits are not given
// back, because the owner of a number could then ask for any number of texts.
func (s *Service) hold(phonePrint string, known bool, channels ...*channel) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	takes := make([]Take, len(channels))
	for i, ch := range channels {
		takes[i] = s.phoneSendTake(phonePrint, known, s.holdIndex, ch)
	}
	return takes
}

// addressSendTakes returns the limit of codes that the address of c asks for. An operator's address
// is not that of the person.
func (s *Service) addressSendTakes(c *call) []Take {
	if c.operator {
		return nil
	}
	return s.addressTakes(LimitAddressSends, key(s.addressOf(c), kindAddressSends), s.cfg.Limits.AddressSends)
}

// addressFailureTakes returns the limit of wrong codes and passwords from the address of c. It is
// made once, because each attempt asks, takes and refunds it.
func (s *Service) addressFailureTakes(c *call) []Take {
	if c.failures == nil {
		c.failures = s.addressTakes(LimitAddressFailures, key(s.addressOf(c), kindAddressFailures), s.cfg.Limits.AddressFailures)
	}
	return c.failures
}

func (s *Service) addressTakes(name, key string, l Limit) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	return []Take{{name, key, l, 1}}
}

func (s *Service) serviceTakes() []Take {
	l := s.cfg.Limits.ServiceSends
	if s.cfg.Limits.InsecureOff || l == (Limit{}) {
		return nil
	}
	return []Take{{LimitServiceSends, key(s.servicePrint(), kindServiceSends), l, 1}}
}

// passwordTakes returns the limit of sign-ins by password of the phone with this print. Its
// known devices have a limit of their own.
func (s *Service) passwordTakes(phonePrint string, known bool) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	kind := kindPasswords
	if known {
		kind = kindDevicePass
	}
	return []Take{{LimitPasswords, key(phonePrint, kind), s.cfg.Limits.Passwords, 1}}
}

// codeLockout counts wrong codes. All known devices of a number share a lockout of their
// own, so that a stranger cannot lock the owner out.
func (s *Service) codeLockout(c *call) Lockout {
	kind := kindCodeFailures
	if c.device.known() {
		kind = kindDeviceCodeFailures
	}
	return Lockout{LimitPhoneFailures, key(c.print, kind), s.cfg.Limits.PhoneLockout, phoneFailuresForgotten}
}

// passwordLockout counts wrong passwords, with a lockout for known devices too.
func (s *Service) passwordLockout(phonePrint string, known bool) Lockout {
	kind := kindPasswordFailures
	if known {
		kind = kindDevicePasswordFailed
	}
	return Lockout{LimitPasswordFailures, key(phonePrint, kind), s.cfg.Limits.PasswordLockout, passwordFailuresForgotten}
}

// limited returns err. If err is a refusal, limited reports it as an event.
func (s *Service) limited(ctx context.Context, c *call, err error) error {
	if refused, ok := errors.AsType[*LimitError](err); ok {
		refused.RetryAfter = waitOf(refused.Limit, refused.RetryAfter, c.now)
		e := c.event(EventLimited)
		e.Limit, e.Until = refused.Limit, c.now.Add(refused.RetryAfter)
		s.event(ctx, e)
	}
	return err
}

// watchCeiling reports when the codes of the realm, or what codes to the country of c have cost, have
// reached 80 % of what the client of c may use. It asks the same keys with a Burst that is smaller by
// a fifth.
func (s *Service) watchCeiling(ctx context.Context, c *call, ch *channel) {
	takes := s.sharedTakes(c, ch)
	if len(takes) == 0 {
		return
	}
	for i := range takes {
		takes[i].Burst = max(1, takes[i].Burst*4/5)
	}
	if limit := limitOf(s.store.TakeLimits(ctx, TakeParams{Asks: takes, Now: c.now})); limit != "" {
		e := c.event(EventCeilingNear)
		e.Limit = limit
		s.event(ctx, e)
	}
}

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

// charges returns the charges of a code for c. Known devices have a score of their own. When
// it has reached its greatest value, they are charged like strangers too.
func (s *Service) charges(c *call) []Charge {
	switch {
	case !s.budgeted(c):
		return nil
	case c.stranger:
		return append(s.budgets(c), s.deviceScore(c, math.Inf(1)))
	case c.device.known():
		return []Charge{s.deviceScore(c, deviceSends)}
	}
	return s.budgets(c)
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
	charge := func(name, what string) Charge {
		return Charge{Amount: 1, Score: Score{
			Name: name, Key: key(s.budgetPrint(reset+name, what), kindBudget),
			Max: s.most(c, s.marksOf(name)), DebtDecay: debtDecay, CreditDecay: creditDecay,
		}}
	}
	e164 := c.phone.e164
	country := charge(LimitCountry, c.region)
	country.SampleBelow = budgetSampleBelow
	if rand.IntN(budgetSample) == 0 {
		country.SampleWeight = budgetSample
	}
	return []Charge{
		charge(LimitBlock, e164[:len(e164)-4]),
		charge(LimitWideBlock, e164[:len(e164)-6]),
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

// SpendRules say what codes cost, and how much that may be. The zero value knows no prices and has
// no ceilings. Amounts are millionths of the currency in which the host counts.
type SpendRules struct {
	// Prices are what one code costs: by region (ISO 3166-1 alpha-2, or "001" for numbers of no
	// region), then by Channel.Name. The region "" is for all others, and so is the channel "".
	// What is not there costs nothing. A text of several segments counts once: put the price of
	// all of them there.
	Prices map[string]map[string]int64
	// PerHour and PerDay are the most that codes to a region may cost in an hour and on a day of
	// UTC, each from 100 to 10¹² millionths. The region "" is for each of all others. A region
	// that is not there has no ceiling. Clients without a known device may use four fifths of
	// it. Codes that were certainly not accepted cost nothing. Notices cost, and are not
	// counted here. There is no ceiling for all regions together: anybody could switch the
	// service off by it.
	PerHour, PerDay map[string]int64
}

// maxSpend is the greatest ceiling.
const maxSpend = 1e12

func (r SpendRules) validate(fault func(field, format string, args ...any)) {
	region := func(field, region string) {
		if region != "" && region != numbers.NonGeographic && !numbers.Regions()[region] {
			fault(field, "there is no region %q", region)
		}
	}
	for _, of := range slices.Sorted(maps.Keys(r.Prices)) {
		region("Spend.Prices", of)
		for channel, price := range r.Prices[of] {
			if price < 0 || price > maxSpend {
				fault("Spend.Prices", "%q of %q must be from 0 to 10¹²", channel, of)
			}
		}
	}
	ceilings := func(field string, all map[string]int64) {
		for _, of := range slices.Sorted(maps.Keys(all)) {
			region(field, of)
			if all[of] < 100 || all[of] > maxSpend {
				fault(field, "that of %q must be from 100 to 10¹²", of)
			}
		}
	}
	ceilings("Spend.PerHour", r.PerHour)
	ceilings("Spend.PerDay", r.PerDay)
}

func (r SpendRules) clone() SpendRules {
	prices := maps.Clone(r.Prices)
	for region := range prices {
		prices[region] = maps.Clone(prices[region])
	}
	return SpendRules{Prices: prices, PerHour: maps.Clone(r.PerHour), PerDay: maps.Clone(r.PerDay)}
}

// price returns what a message to the region by the channel costs.
func (r SpendRules) price(region, channel string) int64 {
	for _, prices := range [...]map[string]int64{r.Prices[region], r.Prices[""]} {
		for _, name := range [...]string{channel, ""} {
			if price, ok := prices[name]; ok {
				return price
			}
		}
	}
	return 0
}

// spendTakes returns the ceilings that a code for c by ch must pass, each under a key of its hour or
// day. A limit gives something back from the first moment on: so that no more than the ceiling is
// taken in a period, one part in 25 is left for what 24 periods give back in one.
func (s *Service) spendTakes(c *call, ch *channel) []Take {
	price := s.cfg.Spend.price(c.region, ch.Name)
	if price == 0 || c.test != nil {
		return nil
	}
	var takes []Take
	add := func(name string, ceilings map[string]int64) {
		ceiling, ok := ceilings[c.region]
		if !ok {
			ceiling = ceilings[""]
		}
		if ceiling == 0 {
			return
		}
		period := spendPeriods[name]
		burst := ceiling / 25 * 24
		l := Limit{Burst: int(burst), Every: 24 * period / time.Duration(burst)}
		if !c.device.known() {
			l.Burst = l.Burst * 4 / 5
		}
		began := number64(c.now.Truncate(period).Unix())
		takes = append(takes, Take{name, key(s.budgetPrint(name, c.region+" "+began), kindSpend), l, int(price)})
	}
	add(LimitSpendHour, s.cfg.Spend.PerHour)
	add(LimitSpendDay, s.cfg.Spend.PerDay)
	return takes
}

// waitOf returns for how long the limit of this name refuses, if its key does so for wait. A ceiling
// refuses until its period ends: then another key is asked.
func waitOf(limit string, wait time.Duration, now time.Time) time.Duration {
	if period := spendPeriods[limit]; period > 0 {
		return min(wait, now.Truncate(period).Add(period).Sub(now))
	}
	return wait
}

// spendPeriods are the periods of the ceilings.
var spendPeriods = map[string]time.Duration{LimitSpendHour: time.Hour, LimitSpendDay: 24 * time.Hour}
