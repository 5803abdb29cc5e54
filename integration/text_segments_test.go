package integration_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
	// other characters that stand alone: none combines with its neighbours.
	other  = "`çêáíóúŞ‘’…–а你好مصر"
	astral = "😀🙂🔑𝒜𐍈"
	// combining makes clusters of characters, which the calculator keeps in one segment.
	combining = "कोड है फ़ोन बदलने न बताएँ e\u0301 👩‍🔧 🇪🇬 👍🏽"
)

// randomText is up to 350 characters, most often about as many as fill segments.
func randomText(d *rand.Rand, pools ...string) string {
	length := d.IntN(350)
	if full := []int{35, 70, 80, 134, 160, 306}; d.IntN(4) > 0 {
		length = max(full[d.IntN(len(full))]+d.IntN(17)-8, 0)
	}
	rare := d.IntN(40) // how seldom another pool than the first is taken from
	text := make([]rune, length)
	for i := range text {
		pool := []rune(pools[0])
		if len(pools) > 1 && d.IntN(rare+1) == 0 {
			pool = []rune(pools[1+d.IntN(len(pools)-1)])
		}
		text[i] = pool[d.IntN(len(pool))]
	}
	return string(text)
}

// TestTextSegments: the calculator agrees on thousands of random texts.
func TestTextSegments(t *testing.T) {
	t.Parallel()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	d := rand.New(rand.NewPCG(uint64(seed), 0))
	texts := []string{"", "\r\n", "012345 est votre code", "012345 آپ"}
	for range 600 {
		texts = append(texts,
			randomText(d, gsmBasic),
			randomText(d, gsmBasic, gsmExtension),
			randomText(d, gsmBasic, gsmExtension, other),
			randomText(d, other, gsmExtension, astral),
			randomText(d, astral, gsmBasic),
		)
	}
	kinds := map[integration.Segments]int{}
	for i, want := range integration.CountSegments(t, texts) {
		n, encoding := phoneauth.Segments(texts[i])
		require.Equal(t, want, integration.Segments{N: n, Encoding: encoding}, "%q", texts[i])
		kinds[want]++
	}
	for n := 1; n <= 3; n++ {
		assert.NotZero(t, kinds[integration.Segments{N: n, Encoding: phoneauth.GSM7}], "%d in GSM-7", n)
		assert.NotZero(t, kinds[integration.Segments{N: n, Encoding: phoneauth.UCS2}], "%d in UCS-2", n)
	}
}

// TestTextSegmentsOfClusters: the calculator keeps together what is one character to a
// reader, and phones do not; so it may count more, but not where it is about one or more.
func TestTextSegmentsOfClusters(t *testing.T) {
	t.Parallel()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	d := rand.New(rand.NewPCG(uint64(seed), 0))
	var texts []string
	for range 200 {
		texts = append(texts, randomText(d, combining), randomText(d, combining, gsmBasic), randomText(d, gsmBasic, combining))
	}
	for i, want := range integration.CountSegments(t, texts) {
		n, encoding := phoneauth.Segments(texts[i])
		require.Equal(t, want.Encoding, encoding, "%q", texts[i])
		require.Equal(t, want.N == 1, n == 1, "%q", texts[i])
		require.LessOrEqual(t, n, want.N, "%q", texts[i])
	}
}
