package suite_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
)

// The clock of a test stands still, moves by hand, and is the one of sessions, codes and
// access tokens.
func TestElapse(t *testing.T) {
	e := suite.New(t, memstore.New())
	s := e.Service()
	const phone = "+201061797840"
	r := phoneauth.RegisterRequest{Phone: phone, Client: phoneauth.ClientInfo{}}
	pending, err := s.Register(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, e.Now().Add(5*time.Minute), pending.ExpiresAt)
	code := s.Inbox.Code(t, phone)
	e.Elapse(5 * time.Minute)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: code})
	require.ErrorIs(t, err, phoneauth.ErrInvalidCode, "it has expired")

	_, err = s.Register(t.Context(), r)
	require.NoError(t, err)
	session, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: s.Inbox.Code(t, phone)})
	require.NoError(t, err)
	e.Elapse(15*time.Minute + 29*time.Second)
	_, err = s.Authenticate(t.Context(), session.AccessToken)
	require.NoError(t, err, "clocks may differ by 30 s")
	e.Elapse(2 * time.Second)
	_, err = s.Authenticate(t.Context(), session.AccessToken)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	assert.Len(t, s.Events(phoneauth.EventSignedUp), 1)
}
