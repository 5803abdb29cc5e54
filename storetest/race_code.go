package storetest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// callers is how many race in a round; crowd is how many race for what is scarce.
const callers, crowd = 16, 64

// answer is what one of the callers in a race got.
type answer[V any] struct {
	value V
	err   error
}

// attempts makes n attempts at once.
func (c *challenges) attempts(n int, of func(i int) attempt) []answer[phoneauth.Challenge] {
	answers := make([]answer[phoneauth.Challenge], n)
	together(n, func(i int) { answers[i].value, answers[i].err = c.attempt(of(i)) })
	return answers
}

var codeRaces = []testCase[*challenges]{
	{"race: one code wins once", "of any number of concurrent callers to exactly one", func(c *challenges) {
		for round := range c.rounds {
			c.next()
			ch, proof := c.open(c.challenge("login")), c.challenge("proof")
			proofs := make([]phoneauth.Challenge, callers)
			answers := c.attempts(callers, func(i int) attempt {
				proofs[i] = proof
				proofs[i].ID, proofs[i].Digest = unique(), []byte("digest "+unique())
				a := right(ch, start)
				a.OnMatch.Store = &proofs[i]
				return a
			})
			winner := -1
			for i, a := range answers {
				if a.err == nil {
					require.Equal(c, -1, winner, "round %d: two callers win", round)
					winner = i
					c.same(ch, a.value, "as it was")
					continue
				}
				require.ErrorIs(c, a.err, phoneauth.ErrNotFound, "round %d", round)
			}
			require.NotEqual(c, -1, winner, "round %d: nobody wins", round)
			c.same(proofs[winner], c.win(proofs[winner], start), "what follows is the winner's")
		}
	}},
	{"race: a proof wins once", "Store, unless nil, is stored in place of whatever has its Key", func(c *challenges) {
		for round := range c.rounds {
			c.next()
			ch, proof := c.open(c.challenge("login")), c.challenge("proof")
			a := right(ch, start)
			a.OnMatch.Store = &proof
			c.matched(a)
			wins := 0
			for _, a := range c.attempts(callers, func(int) attempt { return right(proof, start) }) {
				if a.err == nil {
					wins++
					continue
				}
				require.ErrorIs(c, a.err, phoneauth.ErrNotFound, "round %d", round)
			}
			require.Equal(c, 1, wins, "round %d", round)
		}
	}},
	{"race: tries are exact", "TriesLeft of that challenge falls by one, a failure is counted", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			ch, l := c.open(c.challenge("login")), c.lockout("phone")
			answers := c.attempts(crowd, func(int) attempt {
				a := wrong(ch, start)
				a.Lockout = l
				return a
			})
			var left []int
			for _, a := range answers {
				if errors.Is(a.err, phoneauth.ErrMismatch) {
					left = append(left, a.value.TriesLeft)
					continue
				}
				require.ErrorIs(c, a.err, phoneauth.ErrNotFound, "round %d", round)
			}
			require.ElementsMatch(c, []int{4, 3, 2, 1, 0}, left, "round %d: each try is told what remains", round)
			c.gone(ch, start, "the right digest as the sixth", phoneauth.ErrNotFound)
			c.counted(l, 5, start, "5 tries")
		}
	}},
	{"race: locks are exact", "nothing is taken or counted", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			ch, l := c.challenge("login"), c.lockout("phone")
			ch.TriesLeft = 100
			c.open(ch)
			answers := c.attempts(crowd, func(int) attempt {
				a := wrong(ch, start)
				a.Lockout = l
				return a
			})
			counted := 0
			for _, a := range answers {
				if errors.Is(a.err, phoneauth.ErrMismatch) {
					counted++
					continue
				}
				require.True(c, limited(a.err, l.Name), "round %d: %v", round, a.err)
			}
			require.Equal(c, 10, counted, "round %d: locked at the tenth", round)
			require.Equal(c, 90, c.win(ch, start).TriesLeft, "round %d", round)
		}
	}},
	{"race: one Begin stores", "Of concurrent callers with one new Key exactly one stores, the others touch", func(c *challenges) {
		for round := range c.rounds {
			c.next()
			all, answers := make([]phoneauth.Challenge, callers), make([]answer[phoneauth.BeginResult], callers)
			for i := range all {
				all[i] = c.challenge("login")
			}
			together(callers, func(i int) {
				answers[i].value, answers[i].err = c.store.BeginChallenge(c.Context(), phoneauth.BeginParams{Challenge: all[i], Now: start})
			})
			var sends, want []int
			stored := answers[0].value.Challenge
			for i, a := range answers {
				require.NoError(c, a.err, "round %d", round)
				require.Equal(c, stored.ID, a.value.Challenge.ID, "round %d: all have one ID", round)
				require.Equal(c, stored.Digest, a.value.Challenge.Digest, "round %d: all have one Digest", round)
				require.Equal(c, stored.Sealed, a.value.Challenge.Sealed, "round %d: all have one Sealed", round)
				sends, want = append(sends, a.value.Challenge.Sends), append(want, i+1)
			}
			require.ElementsMatch(c, want, sends, "round %d: each adds its Sends", round)
			require.Equal(c, callers, c.win(stored, start).Sends, "round %d", round)
		}
	}},
	{"race: touching keeps what is counted", "Touching keeps ID, Digest, Sealed, TriesLeft", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			ch := c.challenge("login")
			ch.TriesLeft = 100
			c.open(ch)
			b := c.touch(ch, start)
			errs := make([]error, callers)
			together(callers, func(i int) {
				if (i+round)%2 == 0 {
					errs[i] = c.tryBegin(b)
				} else {
					_, errs[i] = c.attempt(wrong(ch, start))
				}
			})
			for i, err := range errs {
				if (i+round)%2 == 0 {
					require.NoError(c, err, "round %d", round)
				} else {
					require.ErrorIs(c, err, phoneauth.ErrMismatch, "round %d", round)
				}
			}
			got := c.win(ch, start)
			require.Equal(c, 100-callers/2, got.TriesLeft, "round %d: each try counts", round)
			require.Equal(c, 1+2*callers/2, got.Sends, "round %d: each send counts", round)
		}
	}},
	{"race: touching revives no challenge", "the challenge is removed", func(c *challenges) {
		for round := range c.rounds {
			c.next()
			ch := c.open(c.challenge("login"))
			b := c.touch(ch, start)
			errs := make([]error, callers)
			together(callers, func(i int) {
				if (i+round)%2 == 0 {
					errs[i] = c.tryBegin(b)
				} else {
					_, errs[i] = c.attempt(right(ch, start))
				}
			})
			wins := 0
			for i, err := range errs {
				switch {
				case (i+round)%2 == 0:
					require.NoError(c, err, "round %d", round)
				case err == nil:
					wins++
				}
			}
			require.Equal(c, 1, wins, "round %d: the code wins once, whatever is resent meanwhile", round)
			_, err := c.attempt(right(ch, start))
			require.Error(c, err, "round %d: the code wins again", round)
		}
	}},
	{"race: nothing revives a cancelled challenge", "CancelChallenges removes the challenges with these keys", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			ch := c.challenge("login")
			ch.TriesLeft = 100
			c.open(ch)
			errs := make([]error, callers)
			together(callers, func(i int) {
				if i == round%callers {
					errs[i] = c.store.CancelChallenges(c.Context(), ch.Key)
				} else {
					_, errs[i] = c.attempt(wrong(ch, start))
				}
			})
			require.NoError(c, errs[round%callers], "round %d", round)
			c.gone(ch, start, "cancelled", phoneauth.ErrNotFound)
		}
	}},
	{"race: Renew renames once", "p.Renew names no live challenge under this Key", func(c *challenges) {
		for round := range c.heavy() {
			c.next()
			ch := c.open(c.challenge("login"))
			all, errs := make([]phoneauth.BeginParams, callers), make([]error, callers)
			for i := range all {
				all[i] = c.touch(ch, after(time.Second))
				all[i].Renew = ch.ID
			}
			together(callers, func(i int) { errs[i] = c.tryBegin(all[i]) })
			winner := -1
			for i, err := range errs {
				if err == nil {
					require.Equal(c, -1, winner, "round %d: two callers renew one ID", round)
					winner = i
					continue
				}
				require.ErrorIs(c, err, phoneauth.ErrNotFound, "round %d", round)
			}
			require.NotEqual(c, -1, winner, "round %d: nobody renews", round)
			got := c.win(ch, after(time.Second))
			assert.Equal(c, all[winner].Challenge.ID, got.ID, "round %d", round)
			assert.Equal(c, 3, got.Sends, "round %d", round)
		}
	}},
}
