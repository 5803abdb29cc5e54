package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/phoneauth/phoneauth"
)

// welcomeCents is what every new member is given.
const welcomeCents = 500

// SignInUser implements phoneauth.UserStore. A new member and the welcome credit are one
// transaction: there is never one without the other, and never two of one, however many
// requests come at once.
func (m *Members) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	return transact(ctx, m, "sign in", func(tx *sql.Tx) (phoneauth.SignedIn, error) {
		u, err := member(ctx, tx, "phone = ?", in.Phone.E164())
		exists := err == nil
		if !exists && !errors.Is(err, sql.ErrNoRows) {
			return phoneauth.SignedIn{}, err
		}
		// The refusals, in the order of the contract. Nobody is at epoch 0.
		if err := in.Refusal(u); err != nil {
			return phoneauth.SignedIn{User: u}, err
		}
		first := u.SignedInAt.IsZero()
		if !exists {
			err = create(ctx, tx, in)
		} else if first { // of a member who came here by another way than signing in
			_, err = tx.ExecContext(ctx, "UPDATE members SET signed_in_at = ?, updated_at = ? WHERE id = ?",
				micros(in.Now), micros(in.Now), rowID(u.ID))
		}
		if err != nil {
			return phoneauth.SignedIn{}, err
		}
		u, err = member(ctx, tx, "phone = ?", in.Phone.E164())
		return phoneauth.SignedIn{User: u, Created: !exists, First: first}, err
	})
}

// create makes a member, and whatever else belongs to being a new one.
func create(ctx context.Context, tx *sql.Tx, in phoneauth.SignIn) error {
	now := micros(in.Now)
	row, err := tx.ExecContext(ctx, `
		INSERT INTO members (uuid, phone, password_hash, created_at, updated_at, signed_in_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		in.UUID, in.Phone.E164(), string(in.PasswordHash), now, now, now)
	if err != nil {
		return err
	}
	id, err := row.LastInsertId()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO credits (member_id, reason, cents) VALUES (?, 'welcome', ?)", id, welcomeCents)
	return err
}

// UserByID implements phoneauth.UserStore.
func (m *Members) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	u, err := member(ctx, m.db, "id = ?", rowID(id))
	return u, mapped("user by id", err)
}

// UserByPhone implements phoneauth.UserStore.
func (m *Members) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	u, err := member(ctx, m.db, "phone = ?", p.E164())
	return u, mapped("user by phone", err)
}

// SetPassword implements phoneauth.UserStore.
func (m *Members) SetPassword(ctx context.Context, p phoneauth.PasswordUpdate) (phoneauth.User, error) {
	return m.change(ctx, "set password", p.UserID, p.Epoch, func(_ *sql.Tx, u *phoneauth.User) error {
		u.PasswordHash = p.PasswordHash
		if !p.KeepEpoch {
			nextEpoch(u, p.Now)
		}
		return nil
	})
}

// SetPhone implements phoneauth.UserStore.
func (m *Members) SetPhone(ctx context.Context, p phoneauth.PhoneUpdate) (phoneauth.User, error) {
	return m.change(ctx, "set phone", p.UserID, p.Epoch, func(tx *sql.Tx, u *phoneauth.User) error {
		owner, err := member(ctx, tx, "phone = ?", p.Phone.E164())
		switch {
		case err == nil && owner.ID != u.ID:
			return phoneauth.ErrPhoneTaken
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		u.Phone = p.Phone
		nextEpoch(u, p.Now)
		return nil
	})
}

// SetBlocked implements phoneauth.UserStore.
func (m *Members) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	return m.change(ctx, "set blocked", id, phoneauth.AnyEpoch, func(_ *sql.Tx, u *phoneauth.User) error {
		u.Blocked = blocked
		nextEpoch(u, now)
		return nil
	})
}

// nextEpoch ends every session and proof that u has, in the same step as the change.
func nextEpoch(u *phoneauth.User, now time.Time) {
	u.Epoch++
	u.UpdatedAt = instant(micros(now))
}

// change stores what edit makes of the user, if the user is at epoch.
func (m *Members) change(ctx context.Context, step, id string, epoch int64, edit func(*sql.Tx, *phoneauth.User) error) (phoneauth.User, error) {
	return transact(ctx, m, step, func(tx *sql.Tx) (phoneauth.User, error) {
		u, err := member(ctx, tx, "id = ?", rowID(id))
		if err != nil {
			return phoneauth.User{}, err
		}
		if epoch != phoneauth.AnyEpoch && epoch != u.Epoch {
			return phoneauth.User{}, phoneauth.ErrStale
		}
		if err := edit(tx, &u); err != nil {
			return phoneauth.User{}, err
		}
		_, err = tx.ExecContext(ctx, "UPDATE members SET phone = ?, password_hash = ?, epoch = ?, blocked = ?, updated_at = ? WHERE id = ?",
			u.Phone.E164(), string(u.PasswordHash), u.Epoch, u.Blocked, micros(u.UpdatedAt), rowID(id))
		return u, err
	})
}

// DeleteUser implements phoneauth.UserStore. The credits go with their member.
func (m *Members) DeleteUser(ctx context.Context, id string) error {
	_, err := m.db.ExecContext(ctx, "DELETE FROM members WHERE id = ?", rowID(id))
	return mapped("delete", err)
}
