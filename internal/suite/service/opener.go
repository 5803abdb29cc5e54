package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// A Service whose store is an Opener answers and reports what it does with the verbs alone.

// flows are what was answered and reported, with ids in the order in which they came.
type flows struct {
	*suite.Service
	lines []string
	names []string
	told  int
}

// name stands for an id.
func (f *flows) name(id string) string {
	if id == "" {
		return "none"
	}
	if !slices.Contains(f.names, id) {
		f.names = append(f.names, id)
	}
	return fmt.Sprint("#", slices.Index(f.names, id))
}

// note writes down an answer, and the events since the one before.
func (f *flows) note(session *phoneauth.Session, err error) *phoneauth.Session {
	f.Settle()
	var more []string
	if code, ok := errors.AsType[*phoneauth.CodeError](err); ok {
		more = append(more, fmt.Sprint("tries left ", code.TriesLeft))
	}
	if spent, ok := errors.AsType[*phoneauth.SpentTokenError](err); ok {
		more = append(more, fmt.Sprint("signed up ", spent.SignedUp))
	}
	if blocked, ok := errors.AsType[*phoneauth.BlockedError](err); ok {
		more = append(more, "of "+f.user(blocked.User))
	}
	if limited, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		more = append(more, limited.RetryAfter.String())
	}
	f.lines = append(f.lines, fmt.Sprintln(suite.Answer(err), more))
	if s := session; s != nil {
		f.lines = append(f.lines, fmt.Sprintln("session", f.name(s.ID), f.user(s.User), s.New, s.First, s.AMR, s.AuthTime, s.ExpiresAt))
		rec, err := f.Store.SessionByID(context.Background(), s.ID, f.Now())
		require.NoError(f, err)
		rec.ID, rec.UserID, rec.DeviceID = f.name(rec.ID), f.name(rec.UserID), f.name(rec.DeviceID)
		rec.Digest = nil
		f.lines = append(f.lines, fmt.Sprintf("stored %s %s %d %s %v %t %q %q %s %s %s\n", rec.ID, rec.UserID, rec.Epoch, rec.DeviceID,
			rec.AMR, rec.ByPassword, rec.Client, rec.Place, rec.AuthTime, rec.IdleUntil, rec.ExpiresAt))
		_, err = f.Refresh(context.Background(), phoneauth.RefreshRequest{Token: s.RefreshToken})
		require.NoError(f, err)
		f.ClaimsOf(s)
	}
	events := f.Events("")
	for _, e := range events[f.told:] {
		e.UserID, e.SessionID, e.MessageID = f.name(e.UserID), f.name(e.SessionID), ""
		f.lines = append(f.lines, fmt.Sprintf("%s %s %s\n", e.Type, e.Time, e.LogValue()))
	}
	f.told = len(events)
	return session
}

func (f *flows) user(u phoneauth.User) string {
	return fmt.Sprint(f.name(u.ID), u.Phone, u.Epoch, u.Blocked, u.Locked, u.CreatedAt, u.UpdatedAt, u.SignedInAt)
}

// login notes a Login.
func (f *flows) login(r phoneauth.LoginRequest) *phoneauth.Session {
	if r.Client.Name == "" {
		r.Client.Name, r.Client.Terms = "Chrome on Android", "2026-11"
	}
	return f.note(f.Login(context.Background(), r))
}

// ask sends a code to phone.
func (f *flows) ask(phone string, client phoneauth.ClientInfo) (token phoneauth.Secret, code string) {
	p, code := f.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: client})
	return p.ChallengeToken, code
}

// signIn asks for a code and notes a Login with it.
func (f *flows) signIn(phone string, client phoneauth.ClientInfo) *phoneauth.Session {
	_, code := f.ask(phone, client)
	return f.login(phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
}

// connect notes a Connect.
func (f *flows) connect(p *phoneauth.Proof) *phoneauth.Session { return f.note(f.ConnectProof(p)) }

// update changes the user of phone in the store, past the Service.
func (f *flows) update(phone string, u phoneauth.UserUpdate) {
	user, err := f.Store.UserByPhone(context.Background(), phoneauth.StoredPhone(phone))
	require.NoError(f, err)
	u.UserID, u.Epoch, u.Now = user.ID, phoneauth.AnyEpoch, f.Now()
	_, err = f.Store.UpdateUser(context.Background(), u)
	require.NoError(f, err)
}

// crowd gives the user of session as many sessions as there may be.
func (f *flows) crowd(session *phoneauth.Session, byPassword bool) {
	live, err := f.Store.UserSessions(context.Background(), session.User.ID, f.Now())
	require.NoError(f, err)
	for i := len(live); i < 100; i++ {
		id, ends := fmt.Sprintf("of %s %d", session.ID, i), f.Now().Add(time.Hour)
		_, err := f.Store.CreateSession(context.Background(), phoneauth.NewSession{Now: f.Now(), Session: phoneauth.SessionRecord{
			ID: id, UserID: session.User.ID, Epoch: session.User.Epoch, Digest: []byte(id), ByPassword: byPassword,
			CreatedAt: f.Now().Add(time.Duration(i) * time.Second), IdleUntil: ends, ExpiresAt: ends,
		}})
		require.NoError(f, err)
	}
}

func withTester(c *phoneauth.Config) {
	c.Code.Digits = 8
	c.Numbers.Test = []phoneauth.TestNumber{{Phone: tester, Code: "12345678", Until: suite.Start.Add(time.Hour)}}
	c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1e6, Every: time.Microsecond}}
}

func testOpenerAnswersAsTheVerbsDo(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	for _, c := range openerCases {
		t.Run(c.name, func(t *testing.T) {
			var ways [3][]string
			for i := range ways {
				suite.Scope(t, func(t testing.TB) {
					store := o.Store(t)
					switch i {
					case 1:
						store = struct{ phoneauth.Store }{store} // an Opener no longer
					case 2:
						store = leaving{Store: store}
					}
					f := &flows{Service: suite.On(t, store, withTester)}
					c.do(f)
					ways[i] = f.lines
				})
			}
			require.NotEmpty(t, ways[1])
			assert.Equal(t, strings.Join(ways[1], ""), strings.Join(ways[0], ""), "as by the verbs alone")
			assert.Equal(t, strings.Join(ways[1], ""), strings.Join(ways[2], ""), "a store that leaves the session to the Service")
		})
	}
}

// leaving is an Opener that leaves it at the attempt.
type leaving struct {
	phoneauth.Store
	then func() // unless nil, it is called after a match
}

func (l leaving) OpenSession(ctx context.Context, o phoneauth.Opening) (v phoneauth.Opened, err error) {
	v.User, _ = l.UserByPhone(ctx, o.SignIn.Phone)
	if v.Challenge, err = l.AttemptChallenge(ctx, o.Attempt); err != nil {
		return phoneauth.Opened{Challenge: v.Challenge}, err
	}
	if l.then != nil {
		l.then()
	}
	return v, nil
}

// What the store has read with the attempt counts. A code opens no session of an account that has changed
// since.
func testChangeAfterTheCode(t *testing.T, o suite.Options) {
	phone := phoneauth.StoredPhone(suite.Owner)
	for name, before := range map[string]func(s *suite.Service){
		"an account that was imported": func(s *suite.Service) {
			_, err := s.Store.ImportUsers(t.Context(), []phoneauth.UserImport{{Phone: phone, UUID: "imported"}}, s.Now())
			require.NoError(t, err)
		},
		"a new account": func(*suite.Service) {},
	} {
		var s *suite.Service
		store := o.Store(t)
		s = suite.On(t, leaving{store, func() {
			user, err := store.SignInUser(t.Context(), phoneauth.SignIn{Phone: phone, UUID: "somebody", Epoch: phoneauth.AnyEpoch, Now: s.Now()})
			require.NoError(t, err, name)
			_, err = store.UpdateUser(t.Context(), phoneauth.UserUpdate{UserID: user.User.ID, Epoch: phoneauth.AnyEpoch, Now: s.Now()})
			require.NoError(t, err, name)
		}})
		before(s)
		_, code := s.SendCode(suite.Owner)
		_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, name)
	}
}

// A session that had to end for another is reported, also where the store has ended it in the step that
// compared the code.
func testSessionInPlaceOfAnotherIsReported(t *testing.T, o suite.Options) {
	f := &flows{Service: o.Service(t, withTester)}
	session := f.SignIn(suite.Owner)
	f.crowd(session, false)
	f.SignIn(suite.Owner)
	_, err := f.ConnectProof(f.Prove(suite.Owner))
	require.NoError(t, err)
	evicted := f.Events(phoneauth.EventSessionEvicted)
	require.Len(t, evicted, 2)
	assert.Equal(t, session.ID, evicted[0].SessionID, "the one unused longest")
	assert.Equal(t, session.User.ID, evicted[0].UserID)
	assert.NotEqual(t, session.ID, evicted[1].SessionID)
}

// verbs are those that a Service has called.
type verbs struct {
	mu  sync.Mutex
	all []string
}

func (v *verbs) around(ctx context.Context, verb string, call func(context.Context) error) error {
	v.mu.Lock()
	v.all = append(v.all, verb)
	v.mu.Unlock()
	return call(ctx)
}

func (v *verbs) count(c *phoneauth.Config) { c.Store = phoneauth.WrapStore(c.Store, v.around) }

// A store that is wrapped twice tells each wrapper once of a call, also of those that not every store has.
func testWrappedTwiceIsToldOnce(t *testing.T, o suite.Options) {
	inner, outer := new(verbs), new(verbs)
	store := phoneauth.WrapStore(phoneauth.WrapStore(o.Store(t), inner.around), outer.around)
	var want []string
	if store, ok := store.(phoneauth.Purger); ok {
		_, err := store.Purge(t.Context(), suite.Start)
		require.NoError(t, err)
		want = append(want, "Purge")
	}
	if store, ok := store.(phoneauth.Opener); ok {
		_, err := store.OpenSession(t.Context(), phoneauth.Opening{Attempt: phoneauth.AttemptParams{Now: suite.Start}})
		require.ErrorIs(t, err, phoneauth.ErrNotFound)
		want = append(want, "OpenSession")
	}
	assert.Equal(t, want, outer.all)
	assert.Equal(t, want, inner.all)
}

// hostTokens is a TokenIssuer of a host.
type hostTokens struct{}

func (hostTokens) IssueToken(context.Context, phoneauth.Claims) (phoneauth.Secret, error) {
	return "token", nil
}

func (hostTokens) VerifyToken(context.Context, phoneauth.Secret) (phoneauth.Claims, error) {
	return phoneauth.Claims{}, phoneauth.ErrUnauthenticated
}

// Where somebody must see the user before a session is opened, the store does not open one by itself.
func testWhoMustSeeTheUserFirst(t *testing.T, o suite.Options) {
	if _, opens := o.Store(t).(phoneauth.Opener); !opens {
		t.Skip("the store is no Opener")
	}
	for _, c := range []struct {
		name   string
		change func(*phoneauth.Config)
		opens  bool
	}{
		{"nobody", func(*phoneauth.Config) {}, true},
		{"OnEvent sees no user", func(c *phoneauth.Config) { c.Hooks.OnEvent = func(context.Context, phoneauth.Event) {} }, true},
		{"BeforeSignIn", func(c *phoneauth.Config) {
			c.Hooks.BeforeSignIn = func(context.Context, phoneauth.SignInInfo) error { return nil }
		}, false},
		{"ExtraClaims", func(c *phoneauth.Config) {
			c.Hooks.ExtraClaims = func(context.Context, phoneauth.User) (map[string]any, error) { return nil, nil }
		}, false},
		{"Place", func(c *phoneauth.Config) {
			c.Hooks.Place = func(context.Context, netip.Addr) string { return "Cairo" }
		}, false},
		{"Tokens", func(c *phoneauth.Config) { c.Tokens = hostTokens{} }, false},
		{"HostSessions", func(c *phoneauth.Config) { c.HostSessions = true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := new(verbs)
			s := o.Service(t, suite.LimitsOff, c.change, v.count)
			for range 2 { // a new user, and a known one
				_, code := s.SendCode(suite.Owner)
				v.all = nil
				_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
				require.NoError(t, err)
				assertOpens(t, c.opens, v.all)
				proof := s.Prove(suite.Owner)
				v.all = nil
				_, err = s.ConnectProof(proof)
				require.NoError(t, err)
				assertOpens(t, c.opens, v.all)
			}
		})
	}
}

func assertOpens(t *testing.T, opens bool, verbs []string) {
	t.Helper()
	if opens {
		require.NotEmpty(t, verbs)
		assert.Equal(t, "OpenSession", verbs[0])
		assert.NotContains(t, verbs, "AttemptChallenge")
		return
	}
	assert.NotContains(t, verbs, "OpenSession")
	assert.Contains(t, verbs, "AttemptChallenge")
}
