package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
)

// bench runs do serially and in parallel on a store of its own that prepare, if set,
// has filled. Each call of do has a number of its own, less than the n of prepare.
func bench(b *testing.B, prepare func(s *memstore.Store, n int), do func(s *memstore.Store, i int) error) {
	made := func(b *testing.B) *memstore.Store {
		s := memstore.New(memstore.MaxRecords(1<<30), memstore.MaxBytes(1<<40))
		if prepare != nil {
			prepare(s, b.N)
		}
		b.ReportAllocs()
		b.ResetTimer()
		return s
	}
	b.Run("serial", func(b *testing.B) {
		s := made(b)
		for i := range b.N {
			if err := do(s, i); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		s := made(b)
		var n atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := do(s, int(n.Add(1))-1); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// begun is a begin with what the Service asks of one.
func begun(i int) phoneauth.BeginParams {
	phone, block := fmt.Sprint("phone:", i), fmt.Sprint("block:", i/100)
	send := func(key string, burst int, every time.Duration) phoneauth.Take {
		return phoneauth.Take{Name: "send", Key: key, Limit: phoneauth.Limit{Burst: burst, Every: every}, Cost: 1}
	}
	budget := charge(block)
	budget.Max = 1000
	return phoneauth.BeginParams{
		Challenge: challenge(i),
		Lockout:   locks(phone),
		Takes:     []phoneauth.Take{send(phone, 5, 12*time.Minute), send(phone+"d", 10, 144*time.Minute), send("addr:"+block, 2000, time.Minute)},
		Charges:   []phoneauth.Charge{budget},
		Now:       start,
	}
}

func beginAll(s *memstore.Store, n int) {
	for i := range n {
		if err := begin(s, challenge(i), start); err != nil {
			panic(err)
		}
	}
}

func BenchmarkBegin(b *testing.B) {
	bench(b, nil, func(s *memstore.Store, i int) error {
		_, err := s.BeginChallenge(context.Background(), begun(i))
		return err
	})
}

func BenchmarkAttemptMatch(b *testing.B) {
	bench(b, beginAll, func(s *memstore.Store, i int) error {
		c := challenge(i)
		_, err := s.AttemptChallenge(context.Background(), phoneauth.AttemptParams{
			Candidates: []phoneauth.Candidate{{Key: c.Key, ID: c.ID, Digests: [][]byte{c.Digest}}}, Lockout: locks(c.Key), Now: start,
		})
		return err
	})
}

func BenchmarkAttemptMismatch(b *testing.B) {
	wrong := [][]byte{[]byte("wrong")}
	bench(b, beginAll, func(s *memstore.Store, i int) error {
		c := challenge(i)
		_, err := s.AttemptChallenge(context.Background(), phoneauth.AttemptParams{
			Candidates: []phoneauth.Candidate{{Key: c.Key, ID: c.ID, Digests: wrong}}, Lockout: locks(c.Key), Now: start,
		})
		if errors.Is(err, phoneauth.ErrMismatch) {
			return nil
		}
		return fmt.Errorf("no mismatch: %w", err)
	})
}

func BenchmarkTakeLimits(b *testing.B) {
	names := make([]string, 1<<16)
	for i := range names {
		names[i] = fmt.Sprint("address:", i)
	}
	bench(b, nil, func(s *memstore.Store, i int) error {
		t := phoneauth.Take{Name: "verify", Key: names[i%len(names)], Limit: phoneauth.Limit{Burst: 30, Every: 10 * time.Second}, Cost: 1}
		return s.TakeLimits(context.Background(), phoneauth.TakeParams{
			Takes: []phoneauth.Take{t}, Now: start.Add(time.Duration(i) * time.Millisecond),
		})
	})
}

func BenchmarkRotateSession(b *testing.B) {
	const n = 10_000
	digest := session("", "").Digest
	bench(b, func(s *memstore.Store, _ int) {
		for i := range n {
			if err := createSession(s, session(fmt.Sprint(i), fmt.Sprint(i/2))); err != nil {
				panic(err)
			}
		}
	}, func(s *memstore.Store, i int) error {
		_, err := s.RotateSession(context.Background(), phoneauth.Rotation{
			ID: fmt.Sprint(i % n), Digest: digest, Next: digest, IdleUntil: start.Add(time.Hour), Now: start,
		})
		return err
	})
}

func BenchmarkSignInUser(b *testing.B) {
	in := func(i int) phoneauth.SignIn {
		return phoneauth.SignIn{Phone: phoneauth.StoredPhone(fmt.Sprintf("+2010%08d", i)), UUID: "uuid", Now: start}
	}
	b.Run("new", func(b *testing.B) {
		bench(b, nil, func(s *memstore.Store, i int) error {
			_, err := s.SignInUser(context.Background(), in(i))
			return err
		})
	})
	b.Run("known", func(b *testing.B) {
		const n = 10_000
		bench(b, func(s *memstore.Store, _ int) {
			for i := range n {
				if _, err := s.SignInUser(context.Background(), in(i)); err != nil {
					panic(err)
				}
			}
		}, func(s *memstore.Store, i int) error {
			_, err := s.SignInUser(context.Background(), in(i%n))
			return err
		})
	})
}

// A user has as many sessions as they may, so each new one ends another.
func BenchmarkCreateSession(b *testing.B) {
	for _, most := range []int{10, 100} {
		b.Run(fmt.Sprint(most), func(b *testing.B) {
			bench(b, nil, func(s *memstore.Store, i int) error {
				_, err := s.CreateSession(context.Background(), phoneauth.NewSession{
					Session: session(fmt.Sprint(i), fmt.Sprint(i%10)), Most: most, Now: start,
				})
				return err
			})
		})
	}
}

func BenchmarkAppendEntries(b *testing.B) {
	bench(b, nil, func(s *memstore.Store, i int) error {
		return s.AppendEntries(context.Background(), []phoneauth.JournalEntry{journalEntry(i)})
	})
}

func BenchmarkEntries(b *testing.B) {
	const n = 100_000
	bench(b, func(s *memstore.Store, _ int) {
		for i := range n {
			if err := s.AppendEntries(context.Background(), []phoneauth.JournalEntry{journalEntry(i)}); err != nil {
				panic(err)
			}
		}
	}, func(s *memstore.Store, i int) error {
		_, err := s.Entries(context.Background(), phoneauth.JournalQuery{Print: journalEntry(i % n).Print, Limit: 50, Now: start})
		return err
	})
}
