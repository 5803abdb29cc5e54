package sqlstore

import (
	"context"
	"strconv"
	"time"
)

// purgeBatch is how many rows one statement of Purge removes: a few milliseconds.
const purgeBatch = 500

// Purge removes what is gone at now, and returns how many rows it removed. It removes a few
// hundred rows in each transaction, and skips rows that are locked, so no verb waits for it
// long. Call it once a minute, from one instance or from all of them.
func (s *Store) Purge(ctx context.Context, now time.Time) (int, error) {
	var removed int
	at := now.UnixMicro()
	for _, t := range s.expiring() {
		for {
			var n int64
			var more bool
			err := s.purging(ctx, func(q querier) (err error) {
				if !s.returning {
					n, more, err = s.purgeLocked(ctx, q, &t, at)
					return err
				}
				del := s.query("DELETE FROM "+t.name+" WHERE "+t.key+s.in[0]+"SELECT "+t.key+" FROM "+t.name+" WHERE due <= ?", due(at, t.grain))
				for _, end := range t.ends {
					del.add(" AND "+end+" <= ?", at)
				}
				n, err = del.add(" ORDER BY due LIMIT "+strconv.Itoa(purgeBatch)+s.skipLocked+s.in[1]).exec(ctx, q)
				more = n == purgeBatch
				return err
			})
			removed += int(n)
			if err != nil {
				return removed, err
			}
			if !more {
				break
			}
		}
	}
	return removed, nil
}

// purging calls do in a transaction. That is one statement, except in MySQL.
func (s *Store) purging(ctx context.Context, do func(q querier) error) error {
	if !s.returning {
		return s.atomically(ctx, "purge", do)
	}
	return s.write(ctx, "purge", do)
}

// expiring is a table whose rows have an end.
type expiring struct {
	name, key string
	grain     int64    // of its column due
	ends      []string // the row is gone when now has reached all of these columns
}

func (s *Store) expiring() []expiring {
	var all []expiring
	if s.has(Challenges) {
		all = append(all,
			expiring{s.table.challenges, "key", minute, []string{"expires_at"}},
			expiring{s.table.counters, "key", hour, []string{"at_us", "until_us"}})
	}
	if s.has(Sessions) {
		all = append(all, expiring{s.table.sessions, "id", day, []string{s.least + "(idle_until, expires_at)"}})
	}
	if s.has(Journal) {
		all = append(all, expiring{s.table.journal, "id", day, []string{"expires_at"}})
	}
	return all
}
