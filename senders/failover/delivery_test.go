package failover_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/bubble"
	"github.com/phoneauth/phoneauth/senders/failover"
)

// reporter hands on reports of messages, each of which has an id of its own.
type reporter struct {
	t *testing.T
	s *failover.Sender
	n int
}

func (r *reporter) report(d phoneauth.Delivery, n int) {
	r.t.Helper()
	for range n {
		r.n++
		d.ID = fmt.Sprint("message ", r.n)
		r.s.Report(r.t.Context(), d)
	}
}

func delivered(name string) phoneauth.Delivery {
	return phoneauth.Delivery{Sender: name, Status: phoneauth.Delivered}
}

// undelivered is a report of the sender's fault.
func undelivered(name string) phoneauth.Delivery {
	return phoneauth.Delivery{Sender: name, Status: phoneauth.Undelivered, Fault: phoneauth.FaultSender}
}

func TestWhoDoesNotDeliverGoesBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &peer{}, &peer{}
		s := pair(t, a, b)
		r := &reporter{t: t, s: s}
		r.report(undelivered("a"), 19)
		require.Equal(t, [2]int{1, 0}, send(t, s, a, b), "too few reports")
		r.report(undelivered("a"), 1)
		require.Equal(t, [2]int{0, 1}, send(t, s, a, b))

		b.then = fails(temporary)
		require.Equal(t, [2]int{1, 1}, send(t, s, a, b), "behind the others, but there")
		b.then = nil

		bubble.Elapse(time.Minute)
		r.report(undelivered("a"), 110) // of what it took before
		bubble.Elapse(4*time.Minute - 1)
		require.Equal(t, [2]int{0, 1}, send(t, s, a, b))
		bubble.Elapse(time.Nanosecond)
		require.Equal(t, [2]int{1, 0}, send(t, s, a, b), "it starts afresh")
		r.report(undelivered("a"), 19)
		require.Equal(t, [2]int{1, 0}, send(t, s, a, b))
	})
}

func TestHalfOfTheLastReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		delivered, undelivered, again int
		demoted                       bool
	}{
		{10, 10, 0, true},
		{11, 9, 0, false},
		{1000, 9, 0, false},
		{1000, 10, 0, true},
		{10, 9, 100, false},
	} {
		a, b := &peer{}, &peer{}
		s := pair(t, a, b)
		r := &reporter{t: t, s: s}
		r.report(delivered("a"), c.delivered)
		r.report(undelivered("a"), c.undelivered)
		r.report(delivered("a"), c.again)
		assert.Equal(t, c.demoted, send(t, s, a, b)[1] == 1, "%+v", c)
	}
}

func TestReportsThatChangeNothing(t *testing.T) {
	t.Parallel()
	a, b := &peer{}, &peer{}
	s := pair(t, a, b)
	r := &reporter{t: t, s: s}
	ofStatus := func(status phoneauth.DeliveryStatus) phoneauth.Delivery {
		return phoneauth.Delivery{Sender: "a", Status: status, Fault: phoneauth.FaultSender}
	}
	r.report(ofStatus(phoneauth.OptedOut), 100)
	r.report(ofStatus(""), 100)
	r.report(undelivered("c"), 100)
	r.report(undelivered(""), 100)
	for range 100 {
		s.Report(t.Context(), undelivered("a")) // no id
	}
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
	r.report(undelivered("b"), 20)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
	r.report(undelivered("a"), 20)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "both are behind: the order again")
}

// TestDeadNumbersDemoteNobody: anybody can ask for texts to numbers that nobody has, and
// the reports of those are no reason to pass the sender over.
func TestDeadNumbersDemoteNobody(t *testing.T) {
	t.Parallel()
	for _, fault := range []phoneauth.SendFault{phoneauth.FaultDestination, ""} {
		a, b := &peer{}, &peer{}
		s := pair(t, a, b)
		r := &reporter{t: t, s: s}
		dead := phoneauth.Delivery{Sender: "a", Status: phoneauth.Undelivered, Code: "30005", Fault: fault}
		r.report(dead, 1000)
		assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "fault %q", fault)
		r.report(delivered("a"), 10)
		r.report(dead, 1000)
		r.report(undelivered("a"), 9)
		assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "fault %q: it fills no window", fault)
		r.report(undelivered("a"), 1)
		assert.Equal(t, [2]int{0, 1}, send(t, s, a, b), "fault %q: it hides nothing either", fault)
	}
}

// TestReportsCountOnceAnID: providers repeat their reports, and whoever saw one may.
func TestReportsCountOnceAnID(t *testing.T) {
	t.Parallel()
	a, b := &peer{}, &peer{}
	s := pair(t, a, b)
	d := undelivered("a")
	for range 10 {
		for i := range 19 {
			d.ID = fmt.Sprint(i)
			s.Report(t.Context(), d)
		}
	}
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "19 messages, reported 10 times each")

	a, b = &peer{}, &peer{}
	s = pair(t, a, b)
	r := &reporter{t: t, s: s}
	repeated := func(d phoneauth.Delivery, n int) {
		for i := range n {
			d.ID = fmt.Sprint(i)
			s.Report(t.Context(), d)
		}
	}
	r.report(delivered("a"), 20)
	repeated(undelivered("a"), 9)
	r.report(delivered("a"), 995)
	repeated(undelivered("a"), 9)
	r.report(undelivered("a"), 9)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "the same 9, 995 messages later")
	repeated(undelivered("b"), 20) // another sender's messages, of the same ids
	r.report(undelivered("a"), 1)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "both are behind: the order again")
}

func TestReportsAndSendsAtOnce(t *testing.T) {
	t.Parallel()
	s := pair(t, &peer{then: fails(temporary)}, &peer{})
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 100 {
				d := undelivered("a")
				d.ID = fmt.Sprint(g, i)
				s.Report(t.Context(), d)
				_, err := s.Send(t.Context(), cairo)
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}
