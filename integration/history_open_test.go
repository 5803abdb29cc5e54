package integration_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// openedState is what an OpenSession changes at one moment.
type openedState struct {
	phone phoneState
	owned ownedState
}

// ownedState is who has a phone, and the sessions of that user. What else there is to say of the user
// has a history of its own, since OpenSession may read the user before the moment of its writes.
type ownedState struct {
	uuid     string
	sessions countedState
}

// The records of an openTable. The whole state is the first, where a store does all at one moment. Else
// that is the phone alone.
const (
	openedRecord = iota
	userRecord   // accountsState
	ownedRecord  // where a store does one after the other
	openRecords
)

// openings plays OpenSession on a phone, beside all that others do with its codes, its user and the
// user's sessions.
type openings struct {
	// together reports whether the store does all of an OpenSession at one moment: else it does no more
	// than the attempt. It is nil for a store that does one after the other, and may leave any session to
	// the caller.
	together func(*phoneauth.AttemptParams) bool
	stored   atomic.Int64
}

// always is for stores that do all of every OpenSession at one moment.
func always(*phoneauth.AttemptParams) bool { return true }

// onlyPhone is for stores that do so where no rows take part that other phones have too.
func onlyPhone(a *phoneauth.AttemptParams) bool {
	return len(a.Takes) == 0 && !slices.ContainsFunc(a.Candidates, func(c phoneauth.Candidate) bool {
		return len(c.OnMatch.Refunds)+len(c.OnMatch.SendRefunds)+len(c.OnMatch.Credits)+len(c.OnMatch.ClearScores) > 0
	})
}

// andEvery is the game of o, and all others.
func (o *openings) andEvery() []game { return append(slices.Clip(everyGame), o.game) }

// openTable is a phone, its codes and proofs, and the user who signs in by them.
type openTable struct {
	*openings
	phone    *phoneTable
	users    *userTable
	sessions *countedTable
	store    phoneauth.Store
	opener   phoneauth.Opener
	owned    int // the record that has the ownedState
	ids      atomic.Int64
	userID   atomic.Pointer[string]
}

func (o *openings) game(store phoneauth.Store, tag string) table {
	p := &openTable{openings: o, store: store, opener: store.(phoneauth.Opener), owned: openedRecord, users: newUserTable(store, tag),
		phone: &phoneTable{store: store, tag: "{" + tag + "}", scored: phones.Add(1)%2 == 0}}
	p.sessions = &countedTable{store: store, tag: tag, user: func() string {
		if id := p.userID.Load(); id != nil {
			return *id
		}
		return "" // nobody has been told yet
	}}
	starts := []any{openedState{}, accountsState{}, ownedState{}}
	if o.together == nil {
		p.owned, starts[openedRecord] = ownedRecord, phoneState{}
	}
	return table{parts: openRecords, starts: starts, next: p.next, perhaps: perhapsOpened}
}

func perhapsOpened(state any, now, latest instant) []any {
	switch s := state.(type) {
	case phoneState:
		return s.perhaps(now, latest)
	case openedState:
		return s.with(s.phone.perhaps(now, latest))
	}
	return []any{state}
}

// with is s with each of these states of its phone.
func (s openedState) with(phones []any) []any {
	all := make([]any, len(phones))
	for i, phone := range phones {
		all[i] = openedState{phone.(phoneState), s.owned}
	}
	return all
}

func (p *openTable) next(r *rand.Rand, now instant) call {
	n := int(p.ids.Load())
	known := p.userID.Load() != nil
	switch dice := r.IntN(20); {
	case dice < 7 && n < countedIDs:
		return p.open(int(p.ids.Add(1))-1, r, now)
	case dice < 10:
		return ofPhone(p.phone.begin(r, now))
	case dice < 12:
		return ofPhone(p.phone.next(r, now))
	case dice < 13 && r.IntN(2) == 0:
		return p.imports(now)
	case dice < 13:
		return p.signs(now)
	case dice < 15:
		return p.find(now)
	case !known:
		return ofPhone(p.phone.read(now))
	case dice < 16 && n < countedIDs:
		return p.ofSessions(p.sessions.create(int(p.ids.Add(1))-1, r, now))
	case dice < 18:
		return p.ofSessions(p.sessions.list(now))
	case dice < 19 && r.IntN(2) == 0:
		return p.ofSessions(p.sessions.endAll(now))
	case dice < 19:
		return p.ofSessions(p.sessions.end(r.IntN(max(1, min(n, countedIDs))), now))
	}
	return p.update(r, now)
}

// ofPhone is c, of a phone, where that may be a part of the state.
func ofPhone(c call) call {
	step := c.step
	c.step = func(state any) ([]any, string) {
		s, ok := state.(openedState)
		if !ok {
			return step(state)
		}
		next, answer := step(s.phone)
		return s.with(next), answer
	}
	return c
}

// ofSessions is c, of sessions, where those are a part of the state.
func (p *openTable) ofSessions(c call) call {
	step := c.step
	c.parts, c.step = []int{p.owned}, ofOwned(func(s ownedState) ([]any, string) {
		next, answer := step(s.sessions)
		for i := range next {
			next[i] = ownedState{s.uuid, next[i].(countedState)}
		}
		return next, answer
	})
	return c
}

// ofOwned is a step of an ownedState, where that may be a part of the state.
func ofOwned(step func(ownedState) ([]any, string)) func(any) ([]any, string) {
	return func(state any) ([]any, string) {
		s, ok := state.(openedState)
		if !ok {
			return step(state.(ownedState))
		}
		next, answer := step(s.owned)
		for i := range next {
			next[i] = openedState{s.phone, next[i].(ownedState)}
		}
		return next, answer
	}
}

// learn is what the users' table says of u, whose id is then known.
func (p *openTable) learn(u phoneauth.User) string {
	p.userID.Store(&u.ID)
	return p.users.learn(u)
}

// ofUser is c, of the user, which is also a step of the ownedState.
func (p *openTable) ofUser(c call, step func(ownedState) ownedState, right func(ownedState) bool) call {
	said, do, users := "", c.do, c.step
	c.parts = []int{userRecord, p.owned}
	c.do = func(ctx context.Context) (string, error) {
		answer, err := do(ctx)
		refusal, _ := answered(err)
		said = whole(refusal, answer)
		return answer, err
	}
	owned := ofOwned(func(s ownedState) ([]any, string) {
		if !right(s) {
			return []any{s}, "another answer"
		}
		return []any{step(s)}, said
	})
	c.step = func(state any) ([]any, string) {
		if s, ok := state.(accountsState); ok {
			return users(s)
		}
		return owned(state)
	}
	return c
}

// find is UserByPhone.
func (p *openTable) find(now instant) call {
	var uuid string
	c := call{text: "UserByPhone", now: now, step: stepOf(func(s accountsState) (accountsState, string) { return s.find(0) })}
	c.do = func(ctx context.Context) (string, error) {
		u, err := p.store.UserByPhone(ctx, p.users.phones[0])
		if err != nil {
			return "", err
		}
		uuid = u.UUID
		return p.learn(u), nil
	}
	return p.ofUser(c, func(s ownedState) ownedState { return s }, func(s ownedState) bool { return s.uuid == uuid })
}

// imports is ImportUsers of the user. The first sign-in comes later.
func (p *openTable) imports(now instant) call {
	users := []phoneauth.UserImport{{Phone: p.users.phones[0], UUID: p.users.fresh()}}
	var got phoneauth.ImportedUser
	c := call{text: "ImportUsers " + users[0].UUID, now: now, step: stepOf(func(s accountsState) (accountsState, string) {
		return s.imports([]int{0}, users, now)
	})}
	c.do = func(ctx context.Context) (string, error) {
		all, err := p.store.ImportUsers(ctx, users, now.time())
		if err != nil {
			return "", err
		}
		got = all[0]
		return fmt.Sprintf("[%s, created %t]", p.learn(got.User), got.Created), nil
	}
	return p.ofUser(c, func(s ownedState) ownedState {
		if s.uuid == "" {
			s.uuid = users[0].UUID
		}
		return s
	}, func(s ownedState) bool { return got.User.UUID == "" || got.Created == (s.uuid == "") })
}

// signs is SignInUser, without a session.
func (p *openTable) signs(now instant) call {
	in := phoneauth.SignIn{Phone: p.users.phones[0], UUID: p.users.fresh(), Epoch: phoneauth.AnyEpoch, Now: now.time()}
	var got phoneauth.SignedIn
	c := call{text: "SignIn, new " + in.UUID, now: now, step: stepOf(func(s accountsState) (accountsState, string) { return s.signIn(0, in) })}
	c.do = func(ctx context.Context) (string, error) {
		signed, err := p.store.SignInUser(ctx, in)
		if err != nil {
			return "", err
		}
		got = signed
		return fmt.Sprintf("%s, created %t, first %t", p.learn(got.User), got.Created, got.First), nil
	}
	return p.ofUser(c, func(s ownedState) ownedState {
		if s.uuid == "" {
			s.uuid = in.UUID
		}
		return s
	}, func(s ownedState) bool { return got.User.UUID == "" || got.Created == (s.uuid == "") })
}

// update has the user at the next epoch, or with another password.
func (p *openTable) update(r *rand.Rand, now instant) call {
	id := *p.userID.Load()
	uuid := p.users.uuidOf(id)
	u := phoneauth.UserUpdate{UserID: id, Epoch: phoneauth.AnyEpoch, KeepEpoch: r.IntN(4) == 0, Now: now.time()}
	c := p.users.call(now, fmt.Sprintf("UpdateUser, epoch stays %t", u.KeepEpoch), func(ctx context.Context) (phoneauth.User, error) {
		return p.store.UpdateUser(ctx, u)
	}, func(s accountsState) (accountsState, string) { return s.update(uuid, -1, u) })
	c.parts = []int{userRecord}
	return c
}

// answeredBy is the answer of an AttemptChallenge.
func answeredBy(got phoneauth.Challenge, err error) string {
	answer, err := attempted(got, err)
	refusal, _ := answered(err)
	return whole(refusal, answer)
}
