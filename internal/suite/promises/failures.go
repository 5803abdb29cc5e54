package promises

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// failing makes wrong tries of one phone, by turns of purpose, address and spelling,
// with a new challenge whenever one is used up or over.
type failing struct {
	*suite.Service
	phone string
	user  string // somebody else's ID, who may want this number
	n     int
}

// failure is one wrong try that is compared. It returns the refusal, if it is refused.
func (f *failing) failure(t testing.TB) error {
	t.Helper()
	r := phoneauth.RegisterRequest{Phone: f.phone, Client: suite.FreshClient()}
	switch f.n % 3 {
	case 1:
		r.Purpose, r.BoundTo = "payment", "invoice 7"
	case 2:
		if f.user == "" {
			f.user = f.SeedUser(suite.FreshPhone(), "").ID
		}
		r.Purpose, r.BoundTo = phoneauth.PurposePhoneChange, f.user
	}
	p, err := f.Register(t.Context(), r)
	if err != nil {
		return err
	}
	code := f.Inbox.Code(t, p.Phone.E164())
	v := phoneauth.VerifyRequest{Phone: f.phone, Purpose: r.Purpose, BoundTo: r.BoundTo, Code: suite.WrongCode(code), Client: suite.FreshClient()}
	if f.n%2 == 1 {
		v.ChallengeToken = p.ChallengeToken
	}
	_, err = f.Verify(t.Context(), v)
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	f.n++
	return nil
}

// testPromisePhoneFailures: failures of a phone add up, whatever the challenge, purpose
// and address; the steps are 10, 20, 50 and 100, and their waits are kept.
func testPromisePhoneFailures(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose)
	f := &failing{Service: svc, phone: suite.FreshPhone()}
	for _, step := range []struct {
		at   int
		wait time.Duration
	}{{10, 15 * time.Minute}, {20, time.Hour}, {50, 24 * time.Hour}, {100, 30 * 24 * time.Hour}} {
		proof := svc.Prove(f.phone) // it clears the count
		for f.n = 0; f.n < step.at-1; {
			err := f.failure(t)
			if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
				svc.Elapse(refused.RetryAfter) // the steps before
				continue
			}
			require.NoError(t, err)
		}
		p, code := svc.SendCode(f.phone)
		require.NoError(t, f.failure(t))
		ways := map[string]func() error{
			"Register": func() error {
				_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: suite.FreshClient()})
				return err
			},
			"Register, password reset": func() error {
				_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Purpose: phoneauth.PurposePasswordReset, Client: suite.FreshClient()})
				return err
			},
			"RegisterPassword": func() error {
				_, err := svc.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: f.phone, Password: "correct horse", Client: suite.FreshClient()})
				return err
			},
			"Verify, the right code": func() error {
				_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: f.phone, Code: code, ChallengeToken: p.ChallengeToken, Client: suite.FreshClient()})
				return err
			},
			"Login, the right code": func() error {
				_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: f.phone, Code: code, Client: suite.FreshClient()})
				return err
			},
		}
		if svc.Now().Before(proof.ExpiresAt) {
			ways["Connect, a proof from before"] = func() error {
				_, err := svc.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token, Client: suite.FreshClient()})
				return err
			}
		}
		assertLocked(t, svc, phoneauth.LimitPhoneFailures, step.wait, ways)
		svc.Elapse(step.wait - time.Microsecond)
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: suite.FreshClient()})
		require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneFailures), "%d: the lock ends early", step.at)
		svc.Elapse(time.Microsecond)
		_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: suite.FreshClient()})
		require.NoError(t, err, "%d: the lock ends late", step.at)
	}
}

// assertLocked: every way is refused by the limit, for the same time.
func assertLocked(t *testing.T, svc *suite.Service, limit string, wait time.Duration, ways map[string]func() error) {
	t.Helper()
	sends := svc.Inbox.Sends()
	for name, way := range ways {
		refused, ok := errors.AsType[*phoneauth.LimitError](way())
		if assert.True(t, ok, "%s is not locked", name) {
			assert.Equal(t, limit, refused.Limit, name)
			assert.Equal(t, wait, refused.RetryAfter, name)
		}
	}
	svc.Settle()
	assert.Equal(t, sends, svc.Inbox.Sends(), "a locked phone was sent something")
}

// testPromiseResendKeepsFailures: neither sending again nor a new challenge gives tries
// back, success does, and so does Unlock.
func testPromiseResendKeepsFailures(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose)
	phone := suite.FreshPhone()
	wrong := func(code string) error {
		_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: suite.WrongCode(code), Client: suite.FreshClient()})
		return err
	}
	for range 3 { // nine failures and a success, and nothing is locked
		for range 9 {
			_, code := svc.SendCode(phone) // 4 tries left, then 3, …
			require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
		}
		svc.SignIn(phone)
	}
	_, first := svc.SendCode(phone)
	for range 4 {
		require.ErrorIs(t, wrong(first), phoneauth.ErrInvalidCode)
		_, code := svc.SendCode(phone)
		require.Equal(t, first, code, "the same code while it lives")
	}
	require.ErrorIs(t, wrong(first), phoneauth.ErrInvalidCode)
	_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: first, Client: suite.FreshClient()})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode, "five tries, however often it was sent")
	for range 5 {
		_, code := svc.SendCode(phone)
		require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
	}
	_, err = svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: suite.FreshClient()})
	require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneFailures), "%v", err)
	require.NoError(t, svc.Unlock(t.Context(), phone))
	for range 9 {
		_, code := svc.SendCode(phone)
		require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
	}
	svc.SignIn(phone)
}

// testPromiseUncomparedTries: what compares nothing counts nothing against the phone.
func testPromiseUncomparedTries(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose)
	phone := suite.FreshPhone()
	p, code := svc.SendCode(phone)
	other, _ := svc.SendCode(suite.FreshPhone())
	for range 50 {
		for _, r := range []phoneauth.VerifyRequest{
			{Code: ""}, {Code: "12345"}, {Code: "1234567"}, {Code: "12345a"}, {Code: "１２３４５６"}, // malformed
			{Code: code, ChallengeToken: other.ChallengeToken},   // of another challenge
			{Code: code, ChallengeToken: p.ChallengeToken + "x"}, // of nobody
			{Code: code, Purpose: "payment"},                     // never sent
		} {
			r.Phone, r.Client = phone, suite.FreshClient()
			_, err := svc.Verify(t.Context(), r)
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	}
	_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: " " + code + "\n", Client: suite.FreshClient()})
	require.NoError(t, err, "the tries are all there")
}

// testPromiseDeviceFailures: a stranger's failures do not lock the owner out.
func testPromiseDeviceFailures(t *testing.T, o suite.Options) {
	svc := o.Service(t, suite.Loose)
	phone := suite.FreshPhone()
	owner := phoneauth.ClientInfo{Addr: suite.FreshClient().Addr, Device: svc.SignIn(phone).DeviceToken}
	ownerSignsIn := func() {
		t.Helper()
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: owner})
		_, err := svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
		require.NoError(t, err)
	}
	f := &failing{Service: svc, phone: phone}
	for f.n < 10 {
		require.NoError(t, f.failure(t))
		ownerSignsIn()
	}
	require.True(t, suite.IsLimit(f.failure(t), phoneauth.LimitPhoneFailures), "the owner's success cleared the stranger's count")
	ownerSignsIn()

	for range 10 { // and the owner's device is no way around a count
		_, code := svc.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: owner})
		_, err := svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: suite.WrongCode(code), Client: owner})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	}
	_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
	require.True(t, suite.IsLimit(err, phoneauth.LimitPhoneFailures), "%v", err)
}

// testPromisePasswordWaits: from the tenth wrong password on a wait of 1 s, doubling to
// 15 minutes, for unknown numbers and accounts without a password too.
func testPromisePasswordWaits(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for _, c := range []struct {
		name string
		hash phoneauth.Secret
		user bool
	}{{"a password", suite.CheapHash("correct horse"), true}, {"no password", "", true}, {"no account", "", false}} {
		t.Run(c.name, func(t *testing.T) {
			svc := o.Service(t, suite.Loose)
			phone := suite.FreshPhone()
			if c.user {
				svc.SeedUser(phone, c.hash)
			}
			wrong := func() error {
				_, err := svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "wrong horse", Client: suite.FreshClient()})
				return err
			}
			for range 9 {
				require.ErrorIs(t, wrong(), phoneauth.ErrInvalidPassword)
			}
			for n := range 13 {
				require.ErrorIs(t, wrong(), phoneauth.ErrInvalidPassword)
				refused, ok := errors.AsType[*phoneauth.LimitError](wrong())
				require.True(t, ok, "failure %d sets no wait", 10+n)
				assert.Equal(t, phoneauth.LimitPasswordFailures, refused.Limit)
				assert.Equal(t, min(time.Second<<n, 15*time.Minute), refused.RetryAfter, "failure %d", 10+n)
				svc.Elapse(refused.RetryAfter - time.Microsecond)
				require.True(t, suite.IsLimit(wrong(), phoneauth.LimitPasswordFailures))
				svc.Elapse(time.Microsecond)
			}
			if c.hash == "" {
				return
			}
			right := phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: suite.FreshClient()}
			_, err := svc.LoginPassword(t.Context(), right)
			require.NoError(t, err)
			for range 9 {
				require.ErrorIs(t, wrong(), phoneauth.ErrInvalidPassword, "success clears the count")
			}
			_, err = svc.LoginPassword(t.Context(), right)
			require.NoError(t, err)
		})
	}
}
