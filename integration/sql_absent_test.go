package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// heldCommits has every transaction that inserts the row with a certain key wait before its commit, when
// all its statements are done.
const heldCommits = `
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext(TG_TABLE_SCHEMA), hashtext(convert_from(NEW.key, 'UTF8')));
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON phoneauth_counters DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold();
CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON phoneauth_challenges DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()`

// meet runs first up to its commit, which inserts the row with this key, then second as far as it
// comes, then between, and then both to their ends.
func meet(t *testing.T, db *sql.DB, key string, first, second func() error, between func()) (one, two error) {
	t.Helper()
	ctx := t.Context()
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext($1))", key)
	require.NoError(t, err)
	a := arrive(t, db, 0, first)
	require.Empty(t, a, "the first is not held")
	b := arrive(t, db, 1, second)
	between()
	require.NoError(t, tx.Commit())
	return <-a, <-b
}

// refuses reports whether err is the refusal of a limit. Any other error must be one of those
// that are answers.
func refuses(t *testing.T, err error) bool {
	t.Helper()
	_, limited := errors.AsType[*phoneauth.LimitError](err)
	require.True(t, err == nil || phoneauth.IsAnswer(err), "%v", err)
	return limited
}

// A step that rests on a row that is not there comes before the step that inserts it. Two steps
// that each insert what the other rests on come one after the other, as all steps do.
func TestSQLAbsentRows(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	stores := map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())}
	_, err := db.Exec(heldCommits)
	require.NoError(t, err)
	for a, first := range stores {
		for b, second := range stores {
			t.Run(a+" and "+b, func(t *testing.T) {
				for name, test := range map[string]func(*testing.T, *sql.DB, *sqlstore.Store, *sqlstore.Store){
					"each asks what the other takes":            askEachOther,
					"a state has the first step of the two":     readBetween,
					"both ask the same":                         askTheSame,
					"a code is asked for, and another is wrong": beginWhileLocked,
					"a code is right, and another is wrong":     proveWhileLocked,
					"a code is wrong, and another opens":        openWhileLocked,
				} {
					t.Run(name, func(t *testing.T) {
						_, err := db.Exec("TRUNCATE phoneauth_challenges, phoneauth_counters, phoneauth_users, phoneauth_sessions")
						require.NoError(t, err)
						test(t, db, first, second)
					})
				}
			})
		}
	}
}

var absentNow = time.Now().UTC().Truncate(time.Microsecond)

func onceAnHour(key string) []phoneauth.Take {
	return []phoneauth.Take{{Name: key, Key: key, Limit: phoneauth.Limit{Burst: 1, Every: time.Hour}, Cost: 1}}
}

func takeWithoutAsking(s *sqlstore.Store, asks, takes string) func() error {
	return func() error {
		return s.TakeLimits(context.Background(), phoneauth.TakeParams{Asks: onceAnHour(asks), Takes: onceAnHour(takes), Now: absentNow})
	}
}

func askEachOther(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	one, two := meet(t, db, "l{a}y", takeWithoutAsking(first, "{a}x", "{a}y"), takeWithoutAsking(second, "{a}y", "{a}x"), func() {})
	assert.NotEqual(t, refuses(t, one), refuses(t, two), "exactly one is refused")
}

// Those who only ask do not wait for each other.
func askTheSame(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	var ended atomic.Bool
	take := takeWithoutAsking(second, "{a}shared", "{a}z")
	one, two := meet(t, db, "l{a}y", takeWithoutAsking(first, "{a}shared", "{a}y"), func() error {
		err := take()
		ended.Store(true)
		return err
	}, func() { assert.True(t, ended.Load()) })
	assert.False(t, refuses(t, one) || refuses(t, two))
}

func readBetween(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	take := takeWithoutAsking(second, "{a}z", "{a}x")
	one, two := meet(t, db, "l{a}y", takeWithoutAsking(first, "{a}x", "{a}y"), take, func() {
		state, err := first.ReadState(t.Context(), phoneauth.StateParams{Takes: append(onceAnHour("{a}x"), onceAnHour("{a}y")...), Now: absentNow})
		require.NoError(t, err)
		assert.False(t, state.Waits[0] > 0 && state.Waits[1] == 0, "the second step without the first")
	})
	assert.False(t, refuses(t, one) || refuses(t, two))
}

// absentLockout locks at the first failure.
func absentLockout() phoneauth.Lockout {
	return phoneauth.Lockout{Name: "failures", Key: "{a}f", Steps: []phoneauth.LockoutStep{{Failures: 1, Wait: time.Hour}}, TTL: time.Hour}
}

func absentChallenge(key string) phoneauth.Challenge {
	hour := absentNow.Add(time.Hour)
	return phoneauth.Challenge{Key: key, ID: key, Digest: []byte(key), TriesLeft: 5, Sends: 1, ExpiresAt: hour, Until: hour}
}

func beginAbsent(s *sqlstore.Store, key string, lockout phoneauth.Lockout) func() error {
	return func() error {
		_, err := s.BeginChallenge(context.Background(), phoneauth.BeginParams{Challenge: absentChallenge(key), Lockout: lockout, Now: absentNow})
		return err
	}
}

// attemptAbsent compares digest with the first of these challenges that is live. A match stores
// proof, if that has a key.
func attemptAbsent(s *sqlstore.Store, digest, proof string, keys ...string) func() error {
	p := phoneauth.AttemptParams{Lockout: absentLockout(), Now: absentNow}
	for _, key := range keys {
		c := phoneauth.Candidate{Key: key, Digests: [][]byte{[]byte(digest)}}
		if proof != "" {
			stored := absentChallenge(proof)
			c.OnMatch.Store = &stored
		}
		p.Candidates = append(p.Candidates, c)
	}
	return func() error {
		_, err := s.AttemptChallenge(context.Background(), p)
		return err
	}
}

// The second attempt is for the code that the first step sends, if that comes first, and else for
// another.
func beginWhileLocked(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	require.NoError(t, beginAbsent(first, "{a}other", phoneauth.Lockout{})())
	one, two := meet(t, db, "{a}code", beginAbsent(first, "{a}code", absentLockout()), attemptAbsent(second, "{a}code", "", "{a}code", "{a}other"), func() {})
	assert.Equal(t, refuses(t, one), errors.Is(two, phoneauth.ErrMismatch), "%v and %v", one, two)
}

func proveWhileLocked(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	for _, key := range []string{"{a}code", "{a}other"} {
		require.NoError(t, beginAbsent(first, key, phoneauth.Lockout{})())
	}
	one, two := meet(t, db, "{a}proof", attemptAbsent(first, "{a}code", "{a}proof", "{a}code"), attemptAbsent(second, "{a}proof", "", "{a}proof", "{a}other"), func() {})
	assert.Equal(t, refuses(t, one), errors.Is(two, phoneauth.ErrMismatch), "%v and %v", one, two)
}

// The first failure locks the phone. A code that is right comes after it, and opens nothing.
func openWhileLocked(t *testing.T, db *sql.DB, first, second *sqlstore.Store) {
	for _, key := range []string{"{a}code", "{a}other"} {
		require.NoError(t, beginAbsent(first, key, phoneauth.Lockout{})())
	}
	open := func() error {
		_, err := second.OpenSession(context.Background(), phoneauth.Opening{
			Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: "{a}code", Digests: [][]byte{[]byte("{a}code")}}}, Lockout: absentLockout(), Now: absentNow},
			SignIn:  phoneauth.SignIn{Phone: phoneauth.StoredPhone("+11"), UUID: "uuid", Epoch: phoneauth.AnyEpoch, Now: absentNow},
			Session: phoneauth.NewSession{Session: phoneauth.SessionRecord{ID: "session", IdleUntil: absentNow.Add(time.Hour), ExpiresAt: absentNow.Add(time.Hour)}, Most: 3, Now: absentNow},
		})
		return err
	}
	one, two := meet(t, db, "f{a}f", attemptAbsent(first, "wrong", "", "{a}other"), open, func() {})
	assert.ErrorIs(t, one, phoneauth.ErrMismatch)
	assert.True(t, refuses(t, two), "%v", two)
	var left int
	require.NoError(t, db.QueryRow("SELECT (SELECT count(*) FROM phoneauth_users) + (SELECT count(*) FROM phoneauth_sessions)").Scan(&left))
	assert.Zero(t, left, "neither a user nor a session")
	require.NoError(t, first.ClearFailures(t.Context(), absentLockout().Key))
	assert.NoError(t, open(), "the code is good later")
}

// A code is cancelled at two keys while another is sent to one of them.
func TestSQLCancelAndBegin(t *testing.T) {
	d := patientDatabase(t)
	plain := d.open(t)
	begin := beginAbsent(d.store(t, plain), "{a}code", phoneauth.Lockout{})
	require.NoError(t, begin())
	db, c := d.countedDB(t)
	s := d.store(t, db)
	locked, sent := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.queries = func(query string, _ []driver.NamedValue) {
		if strings.Contains(query, "pg_advisory_xact_lock_shared") {
			once.Do(func() { close(locked); <-sent })
		}
	}
	cancelled := make(chan error, 1)
	go func() { cancelled <- s.CancelChallenges(context.Background(), "{a}code", "{a}other") }()
	<-locked
	begun := arrive(t, plain, 0, begin)
	close(sent)
	assert.NoError(t, <-cancelled)
	assert.NoError(t, <-begun)
}

// holdFailure leaves nothing in the store but one failure, of the lockout that it returns. Nobody can
// lock its row until release is called.
func holdFailure(t *testing.T, db *sql.DB, s *sqlstore.Store) (l phoneauth.Lockout, release func()) {
	t.Helper()
	l = absentLockout()
	l.Steps[0].Failures = 2
	_, err := db.Exec("TRUNCATE phoneauth_challenges, phoneauth_counters")
	require.NoError(t, err)
	require.NoError(t, s.CountFailure(t.Context(), l, absentNow))
	return l, hold(t, db, "SELECT FROM phoneauth_counters FOR UPDATE")
}

// A code is tried that is not there, and sent meanwhile, and there was a failure before.
func TestSQLAttemptAndBegin(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	for name, s := range map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		t.Run(name, func(t *testing.T) {
			lockout, release := holdFailure(t, db, s)
			attempted := arrive(t, db, 0, attemptAbsent(s, "{a}code", "", "{a}code"))
			begun := arrive(t, db, 1, beginAbsent(s, "{a}code", lockout))
			release()
			assert.ErrorIs(t, <-attempted, phoneauth.ErrNotFound)
			assert.NoError(t, <-begun)
		})
	}
}

// A code is sent by one who has found none, and holds the failures. Another sends it first, one tries
// it, and one sends it again. None of them waits for a row with the lock of that which was not there.
func TestSQLBeginTwiceAndAttempt(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	direct := d.store(t, db)
	for name, s := range map[string]*sqlstore.Store{"functions": direct, "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		t.Run(name, func(t *testing.T) {
			lockout, release := holdFailure(t, db, s)
			late := arrive(t, db, 0, beginAbsent(s, "{a}code", lockout))
			again := beginAbsent(direct, "{a}code", phoneauth.Lockout{})
			require.NoError(t, again())
			tried := arrive(t, db, 1, attemptAbsent(s, "{a}code", "", "{a}code"))
			begun := arrive(t, db, 2, again)
			release()
			assert.NoError(t, <-late)
			assert.NoError(t, <-tried)
			assert.NoError(t, <-begun)
		})
	}
}

// A right code stores a proof where there is one already, and both are cancelled.
func TestSQLProveAgainAndCancel(t *testing.T) {
	d := patientDatabase(t)
	db := d.open(t)
	for name, s := range map[string]*sqlstore.Store{"functions": d.store(t, db), "transactions": d.store(t, db, sqlstore.WithoutFunctions())} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"{a}code", "{a}a proof"} {
				require.NoError(t, beginAbsent(s, key, phoneauth.Lockout{})())
			}
			release := hold(t, db, "SELECT FROM phoneauth_challenges WHERE key = '{a}code' FOR UPDATE")
			proved := arrive(t, db, 0, attemptAbsent(s, "{a}code", "{a}a proof", "{a}code"))
			cancelled := arrive(t, db, 1, func() error { return s.CancelChallenges(context.Background(), "{a}code", "{a}a proof") })
			release()
			if err := <-proved; !errors.Is(err, phoneauth.ErrNotFound) { // it was cancelled
				assert.NoError(t, err)
			}
			assert.NoError(t, <-cancelled)
		})
	}
}
