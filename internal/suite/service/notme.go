package service

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const notMeURL = "https://example.com/account/not-me"

// withLinks gives notices a link.
func withLinks(c *phoneauth.Config) { c.Texts.NotMeURL = notMeURL }

// noticeToken is the token in the newest notice to phone.
func noticeToken(s *suite.Service, phone string) phoneauth.Secret {
	s.Helper()
	s.Settle()
	last, _ := s.Inbox.Last(phone)
	require.Empty(s, last.Code, "the newest text is a notice")
	page, token, _ := strings.Cut(string(last.Link), "?t=")
	require.Equal(s, notMeURL, page)
	require.True(s, strings.HasSuffix(string(last.Body), string(last.Link)), "%s", string(last.Body))
	require.Len(s, token, 22, "128 bits")
	return phoneauth.Secret(token)
}

// unlock asks for a code to open the account again, and opens it.
func unlock(s *suite.Service, token, password phoneauth.Secret) error {
	p, err := s.Register(s.Context(), phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountUnlock, BoundTo: string(token)})
	if err != nil {
		return err
	}
	return s.UnlockAccount(s.Context(), phoneauth.UnlockAccountRequest{
		Token: token, Code: s.Code(p.Phone.E164(), phoneauth.PurposeAccountUnlock), ChallengeToken: p.ChallengeToken, Password: password,
	})
}

func loginWith(s *suite.Service, phone string, password phoneauth.Secret) error {
	_, err := s.LoginPassword(s.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: password})
	return err
}

func testNoticeOfAPassword(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignUp(suite.Owner, "password one")
	stolen, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{Current: "password one", New: "password thief"})
	require.NoError(t, err)
	token := noticeToken(s, suite.Owner)

	for range 2 { // programs that preview links follow it too
		n, err := s.ReadNotice(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, phoneauth.Notice{
			Purpose: phoneauth.NoticePasswordChanged, Phone: phoneauth.StoredPhone(suite.Owner), NeedsPassword: true, ExpiresAt: s.Now().Add(72 * time.Hour),
		}, *n)
	}
	assert.ErrorIs(t, unlock(s, token, "password one"), phoneauth.ErrInvalidToken, "it is not locked")
	require.NoError(t, loginWith(s, suite.Owner, "password thief"), "reading changes nothing")

	require.NoError(t, s.LockAccount(t.Context(), token))
	require.NoError(t, s.LockAccount(t.Context(), token), "a second tap")
	assert.Len(t, s.Events(phoneauth.EventAccountLocked), 1)
	_, err = s.Live(t.Context(), s.ClaimsOf(stolen))
	assert.ErrorIs(t, err, phoneauth.ErrUnauthenticated, "every session has ended")
	assert.ErrorIs(t, loginWith(s, suite.Owner, "password thief"), phoneauth.ErrLocked)
	_, err = s.TrySignIn(suite.Owner)
	assert.ErrorIs(t, err, phoneauth.ErrLocked)
	n, err := s.ReadNotice(t.Context(), token)
	require.NoError(t, err)
	assert.True(t, n.Locked)

	assert.ErrorIs(t, unlock(s, token, "password thief"), phoneauth.ErrInvalidPassword)
	assert.ErrorIs(t, s.UnlockAccount(t.Context(), phoneauth.UnlockAccountRequest{
		Token: token, Code: s.Wrong(suite.Owner), Password: "password one",
	}), phoneauth.ErrInvalidCode)
	require.NoError(t, unlock(s, token, "password one"))
	assert.Len(t, s.Events(phoneauth.EventAccountUnlocked), 1)
	assert.NoError(t, loginWith(s, suite.Owner, "password one"))
	assert.ErrorIs(t, loginWith(s, suite.Owner, "password thief"), phoneauth.ErrInvalidPassword)
	assert.ErrorIs(t, s.LockAccount(t.Context(), token), phoneauth.ErrInvalidToken, "good once")
	_, err = s.ReadNotice(t.Context(), token)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
}

// stolen is an account of which a thief has changed the number and then the password. It returns the
// session of the first change, and the tokens of the notices to the owner and to the thief.
func stolen(t *testing.T, s *suite.Service) (session *phoneauth.Session, owners, thiefs phoneauth.Secret) {
	t.Helper()
	session = s.SignIn(suite.Owner)
	session, err := s.ChangePhone(t.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, suite.Stranger).Token})
	require.NoError(t, err)
	owners = noticeToken(s, suite.Owner)
	_, err = s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password thief"})
	require.NoError(t, err)
	return session, owners, noticeToken(s, suite.Stranger)
}

// A thief changes the number and then the password, so the second notice is theirs. The first
// notice takes the account back all the same, and the second cannot undo that.
func testNoticeOfANumber(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session, owners, thiefs := stolen(t, s)

	require.NoError(t, s.LockAccount(t.Context(), thiefs))
	require.NoError(t, unlock(s, thiefs, ""), "there was no password before that change")
	require.NoError(t, s.LockAccount(t.Context(), owners), "the thief's report settles nothing of before")
	require.NoError(t, unlock(s, owners, ""))
	again := s.SignIn(suite.Owner)
	assert.Equal(t, session.User.ID, again.User.ID, "the number is that of before")
	assert.Empty(t, again.User.PasswordHash)
	assert.True(t, s.SignIn(suite.Stranger).New)
	for _, token := range []phoneauth.Secret{owners, thiefs} {
		assert.ErrorIs(t, s.LockAccount(t.Context(), token), phoneauth.ErrInvalidToken)
	}
}

// The thief's notice is not used before the owner takes the account back.
func testNoticeOfALaterChange(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	_, owners, thiefs := stolen(t, s)
	require.NoError(t, s.LockAccount(t.Context(), owners))
	require.NoError(t, unlock(s, owners, ""))
	assert.ErrorIs(t, s.LockAccount(t.Context(), thiefs), phoneauth.ErrInvalidToken)

	session := s.SignIn(suite.Owner) // and a change after that has a notice that is good
	_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password two"})
	require.NoError(t, err)
	assert.NoError(t, s.LockAccount(t.Context(), noticeToken(s, suite.Owner)))
}

func testNoticeEnds(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignIn(suite.Owner)
	session, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password one"})
	require.NoError(t, err)
	token := noticeToken(s, suite.Owner)
	for _, junk := range []phoneauth.Secret{"", "junk", "AAAAAAAAAAAAAAAAAAAAAA", token + "A"} {
		assert.ErrorIs(t, s.LockAccount(t.Context(), junk), phoneauth.ErrInvalidToken)
		_, err := s.ReadNotice(t.Context(), junk)
		assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
		assert.Error(t, unlock(s, junk, ""))
	}
	s.Elapse(72*time.Hour - time.Microsecond)
	require.NoError(t, s.LockAccount(t.Context(), token))
	s.Elapse(72*time.Hour - time.Microsecond)
	_, err = s.ReadNotice(t.Context(), token)
	assert.NoError(t, err, "locking gives as long again")
	s.Elapse(time.Microsecond)
	_, err = s.ReadNotice(t.Context(), token)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken)
	_, err = s.TrySignIn(suite.Owner)
	assert.ErrorIs(t, err, phoneauth.ErrLocked, "now only the desk opens it")
	require.NoError(t, s.ReopenAccount(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann"}))
	s.SignIn(suite.Owner)
	require.NoError(t, s.ReopenAccount(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann"}), "nothing is left to do")
	assert.Len(t, s.Events(phoneauth.EventAccountUnlocked), 1)
	assert.ErrorIs(t, s.ReopenAccount(t.Context(), "4711", phoneauth.Actor{}), phoneauth.ErrNotFound)
}

// The desk settles every change of before.
func testReopenedAccountHasNoNotice(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignIn(suite.Owner)
	_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password one"})
	require.NoError(t, err)
	token := noticeToken(s, suite.Owner)
	require.NoError(t, s.LockAccount(t.Context(), token))
	require.NoError(t, s.ReopenAccount(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann", Reason: "called back"}))
	assert.ErrorIs(t, s.LockAccount(t.Context(), token), phoneauth.ErrInvalidToken)
	assert.NoError(t, loginWith(s, suite.Owner, "password one"), "it keeps what it has")
	assert.Equal(t, "ann", s.Events(phoneauth.EventAccountUnlocked)[0].Actor)
}

// The number that got the notice may be somebody else's by now.
func testNoticeOfANumberThatIsTaken(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignIn(suite.Owner)
	_, err := s.ChangePhone(t.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, suite.Stranger).Token})
	require.NoError(t, err)
	token := noticeToken(s, suite.Owner)
	require.NoError(t, s.LockAccount(t.Context(), token))
	ask := phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountUnlock, BoundTo: string(token)}
	_, err = s.Register(t.Context(), ask)
	require.NoError(t, err)
	code := s.Code(suite.Owner, phoneauth.PurposeAccountUnlock)
	s.SignIn(suite.Owner) // somebody signs up
	_, err = s.Register(t.Context(), ask)
	assert.ErrorIs(t, err, phoneauth.ErrPhoneTaken)
	assert.ErrorIs(t, s.UnlockAccount(t.Context(), phoneauth.UnlockAccountRequest{Token: token, Code: code}), phoneauth.ErrPhoneTaken)
	n, err := s.ReadNotice(t.Context(), token)
	require.NoError(t, err, "nothing was settled but later changes")
	assert.True(t, n.Locked)

	require.NoError(t, s.Remove(t.Context(), session.User.ID, phoneauth.Actor{}))
	_, err = s.ReadNotice(t.Context(), token)
	assert.ErrorIs(t, err, phoneauth.ErrInvalidToken, "the account is gone")
}

func testNoLinkWithoutAPage(t *testing.T, o suite.Options) {
	suite.CheapHashes(t)
	s := o.Service(t, suite.LimitsOff)
	session := s.SignIn(suite.Owner)
	_, err := s.ChangePassword(t.Context(), s.ClaimsOf(session), phoneauth.ChangePasswordRequest{New: "password one"})
	require.NoError(t, err)
	s.Settle()
	last, _ := s.Inbox.Last(suite.Owner)
	assert.Equal(t, phoneauth.NoticePasswordChanged, last.Purpose)
	assert.Empty(t, last.Link)
	assert.Zero(t, deletable(s, moveTo(s, s.SignIn(suite.Owner), suite.Stranger)), "nobody could undo it")
}

// moveTo gives the account of session another number.
func moveTo(s *suite.Service, session *phoneauth.Session, phone string) *phoneauth.Session {
	s.Helper()
	moved, err := s.ChangePhone(s.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, phone).Token})
	require.NoError(s, err)
	return moved
}

// deletable reports for how long the account of session cannot be deleted by its user. 0: it can.
func deletable(s *suite.Service, session *phoneauth.Session) time.Duration {
	s.Helper()
	_, err := s.Register(s.Context(), phoneauth.RegisterRequest{Purpose: phoneauth.PurposeAccountDeletion, BoundTo: session.User.ID})
	if err == nil {
		return 0
	}
	limit, ok := errors.AsType[*phoneauth.LimitError](err)
	require.True(s, ok, "%v", err)
	require.Equal(s, phoneauth.LimitPhoneChange, limit.Limit)
	return limit.RetryAfter
}

// While the owner can take the account back, whoever has changed its number cannot delete it.
func testNoDeletionWhileAChangeCanBeUndone(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := s.SignIn(suite.Owner)
	before := ownerCode(s, session, phoneauth.PurposeAccountDeletion)
	require.Zero(t, deletable(s, session))
	session = moveTo(s, session, suite.Stranger)
	assert.Equal(t, 72*time.Hour, deletable(s, session))
	claims := s.ClaimsOf(session)
	err := s.DeleteUser(t.Context(), claims)
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneChange), "a fresh sign-in does not help: %v", err)
	err = s.DeleteUserByCode(t.Context(), claims, before)
	assert.True(t, suite.IsLimit(err, phoneauth.LimitPhoneChange), "nor does a code: %v", err)
	r := ownerCode(s, session, phoneauth.PurposeDataExport)
	_, err = s.ExportByCode(t.Context(), claims, r)
	assert.NoError(t, err, "they may have their data")

	s.Elapse(72*time.Hour - time.Microsecond)
	assert.Equal(t, time.Microsecond, deletable(s, session))
	s.Elapse(time.Microsecond)
	require.Zero(t, deletable(s, session))
	session = s.SignIn(suite.Stranger)
	assert.NoError(t, s.DeleteUserByCode(t.Context(), s.ClaimsOf(session), ownerCode(s, session, phoneauth.PurposeAccountDeletion)))
}

// Nothing that a thief can do makes the time shorter: a change that fails, changes that follow, and
// undoing one of these.
func testNoDeletionAfterAThiefsOwnChanges(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := moveTo(s, s.SignIn(suite.Owner), suite.Stranger)
	owners := noticeToken(s, suite.Owner)
	s.Elapse(time.Minute)
	const taken = "+201061797899"
	s.SignIn(taken)
	_, err := s.ChangePhone(t.Context(), s.ClaimsOf(session), phoneauth.ConnectRequest{Token: s.ProveChange(session, taken).Token})
	require.ErrorIs(t, err, phoneauth.ErrPhoneTaken)
	assert.Equal(t, 72*time.Hour-time.Minute, deletable(s, session))

	for i := range 12 {
		session = moveTo(s, session, "+2010617978"+strconv.Itoa(10+i))
		s.Settle()
	}
	assert.Equal(t, 72*time.Hour, deletable(s, session))
	thiefs := noticeToken(s, suite.Stranger)
	require.NoError(t, s.LockAccount(t.Context(), thiefs))
	require.NoError(t, unlock(s, thiefs, ""))
	session = s.SignIn(suite.Stranger)
	assert.Equal(t, 72*time.Hour-time.Minute, deletable(s, session), "the change of the owner's number is still there")

	require.NoError(t, s.LockAccount(t.Context(), owners))
	require.NoError(t, unlock(s, owners, ""))
	session = s.SignIn(suite.Owner)
	assert.Zero(t, deletable(s, session), "the owner has their account back")
}

// The desk may delete an account at any time. Where it has opened an account, nothing can be undone.
func testDeskDeletesWhileAChangeCanBeUndone(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := moveTo(s, s.SignIn(suite.Owner), suite.Stranger)
	require.NoError(t, s.LockAccount(t.Context(), noticeToken(s, suite.Owner)))
	require.NoError(t, s.ReopenAccount(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann"}))
	session = s.SignIn(suite.Stranger)
	assert.Zero(t, deletable(s, session))
	session = moveTo(s, session, suite.Owner)
	assert.NotZero(t, deletable(s, session))
	assert.NoError(t, s.Remove(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann"}))
}

// What was settled before a change does not make its notice void, whatever a thief settles after it.
func testThiefAfterAnEarlierReport(t *testing.T, o suite.Options) {
	const thiefs = "+201061797899"
	for who, settles := range map[string]func(s *suite.Service, session *phoneauth.Session, token phoneauth.Secret){
		"the owner": func(s *suite.Service, _ *phoneauth.Session, token phoneauth.Secret) {
			require.NoError(t, unlock(s, token, ""))
		},
		"the desk": func(s *suite.Service, session *phoneauth.Session, _ phoneauth.Secret) {
			require.NoError(t, s.ReopenAccount(t.Context(), session.User.ID, phoneauth.Actor{Name: "ann"}))
		},
	} {
		s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
		session := moveTo(s, s.SignIn(suite.Owner), suite.Third)
		token := noticeToken(s, suite.Owner)
		require.NoError(t, s.LockAccount(t.Context(), token))
		settles(s, session, token)

		s.Elapse(time.Hour)
		home := suite.Owner
		if who == "the desk" {
			home = suite.Third
		}
		session = moveTo(s, s.SignIn(home), suite.Stranger) // the thief is back
		owners := noticeToken(s, home)
		moveTo(s, session, thiefs)
		own := noticeToken(s, suite.Stranger)
		require.NoError(t, s.LockAccount(t.Context(), own))
		require.NoError(t, unlock(s, own, ""))
		assert.Equal(t, 72*time.Hour, deletable(s, s.SignIn(suite.Stranger)), who)
		require.NoError(t, s.LockAccount(t.Context(), owners), who)
		require.NoError(t, unlock(s, owners, ""), who)
		assert.Equal(t, session.User.ID, s.SignIn(home).User.ID, who)
	}
}

// Changes of a first thief that were undone leave room for that of a second one.
func testThiefAfterManyChanges(t *testing.T, o suite.Options) {
	s := o.Service(t, suite.LimitsOff, suite.LongCodes, withLinks)
	session := moveTo(s, s.SignIn(suite.Owner), suite.Third)
	token := noticeToken(s, suite.Owner)
	for i := range 9 {
		session = moveTo(s, session, "+2010617978"+strconv.Itoa(10+i))
	}
	require.NoError(t, s.LockAccount(t.Context(), token))
	require.NoError(t, unlock(s, token, ""))

	s.Elapse(time.Hour)
	session = moveTo(s, s.SignIn(suite.Owner), suite.Stranger)
	moveTo(s, session, suite.Third)
	own := noticeToken(s, suite.Stranger)
	require.NoError(t, s.LockAccount(t.Context(), own))
	require.NoError(t, unlock(s, own, ""))
	assert.Equal(t, 72*time.Hour, deletable(s, s.SignIn(suite.Stranger)))
}

// The owner and the thief report at the same moment. What the owner has settled stays so, although the
// thief has begun before and writes after it.
func testReportsAtOnce(t *testing.T, o suite.Options) {
	for name, before := range map[string]bool{"the first reports": false, "after another one": true} {
		var meanwhile func()
		store := &suite.Spied{Store: o.Store(t)}
		s := suite.On(t, store, suite.LimitsOff, suite.LongCodes, withLinks)
		if before {
			session := moveTo(s, s.SignIn(suite.Owner), suite.Third)
			token := noticeToken(s, suite.Owner)
			require.NoError(t, s.LockAccount(t.Context(), token))
			require.NoError(t, unlock(s, token, ""))
			require.Equal(t, session.User.ID, s.SignIn(suite.Owner).User.ID)
		}
		session := moveTo(s, s.SignIn(suite.Owner), suite.Stranger)
		owners := noticeToken(s, suite.Owner)
		moveTo(s, session, "+201061797899")
		thiefs := noticeToken(s, suite.Stranger)
		require.NoError(t, s.LockAccount(t.Context(), owners))

		store.Before = func(_ context.Context, verb string, asked ...any) error {
			if p, ok := asked[0].(phoneauth.BeginParams); ok && strings.HasSuffix(p.Challenge.Key, "}s") && meanwhile != nil {
				owner := meanwhile
				meanwhile = nil
				owner()
			}
			return nil
		}
		meanwhile = func() { require.NoError(t, unlock(s, owners, ""), name) }
		require.ErrorIs(t, unlock(s, thiefs, ""), phoneauth.ErrInvalidToken, name)
		assert.ErrorIs(t, s.LockAccount(t.Context(), thiefs), phoneauth.ErrInvalidToken, name)
		assert.Equal(t, session.User.ID, s.SignIn(suite.Owner).User.ID, name)
	}
}
