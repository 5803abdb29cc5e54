package memstore

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// thing is a value that can be of any size and end at any time.
type thing struct {
	ends  int64
	bytes int
}

func (t thing) end() int64 { return t.ends }
func (t thing) size() int  { return t.bytes }

// keyOf crowds the keys into few shards, and has keys that share a tag.
func keyOf(n int) (k key) {
	k[0] = byte(n % 3)
	binary.LittleEndian.PutUint32(k[4:], uint32(n/2)*0x9E3779B9)
	binary.LittleEndian.PutUint32(k[8:], uint32(n))
	return k
}

// check is what holds between any two calls.
func check(t *testing.T, tab *table[thing]) {
	t.Helper()
	var indexed, held int
	for i := range tab.index {
		used := 0
		for at, x := range tab.index[i].slots {
			if x.tag == 0 {
				continue
			}
			used++
			k := tab.record(x.place()).key
			found, ok := tab.find(k)
			if !ok || found != at || int(k[0]) != i {
				require.Fail(t, "the index leads to the record")
			}
		}
		require.Equal(t, used, tab.index[i].used)
		indexed += used
	}
	var stored int
	for b := range tab.buckets {
		n := tab.buckets[b].n
		require.Equal(t, n > 0, tab.occupied&(1<<b) != 0, "occupied has the buckets that are not empty")
		for i := range n {
			held += tab.buckets[b].at(uint32(i)).value.bytes
		}
		stored += n
	}
	require.Equal(t, tab.records, indexed)
	require.Equal(t, tab.records, stored)
	require.Equal(t, tab.held, held)
}

// after is d later than t, or at the end of time.
func after(t, d int64) int64 { return t + min(d, math.MaxInt64-t) }

// lifetime is from 1 µs to the end of time, every order of magnitude equally likely.
func lifetime(r *rand.Rand) int64 { return r.Int64() >> r.IntN(63) }

func TestTableAgainstMap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var tab table[thing]
		told := 0
		tab.dropped = func(thing) { told++ }
		model := map[key]thing{}
		const lag = 5e6 // how far behind the latest now a now may be
		latest := int64(1.7e15)
		for i := range 20_000 {
			if latest = after(latest, lifetime(r)>>r.IntN(63)); latest > 1e18 {
				break
			}
			now := latest - r.Int64N(lag)
			k := keyOf(r.IntN(300))
			switch r.IntN(4) {
			case 0, 1:
				v := thing{after(now, lifetime(r)), r.IntN(100)}
				tab.put(k, v)
				model[k] = v
			case 2:
				tab.drop(k)
				delete(model, k)
			case 3:
				tab.sweep(now, r.IntN(8))
			}
			if i%1000 == 0 {
				check(t, &tab)
				for k, want := range model {
					if want.ends > latest-lag {
						got, ok := tab.get(k)
						require.True(t, ok, "seed %d: what is live to any caller is there", seed)
						require.Equal(t, want, got)
					}
				}
			}
		}
		check(t, &tab)

		before, told0 := tab.records, told
		removed := 0
		for c := new(cursor); !c.done; {
			removed += tab.purge(latest, c, 7)
		}
		check(t, &tab)
		assert.Equal(t, removed, before-tab.records)
		assert.Equal(t, removed, told-told0)
		for k, v := range model {
			_, ok := tab.get(k)
			assert.Equal(t, v.ends > latest, ok, "purge leaves what is live, and nothing else")
		}
	}
}

func TestTableSweepsEverything(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var tab table[thing]
	const begin = int64(1.7e15)
	for n := range 10_000 {
		tab.put(keyOf(n), thing{ends: begin + r.Int64N(100*86400e6)})
	}
	tab.put(keyOf(-1), thing{ends: never})
	steps := 0
	for now := begin; now < begin+101*86400e6; now += 3600e6 {
		for before := -1; before != tab.records; steps += 10 {
			before = tab.records
			tab.sweep(now, 10)
		}
	}
	check(t, &tab)
	assert.Equal(t, 1, tab.records)
	assert.Less(t, steps, 10_000*20, "steps a record are few")
}

func TestTableDropsLateByTicksOnly(t *testing.T) {
	t.Parallel()
	const begin, second = int64(1.7e15), int64(1e6)
	for life := second; life < 400*86400*second; life *= 3 {
		var tab table[thing]
		tab.put(keyOf(1), thing{ends: begin + life})
		tab.sweep(begin+life+15*second, 100)
		require.Equal(t, 1, tab.records, "a caller 15 s behind still finds it")
		tab.sweep(begin+life+35*second, 100)
		require.Zero(t, tab.records, "life of %d s", life/second)
	}
}
