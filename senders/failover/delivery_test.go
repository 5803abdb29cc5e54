package failover_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/failover"
)

func report(t *testing.T, s *failover.Sender, name string, status phoneauth.DeliveryStatus, n int) {
	t.Helper()
	for range n {
		s.Report(t.Context(), phoneauth.Delivery{ID: "id", Sender: name, Status: status})
	}
}

func TestWhoDoesNotDeliverGoesBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &peer{}, &peer{}
		s := pair(t, a, b)
		report(t, s, "a", phoneauth.Undelivered, 19)
		require.Equal(t, [2]int{1, 0}, send(t, s, a, b), "too few reports")
		report(t, s, "a", phoneauth.Undelivered, 1)
		require.Equal(t, [2]int{0, 1}, send(t, s, a, b))

		b.then = fails(temporary)
		require.Equal(t, [2]int{1, 1}, send(t, s, a, b), "behind the others, but there")
		b.then = nil

		time.Sleep(time.Minute)
		report(t, s, "a", phoneauth.Undelivered, 110) // of what it took before
		time.Sleep(4*time.Minute - 1)
		require.Equal(t, [2]int{0, 1}, send(t, s, a, b))
		time.Sleep(time.Nanosecond)
		require.Equal(t, [2]int{1, 0}, send(t, s, a, b), "it starts afresh")
		report(t, s, "a", phoneauth.Undelivered, 19)
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
		report(t, s, "a", phoneauth.Delivered, c.delivered)
		report(t, s, "a", phoneauth.Undelivered, c.undelivered)
		report(t, s, "a", phoneauth.Delivered, c.again)
		assert.Equal(t, c.demoted, send(t, s, a, b)[1] == 1, "%+v", c)
	}
}

func TestReportsThatChangeNothing(t *testing.T) {
	t.Parallel()
	a, b := &peer{}, &peer{}
	s := pair(t, a, b)
	report(t, s, "a", phoneauth.OptedOut, 100)
	report(t, s, "c", phoneauth.Undelivered, 100)
	report(t, s, "", phoneauth.Undelivered, 100)
	report(t, s, "a", "", 100)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
	report(t, s, "b", phoneauth.Undelivered, 20)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b))
	report(t, s, "a", phoneauth.Undelivered, 20)
	assert.Equal(t, [2]int{1, 0}, send(t, s, a, b), "both are behind: the order again")
}

func TestReportsAndSendsAtOnce(t *testing.T) {
	t.Parallel()
	s := pair(t, &peer{then: fails(temporary)}, &peer{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				s.Report(t.Context(), phoneauth.Delivery{Sender: "a", Status: phoneauth.Undelivered})
				_, err := s.Send(t.Context(), cairo)
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}
