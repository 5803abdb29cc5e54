package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/meter"
)

const userColumns = "id, uuid, phone, password_hash, epoch, blocked, created_at, updated_at, signed_in_at"

// never is the zero time.
var never = time.Time{}.UnixMicro()

// user runs q, whose row has userColumns: ErrNotFound if there is none.
func (q *query) user(ctx context.Context, on querier) (u phoneauth.User, err error) {
	var id, created, updated, signedIn int64
	var phone, hash string
	err = q.row(ctx, on, &id, &u.UUID, &phone, &hash, &u.Epoch, &u.Blocked, &created, &updated, &signedIn)
	if errors.Is(err, sql.ErrNoRows) {
		err = phoneauth.ErrNotFound
	}
	if err != nil {
		return phoneauth.User{}, err
	}
	u.ID = strconv.FormatInt(id, 10)
	u.Phone, u.PasswordHash = phoneauth.StoredPhone(phone), phoneauth.Secret(hash)
	u.CreatedAt, u.UpdatedAt, u.SignedInAt = meter.Instant(created), meter.Instant(updated), meter.Instant(signedIn)
	return u, nil
}

// userID is the id of a row, if text is just what the store would call one.
func userID(text string) (id int64, ok bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && strconv.FormatInt(id, 10) == text
}

func (s *Store) userByID(id int64) *query {
	return s.query("SELECT "+userColumns+" FROM "+s.table.users+" WHERE id = ?", id)
}

func (s *Store) userByPhone(p phoneauth.Phone) *query {
	return s.query("SELECT "+userColumns+" FROM "+s.table.users+" WHERE phone = ?", p.E164())
}

// UserByID implements [phoneauth.UserStore].
func (s *Store) UserByID(ctx context.Context, id string) (phoneauth.User, error) {
	n, ok := userID(id)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	u, err := s.userByID(n).user(ctx, s.db)
	return u, failed("user by id", err)
}

// UserByPhone implements [phoneauth.UserStore].
func (s *Store) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	u, err := s.userByPhone(p).user(ctx, s.db)
	return u, failed("user by phone", err)
}

// SignInUser implements [phoneauth.UserStore]. Ids are decimal numbers from 1 up. The
// sign-in of a user who has signed in before is one read.
func (s *Store) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	const step = "sign in user"
	for range mostTries {
		u, err := s.userByPhone(in.Phone).user(ctx, s.db)
		exists := err == nil
		if !exists && !errors.Is(err, phoneauth.ErrNotFound) {
			return phoneauth.SignedIn{}, failed(step, err)
		}
		if err := in.Refusal(u); err != nil {
			return phoneauth.SignedIn{User: u}, err
		}
		if exists && !u.SignedInAt.IsZero() {
			return phoneauth.SignedIn{User: u}, nil
		}
		// What was read holds still, or nothing is written, and it is read again.
		err = s.write(ctx, step, func(q querier) (err error) {
			if exists {
				u, err = s.firstSignIn(u, in).user(ctx, q)
			} else {
				u, err = s.creation(in).user(ctx, q)
			}
			return err
		})
		if !errors.Is(err, phoneauth.ErrNotFound) {
			if err != nil {
				return phoneauth.SignedIn{}, err
			}
			return phoneauth.SignedIn{User: u, Created: !exists, First: true}, nil
		}
	}
	return phoneauth.SignedIn{}, failed(step, errRows)
}

func (s *Store) creation(in phoneauth.SignIn) *query {
	now := in.Now.UnixMicro()
	return s.query("INSERT INTO "+s.table.users+" (uuid, phone, password_hash, created_at, updated_at, signed_in_at)"+
		" VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (phone) DO NOTHING RETURNING "+userColumns,
		in.UUID, in.Phone.E164(), string(in.PasswordHash), now, now, now)
}

func (s *Store) firstSignIn(u phoneauth.User, in phoneauth.SignIn) *query {
	now := in.Now.UnixMicro()
	id, _ := userID(u.ID)
	return s.query("UPDATE "+s.table.users+" SET signed_in_at = ?, updated_at = ?"+
		" WHERE id = ? AND phone = ? AND epoch = ? AND signed_in_at = ? AND NOT blocked RETURNING "+userColumns,
		now, now, id, in.Phone.E164(), u.Epoch, never)
}

// SetPassword implements [phoneauth.UserStore].
func (s *Store) SetPassword(ctx context.Context, p phoneauth.PasswordUpdate) (phoneauth.User, error) {
	set := s.query("password_hash = ?", string(p.PasswordHash))
	if !p.KeepEpoch {
		set.nextEpoch(p.Now)
	}
	return s.setUser(ctx, "set password", p.UserID, p.Epoch, set)
}

// SetPhone implements [phoneauth.UserStore].
func (s *Store) SetPhone(ctx context.Context, p phoneauth.PhoneUpdate) (phoneauth.User, error) {
	set := s.query("phone = ?", p.Phone.E164()).nextEpoch(p.Now)
	return s.setUser(ctx, "set phone", p.UserID, p.Epoch, set)
}

// SetBlocked implements [phoneauth.UserStore].
func (s *Store) SetBlocked(ctx context.Context, id string, blocked bool, now time.Time) (phoneauth.User, error) {
	set := s.query("blocked = ?", blocked).nextEpoch(now)
	return s.setUser(ctx, "set blocked", id, phoneauth.AnyEpoch, set)
}

func (q *query) nextEpoch(now time.Time) *query {
	return q.add(", epoch = epoch + 1, updated_at = ?", now.UnixMicro())
}

// setUser makes an UPDATE of set, for the user at epoch.
func (s *Store) setUser(ctx context.Context, step, id string, epoch int64, set *query) (u phoneauth.User, err error) {
	n, ok := userID(id)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	q := &query{speech: s.speech, args: set.args}
	q.add("UPDATE "+s.table.users+" SET ").add(string(set.text)).add(" WHERE id = ?", n)
	if epoch != phoneauth.AnyEpoch {
		q.add(" AND epoch = ?", epoch)
	}
	q.add(" RETURNING " + userColumns)
	err = s.write(ctx, step, func(on querier) (err error) {
		u, err = q.user(ctx, on)
		if duplicate(err) {
			return phoneauth.ErrPhoneTaken
		}
		return err
	})
	if errors.Is(err, phoneauth.ErrNotFound) && epoch != phoneauth.AnyEpoch {
		// No such user, or one at another epoch. Epochs do not come back, nor do users.
		if _, err := s.userByID(n).user(ctx, s.db); err != nil {
			return phoneauth.User{}, failed(step, err)
		}
		err = phoneauth.ErrStale
	}
	return u, err
}

// DeleteUser implements [phoneauth.UserStore].
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	n, ok := userID(id)
	if !ok {
		return nil
	}
	return s.write(ctx, "delete user", func(q querier) error {
		_, err := s.query("DELETE FROM "+s.table.users+" WHERE id = ?", n).exec(ctx, q)
		return err
	})
}
