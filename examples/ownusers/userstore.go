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
		found, err := member(ctx, tx, "phone = ?", in.Phone.E164())
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return phoneauth.SignedIn{}, err
		}
		if err := in.Refusal(found); err != nil {
			if found.Blocked || found.Locked {
				return phoneauth.SignedIn{User: found}, err
			}
			return phoneauth.SignedIn{}, err
		}
		signed := in.Apply(found)
		switch {
		case signed.Created:
			if signed.User, err = create(ctx, tx, signed.User); err == nil {
				err = welcome(ctx, tx, signed.User)
			}
		case signed.First: // of a member who was imported
			err = write(ctx, tx, signed.User)
		}
		return signed, err
	})
}

// create makes a member, and returns it with its id.
func create(ctx context.Context, tx *sql.Tx, u phoneauth.User) (phoneauth.User, error) {
	row, err := tx.ExecContext(ctx, `
		INSERT INTO members (uuid, phone, password_hash, created_at, updated_at, signed_in_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		u.UUID, u.Phone.E164(), string(u.PasswordHash), micros(u.CreatedAt), micros(u.UpdatedAt), micros(u.SignedInAt))
	if err != nil {
		return phoneauth.User{}, err
	}
	id, err := row.LastInsertId()
	if err != nil {
		return phoneauth.User{}, err
	}
	return member(ctx, tx, "id = ?", id)
}

// welcome gives a new member the welcome credit.
func welcome(ctx context.Context, tx *sql.Tx, u phoneauth.User) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO credits (member_id, reason, cents) VALUES (?, 'welcome', ?)", rowID(u.ID), welcomeCents)
	return err
}

// write stores what phoneauth may change of a member.
func write(ctx context.Context, tx *sql.Tx, u phoneauth.User) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE members SET phone = ?, password_hash = ?, epoch = ?, blocked = ?, locked = ?, updated_at = ?, signed_in_at = ?
		WHERE id = ?`,
		u.Phone.E164(), string(u.PasswordHash), u.Epoch, u.Blocked, u.Locked, micros(u.UpdatedAt), micros(u.SignedInAt), rowID(u.ID))
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

// UpdateUser implements phoneauth.UserStore. What the update makes of a member is for
// phoneauth to say; that a phone is one member's is for the table.
func (m *Members) UpdateUser(ctx context.Context, update phoneauth.UserUpdate) (phoneauth.User, error) {
	return transact(ctx, m, "update", func(tx *sql.Tx) (phoneauth.User, error) {
		found, err := member(ctx, tx, "id = ?", rowID(update.UserID))
		if err != nil {
			return phoneauth.User{}, err
		}
		u, err := update.Apply(found)
		if err != nil {
			return phoneauth.User{}, err
		}
		if u.Phone != found.Phone {
			switch _, err := member(ctx, tx, "phone = ?", u.Phone.E164()); {
			case err == nil:
				return phoneauth.User{}, phoneauth.ErrPhoneTaken
			case !errors.Is(err, sql.ErrNoRows):
				return phoneauth.User{}, err
			}
		}
		if err := write(ctx, tx, u); err != nil {
			return phoneauth.User{}, err
		}
		return member(ctx, tx, "id = ?", rowID(u.ID))
	})
}

// ImportUsers implements phoneauth.UserStore. Those who come from elsewhere are members,
// and no new ones: they are not given a welcome credit.
func (m *Members) ImportUsers(ctx context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	return transact(ctx, m, "import", func(tx *sql.Tx) (imported []phoneauth.ImportedUser, err error) {
		for _, in := range users {
			u, err := member(ctx, tx, "phone = ?", in.Phone.E164())
			created := errors.Is(err, sql.ErrNoRows)
			if created {
				u, err = create(ctx, tx, in.Apply(now))
			}
			if err != nil {
				return nil, err
			}
			imported = append(imported, phoneauth.ImportedUser{User: u, Created: created})
		}
		return imported, nil
	})
}

// DeleteUser implements phoneauth.UserStore. The credits go with their member.
func (m *Members) DeleteUser(ctx context.Context, id string) error {
	_, err := m.db.ExecContext(ctx, "DELETE FROM members WHERE id = ?", rowID(id))
	return mapped("delete", err)
}
