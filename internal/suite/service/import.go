package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// export returns accounts as an export has them, and then err, if there is one.
func export(err error, all ...phoneauth.ImportUser) iter.Seq2[phoneauth.ImportUser, error] {
	return func(yield func(phoneauth.ImportUser, error) bool) {
		for _, u := range all {
			if !yield(u, nil) {
				return
			}
		}
		if err != nil {
			yield(phoneauth.ImportUser{}, err)
		}
	}
}

// incoming is an account of another system, a year old.
func incoming(s *suite.Service) phoneauth.ImportUser {
	phone := suite.FreshPhone()
	return phoneauth.ImportUser{Source: "id of " + phone, Phone: phone, Verified: true, CreatedAt: s.Now().AddDate(-1, 0, 0)}
}

// withLegacy knows hashes "old:" and the password. "old:costly" is above its caps.
func withLegacy(c *phoneauth.Config) {
	c.Password.Legacy = func(hash, password phoneauth.Secret) bool { return hash == "old:"+password }
	c.Password.LegacyKnown = func(hash phoneauth.Secret) bool {
		return strings.HasPrefix(string(hash), "old:") && hash != "old:costly"
	}
	c.Password.LegacyDecoy = "old:decoy"
}

// testImport: what an import creates is an account that nobody has signed in to, and its first
// sign-in is by code or by the password that came along.
func testImport(t *testing.T, o suite.Options) {
	s := o.Service(t, withLegacy, suite.Loose)
	byCode, byPassword, blocked := incoming(s), incoming(s), incoming(s)
	byPassword.PasswordHash, blocked.Blocked = "old:correct horse", true
	mapped := map[string]phoneauth.ImportedUser{}
	report, err := s.Import(t.Context(), export(nil, byCode, byPassword, blocked), phoneauth.ImportOptions{
		Batch: 2,
		Done:  func(source string, u phoneauth.ImportedUser) { mapped[source] = u },
	})
	require.NoError(t, err)
	assert.Equal(t, phoneauth.ImportReport{Read: 3, Created: 3, Passwords: 1, Problems: map[phoneauth.ImportFault]int{}}, report)
	for _, in := range []phoneauth.ImportUser{byCode, byPassword, blocked} {
		user, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(in.Phone))
		require.NoError(t, err)
		assert.True(t, mapped[in.Source].Created)
		assert.Equal(t, user.ID, mapped[in.Source].User.ID)
		assert.True(t, in.CreatedAt.Truncate(time.Microsecond).Equal(user.CreatedAt))
		assert.True(t, user.SignedInAt.IsZero())
		assert.Equal(t, in.Blocked, user.Blocked)
		assert.Len(t, user.UUID, 36)
	}
	assert.Empty(t, s.Events(phoneauth.EventSignedIn))
	assert.Empty(t, s.Events(phoneauth.EventSignedUp))
	assert.Equal(t, 0, s.Inbox.Sends())
	told := s.Events(phoneauth.EventImported)
	require.Len(t, told, 1)
	assert.Equal(t, 3, told[0].Count)

	session := s.SignIn(byCode.Phone)
	assert.True(t, session.First, "the first sign-in of the account")
	assert.False(t, session.New, "the account was there")
	assert.False(t, s.SignIn(byCode.Phone).First, "the second")
	session, err = s.LoginWith(byPassword.Phone, "correct horse")
	require.NoError(t, err)
	assert.True(t, session.First)
	s.Settle()
	user, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(byPassword.Phone))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(user.PasswordHash), "$argon2id$"), "hashed anew")
	_, err = s.TrySignIn(blocked.Phone)
	assert.ErrorIs(t, err, phoneauth.ErrBlocked)
}

// testImportFaults: what may not be imported is told, each with its fault, and no hash comes
// with a number that is not verified.
func testImportFaults(t *testing.T, o suite.Options) {
	s := o.Service(t, withLegacy, func(c *phoneauth.Config) {
		c.Numbers.Regions = append(c.Numbers.Regions, "EG", "SG", "MX", "FR")
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: "+6584932466", Code: "123456", Until: s2030}}
	})
	owner := s.SignIn(suite.Owner)
	user, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(suite.Owner))
	require.NoError(t, err)
	require.NotNil(t, owner)
	const fresh, twice = "+201061797841", "+201061797842"
	date := s.Now().AddDate(-1, 0, 0)
	all := []phoneauth.ImportUser{
		{Source: "0", Unreadable: true, Phone: "+201061797843", Verified: true},
		{Source: "1", Verified: true},
		{Source: "2", Phone: "+201061797843", PasswordHash: "old:correct horse"},
		{Source: "3", Phone: "+5215512345678", Verified: true},
		{Source: "4", Phone: "+919876543210", Verified: true},
		{Source: "5", Phone: "+6584932466", Verified: true},
		{Source: "6", Phone: suite.Owner, Verified: true, CreatedAt: date},
		{Source: "7", Phone: fresh, Verified: true, PasswordHash: "old:costly", CreatedAt: date},
		{Source: "8", Phone: twice, Verified: true, PasswordHash: "$2b$31$canary", CreatedAt: date},
		{Source: "9", Phone: twice, Verified: true, CreatedAt: date.Add(time.Second)},
	}
	for _, dry := range []bool{true, false} {
		var problems []phoneauth.ImportProblem
		report, err := s.Import(t.Context(), export(nil, all...), phoneauth.ImportOptions{
			DryRun: dry, Problem: func(p phoneauth.ImportProblem) { problems = append(problems, p) },
		})
		require.NoError(t, err)
		assert.Equal(t, phoneauth.ImportReport{Read: 10, Created: 2, Problems: map[phoneauth.ImportFault]int{
			phoneauth.ImportUnreadable: 1, phoneauth.ImportNoPhone: 1, phoneauth.ImportUnverified: 1, phoneauth.ImportInvalidPhone: 1,
			phoneauth.ImportNotServed: 1, phoneauth.ImportTestNumber: 1, phoneauth.ImportTaken: 2, phoneauth.ImportHashRefused: 2,
		}}, report)
		named := map[string]string{}
		for _, p := range problems {
			named[p.Source+" "+string(p.Fault)] = p.Phone.E164()
			assert.NotContains(t, fmt.Sprintf("%+v", p), "canary")
			if p.Source == "6" {
				assert.Equal(t, user.ID, p.UserID)
			}
		}
		assert.Equal(t, map[string]string{
			"0 unreadable": "", "1 no_phone": "", "2 unverified": "+201061797843", "3 invalid_phone": "+5215512345678",
			"4 not_served": "+919876543210", "5 test_number": "+6584932466", "6 taken": suite.Owner,
			"7 hash_refused": fresh, "8 hash_refused": twice, "9 taken": twice,
		}, named)
		if dry {
			_, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(fresh))
			require.ErrorIs(t, err, phoneauth.ErrNotFound, "a dry run writes nothing")
			assert.Empty(t, s.Events(phoneauth.EventImported))
		}
	}
	unchanged, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(suite.Owner))
	require.NoError(t, err)
	assert.Equal(t, user, unchanged, "no account that exists is changed")
	for _, phone := range []string{fresh, twice} {
		created, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(phone))
		require.NoError(t, err)
		assert.Empty(t, created.PasswordHash)
	}
}

// testImportTwice: of two accounts with one number the first is imported, also where no date tells
// them apart. A dry run, the run and a second run say the same. An account that is not imported is
// not told to be without its password.
func testImportTwice(t *testing.T, o suite.Options) {
	s := o.Service(t, withLegacy)
	first, taken := incoming(s), incoming(s)
	first.CreatedAt = time.Time{}
	second := first
	second.Source = "second"
	other := taken
	other.Source, other.PasswordHash, other.CreatedAt = "other", "old:costly", taken.CreatedAt.Add(time.Second)
	for _, dry := range []bool{true, false, true, false} {
		told := map[string]phoneauth.ImportFault{}
		var done []string
		report, err := s.Import(t.Context(), export(nil, first, taken, second, other), phoneauth.ImportOptions{
			DryRun: dry, Batch: 2,
			Problem: func(p phoneauth.ImportProblem) { told[p.Source] = p.Fault },
			Done:    func(source string, _ phoneauth.ImportedUser) { done = append(done, source) },
		})
		require.NoError(t, err)
		assert.Equal(t, 2, report.Created+report.Same)
		assert.Equal(t, map[phoneauth.ImportFault]int{phoneauth.ImportTaken: 2}, report.Problems)
		assert.Equal(t, map[string]phoneauth.ImportFault{"second": phoneauth.ImportTaken, "other": phoneauth.ImportTaken}, told)
		if !dry {
			assert.Equal(t, []string{first.Source, taken.Source}, done, "one account here is one account there")
		}
	}
}

// s2030 is later than the clock of the suites.
var s2030 = suite.Start.AddDate(4, 0, 0)

// testImportAgain: an import that ended half-way and is run again gives the same table, and
// what was imported before is no collision, also when somebody has signed in since. A block
// that an operator has ended does not come back.
func testImportAgain(t *testing.T, o suite.Options) {
	s := o.Service(t, withLegacy)
	all := make([]phoneauth.ImportUser, 7)
	for i := range all {
		all[i] = incoming(s)
		all[i].PasswordHash = phoneauth.Secret(fmt.Sprint("old:", i))
	}
	all[0].Blocked = true
	all[1].CreatedAt = time.Time{}
	all[2].CreatedAt = s.Now().AddDate(1, 0, 0)
	opts := phoneauth.ImportOptions{Batch: 2}
	broken := errors.New("broken")
	report, err := s.Import(t.Context(), export(broken, all[:5]...), opts)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, 5, report.Created, "what came before the error is imported")

	s.SignIn(all[3].Phone)
	user, err := s.Store.UserByPhone(t.Context(), phoneauth.StoredPhone(all[0].Phone))
	require.NoError(t, err)
	require.True(t, user.Blocked)
	require.NoError(t, s.SetBlocked(t.Context(), user.ID, false))
	s.Elapse(time.Minute)

	dry, err := s.Import(t.Context(), export(nil, all...), phoneauth.ImportOptions{DryRun: true})
	require.NoError(t, err)
	report, err = s.Import(t.Context(), export(nil, all...), opts)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.ImportReport{Read: 7, Created: 2, Same: 5, Passwords: 2, Problems: map[phoneauth.ImportFault]int{}}, report)
	assert.Equal(t, report, dry)
	user, err = s.Store.UserByID(t.Context(), user.ID)
	require.NoError(t, err)
	assert.False(t, user.Blocked)
}

// testImportEnds: an import whose context ends stops, and says how far it came.
func testImportEnds(t *testing.T, o suite.Options) {
	s := o.Service(t)
	ctx, cancel := context.WithCancel(t.Context())
	var all []phoneauth.ImportUser
	for range 4 {
		all = append(all, incoming(s))
	}
	report, err := s.Import(ctx, export(nil, all...), phoneauth.ImportOptions{
		Batch: 2, Progress: func(phoneauth.ImportReport) { cancel() },
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 2, report.Created)
	assert.Equal(t, 2, s.Events(phoneauth.EventImported)[0].Count)
	_, err = s.Import(t.Context(), export(nil), phoneauth.ImportOptions{Batch: 1001})
	assert.ErrorContains(t, err, "Batch")
}

// failing is a store whose imports fail, after they were done if done is true.
type failing struct {
	phoneauth.Store
	times int
	done  bool
}

func (f *failing) ImportUsers(ctx context.Context, users []phoneauth.UserImport, now time.Time) ([]phoneauth.ImportedUser, error) {
	f.times--
	if f.times < 0 {
		return f.Store.ImportUsers(ctx, users, now)
	}
	if f.done {
		if _, err := f.Store.ImportUsers(ctx, users, now); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no answer")
}

// testImportTriesAgain: a batch whose outcome is unknown is tried again, and what the first
// try has created counts as created.
func testImportTriesAgain(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		store := &failing{Store: o.Store(t), times: 2, done: true}
		s := suite.InBubble(t, store)
		began := time.Now()
		report, err := s.Import(t.Context(), export(nil, incoming(s), incoming(s)), phoneauth.ImportOptions{})
		require.NoError(t, err)
		assert.Equal(t, 2, report.Created)
		assert.Equal(t, 3*time.Second, time.Since(began))
		store.times, store.done = 3, false
		report, err = s.Import(t.Context(), export(nil, incoming(s)), phoneauth.ImportOptions{})
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		assert.Equal(t, 1, report.Read)
		assert.Zero(t, report.Created)
	})
}

// down is a store that looks up nobody.
type down struct{ phoneauth.Store }

func (down) UserByPhone(context.Context, phoneauth.Phone) (phoneauth.User, error) {
	return phoneauth.User{}, errors.New("no answer")
}

// testDryRunFails: a dry run ends at the first look-up that fails, and says so once.
func testDryRunFails(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		s := suite.InBubble(t, down{o.Store(t)})
		var all []phoneauth.ImportUser
		for range 20 {
			all = append(all, incoming(s))
		}
		report, err := s.Import(t.Context(), export(nil, all...), phoneauth.ImportOptions{DryRun: true})
		require.ErrorIs(t, err, phoneauth.ErrUnavailable)
		assert.NotContains(t, err.Error(), "\n")
		assert.Zero(t, report.Created)
	})
}

// testDryRunPanics: a panic of the store is one of the goroutine that imports.
func testDryRunPanics(t *testing.T, o suite.Options) {
	s := suite.On(t, &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, _ ...any) error {
		if verb == "UserByPhone" {
			panic("a bug")
		}
		return nil
	}})
	var all []phoneauth.ImportUser
	for range 20 {
		all = append(all, incoming(s))
	}
	assert.PanicsWithValue(t, "a bug", func() {
		_, _ = s.Import(t.Context(), export(nil, all...), phoneauth.ImportOptions{DryRun: true})
	})
}

// testImportRate: no more accounts in a second than Rate.
func testImportRate(t *testing.T, o suite.Options) {
	synctest.Test(t, func(t *testing.T) {
		s := suite.InBubble(t, o.Store(t))
		var all []phoneauth.ImportUser
		for range 20 {
			all = append(all, incoming(s))
		}
		began := time.Now()
		_, err := s.Import(t.Context(), export(nil, all...), phoneauth.ImportOptions{Batch: 5, Rate: 10})
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, time.Since(began))
	})
}
