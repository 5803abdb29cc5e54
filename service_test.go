package phoneauth_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// Numbers of the tests. All are mobile numbers.
const (
	owner    = "+201061797840"
	stranger = "+33612345678"
	third    = "+6584932466"
)

// service is a Service and what a test wants to look at beside it.
type service struct {
	*phoneauth.Service
	inbox  *phonetest.Inbox
	store  phoneauth.Store
	config phoneauth.Config
}

// secretKey is a fixed key of 32 bytes.
func secretKey(id string) phoneauth.Key {
	return phoneauth.Key{ID: id, Secret: bytes.Repeat([]byte(id[:1]), 32)}
}

func testKeys(ids ...string) phoneauth.Keys {
	k := phoneauth.Keys{Index: bytes.Repeat([]byte("i"), 32)}
	for _, id := range ids {
		k.Secrets = append(k.Secrets, secretKey(id))
	}
	return k
}

// newService makes a Service on memstore and an Inbox, with fixed keys and no log.
func newService(t testing.TB, mutate ...func(*phoneauth.Config)) *service {
	t.Helper()
	c := phoneauth.Config{
		Store:  memstore.New(),
		Sender: phonetest.New(),
		Keys:   testKeys("a"),
		Name:   "Acme",
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, m := range mutate {
		m(&c)
	}
	svc, err := phoneauth.New(c)
	require.NoError(t, err)
	inbox, _ := c.Sender.(*phonetest.Inbox)
	return &service{svc, inbox, c.Store, c}
}

// again is another Service over the same store and sender.
func (s *service) again(t testing.TB, mutate ...func(*phoneauth.Config)) *service {
	t.Helper()
	return newService(t, append([]func(*phoneauth.Config){func(c *phoneauth.Config) { *c = s.config }}, mutate...)...)
}

// limitsOff drops the limits of sends and addresses and the budgets.
func limitsOff(c *phoneauth.Config) { c.Limits.InsecureOff = true }

// longCodes are codes that no guess of a test hits by chance.
func longCodes(c *phoneauth.Config) { c.Code.Digits = 10 }

// in runs f in a bubble of synctest, where time is ours.
func in(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// codes are all codes that came to phone for purpose, oldest first.
func (s *service) codes(phone string, purpose phoneauth.Purpose) (codes []string) {
	for _, m := range s.inbox.Messages() {
		if m.To.E164() == phone && m.Purpose == purpose && m.Code != "" {
			codes = append(codes, string(m.Code))
		}
	}
	return codes
}

// code is the newest of them, or one that was never sent.
func (s *service) code(phone string, purpose phoneauth.Purpose) string {
	if all := s.codes(phone, purpose); len(all) > 0 {
		return all[len(all)-1]
	}
	return s.wrong(phone)
}

// wrong is a well-formed code that was never sent to phone.
func (s *service) wrong(phone string) string {
	digits := cmp.Or(s.config.Code.Digits, 6)
	sent := s.inbox.Messages()
	for i := 0; ; i++ {
		code := fmt.Sprintf("%0*d", digits, i)
		if !slices.ContainsFunc(sent, func(m phoneauth.Message) bool {
			return m.To.E164() == phone && string(m.Code) == code
		}) {
			return code
		}
	}
}

// register asks for a code to sign in with.
func (s *service) register(t testing.TB, phone string) *phoneauth.Pending {
	t.Helper()
	p, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(t, err)
	return p
}

// prove asks for a code and verifies it.
func (s *service) prove(t testing.TB, phone string) *phoneauth.Proof {
	t.Helper()
	s.register(t, phone)
	p, err := s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: s.code(phone, phoneauth.PurposeSignIn)})
	require.NoError(t, err)
	return p
}

// signIn signs in with a code.
func (s *service) signIn(t testing.TB, phone string, device ...phoneauth.Secret) *phoneauth.Session {
	t.Helper()
	session, err := s.trySignIn(t, phone, device...)
	require.NoError(t, err)
	return session
}

func (s *service) trySignIn(t testing.TB, phone string, device ...phoneauth.Secret) (*phoneauth.Session, error) {
	t.Helper()
	var c phoneauth.ClientInfo
	if len(device) > 0 {
		c.Device = device[0]
	}
	if _, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: c}); err != nil {
		return nil, err
	}
	code := s.code(phone, phoneauth.PurposeSignIn)
	return s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: c})
}

// signUp makes an account with a password.
func (s *service) signUp(t testing.TB, phone string, password phoneauth.Secret) *phoneauth.Session {
	t.Helper()
	p, err := s.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: phone, Password: password})
	require.NoError(t, err)
	session, err := s.finish(t, p, s.code(phone, phoneauth.PurposePasswordRegistration))
	require.NoError(t, err)
	return session
}

// finish gives a code to a registration with a password.
func (s *service) finish(t testing.TB, p *phoneauth.Pending, code string) (*phoneauth.Session, error) {
	return s.Login(t.Context(), phoneauth.LoginRequest{
		Code: code, ChallengeToken: p.ChallengeToken, Purpose: phoneauth.PurposePasswordRegistration,
	})
}

func (s *service) password(t testing.TB, phone string, password phoneauth.Secret) (*phoneauth.Session, error) {
	return s.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password})
}

// claims of an access token that is good.
func (s *service) claims(t testing.TB, session *phoneauth.Session) phoneauth.Claims {
	t.Helper()
	c, err := s.Authenticate(t.Context(), session.AccessToken)
	require.NoError(t, err)
	return c
}

// guess gives wrong codes for phone, as strangers do, until its lock comes.
func (s *service) guess(t testing.TB, phone string, c phoneauth.ClientInfo) {
	t.Helper()
	for range 200 {
		_, err := s.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: c})
		if limited(err) == phoneauth.LimitPhoneFailures {
			return
		}
		require.NoError(t, err)
		for range 5 {
			_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: s.wrong(phone), Client: c})
			require.Error(t, err)
		}
	}
	require.Fail(t, "no lock came")
}

// limited is the name of the limit that refused, if one did.
func limited(err error) string {
	if e, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return e.Limit
	}
	return ""
}

// now is the clock of a bubble, as the Service reads it.
func now() time.Time { return time.Now().UTC() }

// elapse lets d pass for a test in a bubble of synctest, whose time is its own. Nobody really
// waits: outside of a bubble it panics.
func elapse(d time.Duration) {
	synctest.Wait()
	time.Sleep(d)
}
