package suite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// SendCode sends a code to phone, for signing in, and reads it. It is empty where none was
// sent: to a test number.
func (s *Service) SendCode(phone string) (p *phoneauth.Pending, code string) {
	s.Helper()
	return s.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Client: FreshClient()})
}

// SendCodeFor is SendCode for any request.
func (s *Service) SendCodeFor(r phoneauth.RegisterRequest) (p *phoneauth.Pending, code string) {
	s.Helper()
	p, err := s.Register(context.Background(), r)
	require.NoError(s, err)
	if r.Purpose == phoneauth.PurposePasswordReset {
		s.Settle() // its code leaves after the answer
	}
	last, _ := s.Inbox.Last(p.Phone.E164())
	return p, string(last.Code)
}

// Ask is SendCode for who reads the code later.
func (s *Service) Ask(phone string) *phoneauth.Pending {
	s.Helper()
	p, err := s.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone})
	require.NoError(s, err)
	return p
}

// Codes are all codes that came to phone for purpose, oldest first.
func (s *Service) Codes(phone string, purpose phoneauth.Purpose) (codes []string) {
	for _, m := range s.Inbox.Messages() {
		if m.To.E164() == phone && m.Purpose == purpose && m.Code != "" {
			codes = append(codes, string(m.Code))
		}
	}
	return codes
}

// Code is the newest of Codes, or one that was never sent.
func (s *Service) Code(phone string, purpose phoneauth.Purpose) string {
	if all := s.Codes(phone, purpose); len(all) > 0 {
		return all[len(all)-1]
	}
	return s.Wrong(phone)
}

// Wrong is a well-formed code that was never sent to phone.
func (s *Service) Wrong(phone string) string {
	digits := cmp.Or(s.Config.Code.Digits, 6)
	sent := s.Inbox.Messages()
	for i := 0; ; i++ {
		code := fmt.Sprintf("%0*d", digits, i)
		if !slices.ContainsFunc(sent, func(m phoneauth.Message) bool {
			return m.To.E164() == phone && string(m.Code) == code
		}) {
			return code
		}
	}
}

// Prove asks for a code and verifies it.
func (s *Service) Prove(phone string) *phoneauth.Proof {
	s.Helper()
	_, code := s.SendCode(phone)
	proof, err := s.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Code: code, Client: FreshClient()})
	require.NoError(s, err)
	return proof
}

// ConnectProof signs in with a proof.
func (s *Service) ConnectProof(p *phoneauth.Proof) (*phoneauth.Session, error) {
	return s.Connect(context.Background(), phoneauth.ConnectRequest{Phone: p.Phone.E164(), Token: p.Token})
}

// SignIn signs in by code, from a known device if there is one.
func (s *Service) SignIn(phone string, device ...phoneauth.Secret) *phoneauth.Session {
	s.Helper()
	session, err := s.TrySignIn(phone, device...)
	require.NoError(s, err)
	return session
}

// TrySignIn is SignIn for who expects a refusal.
func (s *Service) TrySignIn(phone string, device ...phoneauth.Secret) (*phoneauth.Session, error) {
	client := FreshClient()
	if len(device) > 0 {
		client.Device = device[0]
	}
	if _, err := s.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Client: client}); err != nil {
		return nil, err
	}
	code := s.Code(phone, phoneauth.PurposeSignIn)
	return s.Login(context.Background(), phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
}

// ClaimsOf are those of a session's access token, which is good.
func (s *Service) ClaimsOf(session *phoneauth.Session) phoneauth.Claims {
	s.Helper()
	c, err := s.Authenticate(context.Background(), session.AccessToken)
	require.NoError(s, err)
	return c
}

// ProveChange proves a new number for the user of session.
func (s *Service) ProveChange(session *phoneauth.Session, phone string) *phoneauth.Proof {
	s.Helper()
	const purpose = phoneauth.PurposePhoneChange
	s.SendCodeFor(phoneauth.RegisterRequest{Phone: phone, Purpose: purpose, BoundTo: session.User.ID})
	proof, err := s.Verify(context.Background(), phoneauth.VerifyRequest{
		Phone: phone, Code: s.Code(phone, purpose), Purpose: purpose, BoundTo: session.User.ID,
	})
	require.NoError(s, err)
	return proof
}

// Guess gives wrong codes for phone, as strangers do, until its lock comes.
func (s *Service) Guess(phone string, c phoneauth.ClientInfo) {
	s.Helper()
	for range 200 {
		_, err := s.Register(context.Background(), phoneauth.RegisterRequest{Phone: phone, Client: c})
		if Limited(err) == phoneauth.LimitPhoneFailures {
			return
		}
		require.NoError(s, err)
		for range 5 {
			_, err = s.Verify(context.Background(), phoneauth.VerifyRequest{Phone: phone, Code: s.Wrong(phone), Client: c})
			require.Error(s, err)
		}
	}
	require.Fail(s, "no lock came")
}
