package suite

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/phoneauth/phoneauth"
)

// Numbers of the tests. All are mobile numbers.
const (
	// Owner is the number that a test is about.
	Owner = "+201061797840"
	// Stranger is the number of somebody else.
	Stranger = "+33612345678"
	// Third is a number of nobody so far.
	Third = "+6584932466"
)

var numbersMade atomic.Int64

// FreshPhone is a valid mobile number that no other test has, in a block of its own.
func FreshPhone() string { return fmt.Sprintf("+2010%08d", numbersMade.Add(1)*10_007%1e8) }

// FreshClient has an address that no other test has.
func FreshClient() phoneauth.ClientInfo {
	n := numbersMade.Add(1)
	return phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// WrongCode is well-formed and not code.
func WrongCode(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// AtOnce calls f from n goroutines that start together, and returns what they got.
func AtOnce[T any](n int, f func(i int) T) []T {
	results := make([]T, n)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			results[i] = f(i)
		})
	}
	close(start)
	done.Wait()
	return results
}
