package phoneauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/race"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// The promises of docs/security.md, kept by the Service over whatever Store. Those of
// the stores are in package storetest.

// newStore makes an empty store.
type newStore func(testing.TB) phoneauth.Store

func inMemory(testing.TB) phoneauth.Store { return memstore.New() }

// TestPromises runs what needs no clock of its own on memory.
func TestPromises(t *testing.T) { promises(t, inMemory, raceRounds()) }

// promises that hold on every store. rounds is how often each race is run.
func promises(t *testing.T, store newStore, rounds int) {
	for _, promise := range []struct {
		name string
		test func(*testing.T, newStore, int)
	}{
		{"a code wins once", promiseCodeOnce},
		{"a verification token wins once", promiseProofOnce},
		{"a host's token wins once", promiseRedeemOnce},
		{"a refresh token has one successor", promiseOneSuccessor},
		{"one account per number", promiseOneAccount},
		{"tries are exact", promiseExactTries},
		{"limits never overshoot", promiseNoOvershoot},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			promise.test(t, store, rounds)
		})
	}
}

// release asks for the figures of a release: minutes, not seconds.
func release() bool { return os.Getenv("PHONEAUTH_RELEASE") == "1" }

func raceRounds() int {
	switch {
	case release():
		return 100_000
	case race.Enabled || testing.Short():
		return 100
	}
	return 2_000
}

// trial is a Service and everything around it.
type trial struct {
	*phoneauth.Service
	inbox  *phonetest.Inbox
	store  phoneauth.Store
	config phoneauth.Config

	mu   sync.Mutex
	told []phoneauth.Event
}

// startTrial makes a Service with the default rules on store. change may change the
// Config first.
func startTrial(t testing.TB, store phoneauth.Store, change ...func(*phoneauth.Config)) *trial {
	t.Helper()
	tr := &trial{inbox: phonetest.New(), store: store}
	tr.config = phoneauth.Config{
		Store:  store,
		Sender: tr.inbox,
		Keys:   trialKeys(),
		Logger: slog.New(slog.DiscardHandler),
		Hooks:  phoneauth.Hooks{OnEvent: tr.tell},
	}
	for _, c := range change {
		c(&tr.config)
	}
	var err error
	tr.Service, err = phoneauth.New(tr.config)
	require.NoError(t, err)
	return tr
}

func trialKeys() phoneauth.Keys {
	return phoneauth.Keys{
		Index:   bytes.Repeat([]byte("index key "), 4),
		Secrets: []phoneauth.Key{{ID: "now", Secret: bytes.Repeat([]byte("secret key"), 4)}},
	}
}

func (tr *trial) tell(_ context.Context, e phoneauth.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.told = append(tr.told, e)
}

// events are those of one type.
func (tr *trial) events(what phoneauth.EventType) (all []phoneauth.Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, e := range tr.told {
		if e.Type == what {
			all = append(all, e)
		}
	}
	return all
}

// loose takes the shared limits out of the way of a test that is not about them.
func loose(c *phoneauth.Config) {
	c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
	c.Limits.AddressSends = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	c.Limits.AddressFailures = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	c.Limits.Block, c.Limits.WideBlock, c.Limits.Country = 1e9, 1e9, 1e9
}

// noEvents spares long runs the memory.
func noEvents(c *phoneauth.Config) { c.Hooks.OnEvent = nil }

var numbersMade atomic.Int64

// freshPhone is a valid mobile number that no other test has, in a block of its own.
func freshPhone() string { return fmt.Sprintf("+2010%08d", numbersMade.Add(1)*10_007%1e8) }

// freshClient has an address that no other test has.
func freshClient() phoneauth.ClientInfo {
	n := numbersMade.Add(1)
	return phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// register sends a code to phone, for signing in.
func (tr *trial) register(t testing.TB, phone string) (p *phoneauth.Pending, code string) {
	t.Helper()
	return tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
}

func (tr *trial) registerAs(t testing.TB, r phoneauth.RegisterRequest) (p *phoneauth.Pending, code string) {
	t.Helper()
	p, err := tr.Register(context.Background(), r)
	require.NoError(t, err)
	return p, tr.inbox.Code(t, p.Phone.E164())
}

// prove holds a proof of phone.
func (tr *trial) prove(t testing.TB, phone string) *phoneauth.Proof {
	t.Helper()
	_, code := tr.register(t, phone)
	proof, err := tr.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Code: code, Client: freshClient()})
	require.NoError(t, err)
	return proof
}

// signIn signs in by code.
func (tr *trial) signIn(t testing.TB, phone string) *phoneauth.Session {
	t.Helper()
	_, code := tr.register(t, phone)
	session, err := tr.Login(context.Background(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: freshClient()})
	require.NoError(t, err)
	return session
}

// claims are those of a session's access token.
func (tr *trial) claims(t testing.TB, s *phoneauth.Session) phoneauth.Claims {
	t.Helper()
	c, err := tr.Authenticate(context.Background(), s.AccessToken)
	require.NoError(t, err)
	return c
}

// wrongCode is well-formed and not code.
func wrongCode(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// atOnce calls f from n goroutines that start together, and returns what they got.
func atOnce[T any](n int, f func(i int) T) []T {
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

// isLimit reports whether err is a refusal by the limit.
func isLimit(err error, limit string) bool {
	refused, ok := errors.AsType[*phoneauth.LimitError](err)
	return ok && (limit == "" || refused.Limit == limit)
}
