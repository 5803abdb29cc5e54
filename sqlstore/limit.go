package sqlstore

import (
	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

// A limit's counter has its tat in at, and in until, where Purge looks too.

func (cs *counters) nameTakes(takes []phoneauth.Take) {
	for i := range takes {
		cs.name(ofLimit, takes[i].Key)
	}
}

// take takes all of takes, or says which of them is refused; then what was taken before
// it must not be written.
func (cs *counters) take(takes []phoneauth.Take, now int64) error {
	for i := range takes {
		c := cs.get(ofLimit, takes[i].Key)
		tat, err := meter.Take(&takes[i], c.at, now)
		if err != nil {
			return err
		}
		c.at, c.until = tat, tat
		c.write = tat != c.was && max(tat, c.was) > now // an instant that has passed need not replace another
	}
	return nil
}

// resendAt is when takes, which were just taken, would all be admitted again.
func (cs *counters) resendAt(takes []phoneauth.Take, now int64) int64 {
	return meter.ResendAt(takes, now, func(i int) int64 { return cs.get(ofLimit, takes[i].Key).at })
}
