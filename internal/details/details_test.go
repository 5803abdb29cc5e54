package details_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/details"
)

// all returns Details with every field set to something of text and n.
func all(text string, n int) details.Details {
	return details.Details{
		Phone: text, SessionID: text + "s", Limit: text, Until: time.UnixMicro(int64(n)).UTC(),
		SendClass: text, SendFault: text, SendCode: "7" + text, Client: text, Terms: text, Place: text, Device: true, Test: true,
		Check: text, Level: n, Actor: text, Reason: text, Intent: text, Challenge: text,
	}
}

func same(t *testing.T, d details.Details) {
	t.Helper()
	want, err := json.Marshal(d)
	require.NoError(t, err)
	got := d.Append(nil)
	require.Equal(t, string(want), string(got))
	var read details.Details
	require.NoError(t, json.Unmarshal(want, &read))
	assert.Equal(t, read, details.Read(got))
}

func TestAppendWritesWhatJSONDoes(t *testing.T) {
	t.Parallel()
	same(t, details.Details{})
	same(t, details.Details{Phone: "+20******7840"})
	same(t, details.Details{Device: true})
	same(t, details.Details{Level: -3, Test: true})
	same(t, all("twilio", 1_700_000_000_123_456))
	for r := range rune(0x3000) {
		same(t, details.Details{Client: "a" + string(r), Place: string(r)})
	}
	for c := range 256 {
		same(t, details.Details{Reason: string([]byte{byte(c), 'x', byte(c)})})
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	d := details.Details{Phone: "+20******7840", Actor: "ann", Reason: strings.Repeat("<é", 128), SendCode: strings.Repeat("9", 1<<20)}
	d.Fit(1024)
	assert.LessOrEqual(t, len(d.Append(nil)), 1024)
	assert.Equal(t, "ann", d.Actor)
	assert.NotEmpty(t, d.Reason)
	assert.Equal(t, d, details.Read(d.Append(nil)), "no character is cut")
	whole := d
	d.Fit(1024)
	assert.Equal(t, whole, d)
	d.Fit(1)
	assert.Equal(t, details.Details{Phone: "+20******7840"}, d)
}

func TestReadOfNothing(t *testing.T) {
	t.Parallel()
	assert.Zero(t, details.Read(nil))
	assert.Zero(t, details.Read([]byte("junk")))
}

func FuzzAppend(f *testing.F) {
	f.Add("Chrome on Android", 7)
	f.Add("<script>\u2028\"\\\x00\xff", -1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		d := all(text, n)
		if d.Until.Year() < 0 || d.Until.Year() > 9999 { // no JSON
			d.Until = time.Time{}
		}
		same(t, d)
	})
}

func BenchmarkAppend(b *testing.B) {
	d := details.Details{Phone: "+20******7840", SessionID: "0123456789012345678901", Client: "Chrome on Android"}
	var into []byte
	for b.Loop() {
		into = d.Append(into[:0])
	}
}
