package phoneauth_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failing makes wrong tries of one phone, by turns of purpose, address and spelling,
// with a new challenge whenever one is used up or over.
type failing struct {
	*trial
	phone string
	user  string // somebody else's ID, who may want this number
	n     int
}

// failure is one wrong try that is compared. It returns the refusal, if it is refused.
func (f *failing) failure(t testing.TB) error {
	t.Helper()
	r := phoneauth.RegisterRequest{Phone: f.phone, Client: freshClient()}
	switch f.n % 3 {
	case 1:
		r.Purpose, r.BoundTo = "payment", "invoice 7"
	case 2:
		if f.user == "" {
			f.user = seedUser(t, f.store, freshPhone(), "").ID
		}
		r.Purpose, r.BoundTo = phoneauth.PurposePhoneChange, f.user
	}
	p, err := f.Register(t.Context(), r)
	if err != nil {
		return err
	}
	code := f.inbox.Code(t, p.Phone.E164())
	v := phoneauth.VerifyRequest{Phone: f.phone, Purpose: r.Purpose, BoundTo: r.BoundTo, Code: wrongCode(code), Client: freshClient()}
	if f.n%2 == 1 {
		v.ChallengeToken = p.ChallengeToken
	}
	_, err = f.Verify(t.Context(), v)
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	f.n++
	return nil
}

// TestPromisePhoneFailures: failures of a phone add up, whatever the challenge, purpose
// and address; the steps are 10, 20, 50 and 100, and their waits are kept.
func TestPromisePhoneFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose)
		f := &failing{trial: tr, phone: freshPhone()}
		for _, step := range []struct {
			at   int
			wait time.Duration
		}{{10, 15 * time.Minute}, {20, time.Hour}, {50, 24 * time.Hour}, {100, 30 * 24 * time.Hour}} {
			proof := tr.prove(t, f.phone) // it clears the count
			for f.n = 0; f.n < step.at-1; {
				err := f.failure(t)
				if refused, ok := errors.AsType[*phoneauth.LimitError](err); ok {
					elapse(refused.RetryAfter) // the steps before
					continue
				}
				require.NoError(t, err)
			}
			p, code := tr.register(t, f.phone)
			require.NoError(t, f.failure(t))
			ways := map[string]func() error{
				"Register": func() error {
					_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: freshClient()})
					return err
				},
				"Register, password reset": func() error {
					_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Purpose: phoneauth.PurposePasswordReset, Client: freshClient()})
					return err
				},
				"RegisterPassword": func() error {
					_, err := tr.RegisterPassword(t.Context(), phoneauth.PasswordRequest{Phone: f.phone, Password: "correct horse", Client: freshClient()})
					return err
				},
				"Verify, the right code": func() error {
					_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: f.phone, Code: code, ChallengeToken: p.ChallengeToken, Client: freshClient()})
					return err
				},
				"Login, the right code": func() error {
					_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: f.phone, Code: code, Client: freshClient()})
					return err
				},
			}
			if time.Now().Before(proof.ExpiresAt) {
				ways["Connect, a proof from before"] = func() error {
					_, err := tr.Connect(t.Context(), phoneauth.ConnectRequest{Token: proof.Token, Client: freshClient()})
					return err
				}
			}
			assertLocked(t, tr, phoneauth.LimitPhoneFailures, step.wait, ways)
			elapse(step.wait - time.Microsecond)
			_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: freshClient()})
			require.True(t, isLimit(err, phoneauth.LimitPhoneFailures), "%d: the lock ends early", step.at)
			elapse(time.Microsecond)
			_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: f.phone, Client: freshClient()})
			require.NoError(t, err, "%d: the lock ends late", step.at)
		}
	})
}

// assertLocked: every way is refused by the limit, for the same time.
func assertLocked(t *testing.T, tr *trial, limit string, wait time.Duration, ways map[string]func() error) {
	t.Helper()
	sends := tr.inbox.Sends()
	for name, way := range ways {
		refused, ok := errors.AsType[*phoneauth.LimitError](way())
		if assert.True(t, ok, "%s is not locked", name) {
			assert.Equal(t, limit, refused.Limit, name)
			assert.Equal(t, wait, refused.RetryAfter, name)
		}
	}
	synctest.Wait()
	assert.Equal(t, sends, tr.inbox.Sends(), "a locked phone was sent something")
}

// TestPromiseResendKeepsFailures: neither sending again nor a new challenge gives tries
// back, success does, and so does Unlock.
func TestPromiseResendKeepsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose)
		phone := freshPhone()
		wrong := func(code string) error {
			_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrongCode(code), Client: freshClient()})
			return err
		}
		for range 3 { // nine failures and a success, and nothing is locked
			for range 9 {
				_, code := tr.register(t, phone) // 4 tries left, then 3, …
				require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
			}
			tr.signIn(t, phone)
		}
		_, first := tr.register(t, phone)
		for range 4 {
			require.ErrorIs(t, wrong(first), phoneauth.ErrInvalidCode)
			_, code := tr.register(t, phone)
			require.Equal(t, first, code, "the same code while it lives")
		}
		require.ErrorIs(t, wrong(first), phoneauth.ErrInvalidCode)
		_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: first, Client: freshClient()})
		require.ErrorIs(t, err, phoneauth.ErrInvalidCode, "five tries, however often it was sent")
		for range 5 {
			_, code := tr.register(t, phone)
			require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
		}
		_, err = tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: freshClient()})
		require.True(t, isLimit(err, phoneauth.LimitPhoneFailures), "%v", err)
		require.NoError(t, tr.Unlock(t.Context(), phone))
		for range 9 {
			_, code := tr.register(t, phone)
			require.ErrorIs(t, wrong(code), phoneauth.ErrInvalidCode)
		}
		tr.signIn(t, phone)
	})
}

// TestPromiseUncomparedTries: what compares nothing counts nothing against the phone.
func TestPromiseUncomparedTries(t *testing.T) {
	t.Parallel()
	tr := startTrial(t, inMemory(t), loose)
	phone := freshPhone()
	p, code := tr.register(t, phone)
	other, _ := tr.register(t, freshPhone())
	for range 50 {
		for _, r := range []phoneauth.VerifyRequest{
			{Code: ""}, {Code: "12345"}, {Code: "1234567"}, {Code: "12345a"}, {Code: "１２３４５６"}, // malformed
			{Code: code, ChallengeToken: other.ChallengeToken},   // of another challenge
			{Code: code, ChallengeToken: p.ChallengeToken + "x"}, // of nobody
			{Code: code, Purpose: "payment"},                     // never sent
		} {
			r.Phone, r.Client = phone, freshClient()
			_, err := tr.Verify(t.Context(), r)
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
	}
	_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: " " + code + "\n", Client: freshClient()})
	require.NoError(t, err, "the tries are all there")
}

// TestPromiseDeviceFailures: a stranger's failures do not lock the owner out.
func TestPromiseDeviceFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := startTrial(t, inMemory(t), loose)
		phone := freshPhone()
		owner := phoneauth.ClientInfo{Addr: freshClient().Addr, Device: tr.signIn(t, phone).DeviceToken}
		ownerSignsIn := func() {
			t.Helper()
			_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: owner})
			_, err := tr.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: owner})
			require.NoError(t, err)
		}
		f := &failing{trial: tr, phone: phone}
		for f.n < 10 {
			require.NoError(t, f.failure(t))
			ownerSignsIn()
		}
		require.True(t, isLimit(f.failure(t), phoneauth.LimitPhoneFailures), "the owner's success cleared the stranger's count")
		ownerSignsIn()

		for range 10 { // and the owner's device is no way around a count
			_, code := tr.registerAs(t, phoneauth.RegisterRequest{Phone: phone, Client: owner})
			_, err := tr.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrongCode(code), Client: owner})
			require.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		}
		_, err := tr.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: owner})
		require.True(t, isLimit(err, phoneauth.LimitPhoneFailures), "%v", err)
	})
}

// TestPromisePasswordWaits: from the tenth wrong password on a wait of 1 s, doubling to
// 15 minutes, for unknown numbers and accounts without a password too.
func TestPromisePasswordWaits(t *testing.T) {
	for _, c := range []struct {
		name string
		hash phoneauth.Secret
		user bool
	}{{"a password", cheapHash("correct horse"), true}, {"no password", "", true}, {"no account", "", false}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := startTrial(t, inMemory(t), loose)
				phone := freshPhone()
				if c.user {
					seedUser(t, tr.store, phone, c.hash)
				}
				wrong := func() error {
					_, err := tr.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "wrong horse", Client: freshClient()})
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
					elapse(refused.RetryAfter - time.Microsecond)
					require.True(t, isLimit(wrong(), phoneauth.LimitPasswordFailures))
					elapse(time.Microsecond)
				}
				if c.hash == "" {
					return
				}
				right := phoneauth.PasswordLoginRequest{Phone: phone, Password: "correct horse", Client: freshClient()}
				_, err := tr.LoginPassword(t.Context(), right)
				require.NoError(t, err)
				for range 9 {
					require.ErrorIs(t, wrong(), phoneauth.ErrInvalidPassword, "success clears the count")
				}
				_, err = tr.LoginPassword(t.Context(), right)
				require.NoError(t, err)
			})
		})
	}
}
