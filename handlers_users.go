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

// usersAnswer is an answer of the Users API; what does not apply is left out.
type usersAnswer struct {
	MSISDN              string `json:"msisdn"`
	AuthenticationToken string `json:"authentication_token,omitempty"`
	Valid               bool   `json:"valid_for_authentication"`
	SessionToken        string `json:"session_token,omitempty"`
	RefreshToken        string `json:"refresh_token,omitempty"`
	DeviceToken         string `json:"device_token,omitempty"`
	ExpiresIn           int64  `json:"expires_in,omitempty"`
}

func (q *request) usersRegister() (any, error) {
	if wrong := q.wrongFields("msisdn", "password", "password_confirmation"); len(wrong) > 0 {
		return nil, wrong
	}
	pending, err := q.s.RegisterPassword(q.r.Context(), PasswordRequest{
		Phone:          q.body.Text("msisdn"),
		Password:       Secret(q.body.Text("password")),
		ChallengeToken: q.registration(),
		Client:         q.client,
	})
	if err != nil {
		return nil, q.wrongToo(err)
	}
	q.setRegistration(pending.ChallengeToken, pending.ExpiresAt.Sub(q.s.now()))
	return usersAnswer{MSISDN: q.msisdn(pending.Phone), SessionToken: string(pending.ChallengeToken)}, nil
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
		return nil, inField(field, ErrInvalidCode) // of a registration that came too late
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
	_, err := q.s.Register(q.r.Context(), RegisterRequest{
		Phone:   q.body.Text("msisdn"),
		Purpose: PurposePasswordReset,
		Client:  q.client,
	})
	return struct{}{}, err
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

// usersResetPassword leaves it to the service whether the session is good enough, but
// asks by itself before it complains of fields: 401 and 403 come first.
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

// wrongFields returns which of the required fields are missing, and whether a
// confirmation, required or not, differs. The service stops at the first fault that it
// finds: so where there is one already, what it would say of the others is asked for
// here, and all are reported together.
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

// wrongPassword is what the service would say of the new password.
func (q *request) wrongPassword() fieldErrors {
	err := q.s.checkPassword(q.r.Context(), Secret(q.body.Text("password")))
	if !as[*PasswordError](err) {
		return nil
	}
	return failureOf(UsersAPI, err).fields(err)
}

// wrongToo adds to a fault of the number, with which the service stops, that of the
// password.
func (q *request) wrongToo(err error) error {
	if !errors.Is(err, ErrInvalidPhone) {
		return err
	}
	wrong := failureOf(UsersAPI, err).fields(err)
	maps.Copy(wrong, q.wrongPassword())
	return wrong
}

// codeField returns the name under which the code was sent: one of two.
func (q *request) codeField() string {
	if _, ok := q.body["verification_code"]; ok && q.body.Text("code") == "" {
		return "verification_code"
	}
	return "code"
}

// inField makes an error about the code one about the field it was sent in.
func inField(field string, err error) error {
	if f := failureOf(UsersAPI, err); f.status == http.StatusUnprocessableEntity && f.code == "code" {
		return fieldErrors{field: {f.message}}
	}
	return err
}

// registration returns the token of the registration that this client has begun.
func (q *request) registration() Secret {
	return q.token(registrationCookie, q.body.Text("session_token"))
}

func (q *request) setRegistration(token Secret, life time.Duration) {
	http.SetCookie(q.w, q.s.cfg.HTTP.newCookie(registrationCookie, token, life))
}

// msisdn writes a number as the Users API does: national digits where the default
// region has its calling code, else international digits. No calling code begins
// with another one (ITU-T E.164), so the prefix decides.
func (h *handler) msisdn(p Phone) string {
	return strings.TrimPrefix(strings.TrimPrefix(p.E164(), "+"), h.callingCode)
}
