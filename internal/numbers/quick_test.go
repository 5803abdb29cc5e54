package numbers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/race"
)

// TestQuickIsWhole: the quick way gives what the whole parse gives, for numbers of every region
// and for digits at random, with and without a trunk prefix inside. It is done with most of those
// that are valid.
func TestQuickIsWhole(t *testing.T) {
	t.Parallel()
	rounds := 10
	switch {
	case os.Getenv("PHONEAUTH_RELEASE") == "1":
		rounds = 5_000 // of 2,250 numbers each
	case race.Enabled:
		rounds = 2
	}
	random := rand.New(rand.NewPCG(1, 2))
	var bases []string
	lengths := map[string]int{}
	for region := range Regions() {
		code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
		bases = append(bases, "+"+code, "+"+code+"0", "+"+code+"8", "+"+code+"1")
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.VOIP} {
			if example := phonenumbers.GetExampleNumberForType(region, kind); example != nil {
				e164 := phonenumbers.Format(example, phonenumbers.E164)
				bases = append(bases, e164[:len(e164)-4], e164[:len(e164)-2])
				lengths[e164[:len(e164)-4]], lengths[e164[:len(e164)-2]] = 4, 2
			}
		}
	}
	for range 100 {
		bases = append(bases, "+"+strconv.Itoa(random.IntN(1000)))
	}
	compared, valid, quick := 0, 0, 0
	for range rounds {
		for i, base := range bases {
			var spelled strings.Builder
			spelled.WriteString(base)
			more := random.IntN(12)
			if i%2 == 0 {
				more = lengths[base] // most are as long as numbers of that kind are
			}
			for range more {
				spelled.WriteString(strconv.Itoa(random.IntN(10)))
			}
			n, ok, done := readQuickly(spelled.String())
			whole, wholeOK := readWhole(spelled.String(), noRegion)
			if compared++; wholeOK {
				valid++
			}
			if done {
				require.Equal(t, wholeOK, ok, spelled.String())
				require.Equal(t, whole, n, spelled.String())
				if ok {
					quick++
				}
			}
		}
	}
	t.Logf("%d numbers, %d of them valid, %d of these read quickly", compared, valid, quick)
	assert.Greater(t, quick, valid*8/10)
}

// The traps that are known: a trunk prefix inside an international number.
func TestQuickLeavesTrunkPrefixes(t *testing.T) {
	t.Parallel()
	for _, spelled := range []string{"+3306612345678", "+375829123456", "+11234567890", "+780012345678"} {
		if _, _, done := readQuickly(spelled); done {
			n, ok, _ := readQuickly(spelled)
			whole, wholeOK := readWhole(spelled, noRegion)
			assert.Equal(t, fmt.Sprint(whole, wholeOK), fmt.Sprint(n, ok), spelled)
		}
	}
	_, _, done := readQuickly("+330661234567")
	assert.False(t, done, "the 0 may be a trunk prefix")
}

// BenchmarkRead compares the two.
func BenchmarkRead(b *testing.B) {
	for name, read := range map[string]func(string){
		"quick": func(s string) { readQuickly(s) },
		"whole": func(s string) { readWhole(s, noRegion) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read("+201061797840")
			}
		})
	}
}

// TestPrefixesAreSmall: the metadata that the prefixes are read from stays in memory.
func TestPrefixesAreSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	require.NotEmpty(t, nationalPrefixes())
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
}
