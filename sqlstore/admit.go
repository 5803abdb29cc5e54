package sqlstore

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// AdmitUser implements [phoneauth.Admitter]. If p only asks, it is one read. That locks nothing.
func (s *Store) AdmitUser(ctx context.Context, p phoneauth.TakeParams, phone phoneauth.Phone) (phoneauth.User, error) {
	if len(p.Takes)+len(p.Charges) > 0 || !s.has(Users) || !s.has(Challenges) {
		if err := s.TakeLimits(ctx, p); err != nil {
			return phoneauth.User{}, err
		}
		return s.UserByPhone(ctx, phone)
	}
	r := s.rows(ctx, s.on, p.Now.UnixMicro())
	r.nameKeys(p.Keys())
	found, is, err := r.withUser(phone)
	if err != nil {
		return phoneauth.User{}, failed("admit user", err)
	}
	if err := p.Run(r); err != nil {
		return phoneauth.User{}, err
	}
	if !is {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	return found, nil
}

// selectNumbered is a counter, in the columns of a user. Its number, which is below zero, stands for the
// id.
const selectNumbered = "SELECT ?, '', '', '', 0, FALSE, FALSE, at_us, until_us, 0 FROM "

// withUser reads the limits that were named, and the user of phone, if there is one.
func (r *rows) withUser(phone phoneauth.Phone) (found phoneauth.User, is bool, err error) {
	u := &union{r.s.userByPhone(phone)}
	for i, c := range r.counters {
		u.next(selectNumbered+r.s.table.counters+" WHERE key = ?", int64(-1-i), []byte(c.key))
	}
	err = u.rows(r.ctx, r.on, func(scan func(into ...any) error) error {
		var row userRow
		if err := scan(row.into()...); err != nil {
			return err
		}
		if row.id < 0 {
			r.counters[-1-row.id].hold(row.created, row.updated, 0)
		} else {
			found, is = row.user(), true
		}
		return nil
	})
	return found, is, err
}
