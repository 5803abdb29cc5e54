package failover_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/failover"
)

var (
	cairo = phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345 is your code.", Code: "012345"}
	paris = phoneauth.Message{To: phoneauth.StoredPhone("+33600000178"), Body: "012345 is your code.", Code: "012345"}
)

var (
	temporary = &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "T"}
	ambiguous = &phoneauth.SendError{Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "A"}
	permanent = &phoneauth.SendError{Class: phoneauth.Permanent, Fault: phoneauth.FaultDestination, Code: "P"}
	elsewhere = &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "D"}
)

// peer is a sender that counts its calls, and does what then says.
type peer struct {
	calls atomic.Int32
	then  func(context.Context) error // nil accepts
}

func (p *peer) Send(ctx context.Context, _ phoneauth.Message) (phoneauth.Receipt, error) {
	p.calls.Add(1)
	if p.then != nil {
		if err := p.then(ctx); err != nil {
			return phoneauth.Receipt{}, err
		}
	}
	return phoneauth.Receipt{ID: "id", Sender: "its own"}, nil
}

// took is how often p was called since the last time.
func (p *peer) took() int { return int(p.calls.Swap(0)) }

func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// takes answers after d, also when the context has ended by then.
func takes(d time.Duration, err error) func(context.Context) error {
	return func(context.Context) error {
		<-time.After(d)
		return err
	}
}

func hangs(class phoneauth.SendClass) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		return &phoneauth.SendError{Class: class, Fault: phoneauth.FaultSender, Err: ctx.Err()}
	}
}

func newSender(t *testing.T, c failover.Config) *failover.Sender {
	t.Helper()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := failover.New(c)
	require.NoError(t, err)
	return s
}

func pair(t *testing.T, a, b *peer) *failover.Sender {
	t.Helper()
	return newSender(t, failover.Config{Senders: []failover.Entry{{Name: "a", Sender: a}, {Name: "b", Sender: b}}})
}

func TestWhatIsTried(t *testing.T) {
	t.Parallel()
	own := errors.New("its own")
	for name, c := range map[string]struct {
		a, b   error
		sender string
		class  phoneauth.SendClass // "" is accepted
		fault  phoneauth.SendFault
		calls  [2]int
	}{
		"accepted":             {nil, nil, "a", "", "", [2]int{1, 0}},
		"permanent":            {permanent, nil, "a", phoneauth.Permanent, phoneauth.FaultDestination, [2]int{1, 0}},
		"ambiguous":            {ambiguous, nil, "a", phoneauth.Ambiguous, phoneauth.FaultSender, [2]int{1, 0}},
		"no SendError":         {own, nil, "a", phoneauth.Ambiguous, "", [2]int{1, 0}},
		"temporary, accepted":  {temporary, nil, "b", "", "", [2]int{1, 1}},
		"temporary, permanent": {temporary, permanent, "b", phoneauth.Permanent, phoneauth.FaultDestination, [2]int{1, 1}},
		"temporary, ambiguous": {temporary, ambiguous, "b", phoneauth.Ambiguous, phoneauth.FaultSender, [2]int{1, 1}},
		"temporary, temporary": {temporary, temporary, "b", phoneauth.Temporary, phoneauth.FaultSender, [2]int{1, 1}},
		"elsewhere, accepted":  {elsewhere, nil, "b", "", "", [2]int{1, 1}},
		"elsewhere, elsewhere": {elsewhere, elsewhere, "b", phoneauth.Temporary, phoneauth.FaultDestination, [2]int{1, 1}},
		"elsewhere, temporary": {elsewhere, temporary, "b", phoneauth.Temporary, phoneauth.FaultDestination, [2]int{1, 1}},
		"elsewhere, ambiguous": {elsewhere, ambiguous, "b", phoneauth.Ambiguous, phoneauth.FaultDestination, [2]int{1, 1}},
	} {
		a, b := &peer{then: fails(c.a)}, &peer{then: fails(c.b)}
		receipt, err := pair(t, a, b).Send(t.Context(), cairo)
		assert.Equal(t, c.calls, [2]int{a.took(), b.took()}, name)
		assert.Equal(t, c.sender, receipt.Sender, name)
		if c.class == "" {
			require.NoError(t, err, name)
			assert.Equal(t, "id", receipt.ID, name)
			continue
		}
		var failed *phoneauth.SendError
		require.ErrorAs(t, err, &failed, name)
		assert.Equal(t, c.class, failed.Class, name)
		assert.Equal(t, c.fault, failed.Fault, name)
		assert.Empty(t, receipt.ID, name)
		if errors.Is(c.a, own) {
			assert.ErrorIs(t, err, own)
		}
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	egypt, all, france := &peer{}, &peer{}, &peer{}
	s := newSender(t, failover.Config{Senders: []failover.Entry{
		{Name: "egypt", Sender: egypt, Prefixes: []string{"+20", "+21"}},
		{Name: "all", Sender: all},
		{Name: "france", Sender: france, Prefixes: []string{"+33"}},
	}})
	send := func(m phoneauth.Message) [3]int {
		_, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		return [3]int{egypt.took(), all.took(), france.took()}
	}
	assert.Equal(t, [3]int{1, 0, 0}, send(cairo))
	assert.Equal(t, [3]int{0, 1, 0}, send(paris), "the order decides, not the prefix")
	all.then = fails(temporary)
	assert.Equal(t, [3]int{0, 1, 1}, send(paris))
	egypt.then = fails(temporary)
	_, err := s.Send(t.Context(), cairo)
	require.Error(t, err)
	assert.Equal(t, [3]int{1, 1, 0}, [3]int{egypt.took(), all.took(), france.took()})
}

// Regions that share a calling code are told apart.
func TestRegions(t *testing.T) {
	t.Parallel()
	america, canada, both, all := &peer{}, &peer{}, &peer{}, &peer{}
	s := newSender(t, failover.Config{Senders: []failover.Entry{
		{Name: "america", Sender: america, Regions: []string{"US", "PR"}},
		{Name: "canada", Sender: canada, Regions: []string{"CA"}},
		{Name: "both", Sender: both, Regions: []string{"EG"}, Prefixes: []string{"+1242", "+2011"}},
		{Name: "all", Sender: all},
	}})
	for to, want := range map[string][4]int{
		"+12015550123":  {1, 0, 0, 0},
		"+15062345678":  {0, 1, 0, 0},
		"+12423591234":  {0, 0, 1, 0}, // the Bahamas, by their prefix
		"+201061797840": {0, 0, 1, 0},
		"+33600000178":  {0, 0, 0, 1},
		"+999123456789": {0, 0, 0, 1}, // of no region
	} {
		_, err := s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone(to)})
		require.NoError(t, err)
		assert.Equal(t, want, [4]int{america.took(), canada.took(), both.took(), all.took()}, to)
	}
}

func TestNobodyServesTheNumber(t *testing.T) {
	t.Parallel()
	s := newSender(t, failover.Config{Senders: []failover.Entry{{Name: "a", Sender: &peer{}, Prefixes: []string{"+20"}}}})
	receipt, err := s.Send(t.Context(), paris)
	assert.Zero(t, receipt)
	assert.EqualError(t, err, "phoneauth: send: temporary, destination: no sender serves this number")
}

// The deadline is shared out; a connection that cannot be made leaves time for the next.
func TestShares(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given  time.Duration // 0: none
		each   []time.Duration
		elapse time.Duration
	}{
		"none given": {0, []time.Duration{10 * time.Second / 3, 10 * time.Second / 3, 10 * time.Second / 3}, 10 * time.Second},
		"the Service's": {
			10 * time.Second,
			[]time.Duration{10 * time.Second / 3, 10 * time.Second / 3, 10 * time.Second / 3}, 10 * time.Second,
		},
		"a short one": {300 * time.Millisecond, []time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond}, 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var took []time.Duration
				hang := &peer{then: func(ctx context.Context) error {
					begun := time.Now()
					err := hangs(phoneauth.Temporary)(ctx)
					took = append(took, time.Since(begun))
					return err
				}}
				s := newSender(t, failover.Config{Senders: []failover.Entry{
					{Name: "a", Sender: hang}, {Name: "b", Sender: hang}, {Name: "c", Sender: hang},
				}})
				ctx := t.Context()
				if c.given > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.given)
					defer cancel()
				}
				begun := time.Now()
				_, err := s.Send(ctx, cairo)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.InDelta(t, c.elapse, time.Since(begun), 10)
				require.Len(t, took, len(c.each))
				for i := range took {
					assert.InDelta(t, c.each[i], took[i], 10)
				}
			})
		})
	}
}

func TestTimeLeftIsPassedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &peer{then: takes(time.Second, temporary)}
		b := &peer{then: hangs(phoneauth.Ambiguous)}
		begun := time.Now()
		_, err := pair(t, a, b).Send(t.Context(), cairo)
		require.Error(t, err)
		assert.Equal(t, 10*time.Second, time.Since(begun), "the last one has all that is left")
	})
}

func TestTheCallerGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := &peer{then: hangs(phoneauth.Temporary)}, &peer{}
		s := pair(t, a, b)
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := s.Send(ctx, cairo)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, [2]int{1, 0}, [2]int{a.took(), b.took()}, "nobody else is tried, and no breaker opens")
		}
	})
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := failover.New(failover.Config{})
	require.EqualError(t, err, "failover: config: Senders needs at least one")
	s, err := failover.New(failover.Config{
		Senders:  []failover.Entry{{}, {Name: "a", Sender: &peer{}, Regions: []string{"EG", "001", "eg", "EGY", ""}, Prefixes: []string{"20", "+", "+2x", "EG"}}, {Name: "a"}},
		Failures: -1,
	})
	assert.Nil(t, s)
	require.Error(t, err)
	for _, want := range []string{
		"Senders[0].Name is required", "Senders[0].Sender is required",
		`Senders[1].Prefixes: "20" is not`, `Senders[1].Prefixes: "+" is not`, `Senders[1].Prefixes: "+2x" is not`, `Senders[1].Prefixes: "EG" is not`,
		`Senders[1].Regions: "eg" is not`, `Senders[1].Regions: "EGY" is not`, `Senders[1].Regions: "" is not`,
		`Senders[2].Name "a" is taken`, "Senders[2].Sender is required", "Failures, Cooldown and Demotion must not be negative",
	} {
		assert.ErrorContains(t, err, "failover: config: "+want)
	}
}

func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a := &peer{then: fails(temporary)}
	s := newSender(t, failover.Config{
		Senders: []failover.Entry{{Name: "a", Sender: a}, {Name: "b", Sender: &peer{}}},
		Logger:  slog.New(slog.NewTextHandler(&log, nil)),
	})
	for range 3 {
		_, err := s.Send(t.Context(), cairo)
		require.NoError(t, err)
	}
	assert.Contains(t, log.String(), `msg="failover: passed on" sender=a code=T fault=sender`)
	assert.Contains(t, log.String(), `msg="failover: breaker open" sender=a`)
	assert.NotContains(t, log.String(), "012345")
	assert.NotContains(t, log.String(), "61797840")
}
