package integration_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// BenchmarkMariaDBCountry is what 64 callers of one country do a second on one MariaDB, and what
// that takes of the server's CPU time. Their numbers are of different blocks. Each of them writes
// the row of a quiet country. One in 16 writes that of a busy one. "beside refusals" is sends
// while 32 other callers ask again and again for codes that the limits of their numbers refuse.
func BenchmarkMariaDBCountry(b *testing.B) {
	for _, country := range []struct {
		name  string
		score float64
	}{{"quiet", 1e5}, {"busy", -1e6}} {
		b.Run(country.name, func(b *testing.B) {
			for _, what := range []string{"Register", "Login", "wrong code", "Register beside refusals"} {
				b.Run(what, func(b *testing.B) { benchCountry(b, what, country.score) })
			}
		})
	}
}

// Each connection has opened its tables once warmCalls are done.
const countryCallers, refusedCallers, warmCalls = 64, 32, 512

func benchCountry(b *testing.B, what string, score float64) {
	d := mariadbDatabase(b)
	db := d.open(b)
	db.SetMaxOpenConns(countryCallers + refusedCallers)
	db.SetMaxIdleConns(countryCallers + refusedCallers)
	svc, inbox := service(b, d.store(b, db), func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Minute}, {Burst: 5, Every: 12 * time.Minute}, {Burst: 10, Every: 144 * time.Minute}}
	})
	of := func(n int) *person {
		p := &person{ctx: b.Context(), svc: svc, inbox: inbox, n: n}
		_, p.client = caller(n)
		p.phone = phoneOfUser(n)
		return p
	}
	inParallel(b, countryCallers, countryCallers, func(i int) error { _, err := of(i).register(); return err })
	_, err := db.Exec("UPDATE phoneauth_counters SET amount = ? WHERE `key` LIKE 'b%'", score)
	require.NoError(b, err)

	calls := make([]func() error, warmCalls+b.N)
	inParallel(b, 8, len(calls), func(i int) (err error) {
		calls[i], err = of(countryCallers + i).inCountry(what)
		return err
	})
	inParallel(b, countryCallers, warmCalls, func(i int) error { return calls[i]() })
	calls = calls[warmCalls:]
	var others sync.WaitGroup
	var refused atomic.Int64
	ctx, stop := context.WithCancel(b.Context())
	if what == "Register beside refusals" {
		for i := range refusedCallers {
			p := of(i)
			others.Go(func() {
				for ctx.Err() == nil {
					_, err := p.register()
					_, limited := errors.AsType[*phoneauth.LimitError](err)
					assert.True(b, limited || ctx.Err() != nil, "%v", err)
					refused.Add(1)
				}
			})
		}
	}
	server := startedMariaDB(b)
	used := server.Used()
	b.ResetTimer()
	inParallel(b, countryCallers, b.N, func(i int) error { return calls[i]() })
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	b.ReportMetric(float64((server.Used()-used).Microseconds())/float64(b.N), "server-µs/op")
	if n := refused.Load(); n > 0 {
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "refused/s")
	}
	stop()
	others.Wait()
}

// inCountry is prepared for BenchmarkMariaDBCountry. Nobody has an account before.
func (p *person) inCountry(what string) (func() error, error) {
	if strings.HasPrefix(what, "Register") {
		return func() error { _, err := p.register(); return err }, nil
	}
	code, err := p.register()
	if what == "Login" {
		return func() error { _, err := p.login(code); return err }, err
	}
	return func() error {
		if _, err := p.verify(wrong(code)); !errors.Is(err, phoneauth.ErrInvalidCode) {
			return fmt.Errorf("a wrong code: %w", err)
		}
		return nil
	}, err
}
