package phoneauth

import (
	"context"
	"encoding/json"
	"errors"
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
