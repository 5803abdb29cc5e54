package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Names of the limits, in LimitError.Limit and Event.Limit.
const (
	LimitPhoneSends       = "phone_sends"
	LimitAddressSends     = "address_sends"
	LimitServiceSends     = "service_sends"
	LimitBlock            = "number_block"
	LimitWideBlock        = "number_wide_block"
	LimitCountry          = "country"
	LimitPhoneFailures    = "phone_failures"
	LimitAddressFailures  = "address_failures"
	LimitPasswordFailures = "password_failures"
)

// UntilUnlock is a Step.Wait that nobody sees the end of: only [Service.Unlock] ends it.
const UntilUnlock = 100 * 365 * 24 * time.Hour

// Limits are the defaults of docs/security.md where zero.
type Limits struct {
	// PhoneSends all hold for each number; empty is 1 each 60 s, 5 each 12 min, 10 each
	// 144 min.
	PhoneSends []Limit
	// AddressSends hold for each client address (IPv4, or IPv6 /64); zero is 20, one
	// each 3 min. A verification gives its sends back.
	AddressSends Limit
	// ServiceSends is a ceiling for the whole realm; zero is none: it is an off-switch
	// for strangers. EventCeilingNear comes at 80 % of it.
	ServiceSends Limit
	// AddressFailures holds for wrong codes and passwords from one address; zero is 30,
	// one each 10 s.
	AddressFailures Limit
	// PhoneFailures in a row lock a number; empty is 15 min at 10, 1 h at 20, 24 h at 50,
	// 30 days at 100. At most 100 at the last step (NIST SP 800-63B-4, 3.2.2), whose
	// Wait may be UntilUnlock.
	PhoneFailures []Step
	// PasswordFailures in a row make a number's passwords wait; empty is 1 s at the 10th,
	// doubling to 15 min.
	PasswordFailures []Step
	// Budgets of blocks of 10,000 numbers, of 1,000,000, and of countries; zero is 20,
	// 60, 100.
	Block, WideBlock, Country int
	// InsecureOff drops the limits of sends and addresses and the number budgets, for
	// development. Tries and failures per phone are counted all the same.
	InsecureOff bool
}

// How the number budgets fade, and when a busy country is counted one event in 16.
const (
	budgetOwed   = 24 * time.Hour
	budgetEarned = 4 * time.Hour
	budgetThin   = -500
	budgetSample = 16
)

// failuresForgotten is how long a row of failures is remembered after the last one.
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
	if len(l.PhoneFailures) == 0 {
		l.PhoneFailures = []Step{{10, 15 * time.Minute}, {20, time.Hour}, {50, 24 * time.Hour}, {100, 30 * 24 * time.Hour}}
	}
	if len(l.PasswordFailures) == 0 {
		for i := range 10 {
			l.PasswordFailures = append(l.PasswordFailures, Step{10 + i, time.Second << i})
		}
		l.PasswordFailures = append(l.PasswordFailures, Step{20, 15 * time.Minute})
	}
	l.PhoneSends = slices.Clone(l.PhoneSends)
	l.PhoneFailures = slices.Clone(l.PhoneFailures)
	l.PasswordFailures = slices.Clone(l.PasswordFailures)
	l.Block = cmp.Or(l.Block, 20)
	l.WideBlock = cmp.Or(l.WideBlock, 60)
	l.Country = cmp.Or(l.Country, 100)
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
	if l.ServiceSends != (Limit{}) {
		limit("Limits.ServiceSends", l.ServiceSends)
	}
	steps := func(field string, steps []Step) {
		before := 0
		for _, s := range steps {
			if s.At <= before || s.Wait < time.Second {
				fault(field, "steps must ascend from At 1, with a Wait of at least 1 s")
			}
			before = s.At
		}
		if before > 100 {
			fault(field, "the last step must be at 100 failures or before")
		}
	}
	steps("Limits.PhoneFailures", l.PhoneFailures)
	steps("Limits.PasswordFailures", l.PasswordFailures)
	if l.Block < 1 || l.WideBlock < 1 || l.Country < 1 {
		fault("Limits", "Block, WideBlock and Country must be at least 1")
	}
}

// asking is takes as a question: whether each would admit one.
func asking(takes []Take) []Take {
	asks := slices.Clone(takes)
	for i := range asks {
		asks[i].Cost = 0
	}
	return asks
}

// sendTakes are the limits that a send must pass, private keys first, shared ones last.
func (s *Service) sendTakes(t target, c Client, cost int) []Take {
	return append(append(s.phoneSendTakes(t, cost), s.addressSendTakes(s.address(c), cost)...), s.serviceTakes(cost)...)
}

func (s *Service) phoneSendTakes(t target, cost int) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	takes := make([]Take, 0, len(s.cfg.Limits.PhoneSends)+2)
	for i, l := range s.cfg.Limits.PhoneSends {
		takes = append(takes, Take{LimitPhoneSends, tagged(t.print, "s") + strconv.Itoa(i), l, cost})
	}
	return takes
}

// address is the print of what a client can easily change addresses within.
func (s *Service) address(c Client) string { return s.keys.print("address", addressBlock(c.Addr)) }

func (s *Service) addressSendTakes(address string, cost int) []Take {
	return s.addressTakes(LimitAddressSends, "s", s.cfg.Limits.AddressSends, address, cost)
}

func (s *Service) addressFailureTakes(address string, cost int) []Take {
	return s.addressTakes(LimitAddressFailures, "f", s.cfg.Limits.AddressFailures, address, cost)
}

func (s *Service) addressTakes(name, kind string, l Limit, address string, cost int) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	return []Take{{name, tagged(address, kind), l, cost}}
}

func (s *Service) serviceTakes(cost int) []Take {
	l := s.cfg.Limits.ServiceSends
	if s.cfg.Limits.InsecureOff || l == (Limit{}) {
		return nil
	}
	return []Take{{LimitServiceSends, tagged(s.keys.print("service"), "s"), l, cost}}
}

// addressBlock is what one client can easily change addresses within: one IPv4 address,
// a /64 of IPv6. All clients without an address share one.
func addressBlock(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a.String()
	}
	block, _ := a.Prefix(64)
	return block.String()
}

// phoneFailures counts wrong codes. All known devices of a number share a counter of
// their own, so that a stranger cannot lock the owner out.
func (s *Service) phoneFailures(t target) Failures {
	kind := "f"
	if t.device.known() {
		kind = "k"
	}
	return Failures{LimitPhoneFailures, tagged(t.print, kind), s.cfg.Limits.PhoneFailures, phoneFailuresForgotten}
}

// passwordFailures counts wrong passwords, with a counter for known devices too.
func (s *Service) passwordFailures(t target) Failures {
	kind := "w"
	if t.device.known() {
		kind = "x"
	}
	return Failures{LimitPasswordFailures, tagged(t.print, kind), s.cfg.Limits.PasswordFailures, passwordFailuresForgotten}
}

// budgeted reports whether codes for t count in the number budgets: not those of a known
// device or a test number.
func (s *Service) budgeted(t target, now time.Time) bool {
	return !s.cfg.Limits.InsecureOff && !t.device.known() && s.testNumber(t.phone, now) == nil
}

// budgets of t's blocks and country, to be changed by add; the country comes last: its
// key is the one that is busy.
func (s *Service) budgets(t target, add float64) []Budget {
	var weight float64
	if rand.IntN(budgetSample) == 0 {
		weight = budgetSample
	}
	budget := func(name, what string, most int) Budget {
		return Budget{
			Name: name, Key: tagged(s.keys.print("budget", name, what), "n"),
			Max: float64(most), Add: add, Owed: budgetOwed, Earned: budgetEarned,
		}
	}
	e164 := t.phone.e164
	country := budget(LimitCountry, t.region, s.cfg.Limits.Country)
	country.Thin, country.Weight = budgetThin, weight
	return []Budget{
		budget(LimitBlock, e164[:len(e164)-4], s.cfg.Limits.Block),
		budget(LimitWideBlock, e164[:len(e164)-6], s.cfg.Limits.WideBlock),
		country,
	}
}

// limited is err; a refusal is made an event.
func (s *Service) limited(ctx context.Context, t target, err error) error {
	if refused, ok := errors.AsType[*LimitError](err); ok {
		e := s.about(t, EventLimited)
		e.Limit = refused.Limit
		s.event(ctx, e)
	}
	return err
}

// watchCeiling tells when the realm's sends have reached 80 % of their ceiling: it asks
// the same key as if its Burst were that much smaller.
func (s *Service) watchCeiling(ctx context.Context, t target, now time.Time) {
	takes := s.serviceTakes(0)
	if len(takes) == 0 {
		return
	}
	takes[0].Burst = max(1, takes[0].Burst*4/5)
	if _, near := errors.AsType[*LimitError](s.store.TakeLimits(ctx, takes, now)); near {
		e := s.about(t, EventCeilingNear)
		e.Limit = LimitServiceSends
		s.event(ctx, e)
	}
}
