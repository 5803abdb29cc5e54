package phoneauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// connectStart sends a code. Every failure to send it is one error, except limits.
func (q *request) connectStart() (any, error) {
	_, err := q.s.Register(q.r.Context(), RegisterRequest{
		Phone: q.body.Text("phone"), Channel: q.body.Text(channelField), Client: q.client,
	})
	if err != nil && failureOf(ConnectAPI, err).status >= http.StatusInternalServerError {
		err = fmt.Errorf("%w: %w", errNotSent, err)
	}
	return nil, err
}

func (q *request) connectVerify() (any, error) {
	proof, err := q.verify(VerifyRequest{
		Phone: q.body.Text("phone"),
		Code:  q.body.Text("verification_code"),
	})
	if err != nil {
		return nil, err
	}
	return struct {
		Message           string `json:"message"`
		Success           bool   `json:"success"`
		VerificationToken string `json:"verification_token"`
	}{"Verification code is correct.", true, string(proof.Token)}, nil
}

// verify calls Service.Verify for bodies that must have both a phone and a code. Like the
// Service it refuses an invalid phone before it looks at the code.
func (q *request) verify(v VerifyRequest) (*Proof, error) {
	if v.Phone == "" {
		return nil, ErrInvalidPhone // for the service it is optional
	}
	if v.Code == "" {
		if _, err := q.s.numbers.parse(v.Phone); err != nil {
			return nil, err
		}
		return nil, errMissingCode
	}
	v.Client = q.client
	return q.s.Verify(q.r.Context(), v)
}

func (q *request) connect() (any, error) {
	c := ConnectRequest{
		Phone:  q.body.Text("phone"),
		Token:  Secret(q.body.Text("verification_token")),
		Client: q.client,
	}
	if c.Phone == "" || c.Token == "" {
		return nil, ErrInvalidToken
	}
	session, err := q.s.Connect(q.r.Context(), c)
	if errors.Is(err, ErrInvalidPhone) {
		err = ErrInvalidToken // here both are invalid_data
	}
	return q.sessionDocument(session, err)
}

// userDocument is a user as JSON:API writes it, with the tokens of a new session.
type userDocument struct {
	Data struct {
		ID            string         `json:"id"`
		Type          string         `json:"type"`
		Attributes    any            `json:"attributes"`
		Relationships map[string]any `json:"relationships,omitempty"`
	} `json:"data"`
	Meta *tokens `json:"meta,omitempty"`
}

// userAttributes are those of a userDocument, without those of the host.
type userAttributes struct {
	CreatedAt     string `json:"created_at"`
	New           bool   `json:"new_user"`
	Phone         string `json:"phone"`
	PhoneVerified bool   `json:"phone_verified"`
	UID           string `json:"uid"`
	UpdatedAt     string `json:"updated_at"`
}

// sessionDocument returns the document of the user who has just signed in.
func (q *request) sessionDocument(session *Session, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	d, err := q.userDocument(session.User, session.New)
	if err != nil {
		return nil, err
	}
	d.Meta = q.s.tokensOf(session)
	return d, q.signedIn(session)
}

func (q *request) userDocument(u User, isNew bool) (*userDocument, error) {
	view, err := q.view(u)
	if err != nil {
		return nil, err
	}
	d := new(userDocument)
	d.Data.ID = u.ID
	d.Data.Type = "user"
	d.Data.Attributes, err = merged(view.Attributes, userAttributes{
		CreatedAt:     timestamp(u.CreatedAt),
		New:           isNew,
		Phone:         u.Phone.E164(),
		PhoneVerified: true,
		UID:           u.Phone.E164(),
		UpdatedAt:     timestamp(u.UpdatedAt),
	})
	d.Data.Relationships = view.Relationships
	return d, err
}

// view returns the host's part of a user.
func (q *request) view(u User) (UserView, error) {
	if q.s.cfg.HTTP.UserView == nil {
		return UserView{}, nil
	}
	view, err := q.s.cfg.HTTP.UserView(q.r.Context(), u)
	if err != nil {
		return UserView{}, &unavailable{"the host's view of a user", err}
	}
	return view, nil
}

// merged returns the attributes ours, and those of the host whose names ours does not have.
func merged(hosts map[string]any, ours any) (any, error) {
	if len(hosts) == 0 {
		return ours, nil
	}
	data, err := json.Marshal(ours)
	if err != nil {
		return nil, err
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(data, &own); err != nil {
		return nil, err
	}
	all := maps.Clone(hosts)
	for name, value := range own {
		all[name] = value
	}
	return all, nil
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (q *request) phoneRegister() (any, error) {
	pending, err := q.s.Register(q.r.Context(), RegisterRequest{
		Phone: q.body.Text("phone_number"), Channel: q.body.Text(channelField), Client: q.client,
	})
	if err != nil {
		return nil, err
	}
	return struct {
		SessionToken string `json:"session_token"`
		ExpiresIn    int64  `json:"expires_in"`
		ResendIn     int64  `json:"resend_in"`
		CodeLength   int    `json:"code_length"`
		channelsAnswer
	}{
		string(pending.ChallengeToken),
		q.s.secondsUntil(pending.ExpiresAt),
		q.s.secondsUntil(pending.ResendAt),
		pending.CodeLength,
		q.s.channelsOfAnswer(pending.Channel, pending.Channels),
	}, nil
}

// channelField is the field of the channel in bodies, for every route that sends a code.
const channelField = "channel"

// channelsAnswer is the part of an answer that says by which channel a code was sent, and when
// each channel may be asked for.
type channelsAnswer struct {
	Channel  string          `json:"channel"`
	Channels []channelAnswer `json:"channels"`
}

type channelAnswer struct {
	Channel     string `json:"channel"`
	AvailableIn int64  `json:"available_in"` // in seconds
}

func (s *Service) channelsOfAnswer(channel string, all []ChannelState) channelsAnswer {
	a := channelsAnswer{Channel: channel}
	for _, state := range all {
		a.Channels = append(a.Channels, channelAnswer{state.Name, s.secondsUntil(state.AvailableAt)})
	}
	return a
}

// phoneVerify requires the session token too. The Service does not, but a token of the wrong
// JSON type must not count as none.
func (q *request) phoneVerify() (any, error) {
	v := VerifyRequest{
		Phone:          q.body.Text("phone_number"),
		Code:           q.body.Text("security_code"),
		ChallengeToken: Secret(q.body.Text("session_token")),
	}
	if v.ChallengeToken == "" {
		v.Code = "" // missing, whichever it is
	}
	proof, err := q.verify(v)
	if err != nil {
		return nil, err
	}
	return struct {
		Message           string `json:"message"`
		VerificationToken string `json:"verification_token"`
	}{"Security code is valid.", string(proof.Token)}, nil
}

// maxJSONNumber is the greatest integer that every JSON reader keeps exactly (RFC 8259, 6).
const maxJSONNumber = 1 << 53

func (q *request) login() (any, error) {
	user := q.body.Object("user")
	phone, code, password := user.Text("phone"), user.Text("sms_code"), Secret(user.Text("password"))
	var session *Session
	var err error
	switch {
	case phone == "" || code == "" && password == "":
		return nil, errMissingParameter
	case code != "":
		session, err = q.s.Login(q.r.Context(), LoginRequest{Phone: phone, Code: code, Client: q.client})
	default:
		session, err = q.s.LoginPassword(q.r.Context(), PasswordLoginRequest{Phone: phone, Password: password, Client: q.client})
	}
	if err != nil {
		return nil, err
	}
	view, err := q.view(session.User)
	if err != nil {
		return nil, err
	}
	attributes, err := merged(view.Attributes, q.s.loginUser(session))
	if err != nil {
		return nil, err
	}
	return struct {
		User        any  `json:"user"`
		FirstSignIn bool `json:"first_sign_in"`
	}{attributes, session.First}, q.signedIn(session)
}

// loginAttributes are the user of an answer of the Login API, without the attributes of the host.
type loginAttributes struct {
	CreatedAt    string `json:"created_at"`
	DeviceToken  string `json:"device_token,omitempty"`
	HasPassword  bool   `json:"has_password"`
	ID           any    `json:"id"` // see jsonID
	Phone        string `json:"phone"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Token        string `json:"token,omitempty"`
	UUID         string `json:"uuid"`
}

// loginUser returns the user of session, with the tokens among the attributes.
func (s *Service) loginUser(session *Session) loginAttributes {
	u := session.User
	user := loginAttributes{
		CreatedAt:   timestamp(u.CreatedAt),
		HasPassword: u.PasswordHash != "",
		ID:          jsonID(u.ID),
		Phone:       u.Phone.E164(),
		UUID:        u.UUID,
	}
	if t := s.tokensOf(session); t != nil {
		user.Token, user.RefreshToken, user.DeviceToken = t.AccessToken, t.RefreshToken, t.DeviceToken
	}
	return user
}

// jsonID returns id as a number if it is one and can be read back unchanged. Otherwise it
// returns id.
func jsonID(id string) any {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n > maxJSONNumber || strconv.FormatUint(n, 10) != id {
		return id
	}
	return n
}
