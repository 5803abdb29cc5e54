package service

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// What the pages need beside the sign-in: who comes back, and what the owner of an account proves
// by a code.

func testKnownDevice(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff)
	first, second := s.SignIn(suite.Owner), s.SignIn(suite.Owner)
	user, err := s.KnownDevice(t.Context(), first.DeviceToken)
	require.NoError(t, err)
	assert.Equal(t, first.User.ID, user.ID)
	for _, junk := range []phoneauth.Secret{"", "junk", first.RefreshToken, first.DeviceToken + "A"} {
		_, err := s.KnownDevice(t.Context(), junk)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	}
	require.NoError(t, s.EndSession(t.Context(), user.ID, second.ID))
	_, err = s.KnownDevice(t.Context(), second.DeviceToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "its session was ended")
	require.NoError(t, s.LogoutAll(t.Context(), user.ID))
	_, err = s.KnownDevice(t.Context(), first.DeviceToken)
	assert.NoError(t, err, "signing out forgets no device")
	require.NoError(t, s.SetBlocked(t.Context(), user.ID, true))
	require.NoError(t, s.SetBlocked(t.Context(), user.ID, false))
	_, err = s.KnownDevice(t.Context(), first.DeviceToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "the account has changed")

	third := s.SignIn(suite.Owner)
	s.Elapse(180 * 24 * time.Hour)
	_, err = s.KnownDevice(t.Context(), third.DeviceToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "expired")

	fourth := s.SignIn(suite.Owner)
	require.NoError(t, s.Remove(t.Context(), user.ID, phoneauth.Actor{}))
	_, err = s.KnownDevice(t.Context(), fourth.DeviceToken)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "the account is gone")
}

// ownerCode asks for a code of an owner's purpose, and returns it.
func ownerCode(s *suite.Service, session *phoneauth.Session, purpose phoneauth.Purpose) phoneauth.CodeRequest {
	s.Helper()
	p, code := s.SendCodeFor(phoneauth.RegisterRequest{Purpose: purpose, BoundTo: session.User.ID, Client: suite.FreshClient()})
	require.Equal(s, session.User.Phone, p.Phone, "it goes to the number of the account")
	last, _ := s.Inbox.Last(p.Phone.E164())
	require.Equal(s, purpose, last.Purpose)
	return phoneauth.CodeRequest{Code: code, ChallengeToken: p.ChallengeToken, Client: suite.FreshClient()}
}

func testDeleteByCode(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	session := s.SignIn(suite.Owner)
	s.Elapse(6 * time.Minute)
	claims := s.ClaimsOf(session)
	require.ErrorIs(t, s.DeleteUser(t.Context(), claims), phoneauth.ErrReauthenticate)

	r := ownerCode(s, session, phoneauth.PurposeAccountDeletion)
	wrong := r
	wrong.Code = s.Wrong(suite.Owner)
	require.ErrorIs(t, s.DeleteUserByCode(t.Context(), claims, wrong), phoneauth.ErrInvalidCode)
	_, err := s.ExportByCode(t.Context(), claims, r)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "it is for deleting")
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: r.Code})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	theirs := s.ClaimsOf(s.SignIn(suite.Stranger))
	assert.Error(t, s.DeleteUserByCode(t.Context(), theirs, r))
	require.NoError(t, s.DeleteUserByCode(t.Context(), claims, r))
	_, err = s.User(t.Context(), claims)
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated)
	assert.Len(t, s.Events(phoneauth.EventDeleted), 1)
	assert.ErrorIs(t, s.DeleteUserByCode(t.Context(), claims, r), phoneauth.ErrUnauthenticated)
	assert.True(t, s.SignIn(suite.Owner).New, "the number is free")
}

func testExportByCode(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	session := s.SignIn(suite.Owner)
	r := ownerCode(s, session, phoneauth.PurposeDataExport)
	r.ChallengeToken = "" // the code alone is enough
	export, err := s.ExportByCode(t.Context(), s.ClaimsOf(session), r)
	require.NoError(t, err)
	assert.Equal(t, suite.Owner, export.Phone)
	assert.Len(t, s.Events(phoneauth.EventExported), 1)
	s.Settle()
	last, _ := s.Inbox.Last(suite.Owner)
	assert.Equal(t, phoneauth.NoticeDataExported, last.Purpose, "the owner is told")
	_, err = s.ExportByCode(t.Context(), s.ClaimsOf(session), r)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode, "once")
}

// A code of an owner goes to the number of the account, and is worth nothing after a change.
func testOwnersCodesAreBound(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes)
	session := s.SignIn(suite.Owner)
	for _, purpose := range []phoneauth.Purpose{phoneauth.PurposeAccountDeletion, phoneauth.PurposeDataExport} {
		ask := phoneauth.RegisterRequest{Phone: suite.Stranger, Purpose: purpose, BoundTo: session.User.ID}
		_, err := s.Register(t.Context(), ask)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidPhone, "to nobody else")
		ask.Phone = suite.Owner
		_, err = s.Register(t.Context(), ask)
		assert.NoError(t, err)
		_, err = s.Verify(t.Context(), phoneauth.VerifyRequest{Phone: suite.Owner, Purpose: purpose, BoundTo: session.User.ID, Code: "1234567890"})
		assert.ErrorIs(t, err, phoneauth.ErrPurpose)
		for _, boundTo := range []string{"", "4711"} {
			ask.BoundTo = boundTo
			_, err = s.Register(t.Context(), ask)
			assert.Error(t, err)
		}
	}
	r := ownerCode(s, session, phoneauth.PurposeAccountDeletion)
	session, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password one"})
	require.NoError(t, err)
	assert.ErrorIs(t, s.DeleteUserByCode(t.Context(), s.ClaimsOf(session), r), phoneauth.ErrInvalidCode, "the account has changed since")
	require.NoError(t, s.SetBlocked(t.Context(), session.User.ID, true))
	_, err = s.Register(t.Context(), phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountDeletion, BoundTo: session.User.ID})
	assert.ErrorIs(t, err, phoneauth.ErrNotFound)
}

func testTermsReachTheHook(t *testing.T, o suite.Options) {
	var asked []phoneauth.SignInInfo
	refused := errors.New("accept the terms first")
	s := o.Service(t, suite.LimitsOff, func(c *phoneauth.Config) {
		c.Hooks.BeforeSignIn = func(_ context.Context, i phoneauth.SignInInfo) error {
			asked = append(asked, i)
			if i.Terms == "" {
				return refused
			}
			return nil
		}
	})
	_, code := s.SendCode(suite.Owner)
	_, err := s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
	require.ErrorIs(t, err, refused)
	assert.Zero(t, asked[0].AcceptedAt)
	_, code = s.SendCode(suite.Owner)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: phoneauth.ClientInfo{Terms: "2026-11"}})
	require.NoError(t, err)
	assert.Equal(t, "2026-11", asked[1].Terms)
	assert.Equal(t, s.Now(), asked[1].AcceptedAt)
	assert.Equal(t, "2026-11", s.Events(phoneauth.EventSignedUp)[0].Terms)
	_, code = s.SendCode(suite.Owner)
	_, err = s.Login(t.Context(), phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: phoneauth.ClientInfo{Terms: strings.Repeat("é", 40)}})
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("é", 32), asked[2].Terms, "64 bytes")
}
