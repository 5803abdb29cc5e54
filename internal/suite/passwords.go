package suite

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/argon2id"
)

// cheap is the cost that CheapHashes sets. There is a cheaper one.
var cheap = argon2id.Cost{Memory: 16, Time: 1, Threads: 1}

// CheapHashes makes argon2id cheap for the rest of a test, which must not be parallel:
// the cost is a variable of internal/argon2id. Subtests of it may be, and may call it, too.
func CheapHashes(t *testing.T) {
	t.Helper()
	if argon2id.Default == cheap {
		return
	}
	t.Setenv("PHONEAUTH_CHEAP_HASHES", "1") // panics in a parallel test
	was := argon2id.Default
	argon2id.Default = cheap
	t.Cleanup(func() { argon2id.Default = was })
}

// PHC is an argon2id hash of password, under any parameters. memory is in KiB.
func PHC(password string, memory, passes uint32, threads uint8) phoneauth.Secret {
	return PHCOf(password, memory, passes, threads, 32)
}

// PHCOf is PHC with a hash of this length, in bytes.
func PHCOf(password string, memory, passes uint32, threads uint8, length uint32) phoneauth.Secret {
	salt := []byte("a salt of 16 b..")
	b64 := base64.RawStdEncoding
	return phoneauth.Secret(fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, threads, b64.EncodeToString(salt),
		b64.EncodeToString(argon2.IDKey([]byte(password), salt, passes, memory, threads, length))))
}

// CheapHash keeps tests fast. It is what the Service stores under CheapHashes.
func CheapHash(password string) phoneauth.Secret {
	return PHC(password, cheap.Memory, cheap.Time, cheap.Threads)
}

// HashOf is the hash that the Service would store now.
func HashOf(password string) phoneauth.Secret { return phoneauth.Secret(argon2id.Hash(password)) }

// TodaysHash is the one of "correct horse" under today's parameters.
var TodaysHash = sync.OnceValue(func() phoneauth.Secret { return PHC("correct horse", 19*1024, 2, 1) })

// HashesDuring counts the argon2id hashes of today's parameters that f computes, by what
// they allocate: 19 MiB each. Nothing else may run.
func HashesDuring(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int((after.TotalAlloc - before.TotalAlloc + 9<<20) / (19 << 20))
}

// SeedUser makes an account behind the Service's back.
func (s *Service) SeedUser(phone string, hash phoneauth.Secret) phoneauth.User {
	s.Helper()
	return SeedUser(s, s.Store, phone, hash, s.Now())
}

// SeedUser makes an account in a store at now. A store of Services must not be given a later
// time than theirs: it may forget what has ended by then.
func SeedUser(t testing.TB, store phoneauth.Store, phone string, hash phoneauth.Secret, now time.Time) phoneauth.User {
	t.Helper()
	p, err := phoneauth.ParsePhone(phone, "")
	require.NoError(t, err)
	in, err := store.SignInUser(t.Context(), phoneauth.SignIn{
		Phone: p, UUID: "uuid of " + phone, PasswordHash: hash, Now: now.Truncate(time.Microsecond),
	})
	require.NoError(t, err)
	return in.User
}

// SignUp makes an account with a password.
func (s *Service) SignUp(phone string, password phoneauth.Secret) *phoneauth.Session {
	s.Helper()
	p := s.AskWithPassword(phone, password, "")
	session, err := s.Finish(p, s.Code(phone, phoneauth.PurposePasswordRegistration))
	require.NoError(s, err)
	return session
}

// AskWithPassword registers with a password, going on with the registration of token if
// there is one.
func (s *Service) AskWithPassword(phone string, password, token phoneauth.Secret) *phoneauth.Pending {
	s.Helper()
	p, err := s.RegisterPassword(context.Background(), phoneauth.PasswordRequest{Phone: phone, Password: password, ChallengeToken: token})
	require.NoError(s, err)
	return p
}

// Finish gives a code to a registration with a password.
func (s *Service) Finish(p *phoneauth.Pending, code string) (*phoneauth.Session, error) {
	return s.Login(context.Background(), phoneauth.LoginRequest{
		Code: code, ChallengeToken: p.ChallengeToken, Purpose: phoneauth.PurposePasswordRegistration,
	})
}

// LoginWith signs in by password.
func (s *Service) LoginWith(phone string, password phoneauth.Secret) (*phoneauth.Session, error) {
	return s.LoginPassword(context.Background(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password})
}
