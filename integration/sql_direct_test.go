package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

// A step that is one statement has looked for the lockout before it waited for the challenge. What
// was counted meanwhile counts for it all the same.
func TestSQLLockoutWhileWaiting(t *testing.T) {
	d := postgresDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	hour := now.Add(time.Hour)
	lockout := phoneauth.Lockout{Name: "failures", Key: "{a}failures", Steps: []phoneauth.LockoutStep{{Failures: 2, Wait: time.Hour}}, TTL: 2 * time.Hour}
	challenge := phoneauth.Challenge{Key: "{a}c", ID: "id", Digest: []byte("digest"), TriesLeft: 5, Sends: 1, ExpiresAt: hour, Until: hour}
	begin := func() error {
		_, err := s.BeginChallenge(ctx, phoneauth.BeginParams{Challenge: challenge, Lockout: lockout, Now: now})
		return err
	}
	attempt := func() error {
		_, err := s.AttemptChallenge(ctx, phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: challenge.Key, Digests: [][]byte{challenge.Digest}}}, Lockout: lockout, Now: now})
		return err
	}
	for _, c := range []struct {
		name    string
		verb    func() error
		locked  time.Time // until when the lockout locks that comes meanwhile
		refused bool
		sends   int // of the challenge afterwards; 0: it is gone
	}{
		{"BeginChallenge of a number that is locked now", begin, hour, true, 1},
		{"BeginChallenge of a number with failures", begin, time.Time{}, false, 2},
		{"AttemptChallenge of a number that is locked now", attempt, hour, true, 1},
		{"AttemptChallenge of a number with failures", attempt, time.Time{}, false, 0},
	} {
		_, err := db.ExecContext(ctx, "TRUNCATE phoneauth_challenges, phoneauth_counters")
		require.NoError(t, err)
		require.NoError(t, begin())
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, "SELECT 1 FROM phoneauth_challenges FOR UPDATE")
		require.NoError(t, err)
		answer := make(chan error, 1)
		go func() { answer <- c.verb() }()
		require.NoError(t, integration.Poll(10*time.Second, func() error {
			var waiting int
			err := db.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH %phoneauth_challenges AS x%'").Scan(&waiting)
			if err == nil && waiting == 0 {
				err = fmt.Errorf("nobody waits")
			}
			return err
		}), c.name)
		_, err = tx.ExecContext(ctx, "INSERT INTO phoneauth_counters (at_us, until_us, amount, due, key) VALUES ($1, $2, 1, 2147483647, $3)",
			hour.UnixMicro(), c.locked.UnixMicro(), []byte("f"+lockout.Key))
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		err = <-answer
		if c.refused {
			refused := new(phoneauth.LimitError)
			require.ErrorAs(t, err, &refused, c.name)
			assert.Equal(t, "failures", refused.Limit, c.name)
		} else {
			require.NoError(t, err, c.name)
		}
		state, err := s.ReadState(ctx, phoneauth.StateParams{Challenges: []string{challenge.Key}, Lockouts: []string{lockout.Key}, Now: now})
		require.NoError(t, err)
		assert.Equal(t, c.sends, state.Challenges[0].Sends, c.name)
		assert.Equal(t, c.sends != 0, state.Lockouts[0].Failures == 1, "%s: a right code clears the failures", c.name)
	}
}
