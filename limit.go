package phoneauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
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
	LimitPasswords        = "password_sign_ins"
	LimitDeviceSends      = "device_sends"
	LimitSessions         = "sessions"
)

// UntilUnlock is a LockoutStep.Wait that nobody sees the end of: only [Service.Unlock] ends it.
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
	// PhoneLockout: failures in a row lock a number; empty is 15 min at 10, 1 h at 20, 24 h at 50,
	// 30 days at 100. At most 100 at the last step (NIST SP 800-63B-4, 3.2.2), whose
	// Wait may be UntilUnlock.
	PhoneLockout []LockoutStep
	// PasswordLockout: failures in a row make a number's passwords wait; empty is 1 s at the 10th,
	// doubling to 15 min.
	PasswordLockout []LockoutStep
	// Passwords hold for sign-ins by password of each number, right ones too; those on known
	// devices have the same by themselves. A wrong password gives its take back. Zero is
	// 10, one each 30 s.
	Passwords Limit
	// Budgets of blocks of 10,000 numbers, of 1,000,000, and of countries; zero is 20,
	// 60, 100.
	Block, WideBlock, Country int
	// InsecureOff drops the limits of sends and addresses and the number budgets, for
	// development. Tries and failures per phone are counted all the same.
	InsecureOff bool
}

// How long a row of failures is remembered after the last one.
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
}

// sendTakes are the limits that a code for c must pass, private keys first, shared ones
// last.
func (s *Service) sendTakes(c *call) []Take {
	return append(append(s.phoneSendTakes(c.print, c.device.known()), s.addressSendTakes(c)...), s.serviceTakes()...)
}

// phoneSendTakes are the limits of codes to the phone with this print. Its known devices
// have a second set.
func (s *Service) phoneSendTakes(phonePrint string, known bool) []Take {
	if s.cfg.Limits.InsecureOff {
		return nil
	}
	kind := kindSends
	if known {
		kind = kindDeviceSends
	}
	takes := make([]Take, 0, len(s.cfg.Limits.PhoneSends)+2) // room for those of address and service
	for i, l := range s.cfg.Limits.PhoneSends {
		takes = append(takes, Take{LimitPhoneSends, indexed(phonePrint, kind, i), l, 1})
	}
	return takes
}

// cooldown is the one of phoneSendTakes with the shortest wait. A verified code gives it
// back, so that a code for something else can follow at once. The longer ones are not
// given back: whoever owns a number would have texts without end.
func (s *Service) cooldown(phonePrint string, known bool) []Take {
	takes := s.phoneSendTakes(phonePrint, known)
	if len(takes) == 0 {
		return nil
	}
	shortest := slices.MinFunc(takes, func(a, b Take) int { return cmp.Compare(a.Every, b.Every) })
	return []Take{shortest}
}

func (s *Service) addressSendTakes(c *call) []Take {
	return s.addressTakes(LimitAddressSends, key(c.address, kindAddressSends), s.cfg.Limits.AddressSends)
}

func (s *Service) addressFailureTakes(c *call) []Take {
	return s.addressTakes(LimitAddressFailures, key(c.address, kindAddressFailures), s.cfg.Limits.AddressFailures)
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

// passwordTakes are the limit of sign-ins by password of the phone with this print. Its
// known devices have one of their own.
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

// limited is err; a refusal is made an event.
func (s *Service) limited(ctx context.Context, c *call, err error) error {
	if refused, ok := errors.AsType[*LimitError](err); ok {
		e := c.event(EventLimited)
		e.Limit, e.Until = refused.Limit, c.now.Add(refused.RetryAfter)
		s.event(ctx, e)
	}
	return err
}

// watchCeiling tells when the realm's sends have reached 80 % of their ceiling: it asks
// the same key as if its Burst were that much smaller.
func (s *Service) watchCeiling(ctx context.Context, c *call) {
	takes := s.serviceTakes()
	if len(takes) == 0 {
		return
	}
	takes[0].Burst = max(1, takes[0].Burst*4/5)
	if limitOf(s.store.TakeLimits(ctx, TakeParams{Asks: takes, Now: c.now})) != "" {
		e := c.event(EventCeilingNear)
		e.Limit = LimitServiceSends
		s.event(ctx, e)
	}
}
