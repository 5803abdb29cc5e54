package integration_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/senders/kannel"
)

// smsc is either kind of SMSC.
type smsc struct {
	stop, start func()
	messages    func() []integration.Text
	// stopAt is how many of the first 100 it must have before it is stopped.
	stopAt int
}

// outage makes 200 sends while the SMSC is stopped and started: none is lost, none is
// doubled, and every receipt is matched by one report.
func outage(t *testing.T, host *callbacks, s *kannel.Sender, m smsc) {
	t.Helper()
	const half = 100
	var receipts sync.Map
	var accepted atomic.Int32
	send := func(from int) (wait func()) {
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := from + worker; i < from+half; i += 4 {
					receipt, err := s.Send(t.Context(), text(fmt.Sprintf("+2010617978%02d", i%90), fmt.Sprint("message ", i)))
					if assert.NoError(t, err) {
						receipts.Store(receipt.ID, i)
						accepted.Add(1)
					}
				}
			})
		}
		return wg.Wait
	}

	wait := send(0)
	integration.Eventually(t, "messages before the outage", func() bool { return len(m.messages()) >= m.stopAt })
	m.stop()
	wait()
	wait = send(half)
	integration.Eventually(t, "sends during the outage", func() bool { return accepted.Load() >= half+half/2 })
	before := len(m.messages())
	m.start()
	wait()

	assert.EqualValues(t, 2*half, accepted.Load(), "Kannel accepts while its SMSC is away")
	assert.Less(t, before, 2*half)
	integration.Eventually(t, "every message", func() bool { return len(m.messages()) >= 2*half })
	integration.Eventually(t, "every report", func() bool { return len(host.got()) >= 2*half })
	texts := map[string]int{}
	for _, got := range m.messages() {
		texts[got.Text]++
	}
	for i := range 2 * half {
		assert.Equal(t, 1, texts[fmt.Sprint("message ", i)], "message %d", i)
	}
	assert.Len(t, m.messages(), 2*half)
	for _, d := range host.got() {
		_, ok := receipts.LoadAndDelete(d.ID)
		assert.True(t, ok, "a report of no receipt, or a second one: %+v", d)
		assert.Equal(t, phoneauth.Delivered, d.Status)
	}
	assert.Len(t, host.got(), 2*half)
}

// The fake SMSC acknowledges nothing, so it is stopped when nothing is on its way.
func TestKannelOutage(t *testing.T) {
	t.Parallel()
	host := newCallbacks(t)
	k := integration.StartKannel(t, integration.KannelOptions{})
	outage(t, host, host.sender(t, k), smsc{
		stop:     func() { k.StopSMSC(t) },
		start:    func() { k.StartSMSC(t) },
		messages: k.Messages,
		stopAt:   100,
	})
}

// The SMPP server is stopped with messages and reports on their way.
func TestKannelSMPPOutage(t *testing.T) {
	t.Parallel()
	host := newCallbacks(t)
	server := integration.StartSMPP(t)
	k := integration.StartKannel(t, integration.KannelOptions{SMPP: server.Addr()})
	outage(t, host, host.sender(t, k), smsc{
		stop:     func() { server.Stop(t) },
		start:    func() { server.Start(t) },
		messages: server.Messages,
		stopAt:   30,
	})
}
