package phoneauth

func (q *request) phoneRegister() (any, error) {
	pending, err := q.s.Register(q.r.Context(), RegisterRequest{Phone: q.body.Text("phone_number"), Client: q.client})
	if err != nil {
		return nil, err
	}
	return struct {
		SessionToken string `json:"session_token"`
		ExpiresIn    int64  `json:"expires_in"`
		ResendIn     int64  `json:"resend_in"`
		CodeLength   int    `json:"code_length"`
	}{
		string(pending.ChallengeToken),
		secondsUntil(pending.ExpiresAt),
		secondsUntil(pending.ResendAt),
		pending.CodeLength,
	}, nil
}

// phoneVerify wants the session token too: the service would do without one, but a
// token of the wrong JSON type must not pass for none.
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
