package phoneauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answering is a request that has come to its answer.
func answering(cfg Config) *request {
	return &request{handler: bare(cfg).Handler().(*handler), w: httptest.NewRecorder(), r: httptest.NewRequest("POST", "/", nil)}
}

func newSession() *Session {
	return &Session{
		User: User{
			ID: "23", UUID: "0f9a", Phone: StoredPhone("+6584932466"), PasswordHash: "$argon2id$",
			CreatedAt: time.Date(2018, 8, 30, 23, 3, 58, 999_999_000, time.UTC),
			UpdatedAt: time.Date(2018, 10, 14, 3, 23, 51, 355e6, time.FixedZone("", 7200)),
		},
		New: true, First: true, ID: "s", AccessToken: "access", RefreshToken: "refresh", DeviceToken: "device",
		ExpiresAt: time.Now().Add(15 * time.Minute),
	}
}

func assertJSON(t *testing.T, want string, answer any, err error) {
	t.Helper()
	require.NoError(t, err)
	got, err := json.Marshal(answer)
	require.NoError(t, err)
	assert.JSONEq(t, want, string(got))
}

// The cause of a failure is logged also when the client has hung up meanwhile, because the operation
// went on without it. That the client has hung up is none.
func TestFaultsAreLoggedWithoutTheClient(t *testing.T) {
	t.Parallel()
	for name, logged := range map[error]bool{
		&unavailable{"CreateSession", errors.New("disk full")}: true,
		&unavailable{"begin", context.Canceled}:                false,
	} {
		var log bytes.Buffer
		s := bare(Config{})
		s.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		s.fail(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil).WithContext(ctx), LoginAPI, name)
		assert.Equal(t, logged, log.Len() > 0, "%v: %s", name, log.String())
	}
}

func TestSessionDocument(t *testing.T) {
	t.Parallel()
	const attributes = `"uid":"+6584932466","phone":"+6584932466","phone_verified":true,"new_user":true,
		"created_at":"2018-08-30T23:03:58.999Z","updated_at":"2018-10-14T01:23:51.355Z"`
	const meta = `"meta":{"access_token":"access","token_type":"Bearer","expires_in":900,"refresh_token":"refresh","device_token":"device"}`
	synctest.Test(t, func(t *testing.T) {
		answer, err := answering(Config{}).sessionDocument(newSession(), nil)
		assertJSON(t, `{"data":{"id":"23","type":"user","attributes":{`+attributes+`}},`+meta+`}`, answer, err)

		cfg := Config{HTTP: HTTPConfig{UserView: func(_ context.Context, u User) (UserView, error) {
			return UserView{
				Attributes:    map[string]any{"balance": 0, "gender": nil, "phone": "not this"},
				Relationships: map[string]any{"cars": u.ID},
			}, nil
		}}}
		answer, err = answering(cfg).sessionDocument(newSession(), nil)
		assertJSON(t, `{"data":{"id":"23","type":"user","attributes":{"balance":0,"gender":null,`+attributes+`},
			"relationships":{"cars":"23"}},`+meta+`}`, answer, err)

		hosted := newSession()
		hosted.AccessToken, hosted.RefreshToken, hosted.DeviceToken = "", "", ""
		answer, err = answering(Config{HostSessions: true}).sessionDocument(hosted, nil)
		assertJSON(t, `{"data":{"id":"23","type":"user","attributes":{`+attributes+`}}}`, answer, err)

		_, err = answering(cfg).sessionDocument(nil, ErrPhoneTaken)
		require.ErrorIs(t, err, ErrPhoneTaken)
		cfg.HTTP.UserView = func(context.Context, User) (UserView, error) { return UserView{}, errors.New("no row") }
		_, err = answering(cfg).sessionDocument(newSession(), nil)
		require.ErrorIs(t, err, ErrUnavailable)
	})
}

func TestUsersSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer, err := answering(Config{Numbers: NumberRules{DefaultRegion: "SG"}}).usersSession(newSession())
		assertJSON(t, `{"msisdn":"84932466","authentication_token":"access","valid_for_authentication":true,
			"refresh_token":"refresh","device_token":"device","expires_in":900}`, answer, err)
	})
}

func TestLoginUser(t *testing.T) {
	t.Parallel()
	const user = `"id":23,"uuid":"0f9a","phone":"+6584932466","has_password":true,"created_at":"2018-08-30T23:03:58.999Z"`
	session := newSession()
	assertJSON(t, `{`+user+`,"token":"access","refresh_token":"refresh","device_token":"device"}`, answering(Config{}).s.loginUser(session), nil)
	session.AccessToken, session.RefreshToken, session.DeviceToken = "", "", ""
	assertJSON(t, `{`+user+`}`, answering(Config{}).s.loginUser(session), nil)
}

func TestJSONID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"0": `0`, "180": `180`, "9007199254740992": `9007199254740992`,
		"9007199254740993": `"9007199254740993"`, "99999999999999999999": `"99999999999999999999"`,
		"": `""`, "007": `"007"`, "+1": `"+1"`, "-1": `"-1"`, "1e3": `"1e3"`, "1_0": `"1_0"`, "a7": `"a7"`, "१": `"१"`,
	} {
		got, err := json.Marshal(jsonID(id))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), id)
	}
}

func TestMSISDN(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"SG", "+6584932466", "84932466"},
		{"SG", "+33600000178", "33600000178"},
		{"", "+6584932466", "6584932466"},
		{"XX", "+6584932466", "6584932466"},
		{"US", "+12015550123", "2015550123"},
		{"US", "+33600000178", "33600000178"},
		{"CA", "+12015550123", "2015550123"}, // the calling code decides, not the region
		{"IT", "+390612345678", "0612345678"},
		{"EG", "+201061797840", "1061797840"},
		{"ZA", "+201061797840", "201061797840"},
	} {
		h := bare(Config{Numbers: NumberRules{DefaultRegion: tt[0]}}).Handler().(*handler)
		assert.Equal(t, tt[2], h.msisdn(StoredPhone(tt[1])), "%s in %s", tt[1], tt[0])
	}
}

func TestNewCookie(t *testing.T) {
	t.Parallel()
	var safe HTTPConfig
	insecure := HTTPConfig{InsecureCookie: true}
	assert.Equal(t, "__Host-phoneauth=abc; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(registrationCookie, "abc", 5*time.Minute).String())
	assert.Equal(t, "phoneauth=abc; Path=/; Max-Age=1; HttpOnly; SameSite=Lax",
		insecure.newCookie(registrationCookie, "abc", time.Millisecond).String())
	assert.Equal(t, "__Host-phoneauth=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(registrationCookie, "", 0).String())
	assert.Equal(t, "__Host-phoneauth-device=d; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax",
		safe.newCookie(deviceCookie, "d", deviceLife).String())
}

// The body beats the cookie; the cookie of a foreign request counts for nothing.
func TestToken(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Cookie", "phoneauth-device=tossed; __Host-phoneauth-device=baked")
	q := &request{handler: bare(Config{}).Handler().(*handler), r: r}
	assert.Equal(t, Secret("baked"), q.token(deviceCookie, "", ""))
	assert.Equal(t, Secret("sent"), q.token(deviceCookie, "", "sent"))
	assert.Empty(t, q.token(registrationCookie))
	r.Header.Add("Cookie", "__Host-phoneauth-device=baked")
	assert.Equal(t, Secret("baked"), q.token(deviceCookie), "twice the same")
	r.Header.Add("Cookie", "__Host-phoneauth-device=planted")
	assert.Empty(t, q.token(deviceCookie), "two that differ")
	r.Header.Del("Cookie")
	r.Header.Set("Cookie", "__Host-phoneauth-device=baked")
	q.foreign = true
	assert.Empty(t, q.token(deviceCookie))
	assert.Equal(t, Secret("sent"), q.token(deviceCookie, "sent"))
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	var hook error
	started := 0
	cfg := Config{HTTP: HTTPConfig{SignedIn: func(w http.ResponseWriter, _ *http.Request, s *Session) error {
		started++
		http.SetCookie(w, &http.Cookie{Name: "host", Value: s.User.ID})
		return hook
	}}}
	signIn := func(cfg Config, session *Session, foreign bool) ([]string, error) {
		w := httptest.NewRecorder()
		q := &request{handler: bare(cfg).Handler().(*handler), w: w, r: httptest.NewRequest("POST", "/", nil), foreign: foreign}
		err := q.signedIn(session)
		return w.Header().Values("Set-Cookie"), err
	}
	device := []string{"__Host-phoneauth-device=d; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax"}
	cookies, err := signIn(cfg, &Session{DeviceToken: "d"}, false)
	require.NoError(t, err)
	assert.Equal(t, device, cookies)
	cookies, err = signIn(cfg, &Session{DeviceToken: "d"}, true)
	require.NoError(t, err)
	assert.Empty(t, cookies)
	assert.Zero(t, started, "the host has no session to start")

	cfg.HostSessions = true
	cookies, err = signIn(cfg, &Session{User: User{ID: "23"}}, false)
	require.NoError(t, err)
	assert.Equal(t, []string{"host=23"}, cookies)
	hook = errors.New("session table is full")
	_, err = signIn(cfg, &Session{}, false)
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, hook)
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	cfg := Config{HTTP: HTTPConfig{TrustedOrigins: []string{"https://app.example.com"}}}
	h := bare(cfg).Handler()
	for _, tt := range []struct {
		origin, site string
		refused      bool
	}{
		{"", "", false}, // no browser
		{"http://example.com", "same-origin", false},
		{"http://example.com", "", false}, // an old browser: httptest's host
		{"https://app.example.com", "cross-site", false},
		{"https://evil.example", "cross-site", true},
		{"https://sub.example.com", "same-site", true},
		{"https://evil.example", "", true},
		{"null", "", true},
	} {
		for _, path := range []string{"/api/v1/users", "/api/v1/users/verify"} {
			w := ask(h, "POST", path, "{}", "Origin", tt.origin, "Sec-Fetch-Site", tt.site)
			if tt.refused {
				assertRefused(t, w, UsersAPI, 403, "cross_origin", tt.origin, tt.site)
			} else {
				assert.Equal(t, 422, w.Code, tt.origin, tt.site)
			}
		}
	}

	cfg.HostSessions = true
	cfg.HTTP.Authenticate = func(*http.Request) (Claims, error) { return Claims{UserID: "1"}, nil }
	w := ask(bare(cfg).Handler(), "DELETE", "/users/me", "", "Sec-Fetch-Site", "cross-site")
	assertRefused(t, w, SessionAPI, 403, "cross_origin", "a host's session is a cookie")

	_, err := HTTPConfig{TrustedOrigins: []string{"https://ok.example", "app.example.com", "https://x/y"}}.crossOrigin()
	require.ErrorContains(t, err, "app.example.com")
	require.ErrorContains(t, err, "https://x/y")
}
