package integration_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
)

// A history is what several clients asked of one record of a store at once, and what
// each was answered, and when. It is linearizable if some order of the calls, in which
// none goes before one that had returned when it began, gives the same answers one at a
// time. Every verb is to be one atomic step, so all histories are to be.

const (
	clients        = 8 // at once, for each record
	callsPerClient = 5 // of one play
	callsPerTick   = 150
	// mostLost ends a play: a call of unknown outcome may have been done at any time after,
	// so that the orders to be tried multiply with each.
	mostLost = 2
	tick     = time.Minute
)

// instant is the model's time, in microseconds since the Unix epoch.
type instant int64

func at(t time.Time) instant                  { return instant(t.UnixMicro()) }
func (i instant) time() time.Time             { return time.UnixMicro(int64(i)).UTC() }
func (i instant) add(d time.Duration) instant { return i + instant(d.Microseconds()) }

// String is what a report shows: ticks since the start of a run.
func (i instant) String() string {
	if i == 0 {
		return "never"
	}
	return fmt.Sprintf("%+g", float64(i-at(historyStart))/float64(tick.Microseconds()))
}

var historyStart = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// call is one call of a verb.
type call struct {
	text  string
	parts []int // the records of its table that it is about
	now   instant
	do    func(ctx context.Context) (answer string, err error)
	// step is the model: what the verb may make of the state of each of these records, and
	// what it answers.
	step func(state any) (next []any, answer string)
}

// stepOf is step for a call that makes one thing of a state.
func stepOf[S any](step func(S) (S, string)) func(any) ([]any, string) {
	return func(state any) ([]any, string) {
		next, answer := step(state.(S))
		return []any{next}, answer
	}
}

// whole is an answer with all that came with it.
func whole(refusal, answer string) string { return strings.TrimSpace(refusal + " " + answer) }

// table is what one group of clients plays with.
type table struct {
	parts int // records with a state, and a history, of their own
	start any // the state of each at first
	// starts are the states of each, if they differ.
	starts []any
	next   func(r *rand.Rand, now instant) call
	// perhaps are the states that a store may be in where its state would be state, for
	// a call whose clock was at now while that of others had come to latest: what ends
	// between may have gone for good.
	perhaps func(state any, now, latest instant) []any
}

// game makes a table of records of store that no table had before.
type game func(store phoneauth.Store, tag string) table

// event is a call that was made.
type event struct {
	call
	client       int
	began, ended int64 // numbers in the order of all events
	latest       instant
	answer       string
	lost         bool // the outcome is unknown
	err          error
}

func (e *event) String() string {
	answer := e.answer
	if e.lost {
		answer = "? (" + e.err.Error() + ")"
	}
	return fmt.Sprintf("client %d at %v: %s = %s", e.client, e.now, e.text, answer)
}

// answered is the named answer that err is.
func answered(err error) (string, bool) {
	if limit, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return fmt.Sprintf("%s refuses for %v", limit.Limit, limit.RetryAfter), true
	}
	for _, named := range []error{phoneauth.ErrNotFound, phoneauth.ErrMismatch, phoneauth.ErrStale,
		phoneauth.ErrReused, phoneauth.ErrBlocked, phoneauth.ErrLocked, phoneauth.ErrPhoneTaken} {
		if errors.Is(err, named) {
			return named.Error(), true
		}
	}
	return "", err == nil
}

// run is many plays on one store.
type run struct {
	store phoneauth.Store
	games []game
	calls int // at least; those of historyCalls if 0
	seed  uint64
	// deadline is how long a call has, a while if nil.
	deadline func(r *rand.Rand) time.Duration
	// faults are done by turns, each after so many calls, while the others go on.
	faults []func()

	began, events, lost, tables, undecided atomic.Int64
	wrong                                  atomic.Pointer[string]
}

const callsPerFault = 500

// clock is the time at which a call begins that is the n-th.
func clock(n int64) instant { return at(historyStart).add(time.Duration(n/callsPerTick) * tick) }

// play plays until there were enough calls, or a history is not linearizable: then it
// returns that history.
func (r *run) play(t *testing.T) string {
	var all sync.WaitGroup
	for lane := range 2 * len(r.games) {
		all.Go(func() {
			for r.wrong.Load() == nil && r.began.Load() < int64(r.calls) {
				r.one(t, r.games[lane%len(r.games)])
			}
		})
	}
	all.Wait()
	if wrong := r.wrong.Load(); wrong != nil {
		return *wrong
	}
	return ""
}

// one is one play: all clients at one new table.
func (r *run) one(t *testing.T, g game) {
	n := r.tables.Add(1)
	tbl := g(r.store, fmt.Sprintf("%x-%d", r.seed, n))
	events := make([][]*event, clients)
	var all sync.WaitGroup
	var lost atomic.Int64
	for client := range clients {
		dice := rand.New(rand.NewPCG(r.seed, uint64(n)<<8|uint64(client)))
		all.Go(func() {
			for i := 0; i < callsPerClient && lost.Load() < mostLost; i++ {
				e := r.ask(t.Context(), dice, &tbl)
				e.client = client
				events[client] = append(events[client], e)
				if e.lost {
					lost.Add(1)
				}
			}
		})
	}
	all.Wait()
	for part := range tbl.parts {
		history := slices.DeleteFunc(slices.Concat(events...), func(e *event) bool { return !slices.Contains(e.parts, part) })
		if tbl.starts != nil {
			tbl.start = tbl.starts[part]
		}
		switch wrong, decided := linearizable(&tbl, history, clock(r.began.Load())); {
		case !decided:
			r.undecided.Add(1)
		case wrong != "":
			r.wrong.CompareAndSwap(nil, &wrong)
		}
	}
}

func (r *run) ask(ctx context.Context, dice *rand.Rand, tbl *table) *event {
	n := r.began.Add(1)
	if len(r.faults) > 0 && n%callsPerFault == 0 {
		r.faults[int(n/callsPerFault)%len(r.faults)]()
	}
	allowed := 20 * time.Second
	if r.deadline != nil {
		allowed = r.deadline(dice)
	}
	ctx, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	e := &event{call: tbl.next(dice, clock(n))}
	e.began = r.events.Add(1)
	answer, err := e.do(ctx)
	e.ended = r.events.Add(1)
	e.latest = clock(r.began.Load())
	refusal, known := answered(err)
	e.answer, e.err, e.lost = whole(refusal, answer), err, !known

	if e.lost {
		r.lost.Add(1)
	}
	return e
}

// after are the states that e may have made of state, with the answer that it had.
func (e *event) after(tbl *table, state any, end instant) (next []any) {
	latest := e.latest
	if e.lost {
		latest = end
	}
	for _, s := range tbl.perhaps(state, e.now, latest) {
		if after, answer := e.step(s); e.lost || answer == e.answer {
			next = append(next, after...)
		}
	}
	return next
}

// checkLimit bounds the search for an order. It takes milliseconds, and seconds where
// several outcomes are unknown.
const checkLimit = time.Minute

// linearizable returns the history if it is not. It is not decided if the search takes too long, as
// that of a few histories does on a busy machine.
//
// A call whose outcome is unknown may have been done at any later time, or not at all:
// it has not returned when all others have, and any answer is right. That it was not done
// at all is the same as that it was done last.
func linearizable(tbl *table, history []*event, end instant) (wrong string, decided bool) {
	type stepped struct {
		call  *event
		state any
	}
	done := map[stepped][]any{} // the search comes to most steps many times
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{tbl.start} },
		Step: func(state, input, _ any) []any {
			e := input.(*event)
			next, ok := done[stepped{e, state}]
			if !ok {
				next = e.after(tbl, state, end)
				done[stepped{e, state}] = next
			}
			return next
		},
	}
	operations := make([]porcupine.Operation, len(history))
	for i, e := range history {
		operations[i] = porcupine.Operation{ClientId: e.client, Input: e, Call: e.began, Return: e.ended}
		if e.lost {
			operations[i].Return = math.MaxInt64
		}
	}
	result, info := porcupine.CheckOperationsVerbose(model.ToModel(), operations, checkLimit)
	if result == porcupine.Illegal {
		return report(result, history, info), true
	}
	return "", result == porcupine.Ok
}

// report shows the history: first the longest order that was found, then what has no
// place in it.
func report(result porcupine.CheckResult, history []*event, info porcupine.LinearizationInfo) string {
	var longest []int
	for _, order := range info.PartialLinearizations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s. In this order:\n", result)
	placed := map[int]bool{}
	line := func(i int) {
		e := history[i]
		fmt.Fprintf(&out, "%6d to %6d, %v\n", e.began, e.ended, e)
	}
	for _, i := range longest {
		placed[i] = true
		line(i)
	}
	out.WriteString("and then none of:\n")
	var rest []int
	for i := range history {
		if !placed[i] {
			rest = append(rest, i)
		}
	}
	slices.SortFunc(rest, func(i, j int) int { return cmp.Compare(history[i].began, history[j].began) })
	for _, i := range rest {
		line(i)
	}
	return out.String()
}

// historyCalls is the size of a run.
func historyCalls() int {
	if os.Getenv("PHONEAUTH_RELEASE") != "" {
		return 100_000
	}
	return 10_000
}

// holds plays r, and sees that all histories are linearizable.
func (r *run) holds(t *testing.T) {
	t.Helper()
	r.seed = rand.Uint64()
	if r.calls == 0 {
		r.calls = historyCalls()
	}
	start := time.Now()
	wrong := r.play(t)
	t.Logf("%d calls at %d tables in %v, %d of unknown outcome, %d histories undecided", r.began.Load(), r.tables.Load(),
		time.Since(start).Round(time.Millisecond), r.lost.Load(), r.undecided.Load())
	assert.Empty(t, wrong, "a history is not linearizable")
	assert.LessOrEqual(t, 50*r.undecided.Load(), r.tables.Load(), "too many histories are undecided")
}
