package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// Differential compares a store that computes by itself, in Lua or in SQL, with the arithmetic
// of package phoneauth. It runs a random history on the store and on maps that call the Run of
// each step. After each step it compares the answer, the error and the result of ReadState. Instants and counts must be equal, scores to a billionth, and the RetryAfter of a
// score to a microsecond.
//
// steps is the length of the history. 0 means 2,000, or 1,000,000 with PHONEAUTH_RELEASE=1 in
// the environment. Every 200 steps it begins again with new keys, so that the
// store stays small. Keys are of two Redis slots. Time goes forward, often to the very
// microsecond at which something ends or one beside it, and also back, but not before the
// end of anything that the store may have forgotten.
//
// A failure prints the seed; PHONEAUTH_SEED runs that history again.
func Differential(t testing.TB, newStore func(t testing.TB) phoneauth.ChallengeStore, steps int) {
	t.Helper()
	seed := rand.Uint64()
	if s, err := strconv.ParseUint(os.Getenv("PHONEAUTH_SEED"), 10, 64); err == nil {
		seed = s
	}
	if steps == 0 {
		steps = 2_000
		if os.Getenv("PHONEAUTH_RELEASE") == "1" {
			steps = 1_000_000
		}
	}
	t.Logf("PHONEAUTH_SEED=%d: %d steps", seed, steps)
	differential(t, newStore(t), steps, seed)
}

func differential(t testing.TB, store phoneauth.ChallengeStore, steps int, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	for done := 0; done < steps; done += chapter {
		h := newHistory(random)
		for i := range min(chapter, steps-done) {
			if difference := h.play(t, store); difference != "" {
				require.Failf(t, "the store differs from the arithmetic of package phoneauth",
					"PHONEAUTH_SEED=%d, step %d: %s\n\nThe last steps:\n%s", seed, done+i, difference, strings.Join(h.told, "\n"))
			}
		}
		purge(t, store, h.latest, -1)
	}
}

// chapter is how many steps have the same keys.
const chapter = 200

// play makes one step on the reference and on store, and says how they differ.
func (h *history) play(t testing.TB, store phoneauth.ChallengeStore) string {
	t.Helper()
	h.move()
	if h.chance(40) {
		purge(t, store, h.latest, -1)
	}
	step := h.step()
	h.tell(step.name, step.params)
	want, wantErr := step.call(t.Context(), h.reference)
	got, gotErr := step.call(t.Context(), store)
	if d := differing("the error", wantErr, gotErr); d != "" {
		return d
	}
	if d := differing("the answer", want, got); d != "" {
		return d
	}
	h.forget(t.Context())
	p := h.everything()
	wantState, _ := h.reference.ReadState(t.Context(), p)
	state, err := store.ReadState(t.Context(), p)
	if err != nil {
		return fmt.Sprintf("ReadState after it: %v", err)
	}
	if d := differing("ReadState after it", wantState, state); d != "" {
		return d
	}
	return ""
}

// tell keeps the last steps for a failure.
func (h *history) tell(name string, params any) {
	if len(h.told) == 12 {
		h.told = h.told[1:]
	}
	h.told = append(h.told, fmt.Sprintf("at start+%s: %s %+v", h.now.Sub(start), name, params))
}

// differing says how got differs from want, or nothing.
func differing(what string, want, got any) string {
	if alike(want, got) {
		return ""
	}
	return fmt.Sprintf("%s is\n\t%+v\nand must be\n\t%+v", what, got, want)
}

// alike compares answers of one type.
func alike(want, got any) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case error:
		got, ok := got.(error)
		return ok && alikeErrors(want, got)
	case phoneauth.Challenge:
		return reflect.DeepEqual(plainChallenge(want), plainChallenge(got.(phoneauth.Challenge)))
	case phoneauth.BeginResult:
		got := got.(phoneauth.BeginResult)
		return want.ResendAt.Equal(got.ResendAt) && alike(want.Challenge, got.Challenge)
	case phoneauth.State:
		return alikeStates(want, got.(phoneauth.State))
	}
	panic(fmt.Sprintf("storetest: %T is no answer", want))
}

func alikeErrors(want, got error) bool {
	refusal, ok := errors.AsType[*phoneauth.LimitError](want)
	if !ok {
		return errors.Is(got, want)
	}
	refused, ok := errors.AsType[*phoneauth.LimitError](got)
	if !ok || refused.Limit != refusal.Limit {
		return false
	}
	off := (refused.RetryAfter - refusal.RetryAfter).Abs()
	return off == 0 || off <= tick && strings.HasPrefix(refusal.Limit, scoreName)
}

func alikeStates(want, got phoneauth.State) bool {
	if len(want.Challenges) != len(got.Challenges) || len(want.Lockouts) != len(got.Lockouts) ||
		len(want.Waits) != len(got.Waits) || len(want.Scores) != len(got.Scores) {
		return false
	}
	for i := range want.Challenges {
		if !alike(want.Challenges[i], got.Challenges[i]) {
			return false
		}
	}
	for i := range want.Lockouts {
		if want.Lockouts[i] != got.Lockouts[i] {
			return false
		}
	}
	for i := range want.Waits {
		if want.Waits[i] != got.Waits[i] {
			return false
		}
	}
	for i := range want.Scores {
		if math.Abs(want.Scores[i]-got.Scores[i]) > 1e-9*max(1, math.Abs(want.Scores[i])) {
			return false
		}
	}
	return true
}

// forget drops from the reference what a store may have dropped, since a caller's time has
// reached its end. From that end on no answer changes by it, so time goes on from there.
func (h *history) forget(ctx context.Context) {
	us := h.latest.UnixMicro()
	for _, end := range h.ends() {
		if end <= us {
			h.floor = max(h.floor, end)
		}
	}
	_, _ = h.reference.Purge(ctx, h.latest)
	h.now = later(h.now, time.UnixMicro(h.floor).UTC())
}

// ends returns the instants at which a row of the reference ends.
func (h *history) ends() (ends []int64) {
	for _, c := range h.reference.challenges {
		ends = append(ends, c.ExpiresAt.UnixMicro())
	}
	for _, tat := range h.reference.tats {
		ends = append(ends, tat)
	}
	for _, l := range h.reference.lockouts {
		ends = append(ends, l.End())
	}
	for _, s := range h.reference.scores {
		ends = append(ends, s.ForgetAt)
	}
	return ends
}

// edges returns the instants after now at which an answer may change: rows end, locks and counts too.
func (h *history) edges() []int64 {
	edges := h.ends()
	for _, l := range h.reference.lockouts {
		edges = append(edges, l.LockedUntil, l.ForgetAt)
	}
	edges = slices.DeleteFunc(edges, func(at int64) bool { return at <= h.now.UnixMicro() })
	slices.Sort(edges)
	return edges
}

// move sets the time of the next step.
func (h *history) move() {
	switch n := h.random.IntN(20); {
	case n < 4: // the same time
	case n < 13:
		h.now = h.now.Add(time.Duration(h.random.Int64N(int64(40*time.Second)>>h.random.IntN(25) + 1)).Truncate(tick))
	case n < 17:
		if edges := h.edges(); len(edges) > 0 {
			at := edges[h.random.IntN(min(3, len(edges)))] + h.random.Int64N(3) - 1
			h.now = later(h.now, time.UnixMicro(at).UTC())
		}
	case n < 18:
		h.now = h.now.Add(time.Duration(h.random.Int64N(int64(30 * time.Hour))).Truncate(tick))
	default:
		if back := h.now.UnixMicro() - h.floor; back > 0 {
			h.now = h.now.Add(-time.Duration(h.random.Int64N(min(back, int64(time.Hour/tick))+1)) * tick)
		}
	}
	h.latest = later(h.latest, h.now)
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
