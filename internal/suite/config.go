package suite

import (
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// Loose takes the shared limits out of the way of a test that is not about them.
func Loose(c *phoneauth.Config) {
	c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
	c.Limits.AddressSends = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	c.Limits.AddressFailures = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	c.Limits.Block, c.Limits.WideBlock, c.Limits.Country = 1e9, 1e9, 1e9
}

// LimitsOff drops the limits of sends and addresses and the budgets.
func LimitsOff(c *phoneauth.Config) { c.Limits.InsecureOff = true }

// LongCodes are codes that no guess of a test hits by chance.
func LongCodes(c *phoneauth.Config) { c.Code.Digits = 10 }

// NoEvents spares long runs the memory.
func NoEvents(c *phoneauth.Config) { c.Hooks.OnEvent = nil }

// IsLimit reports whether err is a refusal by the limit, or by any where limit is empty.
func IsLimit(err error, limit string) bool {
	refused, ok := errors.AsType[*phoneauth.LimitError](err)
	return ok && (limit == "" || refused.Limit == limit)
}

// Limited is the name of the limit that refused, if one did.
func Limited(err error) string {
	if e, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return e.Limit
	}
	return ""
}
