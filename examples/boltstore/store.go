// Package boltstore is a whole [phoneauth.Store] on bbolt: one file of sorted keys and
// values, many readers, one writer. It is the example that docs/writing-a-store.md leads
// through. Read store.go, record.go, challenges.go, users.go, sessions.go and journal.go,
// in this order.
//
// No rule of phoneauth stands here. A verb begins a transaction, loads records, hands them
// to a step that package phoneauth exports, and stores what that step has made of them.
package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/phoneauth/phoneauth"
)

// Store implements [phoneauth.Store], [phoneauth.JournalStore] and [phoneauth.Purger].
type Store struct {
	db     *bolt.DB
	writer chan struct{} // has room for the one writer
}

// New returns the store in db. The caller opens db, and closes it when no verb runs any
// more. Unless db has NoSync, what a verb has answered survives a crash.
func New(db *bolt.DB) (*Store, error) {
	return &Store{db: db, writer: make(chan struct{}, 1)}, db.Update(func(btx *bolt.Tx) error {
		_, err := btx.CreateBucketIfNotExists(records)
		_, more := btx.CreateBucketIfNotExists(index)
		return errors.Join(err, more)
	})
}

// update runs fn in the one transaction that may write. bbolt itself would let a writer
// wait for its turn beyond the end of the context.
func (s *Store) update(ctx context.Context, fn func(*bolt.Tx) error) error {
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
		return s.db.Update(fn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// view runs fn in a transaction that only reads. It waits for nobody, and needs no
// context.
func (s *Store) view(_ context.Context, fn func(*bolt.Tx) error) error { return s.db.View(fn) }

// transact runs the step of a verb in a transaction: s.update or s.view.
//
//   - A fault on the way: nothing is committed, and the value is zero.
//   - An answer for which [phoneauth.Commits] is false: nothing is committed.
//   - Any other answer, or no error: all is committed.
func transact[V any](ctx context.Context, run func(context.Context, func(*bolt.Tx) error) error, verb string, step func(*tx) (V, error)) (value V, err error) {
	var answer error
	err = run(ctx, func(btx *bolt.Tx) error {
		t := &tx{records: btx.Bucket(records), index: btx.Bucket(index)}
		value, answer = step(t)
		if t.fault != nil || phoneauth.Commits(answer) {
			return t.fault
		}
		return answer
	})
	if err = cmp.Or(err, answer); err == nil || phoneauth.IsAnswer(err) {
		return value, err
	}
	return *new(V), fmt.Errorf("boltstore: %s: %w", verb, err)
}

// do is transact for a verb that writes and returns an error alone.
func (s *Store) do(ctx context.Context, verb string, step func(*tx) error) error {
	_, err := transact(ctx, s.update, verb, func(t *tx) (any, error) { return nil, step(t) })
	return err
}

// Purge implements [phoneauth.Purger]. It reads what it removes, and nothing else.
func (s *Store) Purge(ctx context.Context, now time.Time) (int, error) {
	return transact(ctx, s.update, "purge", func(t *tx) (int, error) {
		gone := t.find(entry("ends"), ends(now.UnixMicro()+1))
		t.delete(gone...)
		return len(gone), nil
	})
}
