package phoneauth

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const blank = "can't be blank"

// usersAnswer is an answer of the Users API. Fields that do not apply are left out.
type usersAnswer struct {
	MSISDN              string `json:"msisdn"`
	AuthenticationToken string `json:"authentication_token,omitempty"`
	Valid               bool   `json:"valid_for_authentication"`
	SessionToken        string `json:"session_token,omitempty"`
	RefreshToken        string `json:"refresh_token,omitempty"`
	DeviceToken         string `json:"device_token,omitempty"`
	ExpiresIn           int64  `json:"expires_in,omitempty"`
	*channelsAnswer            // of a registration
}

func (q *request) usersRegister() (any, error) {
	if wrong := q.wrongFields("msisdn", "password", "password_confirmation"); len(wrong) > 0 {
		return nil, wrong
	}
	pending, err := q.s.RegisterPassword(q.r.Context(), PasswordRequest{
		Phone:          q.body.Text("msisdn"),
		Password:       Secret(q.body.Text("password")),
		Channel:        q.body.Text(channelField),
		ChallengeToken: q.registration(),
		Client:         q.client,
	})
	if err != nil {
		return nil, q.wrongToo(err)
	}
	channels := q.s.channelsOfAnswer(pending.Channel, pending.Channels)
	q.setRegistration(pending.ChallengeToken, pending.ExpiresAt.Sub(q.s.now()))
	return usersAnswer{MSISDN: q.msisdn(pending.Phone), SessionToken: string(pending.ChallengeToken), channelsAnswer: &channels}, nil
}

func (q *request) usersVerify() (any, error) {
	field := q.codeField()
	if wrong := q.wrongFields(field); len(wrong) > 0 {
		return nil, wrong
	}
	l := LoginRequest{
		Phone:          q.body.Text("msisdn"),
		Code:           q.body.Text(field),
		ChallengeToken: q.registration(),
		Purpose:        PurposePasswordRegistration,
		Client:         q.client,
	}
	if l.ChallengeToken == "" {
		return nil, inField(field, ErrInvalidCode)
	}
	session, err := q.s.Login(q.r.Context(), l)
	switch {
	case as[*BlockedError](err):
		blocked, _ := errors.AsType[*BlockedError](err)
		q.setRegistration("", 0)
		return usersAnswer{MSISDN: q.msisdn(blocked.User.Phone)}, nil
	case errors.Is(err, ErrPhoneTaken):
		return nil, inField(field, ErrInvalidCode) // the number has an account by now
	case err != nil:
		return nil, inField(field, err)
	}
	q.setRegistration("", 0)
	return q.usersSession(session)
}

func (q *request) usersForgetPassword() (any, error) {
	if wrong := q.wrongFields("msisdn"); len(wrong) > 0 {
		return nil, wrong
	}
	pending, err := q.s.Register(q.r.Context(), RegisterRequest{
		Phone:   q.body.Text("msisdn"),
		Purpose: PurposePasswordReset,
		Channel: q.body.Text(channelField),
		Client:  q.client,
	})
	if err != nil {
		return nil, err
	}
	return q.s.channelsOfAnswer(pending.Channel, pending.Channels), nil
}

func (q *request) usersRecoverPassword() (any, error) {
	field := q.codeField()
	if wrong := q.wrongFields("msisdn", field, "password", "password_confirmation"); len(wrong) > 0 {
		return nil, wrong
	}
	phone, err := q.s.RecoverPassword(q.r.Context(), RecoverRequest{
		Phone:    q.body.Text("msisdn"),
		Code:     q.body.Text(field),
		Password: Secret(q.body.Text("password")),
		Client:   q.client,
	})
	if err != nil {
		return nil, inField(field, q.wrongToo(err))
	}
	return usersAnswer{MSISDN: q.msisdn(phone), Valid: true}, nil
}

// usersResetPassword changes a password. The Service checks the session. Before a fault of
// the fields is reported, the session is checked here, because 401 and 403 come first.
func (q *request) usersResetPassword() (any, error) {
	wrong := q.wrongFields("password")
	current := q.body.Text("current_password")
	if len(wrong) > 0 || current == "" {
		user, err := q.s.Reauthenticated(q.r.Context(), q.claims)
		if err != nil {
			return nil, err
		}
		if current == "" && user.PasswordHash != "" {
			wrong["current_password"] = []string{blank}
		}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	session, err := q.s.ChangePassword(q.r.Context(), q.claims, ChangePasswordRequest{
		Current: Secret(current),
		New:     Secret(q.body.Text("password")),
		Client:  q.client,
	})
	if err != nil {
		return nil, err
	}
	return q.usersSession(session)
}

func (q *request) usersSession(session *Session) (any, error) {
	a := usersAnswer{MSISDN: q.msisdn(session.User.Phone), Valid: true}
	if t := q.s.tokensOf(session); t != nil {
		a.AuthenticationToken = t.AccessToken
		a.RefreshToken = t.RefreshToken
		a.DeviceToken = t.DeviceToken
		a.ExpiresIn = t.ExpiresIn
	}
	return a, q.signedIn(session)
}

// wrongFields returns the faults of the body: required fields that are missing, and a
// confirmation that differs. If there is one, it checks the number and the password too, so
// that all faults are reported together. The Service would stop at the first.
func (q *request) wrongFields(required ...string) fieldErrors {
	wrong := fieldErrors{}
	for _, name := range required {
		if q.body.Text(name) == "" {
			wrong[name] = []string{blank}
		}
	}
	phone, password, again := q.body.Text("msisdn"), q.body.Text("password"), q.body.Text("password_confirmation")
	if password != "" && again != "" && password != again {
		wrong["password_confirmation"] = []string{"doesn't match password"}
	}
	if len(wrong) > 0 && phone != "" && slices.Contains(required, "msisdn") {
		if _, err := q.s.numbers.parse(phone); err != nil {
			maps.Copy(wrong, failureOf(UsersAPI, err).fields(err))
		}
	}
	if len(wrong) > 0 && password != "" && slices.Contains(required, "password") {
		maps.Copy(wrong, q.wrongPassword())
	}
	return wrong
}

// wrongPassword returns the fault of the new password, if it has one.
func (q *request) wrongPassword() fieldErrors {
	err := q.s.checkPassword(q.r.Context(), Secret(q.body.Text("password")))
	if !as[*PasswordError](err) {
		return nil
	}
	return failureOf(UsersAPI, err).fields(err)
}

// wrongToo adds the fault of the password to a fault of the number. The Service stops at the
// latter.
func (q *request) wrongToo(err error) error {
	if !errors.Is(err, ErrInvalidPhone) {
		return err
	}
	wrong := failureOf(UsersAPI, err).fields(err)
	maps.Copy(wrong, q.wrongPassword())
	return wrong
}

// codeField returns the name of the field with the code: "code" or "verification_code".
func (q *request) codeField() string {
	if _, ok := q.body["verification_code"]; ok && q.body.Text("code") == "" {
		return "verification_code"
	}
	return "code"
}

// inField names the field of the code in an error about the code.
func inField(field string, err error) error {
	if f := failureOf(UsersAPI, err); f.status == http.StatusUnprocessableEntity && f.code == "code" {
		return fieldErrors{field: {f.message}}
	}
	return err
}

// registration returns the challenge token of the password registration of this client.
func (q *request) registration() Secret {
	return q.token(registrationCookie, q.body.Text("session_token"))
}

func (q *request) setRegistration(token Secret, life time.Duration) {
	http.SetCookie(q.w, q.s.cfg.HTTP.newCookie(registrationCookie, token, life))
}

// msisdn writes a number as the Users API does: without the calling code if that is the
// calling code of the default region, else with it. No calling code is a prefix of another
// one (ITU-T E.164), so comparing the prefix is enough.
func (h *handler) msisdn(p Phone) string {
	return strings.TrimPrefix(strings.TrimPrefix(p.E164(), "+"), h.callingCode)
}
