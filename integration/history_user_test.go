package integration_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// accountsState is who has each of two phones. Accounts go by their UUID, since ids are
// the store's.
type accountsState [2]account

type account struct {
	uuid, hash                 string // no uuid: no account
	epoch                      int64
	blocked                    bool
	created, updated, signedIn instant
}

func (u account) String() string {
	return fmt.Sprintf("{%s %s, epoch %d, blocked %t, created %v, updated %v, signed in %v}",
		u.uuid, u.hash, u.epoch, u.blocked, u.created, u.updated, u.signedIn)
}

// of is which phone the account has, or -1.
func (s *accountsState) of(uuid string) int {
	return slices.IndexFunc(s[:], func(u account) bool { return u.uuid == uuid })
}

// answer is the account that has a phone, as the store returns it.
func (s *accountsState) answer(phone int) string { return fmt.Sprintf("%d is of %v", phone, s[phone]) }

// signIn is a SignIn, as the model sees it.
type signIn struct {
	phone            int
	only, uuid, hash string // only this account; of the one to be created
	epoch            int64
}

func (s accountsState) signIn(in signIn, now instant) (accountsState, string) {
	u := &s[in.phone]
	found := u.uuid != ""
	switch {
	case found && u.blocked:
		return s, fmt.Sprintf("%v %s", phoneauth.ErrBlocked, s.answer(in.phone))
	case found && in.hash != "":
		return s, phoneauth.ErrPhoneTaken.Error()
	case in.only != "" && in.only != u.uuid:
		return s, phoneauth.ErrNotFound.Error()
	case in.epoch != phoneauth.AnyEpoch && in.epoch != u.epoch:
		return s, phoneauth.ErrStale.Error()
	}
	if !found {
		*u = account{uuid: in.uuid, hash: in.hash, created: now, updated: now, signedIn: now}
	}
	// Creating is a sign-in, so the first is that which creates.
	return s, fmt.Sprintf("%s, created %t, first %t", s.answer(in.phone), !found, !found)
}

func (s accountsState) find(phone int) (accountsState, string) {
	if phone < 0 || s[phone].uuid == "" {
		return s, phoneauth.ErrNotFound.Error()
	}
	return s, s.answer(phone)
}

// set is a verb that changes an account at an epoch.
func (s accountsState) set(uuid string, epoch int64, change func(u *account)) (accountsState, string) {
	phone := s.of(uuid)
	switch {
	case phone < 0:
		return s, phoneauth.ErrNotFound.Error()
	case epoch != phoneauth.AnyEpoch && epoch != s[phone].epoch:
		return s, phoneauth.ErrStale.Error()
	}
	change(&s[phone])
	return s, s.answer(phone)
}

func (u *account) raise(now instant) { u.epoch, u.updated = u.epoch+1, now }

// setPhone is SetPhone to one of the two.
func (s accountsState) setPhone(uuid string, to int, epoch int64, now instant) (accountsState, string) {
	after, answer := s.set(uuid, epoch, func(u *account) { u.raise(now) })
	from := s.of(uuid)
	switch {
	case after == s || from == to:
		return after, answer
	case s[to].uuid != "":
		return s, phoneauth.ErrPhoneTaken.Error()
	}
	after[to], after[from] = after[from], account{}
	return after, after.answer(to)
}

// userTable is two phones, and who had them.
type userTable struct {
	store  phoneauth.UserStore
	phones [2]phoneauth.Phone
	serial atomic.Int64

	mu    sync.Mutex
	seen  []account         // the latest last
	ids   map[string]string // by UUID
	uuids map[string]string // by id
}

func userGame(store phoneauth.Store, tag string) table {
	p := &userTable{store: store, ids: map[string]string{}, uuids: map[string]string{}}
	sum := fnv.New64a()
	sum.Write([]byte(tag))
	for i := range p.phones {
		p.phones[i] = phoneauth.StoredPhone(fmt.Sprintf("+%d%012d", 1+i, sum.Sum64()%1e12))
	}
	return table{parts: 1, start: accountsState{}, next: p.next, perhaps: func(state any, _, _ instant) []any { return []any{state} }}
}

// learn is u as the model sees it, if its id is that of one account for ever.
func (p *userTable) learn(u phoneauth.User) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, known := p.ids[u.UUID]
	uuid, used := p.uuids[u.ID]
	switch {
	case known && id != u.ID:
		return "an account with two ids"
	case used && uuid != u.UUID:
		return "an id of two accounts"
	}
	p.ids[u.UUID], p.uuids[u.ID] = u.ID, u.UUID
	got := account{u.UUID, string(u.PasswordHash), u.Epoch, u.Blocked, at(u.CreatedAt), at(u.UpdatedAt), at(u.SignedInAt)}
	p.seen = append(p.seen, got)
	return fmt.Sprintf("%d is of %v", slices.Index(p.phones[:], u.Phone), got)
}

// someone is one of the accounts of late, at its epoch or any.
func (p *userTable) someone(r *rand.Rand) (u account, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seen) > 0 {
		u = p.seen[max(0, len(p.seen)-1-r.IntN(3))]
		id = p.ids[u.uuid]
	}
	if r.IntN(3) == 0 {
		u.epoch = phoneauth.AnyEpoch
	}
	return u, id
}

func (p *userTable) call(now instant, text string, do func(context.Context) (phoneauth.User, error), step func(accountsState) (accountsState, string)) call {
	return call{text: text, parts: []int{0}, now: now, do: func(ctx context.Context) (string, error) {
		u, err := do(ctx)
		if err != nil {
			return "", err
		}
		return p.learn(u), nil
	}, step: stepOf(step)}
}

func (p *userTable) next(r *rand.Rand, now instant) call {
	who, id := p.someone(r)
	of := fmt.Sprintf(" of %s at %d", who.uuid, who.epoch)
	phone := r.IntN(2)
	switch n := r.IntN(20); {
	case id == "" || n < 7:
		return p.signIn(r, phone, who, id, now)
	case n < 9:
		return p.call(now, fmt.Sprint("UserByPhone ", phone), func(ctx context.Context) (phoneauth.User, error) {
			return p.store.UserByPhone(ctx, p.phones[phone])
		}, func(s accountsState) (accountsState, string) { return s.find(phone) })
	case n < 11:
		return p.call(now, "UserByID"+of, func(ctx context.Context) (phoneauth.User, error) {
			return p.store.UserByID(ctx, id)
		}, func(s accountsState) (accountsState, string) { return s.find(s.of(who.uuid)) })
	case n < 14:
		return p.setPassword(r, who, id, now)
	case n < 17:
		return p.call(now, fmt.Sprintf("SetPhone%s: %d", of, phone), func(ctx context.Context) (phoneauth.User, error) {
			return p.store.SetPhone(ctx, phoneauth.PhoneUpdate{UserID: id, Phone: p.phones[phone], Epoch: who.epoch, Now: now.time()})
		}, func(s accountsState) (accountsState, string) { return s.setPhone(who.uuid, phone, who.epoch, now) })
	case n < 19:
		blocked := r.IntN(3) == 0
		return p.call(now, fmt.Sprintf("SetBlocked of %s: %t", who.uuid, blocked), func(ctx context.Context) (phoneauth.User, error) {
			return p.store.SetBlocked(ctx, id, blocked, now.time())
		}, func(s accountsState) (accountsState, string) {
			return s.set(who.uuid, phoneauth.AnyEpoch, func(u *account) {
				u.blocked = blocked
				u.raise(now)
			})
		})
	}
	c := p.call(now, "DeleteUser "+who.uuid, nil, func(s accountsState) (accountsState, string) {
		if phone := s.of(who.uuid); phone >= 0 {
			s[phone] = account{}
		}
		return s, ""
	})
	c.do = func(ctx context.Context) (string, error) { return "", p.store.DeleteUser(ctx, id) }
	return c
}

func (p *userTable) signIn(r *rand.Rand, phone int, who account, id string, now instant) call {
	in := signIn{phone: phone, uuid: fmt.Sprint("user", p.serial.Add(1)), epoch: who.epoch}
	switch r.IntN(4) {
	case 0:
		in.hash, in.epoch = fmt.Sprint("hash", p.serial.Add(1)), 0
	case 1:
		in.only = who.uuid
	case 2:
		in.epoch = 0
	}
	c := p.call(now, fmt.Sprintf("SignIn%+v", in), nil, func(s accountsState) (accountsState, string) { return s.signIn(in, now) })
	c.do = func(ctx context.Context) (string, error) {
		ask := phoneauth.SignIn{Phone: p.phones[phone], Epoch: in.epoch, UUID: in.uuid, PasswordHash: phoneauth.Secret(in.hash), Now: now.time()}
		if in.only != "" {
			ask.UserID = id
		}
		got, err := p.store.SignInUser(ctx, ask)
		switch {
		case err == nil:
			return fmt.Sprintf("%s, created %t, first %t", p.learn(got.User), got.Created, got.First), nil
		case errors.Is(err, phoneauth.ErrBlocked):
			return p.learn(got.User), err
		}
		return "", err
	}
	return c
}

func (p *userTable) setPassword(r *rand.Rand, who account, id string, now instant) call {
	hash, keep := fmt.Sprint("hash", p.serial.Add(1)), r.IntN(3) == 0
	return p.call(now, fmt.Sprintf("SetPassword of %s at %d: %s, epoch stays %t", who.uuid, who.epoch, hash, keep), func(ctx context.Context) (phoneauth.User, error) {
		return p.store.SetPassword(ctx, phoneauth.PasswordUpdate{UserID: id, PasswordHash: phoneauth.Secret(hash),
			Epoch: who.epoch, KeepEpoch: keep, Now: now.time()})
	}, func(s accountsState) (accountsState, string) {
		return s.set(who.uuid, who.epoch, func(u *account) {
			u.hash = hash
			if !keep {
				u.raise(now)
			}
		})
	})
}
