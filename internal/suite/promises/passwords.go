package promises

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// testPromisePasswordFlood: 256 logins at once stay within CPUs × 19 MiB + 64 MiB; who
// waits more than a second is told to come back, and has lost nothing.
func testPromisePasswordFlood(t *testing.T, o suite.Options) {
	const callers = 256
	svc := suite.On(t, o.Store(t), suite.NoEvents, func(c *phoneauth.Config) {
		c.Limits.AddressFailures = phoneauth.Limit{Burst: 1, Every: time.Hour}
		c.Limits.Passwords = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	})
	phone := suite.FreshPhone()
	svc.SeedUser(phone, suite.TodaysHash())
	runtime.GC()
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // garbage waits for its collection
	metrics.Read(heap)
	base := heap[0].Value.Uint64() // of this program, other tests included

	var peak atomic.Uint64
	stop := make(chan struct{})
	sampled := make(chan struct{})
	go func() {
		defer close(sampled)
		for tick := time.Tick(100 * time.Microsecond); ; {
			select {
			case <-stop:
				return
			case <-tick:
			}
			metrics.Read(heap)
			peak.Store(max(peak.Load(), heap[0].Value.Uint64()))
		}
	}()
	requests := make([]phoneauth.PasswordLoginRequest, callers)
	for i := range requests {
		requests[i] = phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: suite.FreshClient()}
	}
	type outcome struct {
		err  error
		took time.Duration
	}
	outcomes := suite.AtOnce(callers, func(i int) outcome {
		start := time.Now()
		_, err := svc.LoginPassword(t.Context(), requests[i])
		return outcome{err, time.Since(start)}
	})
	close(stop)
	<-sampled

	limit := uint64(runtime.NumCPU()*19+64) << 20
	added := peak.Load() - min(base, peak.Load())
	assert.LessOrEqual(t, added, limit, "what the logins add to the heap, at its peak")
	t.Logf("heap %d MiB before, %d MiB more at its peak, at most %d MiB", base>>20, added>>20, limit>>20)
	in := 0
	for i, o := range outcomes {
		if o.err == nil {
			in++
			continue
		}
		require.ErrorIs(t, o.err, phoneauth.ErrUnavailable, "caller %d", i)
		require.Less(t, o.took, 10*time.Second)
	}
	t.Logf("%d of %d got a hash", in, callers)
	require.Positive(t, in)
	for i, o := range outcomes {
		if o.err != nil {
			_, err := svc.LoginPassword(t.Context(), requests[i])
			require.NoError(t, err, "who was told to come back has lost the address's one failure")
			break
		}
	}
}

// testPromiseBusyKeepsTheCode: RecoverPassword and RegisterPassword that find no place to
// hash have used up neither code nor sends.
func testPromiseBusyKeepsTheCode(t *testing.T, o suite.Options) {
	hold, held := make(chan struct{}), make(chan struct{}, runtime.NumCPU())
	svc := o.Service(t, func(c *phoneauth.Config) {
		c.Password.LegacyDecoy = "decoy"
		c.Password.Legacy = func(hash, password phoneauth.Secret) bool {
			if hash == "decoy" {
				return false
			}
			held <- struct{}{}
			<-hold // keeps the place of a hash
			return false
		}
	})
	slow, phone := suite.FreshPhone(), suite.FreshPhone()
	svc.SeedUser(slow, "legacy")
	svc.SeedUser(phone, "")
	_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()})
	for range runtime.NumCPU() {
		go func() {
			_, _ = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: suite.FreshClient()})
		}()
	}
	for range runtime.NumCPU() {
		<-held
	}
	recovering := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "new password", Client: suite.FreshClient()}
	_, err := svc.RecoverPassword(t.Context(), recovering)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	registering := phoneauth.PasswordRequest{Phone: suite.FreshPhone(), Password: "new password", Client: suite.FreshClient()}
	_, err = svc.RegisterPassword(t.Context(), registering)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	sends := svc.Inbox.Sends()
	close(hold)
	_, err = svc.RecoverPassword(t.Context(), recovering)
	require.NoError(t, err, "the code was lost")
	_, err = svc.RegisterPassword(t.Context(), registering)
	require.NoError(t, err, "the send was lost")
	require.NoError(t, svc.Close(t.Context()))
	assert.Equal(t, sends+2, svc.Inbox.Sends(), "a notice and a code")
}

// testPromisePasswordLength: 8 to 128 characters, counted in Unicode, never truncated.
func testPromisePasswordLength(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose)
	for _, c := range []struct {
		name, password, reason string
	}{
		{"empty", "", "is too short (minimum is 8 characters)"},
		{"7", strings.Repeat("ß", 7), "is too short (minimum is 8 characters)"},
		{"8", strings.Repeat("字", 8), ""},
		{"128 of four bytes", strings.Repeat("🔑", 128), ""},
		{"129", strings.Repeat("a", 129), "is too long (maximum is 128 characters)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			phone := suite.FreshPhone()
			r := phoneauth.PasswordRequest{Phone: phone, Password: phoneauth.Secret(c.password), Client: suite.FreshClient()}
			pending, err := svc.RegisterPassword(t.Context(), r)
			if c.reason != "" {
				refused, ok := errors.AsType[*phoneauth.PasswordError](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, c.reason, refused.Reason)
				return
			}
			require.NoError(t, err)
			_, err = svc.Login(t.Context(), phoneauth.LoginRequest{
				Purpose: phoneauth.PurposePasswordRegistration, ChallengeToken: pending.ChallengeToken,
				Code: svc.Inbox.Code(t, phone), Client: suite.FreshClient(),
			})
			require.NoError(t, err)
			short := c.password[:len(c.password)-1]
			for _, wrong := range []string{short, c.password + "x", short + "x"} {
				_, err = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: phoneauth.Secret(wrong), Client: suite.FreshClient()})
				require.ErrorIs(t, err, phoneauth.ErrInvalidPassword, "truncated")
			}
			_, err = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: phoneauth.Secret(c.password), Client: suite.FreshClient()})
			require.NoError(t, err)
		})
	}
}

// testPromiseRehash: a right password under other parameters, or under the host's old
// scheme, is hashed anew, and sessions live on; a hash that asks too much is refused.
func testPromiseRehash(t *testing.T, o suite.Options) {
	const password = "correct horse"
	good := suite.HashOf(password)
	cost := string(good[:strings.Index(string(good), ",p=1$")])
	for _, c := range []struct {
		name             string
		hash             phoneauth.Secret
		accepted, rehash bool
	}{
		{"today's", good, true, false},
		{"weaker", suite.PHC(password, 8, 1, 1), true, true},
		{"stronger", suite.PHC(password, 32*1024, 2, 2), true, true},
		{"a hash of 16 bytes", suite.PHCOf(password, 19*1024, 2, 1, 16), true, false},
		{"a hash of 64 bytes", suite.PHCOf(password, 19*1024, 2, 1, 64), true, false},
		{"legacy", "md5:" + password, true, true},
		{"legacy, another", "md5:other", false, false},
		{"64 MiB at most", suite.PHC(password, 64*1024+1, 1, 1), false, false},
		{"16 passes at most", suite.PHC(password, 8, 17, 1), false, false},
		{"16 threads at most", suite.PHC(password, 8*17, 1, 17), false, false},
		{"argon2i", phoneauth.Secret(strings.Replace(string(good), "argon2id", "argon2i", 1)), false, false},
		{"another version", phoneauth.Secret(strings.Replace(string(good), "v=19", "v=16", 1)), false, false},
		{"cut off", good[:len(good)-1], false, false},
		{"trailing", good + "$", false, false},
		{"no hash at all", good[:strings.LastIndexByte(string(good), '$')+1], false, false},
		{"parameters with more after them", phoneauth.Secret(strings.Replace(string(good), "p=1$", "p=1,x=2$", 1)), false, false},
	} {
		if o.Real && !c.rehash {
			continue // the store has nothing to do
		}
		t.Run(c.name, func(t *testing.T) {
			svc := o.Service(t, suite.Loose, func(c *phoneauth.Config) {
				c.Password.LegacyDecoy = "decoy"
				c.Password.Legacy = func(hash, password phoneauth.Secret) bool { return hash == "md5:"+password }
			})
			phone := suite.FreshPhone()
			user := svc.SeedUser(phone, c.hash)
			before := svc.SignIn(phone)
			_, err := svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: suite.FreshClient()})
			require.NoError(t, svc.Close(t.Context()), "it is hashed anew after the answer")
			after, _ := svc.Store.UserByID(t.Context(), user.ID)
			if !c.accepted {
				assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
				assert.True(t, c.hash == after.PasswordHash, "the hash changed")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.rehash, c.hash != after.PasswordHash)
			assert.Contains(t, string(after.PasswordHash), cost)
			assert.Equal(t, user.Epoch, after.Epoch)
			_, err = svc.Refresh(t.Context(), phoneauth.RefreshRequest{Token: before.RefreshToken})
			assert.NoError(t, err, "a new hash of the same password ended a session")
			_, err = svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: suite.FreshClient()})
			assert.NoError(t, err)
		})
	}
}
