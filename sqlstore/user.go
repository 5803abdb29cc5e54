package sqlstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

const userColumns = "id, uuid, phone, password_hash, epoch, blocked, locked, created_at, updated_at, signed_in_at"

// never is the zero time.
var never = time.Time{}.UnixMicro()

// userRow is a row of userColumns.
type userRow struct {
	u                            phoneauth.User
	id, created, updated, signed int64
	phone, hash                  string
}

// into are what the columns are scanned into.
func (r *userRow) into() []any {
	return []any{&r.id, &r.u.UUID, &r.phone, &r.hash, &r.u.Epoch, &r.u.Blocked, &r.u.Locked, &r.created, &r.updated, &r.signed}
}

// user returns the user of the row that was scanned.
func (r *userRow) user() phoneauth.User {
	u := r.u
	u.ID = strconv.FormatInt(r.id, 10)
	u.Phone, u.PasswordHash = phoneauth.StoredPhone(r.phone), phoneauth.Secret(r.hash)
	u.CreatedAt, u.UpdatedAt, u.SignedInAt = instant(r.created), instant(r.updated), instant(r.signed)
	return u
}

func scanUser(scan func(into ...any) error) (phoneauth.User, error) {
	var r userRow
	if err := scan(r.into()...); err != nil {
		return phoneauth.User{}, err
	}
	return r.user(), nil
}

// user runs q, whose row has userColumns: ErrNotFound if there is none.
func (q *query) user(ctx context.Context, on querier) (phoneauth.User, error) {
	u, err := scanUser(func(into ...any) error { return q.row(ctx, on, into...) })
	return u, notFound(err)
}

// userID returns the id of a row, if text is just what the store would call one.
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
	u, err := s.userByID(n).user(ctx, s.on)
	return u, failed("user by id", err)
}

// UserByPhone implements [phoneauth.UserStore].
func (s *Store) UserByPhone(ctx context.Context, p phoneauth.Phone) (phoneauth.User, error) {
	u, err := s.userByPhone(p).user(ctx, s.on)
	return u, failed("user by phone", err)
}

// SignInUser implements [phoneauth.UserStore]. Ids are decimal numbers from 1 up. The
// sign-in of a user who has signed in before is one read. On PostgreSQL that of a new user is
// one statement.
func (s *Store) SignInUser(ctx context.Context, in phoneauth.SignIn) (phoneauth.SignedIn, error) {
	const step = "sign in user"
	for range mostTries {
		found, created, err := s.findOrCreate(ctx, step, in)
		if created {
			next := in.Apply(phoneauth.User{})
			next.User = found
			return next, nil
		}
		if err != nil && !errors.Is(err, phoneauth.ErrNotFound) {
			return phoneauth.SignedIn{}, err
		}
		switch err := in.Refusal(found); err {
		case nil:
		case phoneauth.ErrBlocked, phoneauth.ErrLocked:
			return phoneauth.SignedIn{User: found}, err
		default:
			return phoneauth.SignedIn{}, err
		}
		next := in.Apply(found)
		if !next.First {
			return next, nil
		}
		// The write is guarded by what was read. If that has changed, it is read again.
		err = s.write(ctx, step, func(q querier) (err error) {
			next.User, err = s.signInFirst(ctx, q, &found, next)
			return err
		})
		switch {
		case err == nil:
			return next, nil
		case !errors.Is(err, phoneauth.ErrNotFound):
			return phoneauth.SignedIn{}, err
		}
	}
	return phoneauth.SignedIn{}, failed(step, errRows)
}

// signInFirst writes a first sign-in of the user who was found, or of a new one, and returns the user:
// ErrNotFound if somebody else has been faster.
func (s *Store) signInFirst(ctx context.Context, q querier, was *phoneauth.User, next phoneauth.SignedIn) (phoneauth.User, error) {
	switch {
	case !s.returning:
		return s.signInOnce(ctx, q, was, next)
	case next.Created:
		return s.creation(&next.User).user(ctx, q)
	}
	return s.firstSignIn(was, &next.User).user(ctx, q)
}

// findOrCreate returns the user of in.Phone: ErrNotFound if there is none. On PostgreSQL it creates
// the user in the same statement, if in may do so.
func (s *Store) findOrCreate(ctx context.Context, step string, in phoneauth.SignIn) (u phoneauth.User, created bool, err error) {
	if s.speech != &postgres || in.Refusal(phoneauth.User{}) != nil || in.UserID != "" {
		u, err = s.userByPhone(in.Phone).user(ctx, s.on)
		return u, false, failed(step, err)
	}
	next := in.Apply(phoneauth.User{}).User
	q := s.query("WITH f AS (SELECT "+userColumns+" FROM "+s.table.users+" WHERE phone = ?), i AS (INSERT INTO "+s.table.users+
		" ("+newUserColumns+") SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)"+
		" WHERE NOT EXISTS (SELECT FROM f) ON CONFLICT (phone) DO NOTHING RETURNING "+userColumns+")"+
		" SELECT *, false FROM f UNION ALL SELECT *, true FROM i", append([]any{in.Phone.E164()}, newUserValues(&next)...)...)
	err = s.write(ctx, step, func(on querier) error {
		u, err = scanUser(func(into ...any) error { return q.row(ctx, on, append(into, &created)...) })
		return notFound(err)
	})
	return u, created && err == nil, err
}

// newUserColumns are those of a user who is created, in the order of newUserValues.
const newUserColumns = "uuid, phone, password_hash, created_at, updated_at, signed_in_at"

func newUserValues(u *phoneauth.User) []any {
	return []any{u.UUID, u.Phone.E164(), string(u.PasswordHash), u.CreatedAt.UnixMicro(), u.UpdatedAt.UnixMicro(), u.SignedInAt.UnixMicro()}
}

// creation creates users, except those whose phone has a user. In MySQL one of those is an
// error.
func (s *Store) creation(users ...*phoneauth.User) *query {
	q := s.query("INSERT INTO " + s.table.users + " (" + newUserColumns + ") VALUES ")
	for i, u := range users {
		if i > 0 {
			q.add(", ")
		}
		q.add("(?, ?, ?, ?, ?, ?)", newUserValues(u)...)
	}
	if !s.returning {
		return q
	}
	return q.add(" ON CONFLICT (phone) DO NOTHING RETURNING " + userColumns)
}

// firstSignIn writes next, if the user is still as it was.
func (s *Store) firstSignIn(was, next *phoneauth.User) *query {
	id, _ := userID(was.ID)
	q := s.query("UPDATE "+s.table.users+" SET signed_in_at = ?, updated_at = ?"+
		" WHERE id = ? AND phone = ? AND epoch = ? AND signed_in_at = ? AND NOT blocked AND NOT locked",
		next.SignedInAt.UnixMicro(), next.UpdatedAt.UnixMicro(), id, was.Phone.E164(), was.Epoch, never)
	if !s.returning { // then all of what is returned is guarded
		q.add(" AND password_hash = ?", string(was.PasswordHash))
	}
	return q.returns(userColumns)
}

// UpdateUser implements [phoneauth.UserStore]. It is one guarded statement, which says
// what [phoneauth.UserUpdate.Apply] does.
func (s *Store) UpdateUser(ctx context.Context, u phoneauth.UserUpdate) (user phoneauth.User, err error) {
	const step = "update user"
	id, ok := userID(u.UserID)
	if !ok {
		return phoneauth.User{}, phoneauth.ErrNotFound
	}
	if !s.returning {
		return s.updateLocked(ctx, step, id, u)
	}
	q := s.update(id, u)
	for range mostTries {
		err = s.write(ctx, step, func(on querier) (err error) {
			user, err = q.user(ctx, on)
			if duplicate(err) {
				return phoneauth.ErrPhoneTaken
			}
			return err
		})
		if !errors.Is(err, phoneauth.ErrNotFound) {
			return user, err
		}
		if err = s.notUpdated(ctx, id, u); err != nil {
			return phoneauth.User{}, failed(step, err)
		}
	}
	return phoneauth.User{}, failed(step, errRows)
}

// notUpdated returns why an update has found nothing to change, or nil if there is no reason any more.
func (s *Store) notUpdated(ctx context.Context, id int64, u phoneauth.UserUpdate) error {
	q := s.query("SELECT epoch, ")
	if u.Phone != nil {
		s.addTaken(q, id, u.Phone)
	} else {
		q.add("FALSE")
	}
	var epoch int64
	var taken bool
	err := q.add(" FROM "+s.table.users+" WHERE id = ?", id).row(ctx, s.on, &epoch, &taken)
	switch {
	case err != nil:
		return notFound(err)
	case u.Epoch != phoneauth.AnyEpoch && u.Epoch != epoch:
		return phoneauth.ErrStale
	case taken:
		return phoneauth.ErrPhoneTaken
	}
	return nil
}

// addTaken appends the condition that another user has the number.
func (s *Store) addTaken(q *query, id int64, p *phoneauth.Phone) {
	q.add("EXISTS (SELECT 1 FROM "+s.table.users+" o WHERE o.phone = ? AND o.id <> ?)", p.E164(), id)
}

func (s *Store) update(id int64, u phoneauth.UserUpdate) *query {
	q := s.query("UPDATE " + s.table.users + " SET epoch = epoch")
	if !u.KeepEpoch {
		q.add(" + 1, updated_at = ?", u.Now.UnixMicro())
	}
	if u.Phone != nil {
		q.add(", phone = ?", u.Phone.E164())
	}
	if u.PasswordHash != nil {
		q.add(", password_hash = ?", string(*u.PasswordHash))
	}
	if u.Blocked != nil {
		q.add(", blocked = ?", *u.Blocked)
	}
	if u.Locked != nil {
		q.add(", locked = ?", *u.Locked)
	}
	q.add(" WHERE id = ?", id)
	if u.Epoch != phoneauth.AnyEpoch {
		q.add(" AND epoch = ?", u.Epoch)
	}
	if u.Phone != nil && s.returning {
		// Else two who move to the numbers of each other would wait for each other.
		q.add(" AND NOT ")
		s.addTaken(q, id, u.Phone)
	}
	return q.returns(userColumns)
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
