package integration_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cputime"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/senders/webhook"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// BenchmarkJournal is what the journal costs of the CPUs of a server, that of the store included.
// Flows with it and flows without it take turns in one run, 170 each, so that a busy machine
// slows both down alike. The figures are those of the median turn: of few turns they tell nothing
// on a busy machine. A slow machine makes the journal look dearer: it is written once a second,
// however few entries there are. docs/performance.md has the commands.
func BenchmarkJournal(b *testing.B) {
	inProcess := func(s interface {
		phoneauth.Store
		phoneauth.JournalStore
	}) journalBench {
		return journalBench{s, s, cputime.Used}
	}
	for _, store := range []struct {
		name string
		open func(b *testing.B) journalBench
	}{
		{"SQLite", func(b *testing.B) journalBench {
			d := database{sqlstore.SQLite, "sqlite", sqliteDSN(filepath.Join(b.TempDir(), "phoneauth.db"))}
			return inProcess(d.store(b, d.open(b)))
		}},
		{"Postgres", func(b *testing.B) journalBench {
			d := postgresDatabase(b)
			s := d.store(b, d.open(b))
			return journalBench{s, s, func() time.Duration { return cputime.Used() + startedPostgres(b).Used() }}
		}},
		{"memory", func(b *testing.B) journalBench {
			return inProcess(memstore.New(memstore.MaxRecords(1<<40), memstore.MaxBytes(1<<50)))
		}},
	} {
		b.Run(store.name, func(b *testing.B) {
			var sides [2]*journaled
			var used func() time.Duration
			for i := range sides {
				s := store.open(b)
				used = s.used
				sides[i] = newJournaled(b, s, i == 1)
				sides[i].flows(b) // so that everything is prepared
			}
			b.ResetTimer()
			var without, more []float64 // µs a flow, of each turn
			for n := 0; n < b.N; n += turn {
				var took [2]float64
				for k := range sides {
					i := (k + n/turn) % len(sides) // each is first in every other turn
					before := used()
					sides[i].flows(b)
					took[i] = 1e6 * (used() - before).Seconds() / turn
				}
				without, more = append(without, took[0]), append(more, took[1]-took[0])
			}
			b.ReportMetric(median(without), "µs/flow")
			b.ReportMetric(median(more), "µs/journal")
			b.ReportMetric(100*median(more)/median(without), "%")
		})
	}
}

// turn is how many flows there are before the other side's: their entries fill two batches.
const turn = 170

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// journalBench is a store and a journal, and what they and this process have used of the CPUs.
type journalBench struct {
	phoneauth.Store
	journal phoneauth.JournalStore
	used    func() time.Duration
}

// journaled is a Service with a journal or without, behind an HTTP server of this process. Its
// clients are a process of their own, and so is who gets its texts: what they use is not counted.
type journaled struct {
	svc     *phoneauth.Service
	clients *child
	journal bool
	n       int
}

func newJournaled(b *testing.B, s journalBench, on bool) *journaled {
	j := &journaled{journal: on, clients: startChild(b, task{Do: "sign in"})}
	var sink string
	require.NoError(b, j.clients.hear(&sink))
	sender, err := webhook.New(webhook.Config{URL: sink})
	require.NoError(b, err)
	j.svc, _ = service(b, s.Store, func(c *phoneauth.Config) {
		c.Sender = sender
		if on {
			c.Journal.Store = s.journal
		}
	})
	server := httptest.NewServer(j.svc.Handler())
	b.Cleanup(server.Close)
	b.Cleanup(func() { require.NoError(b, j.svc.Close(context.WithoutCancel(b.Context()))) })
	j.clients.say(b, server.URL)
	return j
}

// flows are sign-ins of new users, by two requests each, of eight at once. A turn ends with
// all of them in the journal.
func (j *journaled) flows(b *testing.B) {
	j.clients.say(b, span{j.n, j.n + turn})
	j.n += turn
	var failed string
	require.NoError(b, j.clients.hear(&failed))
	require.Empty(b, failed)
	if j.journal {
		require.NoError(b, j.svc.FlushJournal(b.Context()))
	}
}
