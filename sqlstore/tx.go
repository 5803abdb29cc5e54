package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"
)

// mostTries is how often a transaction that was rolled back is done: a safeguard beside
// the deadline that every call of a store has.
const mostTries = 20

// errRows says that other transactions keep changing the rows of a verb.
var errRows = errors.New("its rows change too fast")

// atomically calls do in a transaction, which is committed if do returns no error and
// rolled back otherwise. It is done again, whole, where rolledBack says so: do must not
// keep anything from one call to the next.
func (s *Store) atomically(ctx context.Context, step string, do func(q querier) error) error {
	return s.atomicallyFor(ctx, step, "", do)
}

// atomicallyFor is atomically for a step about this key. Steps of one process that were rolled back and have one
// key are done again one after the other, where that matters: see queues.
func (s *Store) atomicallyFor(ctx context.Context, step, key string, do func(q querier) error) error {
	return failed(step, s.inTurn(ctx, key, func() error {
		if s.alone {
			return s.group.write(ctx, do)
		}
		if !s.returning {
			return s.onConn(ctx, do)
		}
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			_ = tx.Rollback() // if it fails, the connection is gone, and the transaction with it
			return err
		}
		return tx.Commit()
	}))
}

// write calls do for a write that is one statement, a transaction of its own.
func (s *Store) write(ctx context.Context, step string, do func(q querier) error) error {
	if s.alone {
		return s.atomically(ctx, step, do)
	}
	return failed(step, again(ctx, func() error { return do(s.on) }))
}

// inTurn is again, in the queue of key: from the second time on, and the first time too where others are in
// that queue.
func (s *Store) inTurn(ctx context.Context, key string, do func() error) error {
	leave, err := s.queues.enter(ctx, key, false)
	if err != nil {
		return err
	}
	defer func() {
		if leave != nil {
			leave()
		}
	}()
	return again(ctx, func() error {
		err := do()
		if leave == nil && rolledBack(err) {
			var ended error
			if leave, ended = s.queues.enter(ctx, key, true); ended != nil {
				return ended
			}
		}
		return err
	})
}

// again calls do until it is not rolled back.
func again(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if !rolledBack(err) {
			return err
		}
		if try == mostTries {
			return errors.Join(errRows, err)
		}
		// Those who met are not to meet again.
		wait := time.NewTimer(rand.N(time.Millisecond << min(try, 6)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
	}
}
