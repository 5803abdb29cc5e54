package phoneauth

import "strconv"

// maxJSONNumber is where numbers of JSON end to be exact everywhere (RFC 8259, 6).
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
	return struct {
		User        map[string]any `json:"user"`
		FirstSignIn bool           `json:"first_sign_in"`
	}{merged(view.Attributes, loginUser(session)), session.First}, q.signedIn(session)
}

// loginUser is the user of a Login answer, with the tokens among the attributes.
func loginUser(session *Session) map[string]any {
	u := session.User
	user := map[string]any{
		"id":           jsonID(u.ID),
		"uuid":         u.UUID,
		"phone":        u.Phone.E164(),
		"has_password": u.PasswordHash != "",
		"created_at":   timestamp(u.CreatedAt),
	}
	if t := tokensOf(session); t != nil {
		user["token"] = t.AccessToken
		user["refresh_token"] = t.RefreshToken
		user["device_token"] = t.DeviceToken
	}
	return user
}

// jsonID returns id as a number, if it is one and reads back as it was.
func jsonID(id string) any {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n > maxJSONNumber || strconv.FormatUint(n, 10) != id {
		return id
	}
	return n
}
