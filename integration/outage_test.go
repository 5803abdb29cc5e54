package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// While the store is away nothing is sent and nobody gets in, and every answer comes
// within the 2 s that the Service gives a store; when it is back, so are we.
func TestSQLOutage(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		server, d := ownPostgres(t)
		outages(t, d.place(), server)
	})
	t.Run("mariadb", func(t *testing.T) {
		server, d := ownMariaDB(t)
		outages(t, d.place(), server)
	})
}

func TestRedisOutage(t *testing.T) {
	server := integration.OwnRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	outages(t, redisPlace(t, server.Addr()), server)
}

const (
	awayFor = 3 * time.Second
	// A call of the store has 2 s; the rest is for what is done before and after it.
	answerWithin = 3 * time.Second
	backWithin   = 5 * time.Second
)

func outages(t *testing.T, p place, s server) {
	p.migrate(t)
	store, opened := p.store(t), &remembered{}
	if both, ok := store.(*sqlstore.Store); ok {
		store = tellsOpenings{both, opened.add}
	}
	t.Run("killed", func(t *testing.T) {
		awayAndBack(t, store, 0, func() error { s.Kill(); return nil }, s.Start)
	})
	t.Run("paused", func(t *testing.T) { awayAndBack(t, store, 1_000_000, s.Pause, s.Resume) })
	undivided(t, store, opened.all, p.atOnce(), nil)
}

// visitors sign in, one after the other, by callers at once.
type visitors struct {
	*phoneauth.Service
	inbox *phonetest.Inbox
	next  atomic.Int64

	mu   sync.Mutex
	seen []visit
}

// visit is one call of the Service.
type visit struct {
	phone        string // of a Register
	began, ended time.Time
	err          error
}

func (v *visitors) person() (string, phoneauth.ClientInfo) { return caller(int(v.next.Add(1))) }

// call makes a call, and remembers it.
func (v *visitors) call(phone string, call func() error) error {
	one := visit{phone: phone, began: time.Now()}
	one.err = call()
	one.ended = time.Now()
	v.mu.Lock()
	v.seen = append(v.seen, one)
	v.mu.Unlock()
	return one.err
}

// signIn is a sign-in of somebody new, up to the first error.
func (v *visitors) signIn(ctx context.Context) error {
	phone, client := v.person()
	err := v.call(phone, func() error {
		_, err := v.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		return err
	})
	if err != nil {
		return err
	}
	message, _ := v.inbox.Last(phone)
	return v.call("", func() error {
		_, err := v.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: string(message.Code), Client: client})
		return err
	})
}

// awayAndBack lets callers from the from-th on sign in while the server of store leaves
// and comes back.
func awayAndBack(t *testing.T, store phoneauth.Store, from int64, leave, comeBack func() error) {
	ctx := t.Context()
	v := &visitors{}
	v.Service, v.inbox = service(t, store, func(*phoneauth.Config) {})
	v.next.Store(from)
	probes := v.probes(t)
	phone, client, code := v.code(t)
	session := v.session(t)

	var stop, isBack atomic.Bool
	var signIns [callers]atomic.Int64 // by each caller: before it left, or since it is back
	var load sync.WaitGroup
	for i := range callers {
		load.Go(func() {
			for !stop.Load() {
				was := isBack.Load()
				if v.signIn(ctx) == nil && was == isBack.Load() {
					signIns[i].Add(1)
				}
			}
		})
	}
	defer load.Wait()
	defer stop.Store(true)
	each := func(atLeast int64) func() error {
		return func() error {
			for i := range signIns {
				if n := signIns[i].Load(); n < atLeast {
					return fmt.Errorf("caller %d has signed in %d times", i, n)
				}
			}
			return nil
		}
	}
	require.NoError(t, integration.Poll(20*time.Second, each(3)))

	require.NoError(t, leave())
	returns := time.NewTimer(awayFor)
	gone := time.Now()
	var all sync.WaitGroup
	for name, probe := range probes {
		all.Go(func() {
			began := time.Now()
			assert.ErrorIs(t, probe(), phoneauth.ErrUnavailable, name)
			assert.Less(t, time.Since(began), answerWithin, name)
		})
	}
	all.Wait()
	<-returns.C
	returned := time.Now()
	require.NoError(t, comeBack())
	back := time.Now()
	for i := range signIns {
		signIns[i].Store(0)
	}
	isBack.Store(true)
	require.NoError(t, integration.Poll(backWithin, each(1)), "back without a restart")
	t.Logf("all %d callers are back %v after the server", callers, time.Since(back).Round(time.Millisecond))
	stop.Store(true)
	load.Wait()

	during, slow, answered, sent := 0, 0, 0, 0
	for _, one := range v.seen {
		if one.ended.Sub(one.began) > answerWithin {
			slow++
		}
		if one.began.Before(gone) || one.ended.After(returned) {
			continue
		}
		during++
		if !errors.Is(one.err, phoneauth.ErrUnavailable) {
			answered++
		}
		if _, arrived := v.inbox.Last(one.phone); arrived {
			sent++
		}
	}
	t.Logf("%d calls began and ended while it was away", during)
	assert.Zero(t, slow, "calls of more than %v, of %d", answerWithin, len(v.seen))
	assert.Zero(t, answered, "nobody gets in, nor any other answer")
	assert.Zero(t, sent, "nothing is sent")
	_, err := v.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
	assert.NoError(t, err, "the code from before is good")
	_, err = v.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
	assert.NoError(t, err, "so is the session")
}

// code is sent to somebody new.
func (v *visitors) code(t *testing.T) (phone string, client phoneauth.ClientInfo, code string) {
	t.Helper()
	phone, client = v.person()
	_, err := v.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: client})
	require.NoError(t, err)
	return phone, client, v.inbox.Code(t, phone)
}

func (v *visitors) session(t *testing.T) *phoneauth.Session {
	t.Helper()
	phone, client, code := v.code(t)
	session, err := v.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
	require.NoError(t, err)
	return session
}

// probes are calls that would succeed if the store were there.
func (v *visitors) probes(t *testing.T) map[string]func() error {
	t.Helper()
	ctx := t.Context()
	verified, verifier, code1 := v.code(t)
	signingIn, guest, code2 := v.code(t)
	proved, owner, code3 := v.code(t)
	proof, err := v.Verify(ctx, phoneauth.VerifyRequest{Phone: proved, Code: code3, Client: owner})
	require.NoError(t, err)
	refreshed, ended, all, changed := v.session(t), v.session(t), v.session(t), v.session(t)
	claims, err := v.Authenticate(ctx, changed.AccessToken)
	require.NoError(t, err)
	registered, newcomer := v.person()
	posted, _ := v.person()
	handler := v.Handler(phoneauth.PhoneAPI)
	return map[string]func() error{
		"Register": func() error {
			return v.call(registered, func() error {
				_, err := v.Register(ctx, phoneauth.RegisterRequest{Phone: registered, Client: newcomer})
				return err
			})
		},
		"POST /api/phone/register": func() error {
			return v.call(posted, func() error {
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/phone/register", strings.NewReader(`{"phone_number":"`+posted+`"}`))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusServiceUnavailable {
					return fmt.Errorf("status %d", w.Code)
				}
				return phoneauth.ErrUnavailable
			})
		},
		"Verify": func() error {
			_, err := v.Verify(ctx, phoneauth.VerifyRequest{Phone: verified, Code: code1, Client: verifier})
			return err
		},
		"Login": func() error {
			_, err := v.Login(ctx, phoneauth.LoginRequest{Phone: signingIn, Code: code2, Client: guest})
			return err
		},
		"Login with a password": func() error {
			_, err := v.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: signingIn, Password: "a password of twenty", Client: guest})
			return err
		},
		"Connect": func() error {
			_, err := v.Connect(ctx, phoneauth.ConnectRequest{Phone: proved, Token: proof.Token, Client: owner})
			return err
		},
		"Refresh": func() error {
			_, err := v.Refresh(ctx, phoneauth.RefreshRequest{Token: refreshed.RefreshToken})
			return err
		},
		"ChangePassword": func() error {
			_, err := v.ChangePassword(ctx, claims, phoneauth.ChangePasswordRequest{New: "a password of twenty", Client: owner})
			return err
		},
		"Logout":     func() error { return v.Logout(ctx, ended.RefreshToken) },
		"LogoutAll":  func() error { return v.LogoutAll(ctx, all.User.ID) },
		"SetBlocked": func() error { return v.SetBlocked(ctx, all.User.ID, true) },
	}
}
