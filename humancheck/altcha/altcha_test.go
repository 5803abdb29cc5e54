package altcha_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/humancheck/altcha"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCheck(t, key)
	p := params()
	p.Now = now.Add(900 * time.Millisecond)
	challenge := ask(t, c, p)
	signed := challenge["parameters"].(object)
	assert.Len(t, signed, 9)
	assert.Equal(t, json.Number("1000"), signed["cost"])
	assert.Equal(t, json.Number(fmt.Sprint(now.Add(humancheck.Life).Unix())), signed["expiresAt"], "rounded down")
	assert.Equal(t, object{"binding": p.Binding, "level": json.Number("1")}, signed["data"])
	answer := encode(t, solve(t, challenge))

	p.Level = 0
	proof, err := c.Verify(t.Context(), answer, p)
	require.NoError(t, err)
	assert.Equal(t, humancheck.Proof{ID: challenge["signature"].(string), Level: 1}, proof)
	again, err := c.Verify(t.Context(), answer, p)
	require.NoError(t, err)
	assert.Equal(t, proof, again, "Verify does not remember")

	p.Now = now.Add(humancheck.Life - time.Microsecond)
	_, err = c.Verify(t.Context(), answer, p)
	require.NoError(t, err, "the last microsecond")
	p.Now = now.Add(humancheck.Life)
	assertWrong(t, c, answer, p, "it has expired")
}

// vector was made and solved by npm altcha-lib 2.8.0. Its secrets were the sub-keys of the key
// 00 01 … 1f, as package documentation says.
const vector = `{"challenge":{"parameters":{"algorithm":"PBKDF2/SHA-256","cost":1000,"data":{"binding":"a \"b\" \\c</d>~","level":3},"expiresAt":1767225900,"keyLength":32,"keyPrefix":"cac5c22514ab77edeb161d2fa2f6fedf","keySignature":"ec42b3900ee38b90ec50aa3409b977806152a682c966b01b58b3c27b0dd45a7b","nonce":"50fbb415eed837675b2fb0b5baf1b1dd","salt":"318cbf711354c40096d6a6e4d33043bf"},"signature":"91fb85933ee26cfe275c1f04e3a5c0fdbf6336d460bdd7f274d3180cf74cbe39"},"solution":{"counter":7,"derivedKey":"cac5c22514ab77edeb161d2fa2f6fedfbf582818ca22193ad030319727315f03","time":2.3}}`

// vectorCheck returns a check that accepts vector, and the params for it.
func vectorCheck(t testing.TB) (*altcha.Check, humancheck.Params) {
	t.Helper()
	var first [32]byte
	for i := range first {
		first[i] = byte(i)
	}
	return newCheck(t, first[:]), humancheck.Params{Binding: `a "b" \c</d>~`, Now: time.Unix(1767225899, 0)}
}

func TestKnownAnswer(t *testing.T) {
	t.Parallel()
	c, p := vectorCheck(t)
	proof, err := c.Verify(t.Context(), encode(t, json.RawMessage(vector)), p)
	require.NoError(t, err)
	assert.Equal(t, humancheck.Proof{ID: "91fb85933ee26cfe275c1f04e3a5c0fdbf6336d460bdd7f274d3180cf74cbe39", Level: 3}, proof)
	assert.Equal(t, decode(t, []byte(vector))["solution"].(object)["derivedKey"],
		solve(t, decode(t, []byte(vector))["challenge"].(object))["solution"].(object)["derivedKey"])
}

func TestBindingOfAnyPrintableCharacters(t *testing.T) {
	t.Parallel()
	c := newCheck(t, key)
	for _, binding := range []string{"a", `"\/<>&'`, strings.Repeat("~", 64), " "} {
		p := params()
		p.Binding = binding
		_, err := c.Verify(t.Context(), encode(t, solve(t, ask(t, c, p))), p)
		require.NoError(t, err, binding)
	}
	for _, binding := range []string{"", strings.Repeat("x", 65), "a\n", "a\x7f", "é"} {
		p := params()
		p.Binding = binding
		_, err := c.Ask(t.Context(), p)
		require.ErrorContains(t, err, "altcha: ask: Params.Binding must be 1 to 64 characters")
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	former, both, latter := newCheck(t, key), newCheck(t, other, key), newCheck(t, other)
	byFormer := encode(t, solve(t, ask(t, former, params())))
	byBoth := encode(t, solve(t, ask(t, both, params())))
	for _, answer := range []string{byFormer, byBoth} {
		_, err := both.Verify(t.Context(), answer, params())
		require.NoError(t, err, "all keys verify")
	}
	_, err := latter.Verify(t.Context(), byBoth, params())
	require.NoError(t, err, "the first key signs")
	assertWrong(t, latter, byFormer, params(), "the key is gone")
	assertWrong(t, former, byBoth, params(), "a foreign key")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	_, err := altcha.New()
	require.EqualError(t, err, "altcha: a key is required")
	_, err = altcha.New(key, []byte("canary"), key[:31])
	require.EqualError(t, err, "altcha: key 1 must be at least 32 bytes, has 6\naltcha: key 2 must be at least 32 bytes, has 31")

	own := append([]byte(nil), key...)
	c := newCheck(t, own)
	clear(own)
	_, err = newCheck(t, key).Verify(t.Context(), encode(t, solve(t, ask(t, c, params()))), params())
	require.NoError(t, err, "New keeps no slice of its caller")
	assert.Equal(t, "altcha altcha altcha", fmt.Sprintf("%v %+v %#v", c, c, c))
	assert.Equal(t, "altcha", c.LogValue().String())
	assert.Equal(t, "altcha", c.Kind())
}

func TestLevels(t *testing.T) {
	t.Parallel()
	c := newCheck(t, key)
	for _, level := range []humancheck.Level{-1, 0, humancheck.Highest + 1, math.MaxInt} {
		assert.Zero(t, altcha.Work(level))
		p := params()
		p.Level = level
		_, err := c.Ask(t.Context(), p)
		require.ErrorContains(t, err, "altcha: ask: Params.Level must be 1 to 6, is ")
	}
	for level := humancheck.Level(1); level <= humancheck.Highest; level++ {
		assert.Equal(t, 150<<(level-1), altcha.Work(level))
		p := params()
		p.Level = level
		assert.Equal(t, object{"binding": p.Binding, "level": json.Number(fmt.Sprint(level))}, ask(t, c, p)["parameters"].(object)["data"])
	}
}

// TestWorkIsUniform: counters are uniform, so their mean is what Work says, and giving up
// does not pay.
func TestWorkIsUniform(t *testing.T) {
	t.Parallel()
	const rounds, tenths = 20_000, 10
	for level := humancheck.Level(1); level <= humancheck.Highest; level++ {
		highest := 2 * altcha.Work(level)
		var sum float64
		var counts [tenths]int
		for range rounds {
			n := int(altcha.Counter(highest))
			require.True(t, n >= 1 && n <= highest)
			sum += float64(n)
			counts[(n-1)*tenths/highest]++
		}
		// Each bound is more than 5 standard deviations away.
		assert.InEpsilon(t, float64(altcha.Work(level))+0.5, sum/rounds, 0.025, "mean of level %d", level)
		for i, n := range counts {
			assert.InEpsilon(t, rounds/tenths, n, 0.13, "tenth %d of level %d", i, level)
		}
	}
}

func TestSolvedCountersAreThoseOfTheLevel(t *testing.T) {
	t.Parallel()
	c := newCheck(t, key)
	for range 5 {
		counter := solve(t, ask(t, c, params()))["solution"].(object)["counter"].(uint32)
		assert.True(t, counter >= 1 && counter <= 300, "%d", counter)
	}
}

func TestAskWaitsForAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCheck(t, key)
		free := altcha.Occupy(c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := c.Ask(ctx, params())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))

		asked := make(chan error)
		go func() {
			_, err := c.Ask(t.Context(), params())
			asked <- err
		}()
		synctest.Wait()
		free()
		require.NoError(t, <-asked)
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newCheck(t, key).Ask(ctx, params())
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualError(t, err, "altcha: ask: context canceled")
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	c := newCheck(t, other, key)
	p := params()
	answer := encode(t, solve(t, ask(t, newCheck(t, key), p)))
	var ids sync.Map
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				q, err := c.Ask(t.Context(), p)
				assert.NoError(t, err)
				_, again := ids.LoadOrStore(string(q.Challenge.(json.RawMessage)), true)
				assert.False(t, again)
				_, err = c.Verify(t.Context(), answer, p)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
}
