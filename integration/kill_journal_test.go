package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
)

// told is what a child tells of its journal.
type told struct {
	// What is an event of Phone and User, or "written": all that had happened until At is
	// in the journal.
	What        phoneauth.EventType
	Phone, User string
	// Reason is the operator's, where one did it.
	Reason string
	At     time.Time
	// Lost is what JournalLost says.
	Lost int64
}

const written phoneauth.EventType = "written"

// TestSQLKillJournal: a process with a journal is killed in the middle of its work. No action
// of an operator that it has acknowledged is without its two entries, and no sign-up without
// its own but for those of the time after the last write.
func TestSQLKillJournal(t *testing.T) {
	databases(t, func(t *testing.T, d database) {
		kills := 1
		if integration.Release() {
			kills = 20
		}
		p := d.place()
		p.migrate(t)
		for n := range kills {
			all, killed := killedInWork(t, p, n)
			writtenUntil := slices.MaxFunc(all, func(a, b told) int {
				return latestWritten(a).Compare(latestWritten(b))
			}).At
			missing := missingEntries(t, p, all)
			operated := 0
			for _, m := range missing {
				assert.Empty(t, m.Reason, "an operator's action is lost: %+v", m)
				assert.False(t, m.At.Before(writtenUntil), "lost, though written: %+v", m)
			}
			for _, a := range all {
				assert.Zero(t, a.Lost, "nothing is lost before the kill")
				if a.Reason != "" {
					operated++
				}
			}
			require.Greater(t, operated, 20)
			assert.Less(t, killed.Sub(writtenUntil), 5*time.Second, "a second, and two tries of two seconds each")
			t.Logf("%d acknowledged, %d of operators; %d lost, all of the last %v", len(all), operated, len(missing),
				killed.Sub(writtenUntil).Round(time.Millisecond))
		}
	})
}

func latestWritten(a told) time.Time {
	if a.What != written {
		return time.Time{}
	}
	return a.At
}

// killedInWork is what a child had told of when it was killed, and when that was. Its journal
// had been written twice by then, and it had told of much that was not.
func killedInWork(t *testing.T, p place, n int) (all []told, killed time.Time) {
	t.Helper()
	c := startChild(t, task{Do: "operate", Place: p, Number: n * lives})
	writes, since := 0, 0 // and how much it told of since the last of those
	for {
		var a told
		if err := c.hear(&a); err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		all = append(all, a)
		if a.What == written {
			writes, since = writes+1, 0
		} else {
			since++
		}
		if killed.IsZero() && writes >= 2 && since >= 20 {
			killed = time.Now()
			c.kill()
		}
	}
	require.False(t, killed.IsZero(), "it ended by itself")
	_ = c.cmd.Wait()
	return all, killed
}

// missingEntries are those that the journal has not all entries of.
func missingEntries(t *testing.T, p place, all []told) (missing []told) {
	t.Helper()
	store, end, err := p.open()
	require.NoError(t, err)
	defer func() { require.NoError(t, end()) }()
	svc, _ := service(t, store, func(c *phoneauth.Config) { c.Journal.Store = store.(phoneauth.JournalStore) })
	var mu sync.Mutex
	var next atomic.Int64
	integration.AtOnce(writers, func(int) {
		for i := next.Add(1) - 1; int(i) < len(all); i = next.Add(1) - 1 {
			has, err := all[i].hasEntries(t.Context(), svc)
			if !assert.NoError(t, err) || has {
				continue
			}
			mu.Lock()
			missing = append(missing, all[i])
			mu.Unlock()
		}
	})
	return missing
}

// hasEntries reports whether the journal has all entries of what was told.
func (a told) hasEntries(ctx context.Context, svc *phoneauth.Service) (bool, error) {
	if a.What == written {
		return true, nil
	}
	entries, err := svc.Timeline(ctx, phoneauth.TimelineQuery{Phone: a.Phone})
	if err != nil {
		return false, err
	}
	if a.What == phoneauth.EventSignedOut || a.What == phoneauth.EventSessionEnded { // they name the account alone
		if entries, err = svc.Timeline(ctx, phoneauth.TimelineQuery{UserID: a.User}); err != nil {
			return false, err
		}
	}
	meant := a.Reason == "" || slices.ContainsFunc(entries, func(e phoneauth.Entry) bool {
		return e.Type == phoneauth.EventOperator && e.Intent == a.What && e.Reason == a.Reason && e.Actor == "ana"
	})
	return meant && slices.ContainsFunc(entries, func(e phoneauth.Entry) bool { return e.Type == a.What && e.Reason == a.Reason }), nil
}

// toldJournal tells of writes. Entries are written in the order in which they were added, so
// all that had been acknowledged before the newest of a batch happened is written with it.
type toldJournal struct{ phoneauth.JournalStore }

func (j toldJournal) AppendEntries(ctx context.Context, entries []phoneauth.JournalEntry) error {
	until := slices.MaxFunc(entries, func(a, b phoneauth.JournalEntry) int { return a.Time.Compare(b.Time) }).Time
	err := j.JournalStore.AppendEntries(ctx, entries)
	if err == nil && !slices.ContainsFunc(entries, byOperator) {
		err = tell(told{What: written, At: until})
	}
	return err
}

// byOperator: such an entry is written by itself, at once.
func byOperator(e phoneauth.JournalEntry) bool { return bytes.Contains(e.Data, []byte(`"actor"`)) }

// operateAsChild signs people up, and acts on some of them as an operator, until it is killed.
func operateAsChild(of task) error {
	endWithParent()
	store, end, err := of.Place.open()
	if err != nil {
		return err
	}
	defer func() { _ = end() }()
	svc, inbox, err := newService(store, func(c *phoneauth.Config) { c.Journal.Store = toldJournal{store.(phoneauth.JournalStore)} })
	if err != nil {
		return err
	}
	var next atomic.Int64
	var mu sync.Mutex
	var errs error
	integration.AtOnce(writers, func(int) {
		for {
			if err := operated(svc, inbox, of.Number+int(next.Add(1))); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = errors.Join(errs, err)
				return
			}
		}
	})
	return errs
}

// operated is a sign-up, and for every other person an operator's action.
func operated(svc *phoneauth.Service, inbox *phonetest.Inbox, n int) error {
	p := person{ctx: context.Background(), svc: svc, inbox: inbox, n: n}
	p.phone, p.client = caller(n)
	session, err := p.signUp()
	if err != nil {
		return err
	}
	a := told{What: phoneauth.EventSignedUp, Phone: p.phone, User: session.User.ID, At: time.Now(), Lost: svc.JournalLost()}
	if err := tell(a); err != nil || n%2 == 0 {
		return err
	}
	a.Reason = fmt.Sprint("ticket ", n)
	ctx := phoneauth.WithActor(p.ctx, phoneauth.Actor{Name: "ana", Reason: a.Reason})
	switch n % 8 {
	case 1:
		a.What, err = phoneauth.EventBlocked, svc.SetBlocked(ctx, a.User, true)
	case 3:
		a.What, err = phoneauth.EventUnlocked, svc.Unlock(ctx, a.Phone)
	case 5:
		a.What, err = phoneauth.EventSignedOut, svc.LogoutAll(ctx, a.User)
	default:
		a.What, err = phoneauth.EventSessionEnded, svc.EndSession(ctx, a.User, session.ID)
	}
	if err != nil {
		return err
	}
	a.At, a.Lost = time.Now(), svc.JournalLost()
	return tell(a)
}
