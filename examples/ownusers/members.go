package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	_ "modernc.org/sqlite"

	"github.com/phoneauth/phoneauth"
)

//go:embed schema.sql
var schema string

// Members is the host's table of users, and for phoneauth its UserStore.
type Members struct{ db *sql.DB }

var _ phoneauth.UserStore = (*Members)(nil)

// OpenMembers opens the SQLite file at path, and makes it first if there is none.
func OpenMembers(ctx context.Context, path string) (*Members, error) {
	// BEGIN IMMEDIATE: a transaction that reads and then writes must not find that
	// another process wrote in between.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate" +
		"&_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("members: open: %w", err)
	}
	// SQLite has one writer at a time. Callers queue better here than at its lock.
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		db.Close()
		return nil, fmt.Errorf("members: make tables: %w", err)
	}
	return &Members{db}, nil
}

// Close closes the file.
func (m *Members) Close() error { return m.db.Close() }

// DisplayName returns a column of the host's own.
func (m *Members) DisplayName(ctx context.Context, id string) (string, error) {
	var name string
	err := m.db.QueryRowContext(ctx, "SELECT display_name FROM members WHERE id = ?", rowID(id)).Scan(&name)
	return name, mapped("display name", err)
}

// SetDisplayName changes a column of the host's own.
func (m *Members) SetDisplayName(ctx context.Context, id, name string) error {
	_, err := m.db.ExecContext(ctx, "UPDATE members SET display_name = ? WHERE id = ?", name, rowID(id))
	return mapped("set display name", err)
}

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// member returns the one user that a condition is true of, or sql.ErrNoRows.
func member(ctx context.Context, q querier, where string, arg any) (phoneauth.User, error) {
	var u phoneauth.User
	var id, created, updated, signedIn int64
	var phone, hash string
	err := q.QueryRowContext(ctx, `
		SELECT id, uuid, phone, password_hash, epoch, blocked, locked, created_at, updated_at, signed_in_at
		FROM members WHERE `+where, arg).
		Scan(&id, &u.UUID, &phone, &hash, &u.Epoch, &u.Blocked, &u.Locked, &created, &updated, &signedIn)
	if err != nil {
		return phoneauth.User{}, err
	}
	u.ID = strconv.FormatInt(id, 10)
	u.Phone = phoneauth.StoredPhone(phone) // as it was proved: never parsed anew
	u.PasswordHash = phoneauth.Secret(hash)
	u.CreatedAt, u.UpdatedAt, u.SignedInAt = instant(created), instant(updated), instant(signedIn)
	return u, nil
}

// micros and instant write and read a time; the zero time, too, comes back as it was.
func micros(t time.Time) int64   { return t.UnixMicro() }
func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// rowID returns the key of the row of a user with this id, or 0, which no row has. "07" is
// not "7", though SQLite would take one for the other.
func rowID(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id {
		return 0
	}
	return n
}

// transact runs do in one transaction, which is rolled back if do returns an error.
func transact[T any](ctx context.Context, m *Members, step string, do func(*sql.Tx) (T, error)) (T, error) {
	var none T
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return none, mapped(step, err)
	}
	defer tx.Rollback() // does nothing after Commit
	v, err := do(tx)
	if err == nil {
		err = tx.Commit()
	}
	return v, mapped(step, err)
}

// mapped turns errors of database/sql into those of a UserStore.
func mapped(step string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = phoneauth.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("members: %s: %w", step, err)
	}
	return nil
}
