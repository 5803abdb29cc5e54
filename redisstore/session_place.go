package redisstore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/phoneauth/phoneauth"
)

// place is one place in a list.
type place struct {
	id string
	// ends is when the session there expires, in microseconds.
	ends int64
	// held is what is kept of it.
	held   string
	record phoneauth.SessionRecord
}

// What can be in a place.
const (
	placeElse = iota
	placeLive
	placeGone
	placeBusy
)

// look finds out what is in a place.
func (p *room) look(at *place) (int, error) {
	now := p.Now.UnixMicro()
	var recent bool
	if stamp, ok := tombstone(at.held); ok {
		recent = now-stamp < busyFor.Microseconds()
	} else if at.held == "" {
		// Sessions last equally long: one that expires later than this one is younger.
		recent = at.ends > p.Session.ExpiresAt.UnixMicro()-busyFor.Microseconds()
	} else {
		var err error
		at.record, _, err = unpackSession(at.id, at.held)
		switch {
		case err != nil:
			return placeElse, err
		case !at.record.Live(p.Now):
			return placeGone, nil
		case at.record.UserID != p.Session.UserID:
			return placeElse, nil
		}
		return placeLive, nil
	}
	if p.busy[at.id]++; !recent || p.busy[at.id] > busyTries {
		return placeGone, nil
	}
	return placeBusy, nil
}

// tombstoneLife is how long a tombstone keeps others from storing: longer than any call
// is under way.
const tombstoneLife = time.Hour

// A place is busy while somebody is about to store a session there, or about to take it.
// That is for the time of one call. Who needs a place takes another one, or asks again, so
// many times; then whoever it is has stopped half way.
const (
	busyTries = 300
	busyPause = 5 * time.Millisecond // at most
	// busyFor is how old a tombstone or a missing session may be to be busy.
	busyFor = time.Minute
)

// bury puts tombstones into places. Those that leave the list thereby are in p.leave; the
// sessions among them that were live are returned.
func (p *room) bury(ctx context.Context, places []place) ([]phoneauth.SessionRecord, error) {
	keys := make([]string, len(places))
	for i := range places {
		keys[i] = p.store.sessionKey(places[i].id)
	}
	sp := p.store.spread(keys, func(n int) *call {
		c := &call{script: buryScript}
		c.time(p.Now)
		c.span(tombstoneLife)
		c.int(int64(n))
		return c
	}, func(c *call, i int) {
		c.key(keys[i])
		c.text(places[i].held)
	})
	replies, err := p.store.each(ctx, sp.calls)
	if err != nil {
		return nil, err
	}
	answers, err := sp.gather(replies)
	if err != nil {
		return nil, err
	}
	var ended []phoneauth.SessionRecord
	for i := range places {
		if answers.int(i) == 0 {
			continue
		}
		p.leave = append(p.leave, places[i].id)
		record, there, err := unpackSession(places[i].id, answers.text(i))
		if err != nil {
			return nil, err
		}
		if there {
			ended = append(ended, record)
		}
	}
	return ended, nil
}

// pause waits for a moment, or for the end of ctx.
func pause(ctx context.Context) error {
	t := time.NewTimer(time.Millisecond + rand.N(busyPause))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
