package redisstore

import (
	"context"
	"slices"
	"strconv"

	"github.com/phoneauth/phoneauth"
)

// On a cluster a user's list and sessions are in many slots, and no step sees two of them.
// So that never more sessions are live than the list has places:
//
//   - A session is in the list before it is stored, and leaves it after it is gone.
//   - What is gone must not come again: a creator may have put it into the list, and be
//     about to store it. So whoever takes its place first puts a tombstone where it would
//     be. Storing needs a free key, and fails then.
//   - Whoever ends a session for its place leaves a tombstone there, too: of several
//     exactly one ends it, and the others wait until its place is taken.

// room is a CreateSession that is about to have a place.
type room struct {
	*phoneauth.NewSession
	store *Store
	// leave are the ids that leave the list.
	leave []string
	// swap: one of these was ended for this session, and evicted is that one.
	swap    bool
	evicted phoneauth.SessionRecord
	// live is what was found of sessions that are live, so as not to read it again.
	live map[string]string
	// busy counts how often each id was found busy.
	busy map[string]int
}

func (s *Store) createAcross(ctx context.Context, n *phoneauth.NewSession, packed []byte) (phoneauth.SessionRecord, error) {
	p := room{NewSession: n, store: s, live: map[string]string{}, busy: map[string]int{}}
	for {
		listed, err := p.enlist(ctx)
		if err != nil {
			return phoneauth.SessionRecord{}, err
		}
		if len(listed) == 0 {
			break
		}
		if err := p.makeRoom(ctx, listed); err != nil {
			return phoneauth.SessionRecord{}, err
		}
	}
	c := &call{script: storeScript}
	c.key(s.sessionKey(n.Session.ID))
	c.bytes(packed)
	c.span(lifeOf(n))
	r, err := s.do(ctx, c)
	if err == nil && r.status() != statusOK {
		err = errSessionID
	}
	return p.evicted, err
}

// enlist puts the session into the list, if there is room; else it returns the list.
func (p *room) enlist(ctx context.Context) ([]place, error) {
	c := &call{script: enlistScript}
	c.key(p.store.listKey(p.Session.UserID))
	c.text(p.Session.ID)
	c.time(p.Session.ExpiresAt)
	c.time(p.Now.Add(-skew))
	c.ttl(listLife(p.NewSession))
	c.int(int64(p.Most))
	c.flag(p.swap)
	c.int(int64(len(p.leave)))
	for _, id := range p.leave {
		c.text(id)
	}
	r, err := p.store.do(ctx, c)
	if err != nil {
		return nil, err
	}
	all := r.texts(1)
	switch {
	case r.status() == statusOK:
		return nil, nil
	case r.status() == statusRefused:
		return nil, errSessionID
	case r.status() != statusAgain || len(all) == 0:
		return nil, errAnswer
	}
	var listed []place
	for pair := range slices.Chunk(all, 2) {
		if len(pair) == 2 {
			ends, _ := strconv.ParseFloat(pair[1], 64)
			listed = append(listed, place{id: pair[0], ends: int64(ends)})
		}
	}
	return listed, nil
}

// makeRoom finds places in a full list that can be taken: those of sessions that are gone,
// or else that of one session, which it ends.
func (p *room) makeRoom(ctx context.Context, all []place) error {
	p.leave, p.swap = nil, false
	fresh, err := p.read(ctx, all)
	if err != nil {
		return err
	}
	var live, gone []place
	busy := 0
	for i := range all {
		switch is, err := p.look(&all[i]); {
		case err != nil:
			return err
		case is == placeLive:
			p.live[all[i].id] = all[i].held
			live = append(live, all[i])
		case is == placeGone:
			gone = append(gone, all[i])
		case is == placeBusy:
			busy++
		default: // the session of somebody else: its id was not new
			p.leave = append(p.leave, all[i].id)
		}
	}
	if len(gone) > 0 {
		_, err := p.bury(ctx, gone)
		return err
	}
	if len(p.leave) > 0 {
		return nil
	}
	victim, err := p.victim(live, busy)
	switch {
	case err != nil && !fresh:
		p.live = map[string]string{} // some may have ended since they were read
		return nil
	case err != nil:
		return err
	case victim == nil:
		return pause(ctx)
	}
	delete(p.live, victim.id)
	ended, err := p.bury(ctx, []place{*victim})
	if len(ended) > 0 {
		p.evicted, p.swap = ended[0], true
	}
	return err
}

// read reads what is kept of all places, unless it was live when it was read before. It
// reports whether it has read all.
func (p *room) read(ctx context.Context, all []place) (fresh bool, err error) {
	var ids []string
	for i := range all {
		if _, ok := p.live[all[i].id]; !ok {
			ids = append(ids, all[i].id)
		}
	}
	held, err := p.store.read(ctx, p.store.sessionKeys(ids))
	if err != nil {
		return false, err
	}
	for i := range all {
		if before, ok := p.live[all[i].id]; ok {
			all[i].held = before
			continue
		}
		all[i].held, held = held[0], held[1:]
	}
	return len(ids) == len(all), nil
}

// victim is the session that must end; nil where that is to be seen once a place is not
// busy any more.
func (p *room) victim(live []place, busy int) (*place, error) {
	n := *p.NewSession
	if n.Most -= busy; n.Most <= 0 {
		return nil, nil
	}
	records := make([]phoneauth.SessionRecord, len(live))
	for i := range live {
		records[i] = live[i].record
	}
	r, err := n.Evict(records)
	switch {
	case err != nil && busy > 0, err == nil && r == nil:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &live[slices.IndexFunc(live, func(l place) bool { return l.id == r.ID })], nil
}
