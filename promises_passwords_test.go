package phoneauth_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
)

// phc is an argon2id hash of password, under any parameters.
func phc(password string, memory, passes uint32, threads uint8) phoneauth.Secret {
	return phcOf(password, memory, passes, threads, 32)
}

// phcOf has a hash of this length.
func phcOf(password string, memory, passes uint32, threads uint8, length uint32) phoneauth.Secret {
	salt := []byte("a salt of 16 b..")
	b64 := base64.RawStdEncoding
	return phoneauth.Secret(fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, threads, b64.EncodeToString(salt),
		b64.EncodeToString(argon2.IDKey([]byte(password), salt, passes, memory, threads, length))))
}

// cheapHash keeps tests fast: the weakest that is accepted.
func cheapHash(password string) phoneauth.Secret { return phc(password, 8, 1, 1) }

// todaysHash is the one of "correct horse" under today's parameters.
var todaysHash = sync.OnceValue(func() phoneauth.Secret { return phc("correct horse", 19*1024, 2, 1) })

// seedUser makes an account behind the Service's back.
func seedUser(t testing.TB, store phoneauth.Store, phone string, hash phoneauth.Secret) phoneauth.User {
	t.Helper()
	p, err := phoneauth.ParsePhone(phone, "")
	require.NoError(t, err)
	in, err := store.SignInUser(t.Context(), phoneauth.SignIn{
		Phone: p, UUID: "uuid of " + phone[len(phone)-4:], PasswordHash: hash, Now: time.Now().UTC().Truncate(time.Microsecond),
	})
	require.NoError(t, err)
	return in.User
}

// hashesDuring counts the argon2id hashes of today's parameters that f computes, by what
// they allocate: 19 MiB each. Nothing else may run.
func hashesDuring(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int((after.TotalAlloc - before.TotalAlloc + 9<<20) / (19 << 20))
}

// TestPromisePasswordFlood: 256 logins at once stay within CPUs × 19 MiB + 64 MiB; who
// waits more than a second is told to come back, and has lost nothing.
func TestPromisePasswordFlood(t *testing.T) {
	const callers = 256
	tr := startTrial(t, inMemory(t), noEvents, func(c *phoneauth.Config) {
		c.Limits.AddressFailures = phoneauth.Limit{Burst: 1, Every: time.Hour}
		c.Limits.Passwords = phoneauth.Limit{Burst: 1e6, Every: time.Microsecond}
	})
	phone := freshPhone()
	seedUser(t, tr.store, phone, todaysHash())
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
		requests[i] = phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()}
	}
	type outcome struct {
		err  error
		took time.Duration
	}
	outcomes := atOnce(callers, func(i int) outcome {
		start := time.Now()
		_, err := tr.LoginPassword(t.Context(), requests[i])
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
			_, err := tr.LoginPassword(t.Context(), requests[i])
			require.NoError(t, err, "who was told to come back has lost the address's one failure")
			break
		}
	}
}

// TestPromiseBusyKeepsTheCode: RecoverPassword and RegisterPassword that find no place to
// hash have used up neither code nor sends.
func TestPromiseBusyKeepsTheCode(t *testing.T) {
	t.Parallel()
	hold, held := make(chan struct{}), make(chan struct{}, runtime.NumCPU())
	tr := startTrial(t, inMemory(t), func(c *phoneauth.Config) {
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
	slow, phone := freshPhone(), freshPhone()
	seedUser(t, tr.store, slow, "legacy")
	seedUser(t, tr.store, phone, "")
	_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()})
	for range runtime.NumCPU() {
		go func() {
			_, _ = tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: slow, Password: "wrong horse", Client: freshClient()})
		}()
	}
	for range runtime.NumCPU() {
		<-held
	}
	recovering := phoneauth.RecoverRequest{Phone: phone, Code: code, Password: "new password", Client: freshClient()}
	_, err := tr.RecoverPassword(t.Context(), recovering)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	registering := phoneauth.PasswordRequest{Phone: freshPhone(), Password: "new password", Client: freshClient()}
	_, err = tr.RegisterPassword(t.Context(), registering)
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)
	sends := tr.inbox.Sends()
	close(hold)
	_, err = tr.RecoverPassword(t.Context(), recovering)
	require.NoError(t, err, "the code was lost")
	_, err = tr.RegisterPassword(t.Context(), registering)
	require.NoError(t, err, "the send was lost")
	require.NoError(t, tr.Close(t.Context()))
	assert.Equal(t, sends+2, tr.inbox.Sends(), "a notice and a code")
}

// TestPromisePasswordLength: 8 to 128 characters, counted in Unicode, never truncated.
func TestPromisePasswordLength(t *testing.T) {
	t.Parallel()
	tr := startTrial(t, inMemory(t), loose)
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
			phone := freshPhone()
			r := phoneauth.PasswordRequest{Phone: phone, Password: phoneauth.Secret(c.password), Client: freshClient()}
			pending, err := tr.RegisterPassword(t.Context(), r)
			if c.reason != "" {
				refused, ok := errors.AsType[*phoneauth.PasswordError](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, c.reason, refused.Reason)
				return
			}
			require.NoError(t, err)
			_, err = tr.Login(t.Context(), phoneauth.LoginRequest{
				Purpose: phoneauth.PurposePasswordRegistration, ChallengeToken: pending.ChallengeToken,
				Code: tr.inbox.Code(t, phone), Client: freshClient(),
			})
			require.NoError(t, err)
			short := c.password[:len(c.password)-1]
			for _, wrong := range []string{short, c.password + "x", short + "x"} {
				_, err = tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: phoneauth.Secret(wrong), Client: freshClient()})
				require.ErrorIs(t, err, phoneauth.ErrInvalidPassword, "truncated")
			}
			_, err = tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: phoneauth.Secret(c.password), Client: freshClient()})
			require.NoError(t, err)
		})
	}
}

// TestPromiseRehash: a right password under other parameters, or under the host's old
// scheme, is hashed anew, and sessions live on; a hash that asks too much is refused.
func TestPromiseRehash(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	good := phc(password, 19*1024, 2, 1)
	for _, c := range []struct {
		name             string
		hash             phoneauth.Secret
		accepted, rehash bool
	}{
		{"today's", good, true, false},
		{"weaker", cheapHash(password), true, true},
		{"stronger", phc(password, 32*1024, 2, 2), true, true},
		{"a hash of 16 bytes", phcOf(password, 19*1024, 2, 1, 16), true, false},
		{"a hash of 64 bytes", phcOf(password, 19*1024, 2, 1, 64), true, false},
		{"legacy", "md5:" + password, true, true},
		{"legacy, another", "md5:other", false, false},
		{"64 MiB at most", phc(password, 64*1024+1, 1, 1), false, false},
		{"16 passes at most", phc(password, 8, 17, 1), false, false},
		{"16 threads at most", phc(password, 8*17, 1, 17), false, false},
		{"argon2i", phoneauth.Secret(strings.Replace(string(good), "argon2id", "argon2i", 1)), false, false},
		{"another version", phoneauth.Secret(strings.Replace(string(good), "v=19", "v=16", 1)), false, false},
		{"cut off", good[:len(good)-1], false, false},
		{"trailing", good + "$", false, false},
		{"no hash at all", good[:strings.LastIndexByte(string(good), '$')+1], false, false},
		{"parameters with more after them", phoneauth.Secret(strings.Replace(string(good), "p=1$", "p=1,x=2$", 1)), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := startTrial(t, inMemory(t), loose, func(c *phoneauth.Config) {
				c.Password.LegacyDecoy = "decoy"
				c.Password.Legacy = func(hash, password phoneauth.Secret) bool { return hash == "md5:"+password }
			})
			phone := freshPhone()
			user := seedUser(t, tr.store, phone, c.hash)
			before := tr.signIn(t, phone)
			_, err := tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: freshClient()})
			require.NoError(t, tr.Close(t.Context()), "it is hashed anew after the answer")
			after, _ := tr.store.UserByID(t.Context(), user.ID)
			if !c.accepted {
				assert.ErrorIs(t, err, phoneauth.ErrInvalidPassword)
				assert.True(t, c.hash == after.PasswordHash, "the hash changed")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.rehash, c.hash != after.PasswordHash)
			assert.Contains(t, string(after.PasswordHash), "$argon2id$v=19$m=19456,t=2,p=1$")
			assert.Equal(t, user.Epoch, after.Epoch)
			_, err = tr.Refresh(t.Context(), phoneauth.RefreshRequest{Token: before.RefreshToken})
			assert.NoError(t, err, "a new hash of the same password ended a session")
			_, err = tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password, Client: freshClient()})
			assert.NoError(t, err)
		})
	}
}
