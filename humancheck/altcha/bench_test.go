package altcha_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkVerify is to take at most 10 µs.
func BenchmarkVerify(b *testing.B) {
	c := newCheck(b, key)
	answer := encode(b, solve(b, ask(b, c, params())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Verify(b.Context(), answer, params()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyForeign verifies an answer that another key has signed.
func BenchmarkVerifyForeign(b *testing.B) {
	c := newCheck(b, key)
	answer := encode(b, solve(b, ask(b, newCheck(b, other), params())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Verify(b.Context(), answer, params()); err == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkAsk(b *testing.B) {
	c := newCheck(b, key)
	p := params()
	p.Level = 6
	b.ReportAllocs()
	for b.Loop() {
		_, err := c.Ask(b.Context(), p)
		require.NoError(b, err)
	}
}
