package phoneauth

import (
	"cmp"
	"context"
	"slices"
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

// NamedTraffic is the Traffic of one country or sender.
type NamedTraffic struct {
	// Name is an ISO 3166-1 alpha-2 region, or a Receipt.Sender.
	Name string
	Traffic
}

// HourTraffic is the Traffic of one hour.
type HourTraffic struct {
	// Hour is its beginning, UTC.
	Hour time.Time
	Traffic
}

// Overview is how much the service is used, and where codes do not arrive.
type Overview struct {
	From, To time.Time
	Traffic
	// Countries and Senders have an entry for each that the journal names: most sent first,
	// then by name. Right codes and refusals have no sender.
	Countries, Senders []NamedTraffic
	// Hours are those in which something happened, oldest first.
	Hours []HourTraffic
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
	all := Overview{From: q.From, To: q.To}
	countries, senders, hours := map[string]*Traffic{}, map[string]*Traffic{}, map[time.Time]*Traffic{}
	for _, c := range counts {
		all.add(c.Type, c.Count)
		if of(hours, c.Hour.UTC()).add(c.Type, c.Count); c.Region != "" {
			of(countries, c.Region).add(c.Type, c.Count)
		}
		if c.Sender != "" {
			of(senders, c.Sender).add(c.Type, c.Count)
		}
	}
	all.Countries, all.Senders = named(countries), named(senders)
	for hour, t := range hours {
		if *t != (Traffic{}) {
			all.Hours = append(all.Hours, HourTraffic{hour, *t})
		}
	}
	slices.SortFunc(all.Hours, func(a, b HourTraffic) int { return a.Hour.Compare(b.Hour) })
	return all, nil
}

// of is the Traffic of key, made where there is none.
func of[K comparable](m map[K]*Traffic, key K) *Traffic {
	if m[key] == nil {
		m[key] = new(Traffic)
	}
	return m[key]
}

// named is m as a list, without those to which nothing happened that Traffic counts.
func named(m map[string]*Traffic) (list []NamedTraffic) {
	for name, t := range m {
		if *t != (Traffic{}) {
			list = append(list, NamedTraffic{name, *t})
		}
	}
	slices.SortFunc(list, func(a, b NamedTraffic) int {
		return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Name, b.Name))
	})
	return list
}
