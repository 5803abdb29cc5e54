package integration_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// BenchmarkRegions is sign-ins of known users by 64 callers on PostgreSQL, all in one region and in 20
// regions, with the default limits, and in 20 regions without limits. They take turns in one run,
// so that a busy machine slows all of them down alike. The figures are those of the median turn:
// flows a second, what the server used of the CPUs for a flow, and how many of its statements
// repeated a step that had met another; and how many deadlocks there were in all.
// docs/performance.md has the command.
func BenchmarkRegions(b *testing.B) {
	sides := []*regionSide{
		newRegionSide(b, "hot", false, regionNumbers[:1]...),
		newRegionSide(b, "spread", false, regionNumbers...),
		newRegionSide(b, "off", true, regionNumbers...),
	}
	before := sides[0].deadlocks(b)
	for _, s := range sides {
		s.turn(b, 1, regionCallers)
		s.least = s.again[0]
		for range regionWarm {
			s.turn(b, regionCallers, regionTurn)
		}
		s.rates, s.used, s.again = nil, nil, nil
	}
	b.ResetTimer()
	for n := 0; n < b.N; n += regionTurn {
		for k := range sides { // each is first in every third turn
			sides[(k+n/regionTurn)%len(sides)].turn(b, regionCallers, regionTurn)
		}
	}
	for _, s := range sides {
		b.ReportMetric(median(s.rates), s.name+"-flows/s")
		b.ReportMetric(median(s.used), s.name+"-µs/flow")
		b.ReportMetric(median(s.again), s.name+"-again/flow")
	}
	b.ReportMetric(median(sides[0].rates)/median(sides[1].rates), "hot/spread")
	b.ReportMetric(sides[0].deadlocks(b)-before, "deadlocks")
}

const (
	regionCallers = 64
	regionTurn    = 512 // flows
	// regionWarm is how many turns prepare all statements, and make one region so busy that its
	// score is sampled: a sign-in lowers it by 2.
	regionWarm = 2
)

// regionNumbers are how numbers of 20 regions look, each in 10 blocks of 1,000,000 or more.
var regionNumbers = []string{"+20100%07d", "+336%08d", "+491512%07d", "+44740%07d", "+91812%07d", "+3461%07d", "+39312%07d",
	"+551196%07d", "+234802%07d", "+25471%07d", "+2771%07d", "+62812%07d", "+63905%07d", "+6681%07d", "+8491%07d", "+90501%07d",
	"+4851%07d", "+38050%07d", "+96651%07d", "+21265%07d"}

// regionSide is one of those that take turns.
type regionSide struct {
	name    string
	db      *sql.DB
	store   *sqlstore.Store
	svc     *phoneauth.Service
	inbox   *phonetest.Inbox
	asked   *counted
	server  func() time.Duration
	numbers []string
	users   int
	least   float64 // statements of a flow in which no step meets another

	rates, used, again []float64 // of each turn
}

func newRegionSide(b *testing.B, name string, unlimited bool, numbers ...string) *regionSide {
	d := postgresDatabase(b)
	db, asked := d.countedDB(b)
	s := &regionSide{name: name, db: db, store: d.store(b, db), asked: asked, server: startedPostgres(b).Used, numbers: numbers}
	s.svc, s.inbox = service(b, s.store, func(c *phoneauth.Config) { c.Limits = phoneauth.Limits{InsecureOff: unlimited} })
	return s
}

// deadlocks are those of the server since it was started.
func (s *regionSide) deadlocks(b *testing.B) (n float64) {
	require.NoError(b, s.db.QueryRow("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
	return n
}

// phone is the number of the n-th user, in another block than those before it.
func (s *regionSide) phone(n int) string {
	numbers := s.numbers[n%len(s.numbers)]
	return fmt.Sprintf(numbers, n*6_180_339%10_000_000)
}

// turn signs in so many users, who were there before.
func (s *regionSide) turn(b *testing.B, callers, flows int) {
	first := s.users
	s.users += flows
	var users []phoneauth.UserImport
	for n := first; n < s.users; n++ {
		users = append(users, phoneauth.UserImport{Phone: phoneauth.StoredPhone(s.phone(n)), UUID: fmt.Sprint("user ", n)})
	}
	for batch := range slices.Chunk(users, 256) {
		_, err := s.store.ImportUsers(b.Context(), batch, time.Now())
		require.NoError(b, err)
	}
	s.asked.reset()
	used, start := s.server(), time.Now()
	inParallel(b, callers, flows, func(i int) error {
		p := person{ctx: b.Context(), svc: s.svc, inbox: s.inbox, phone: s.phone(first + i)}
		_, p.client = caller(first + i)
		_, err := p.signUp()
		return err
	})
	n := float64(flows)
	s.rates = append(s.rates, n/time.Since(start).Seconds())
	s.used = append(s.used, 1e6*(s.server()-used).Seconds()/n)
	s.again = append(s.again, float64(s.asked.calls.Load())/n-s.least)
}
