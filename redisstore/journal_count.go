package redisstore

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/phoneauth/phoneauth"
)

// CountEntries implements [phoneauth.JournalStore]. Of whole hours it reads the sums; of
// the first and the last hour it looks at every entry, where they are not whole. What has
// expired is counted until its hour is dropped.
func (s *Store) CountEntries(ctx context.Context, q phoneauth.JournalCountQuery) ([]phoneauth.JournalCount, error) {
	counts, err := s.countEntries(ctx, q.From.UnixMicro(), q.To.UnixMicro())
	return counts, failed("count entries", err)
}

func (s *Store) countEntries(ctx context.Context, from, to int64) ([]phoneauth.JournalCount, error) {
	hours, err := s.hours(ctx, from, to)
	if err != nil || len(hours) == 0 {
		return nil, err
	}
	keys := make([]string, len(hours))
	for i, hour := range hours {
		keys[i] = s.hourKey(timesKind, hour)
	}
	sp := s.spread(keys, func(n int) *call {
		c := &call{script: entryCountScript}
		c.int(int64(n))
		return c
	}, func(c *call, i int) {
		begins, ends := hours[i]*time.Hour.Microseconds(), (hours[i]+1)*time.Hour.Microseconds()
		s.putHour(c, hours[i])
		c.flag(from <= begins && ends <= to)
		c.int(from)
		c.text("(" + strconv.FormatInt(to, 10))
	})
	replies, err := s.eachAgain(ctx, sp.calls)
	if err != nil {
		return nil, err
	}
	sums, err := sp.gather(replies)
	if err != nil {
		return nil, err
	}
	var counts []phoneauth.JournalCount
	for i, hour := range hours {
		for pair := range slices.Chunk(sums.texts(i), 2) {
			count, err := unpackKind(pair[0])
			if err != nil || len(pair) < 2 {
				return nil, errAnswer
			}
			count.Hour = time.UnixMicro(hour * time.Hour.Microseconds()).UTC()
			count.Count = int(instant(pair[1]))
			counts = append(counts, count)
		}
	}
	return counts, nil
}

// hours are those that there are with a time from from on and before to.
func (s *Store) hours(ctx context.Context, from, to int64) ([]int64, error) {
	c := &call{script: listScript}
	c.key(s.hoursKey())
	r, err := s.do(ctx, c)
	if err != nil {
		return nil, err
	}
	var hours []int64
	for _, text := range r.texts(1) {
		if hour := instant(text); hourOf(from) <= hour && hour <= hourOf(to) {
			hours = append(hours, hour)
		}
	}
	return hours, nil
}
