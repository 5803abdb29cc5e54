package phoneauth

import (
	"context"
	"time"
)

// OverviewQuery says of which time an [Overview] is.
type OverviewQuery struct {
	// From is its beginning, To its end; what happened at To is left out. A zero To is now,
	// a zero From one day before To.
	From, To time.Time
}

// Traffic counts what happened to codes. A notice is no code.
type Traffic struct {
	// Sent is how many codes a sender accepted, Failed how many it did not.
	Sent, Failed int
	// Verified is how many right codes were given.
	Verified int
	// Delivered and Undelivered are what the delivery reports said. Senders without reports
	// have neither. Reports about notices are counted with those about codes.
	Delivered, Undelivered int
	// Refused is how often a limit or the host's BeforeSend refused something.
	Refused int
}

// Conversion is how many of the codes that were sent were given back: Verified over Sent.
// It is 0 where none was sent.
func (t Traffic) Conversion() float64 {
	if t.Sent == 0 {
		return 0
	}
	return float64(t.Verified) / float64(t.Sent)
}

// add counts n events of type what.
func (t *Traffic) add(what EventType, n int) {
	switch what {
	case EventCodeSent:
		t.Sent += n
	case EventSendFailed:
		t.Failed += n
	case EventVerified:
		t.Verified += n
	case EventDelivered:
		t.Delivered += n
	case EventUndelivered:
		t.Undelivered += n
	case EventLimited, EventSendRefused:
		t.Refused += n
	}
}

// Overview is how much the service is used, and where codes do not arrive.
type Overview struct {
	// From is the beginning of the time that was counted, To its end.
	From, To time.Time
	// Traffic of all.
	Traffic
	// Countries by ISO 3166-1 alpha-2 region, Senders by Receipt.Sender, Hours by their
	// beginning in UTC; those to which nothing happened are left out. Right codes and
	// refusals have no sender.
	Countries, Senders map[string]Traffic
	Hours              map[time.Time]Traffic
}

// Overview counts what the journal has of a time. What happened within the last second may
// be missing.
//
// Errors: ErrNoJournal; ErrUnavailable.
func (s *Service) Overview(ctx context.Context, q OverviewQuery) (Overview, error) {
	if s.journal == nil {
		return Overview{}, ErrNoJournal
	}
	if q.To.IsZero() {
		q.To = s.now()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-24 * time.Hour)
	}
	ctx, cancel := context.WithTimeout(ctx, storeDeadline)
	defer cancel()
	counts, err := s.journal.store.CountEntries(ctx, JournalCountQuery(q))
	if err != nil {
		return Overview{}, &unavailable{"CountEntries", err}
	}
	all := Overview{
		From: q.From, To: q.To,
		Countries: map[string]Traffic{}, Senders: map[string]Traffic{}, Hours: map[time.Time]Traffic{},
	}
	for _, c := range counts {
		var t Traffic
		if t.add(c.Type, c.Count); t == (Traffic{}) {
			continue
		}
		all.add(c.Type, c.Count)
		addTo(all.Countries, c.Region, c)
		addTo(all.Senders, c.Sender, c)
		addTo(all.Hours, c.Hour.UTC(), c)
	}
	return all, nil
}

// addTo adds c to the Traffic of key, unless key is zero.
func addTo[K comparable](m map[K]Traffic, key K, c JournalCount) {
	var zero K
	if key == zero {
		return
	}
	t := m[key]
	t.add(c.Type, c.Count)
	m[key] = t
}
