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
	"time"

	"github.com/phoneauth/phoneauth"
)

// accountsState is who has each of two phones. Accounts go by their UUID, since ids are
// the store's.
type accountsState [2]account

type account struct {
	uuid, hash                 string // no uuid: no account
	epoch                      int64
	blocked, locked            bool
	created, updated, signedIn instant
}

func (u account) String() string {
	return fmt.Sprintf("{%s %s, epoch %d, blocked %t, locked %t, created %v, updated %v, signed in %v}",
		u.uuid, u.hash, u.epoch, u.blocked, u.locked, u.created, u.updated, u.signedIn)
}

func accountOf(u phoneauth.User) account {
	return account{u.UUID, string(u.PasswordHash), u.Epoch, u.Blocked, u.Locked, at(u.CreatedAt), at(u.UpdatedAt), at(u.SignedInAt)}
}

// user is u as the rules of package phoneauth know it. Its ID is the UUID.
func (u account) user(phone phoneauth.Phone) phoneauth.User {
	if u.uuid == "" {
		return phoneauth.User{}
	}
	return phoneauth.User{ID: u.uuid, UUID: u.uuid, Phone: phone, PasswordHash: phoneauth.Secret(u.hash), Epoch: u.epoch,
		Blocked: u.blocked, Locked: u.locked, CreatedAt: u.created.time(), UpdatedAt: u.updated.time(), SignedInAt: u.signedIn.time()}
}

// of is which phone the account has, or -1.
func (s *accountsState) of(uuid string) int {
	return slices.IndexFunc(s[:], func(u account) bool { return u.uuid == uuid && uuid != "" })
}

// answer is the account that has a phone, as the store returns it.
func (s *accountsState) answer(phone int) string { return fmt.Sprintf("%d is of %v", phone, s[phone]) }

func (s accountsState) signIn(phone int, in phoneauth.SignIn) (accountsState, string) {
	found := s[phone].user(in.Phone)
	switch err := in.Refusal(found); {
	case errors.Is(err, phoneauth.ErrBlocked), errors.Is(err, phoneauth.ErrLocked):
		return s, fmt.Sprintf("%v %s", err, s.answer(phone))
	case err != nil:
		return s, err.Error()
	}
	signed := in.Apply(found)
	s[phone] = accountOf(signed.User)
	return s, fmt.Sprintf("%s, created %t, first %t", s.answer(phone), signed.Created, signed.First)
}

func (s accountsState) find(phone int) (accountsState, string) {
	if phone < 0 || s[phone].uuid == "" {
		return s, phoneauth.ErrNotFound.Error()
	}
	return s, s.answer(phone)
}

// update is UpdateUser, of an account that is to have the phone to, or to keep its own if
// that is -1.
func (s accountsState) update(uuid string, to int, u phoneauth.UserUpdate) (accountsState, string) {
	from := s.of(uuid)
	if from < 0 {
		return s, phoneauth.ErrNotFound.Error()
	}
	changed, err := u.Apply(s[from].user(phoneauth.Phone{}))
	if err != nil {
		return s, err.Error()
	}
	if to < 0 {
		to = from
	}
	if to != from && s[to].uuid != "" {
		return s, phoneauth.ErrPhoneTaken.Error()
	}
	s[from] = account{}
	s[to] = accountOf(changed)
	return s, s.answer(to)
}

// imports is ImportUsers, of users for these phones.
func (s accountsState) imports(phones []int, users []phoneauth.UserImport, now instant) (accountsState, string) {
	var answers []string
	for i, phone := range phones {
		created := s[phone].uuid == ""
		if created {
			s[phone] = account{uuid: users[i].UUID, hash: string(users[i].PasswordHash), created: now, updated: now, signedIn: at(time.Time{})}
		}
		answers = append(answers, fmt.Sprintf("%s, created %t", s.answer(phone), created))
	}
	return s, fmt.Sprint(answers)
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
	p := newUserTable(store, tag)
	return table{parts: 1, start: accountsState{}, next: p.next, perhaps: func(state any, _, _ instant) []any { return []any{state} }}
}

func newUserTable(store phoneauth.UserStore, tag string) *userTable {
	p := &userTable{store: store, ids: map[string]string{}, uuids: map[string]string{}}
	sum := fnv.New64a()
	sum.Write([]byte(tag))
	for i := range p.phones {
		p.phones[i] = phoneauth.StoredPhone(fmt.Sprintf("+%d%012d", 1+i, sum.Sum64()%1e12))
	}
	return p
}

// fresh is a UUID that no account has yet.
func (p *userTable) fresh() string { return fmt.Sprint("user", p.serial.Add(1)) }

// uuidOf is the UUID of the account with this id.
func (p *userTable) uuidOf(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.uuids[id]
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
	got := accountOf(u)
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
	phone := r.IntN(2)
	switch n := r.IntN(20); {
	case n < 2:
		return p.imports(r, now)
	case id == "" || n < 7:
		return p.signIn(r, phone, who, id, now)
	case n < 9:
		return p.call(now, fmt.Sprint("UserByPhone ", phone), func(ctx context.Context) (phoneauth.User, error) {
			return p.store.UserByPhone(ctx, p.phones[phone])
		}, func(s accountsState) (accountsState, string) { return s.find(phone) })
	case n < 11:
		return p.call(now, "UserByID of "+who.uuid, func(ctx context.Context) (phoneauth.User, error) {
			return p.store.UserByID(ctx, id)
		}, func(s accountsState) (accountsState, string) { return s.find(s.of(who.uuid)) })
	case n < 19:
		return p.update(r, who, id, now)
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
	in := phoneauth.SignIn{Phone: p.phones[phone], UUID: p.fresh(), Epoch: who.epoch, Now: now.time()}
	asked := in // with the id of the store in place of the UUID
	switch r.IntN(4) {
	case 0:
		in.PasswordHash, in.Epoch = phoneauth.Secret(fmt.Sprint("hash", p.serial.Add(1))), 0
		asked.PasswordHash, asked.Epoch = in.PasswordHash, 0
	case 1:
		in.UserID, asked.UserID = who.uuid, id
	case 2:
		in.Epoch, asked.Epoch = 0, 0
	}
	text := fmt.Sprintf("SignIn %d as %q at %d, new %s with %q", phone, in.UserID, in.Epoch, in.UUID, string(in.PasswordHash))
	c := p.call(now, text, nil, func(s accountsState) (accountsState, string) { return s.signIn(phone, in) })
	c.do = func(ctx context.Context) (string, error) {
		got, err := p.store.SignInUser(ctx, asked)
		switch {
		case err == nil:
			return fmt.Sprintf("%s, created %t, first %t", p.learn(got.User), got.Created, got.First), nil
		case errors.Is(err, phoneauth.ErrBlocked), errors.Is(err, phoneauth.ErrLocked):
			return p.learn(got.User), err
		}
		return "", err
	}
	return c
}

// update changes some of what can be changed.
func (p *userTable) update(r *rand.Rand, who account, id string, now instant) call {
	u := phoneauth.UserUpdate{UserID: id, Epoch: who.epoch, KeepEpoch: r.IntN(4) == 0, Now: now.time()}
	text, to := fmt.Sprintf("UpdateUser of %s at %d, epoch stays %t", who.uuid, u.Epoch, u.KeepEpoch), -1
	if r.IntN(2) == 0 {
		hash := phoneauth.Secret(fmt.Sprint("hash", p.serial.Add(1)))
		u.PasswordHash, text = &hash, text+", password "+string(hash)
	}
	if r.IntN(3) == 0 {
		to = r.IntN(2)
		u.Phone, text = &p.phones[to], text+fmt.Sprint(", phone ", to)
	}
	flag := func(name string, field **bool) {
		if r.IntN(4) == 0 {
			set := r.IntN(3) == 0
			*field, text = &set, text+fmt.Sprintf(", %s %t", name, set)
		}
	}
	flag("blocked", &u.Blocked)
	flag("locked", &u.Locked)
	return p.call(now, text, func(ctx context.Context) (phoneauth.User, error) {
		return p.store.UpdateUser(ctx, u)
	}, func(s accountsState) (accountsState, string) { return s.update(who.uuid, to, u) })
}

// imports is of users for some phones, also for one phone twice.
func (p *userTable) imports(r *rand.Rand, now instant) call {
	phones := [][]int{{0}, {1}, {0, 1}, {1, 0}, {1, 1, 0}}[r.IntN(5)]
	var users []phoneauth.UserImport
	for _, phone := range phones {
		n := p.serial.Add(1)
		users = append(users, phoneauth.UserImport{Phone: p.phones[phone], UUID: fmt.Sprint("user", n), PasswordHash: phoneauth.Secret(fmt.Sprint("hash", n))})
	}
	c := p.call(now, fmt.Sprintf("ImportUsers %v from %s on", phones, users[0].UUID), nil,
		func(s accountsState) (accountsState, string) { return s.imports(phones, users, now) })
	c.do = func(ctx context.Context) (string, error) {
		got, err := p.store.ImportUsers(ctx, users, now.time())
		if err != nil {
			return "", err
		}
		var answers []string
		for _, in := range got {
			answers = append(answers, fmt.Sprintf("%s, created %t", p.learn(in.User), in.Created))
		}
		return fmt.Sprint(answers), nil
	}
	return c
}
