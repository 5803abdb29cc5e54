package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

// TestSQLMySQLShape: on MariaDB a transaction of an operation is BEGIN, one locked read, one write
// a table, and COMMIT. What writes the score of a quiet country has a second locked read, which
// is of that row alone. That of a busy country is not locked, or in the first read by one
// operation in 16.
func TestSQLMySQLShape(t *testing.T) {
	ctx := t.Context()
	d := mariadbDatabase(t)
	db, c := d.countedDB(t)
	svc, inbox := service(t, d.store(t, db), func(*phoneauth.Config) {})
	phone, client := caller(1)
	var statements []string // of the transaction that goes on
	var transactions [][]string
	c.rewrite = func(query string) string {
		switch {
		case query == "BEGIN":
			statements = nil
		case query == "COMMIT":
			transactions = append(transactions, statements)
		case !strings.HasPrefix(query, "SELECT") || strings.Contains(query, "FOR UPDATE"):
			statements = append(statements, query)
		}
		return query
	}
	code := func() string {
		message, _ := inbox.Last(phone)
		return string(message.Code)
	}
	shaped := func(name string, locked int, operation func() error) {
		t.Helper()
		transactions = nil
		require.NoError(t, operation(), name)
		for _, transaction := range transactions {
			reads, writes := 0, map[string]int{}
			for _, statement := range transaction {
				if strings.Contains(statement, "FOR UPDATE") {
					reads++
					continue
				}
				table := writtenTable.FindStringSubmatch(statement)
				require.NotNil(t, table, statement)
				writes[table[1]]++
			}
			assert.LessOrEqual(t, reads, locked, "%s: %s", name, transaction)
			if len(writes) > 0 {
				assert.Equal(t, 1, slices.Max(slices.Collect(maps.Values(writes))), "%s: %s", name, transaction)
			}
		}
	}
	for round := range 4 { // a new user and a known one, in a quiet country and in a busy one
		country := 1 // locked reads of its row alone
		if round >= 2 {
			country = 0
			runOn(t, d, "UPDATE phoneauth_counters SET amount = -100000 WHERE `key` LIKE 'b%'")
		}
		var proof *phoneauth.Proof
		var session *phoneauth.Session
		register := func() error {
			_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
			return err
		}
		shaped("Register", 1+country, register)
		shaped("Register, once more", 1+country, register)
		shaped("Verify, wrong code", 1, func() error {
			_, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: wrong(code()), Client: client})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			return nil
		})
		shaped("Verify, right code", 1+country, func() (err error) {
			proof, err = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: code(), Client: client})
			return err
		})
		shaped("Connect", 1, func() (err error) {
			session, err = svc.Connect(ctx, phoneauth.ConnectRequest{Phone: phone, Token: proof.Token, Client: client})
			return err
		})
		shaped("Refresh", 1, func() (err error) {
			session, err = svc.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
			return err
		})
		shaped("Logout", 1, func() error { return svc.Logout(ctx, session.RefreshToken) })
		require.NoError(t, register())
		shaped("Login", 1+country, func() (err error) {
			session, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code(), Client: client})
			return err
		})
		shaped("LogoutAll", 1, func() error { return svc.LogoutAll(ctx, session.User.ID) })
		if round == 1 {
			phone, client = caller(2)
		}
	}
}

// writtenTable finds the table that a statement writes.
var writtenTable = regexp.MustCompile(`^(?:INSERT (?:IGNORE )?INTO|UPDATE|DELETE FROM) (phoneauth_\w+)`)

// Somebody else holds scores. Those who do not write them do not wait: a wrong code, a send that
// another limit refuses, and one in a busy country that is not sampled.
func TestSQLMySQLWaitsForNoScore(t *testing.T) {
	ctx := t.Context()
	d := mariadbDatabase(t)
	db := d.open(t)
	svc, inbox := service(t, d.store(t, db), func(c *phoneauth.Config) {
		c.Limits.PhoneSends = []phoneauth.Limit{{Burst: 1, Every: time.Hour}}
	})
	send := func(n int) error {
		phone, client := caller(n)
		_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		return err
	}
	require.NoError(t, send(1))
	require.NoError(t, send(2)) // of other blocks
	var country []byte
	require.NoError(t, db.QueryRow("SELECT `key` FROM phoneauth_counters WHERE `key` LIKE 'b%' AND amount > 1.5").Scan(&country))
	_, err := db.Exec("UPDATE phoneauth_counters SET amount = -100000 WHERE `key` = ?", country)
	require.NoError(t, err)

	const change = "UPDATE phoneauth_counters SET revision = revision + 1 WHERE "
	release := hold(t, db, change+"`key` LIKE 'b%'")
	message, _ := inbox.Last(phoneOfUser(1))
	_, client := caller(1)
	_, err = svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phoneOfUser(1), Code: wrong(string(message.Code)), Client: client})
	assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
	release()

	defer hold(t, db, change+"`key` = ?", country)()
	_, limited := errors.AsType[*phoneauth.LimitError](send(2))
	assert.True(t, limited)
	for n := 3; ; n++ { // each is sampled with 15 chances in 16
		if err = send(n); err == nil || n == 10 {
			break
		}
	}
	assert.NoError(t, err)
}

// Rows are locked in their order, the country last. So a send that waits for a block holds no
// country, and two sends never wait for one another.
func TestSQLMySQLLocksCountryLast(t *testing.T) {
	ctx, now := t.Context(), time.Now()
	d := mariadbDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	begin := func(challenge string) error {
		charge := func(key string) phoneauth.Charge {
			return phoneauth.Charge{Amount: 1, Score: phoneauth.Score{Name: key, Key: key, Max: 1000, DebtDecay: time.Hour, CreditDecay: time.Hour}}
		}
		country := charge("country")
		country.SampleBelow, country.SampleWeight = -500, 16 // drawn: it is written in any case
		_, err := s.BeginChallenge(ctx, phoneauth.BeginParams{
			Challenge: phoneauth.Challenge{Key: challenge, ID: challenge, Digest: []byte(challenge), TriesLeft: 5, Sends: 1, ExpiresAt: now.Add(time.Hour), Until: now.Add(time.Hour)},
			Takes:     []phoneauth.Take{{Name: "sends", Key: "sends of " + challenge, Limit: phoneauth.Limit{Burst: 5, Every: time.Minute}, Cost: 1}},
			Charges:   []phoneauth.Charge{charge("block"), charge("wide block"), country},
			Now:       now,
		})
		return err
	}
	require.NoError(t, begin("one"))

	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("UPDATE phoneauth_counters SET revision = revision + 1 WHERE `key` = 'bwide block'")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- begin("two") }()
	waitsForRow(t, db)
	_, err = tx.Exec("SELECT 1 FROM phoneauth_counters WHERE `key` = 'bcountry' FOR UPDATE NOWAIT")
	assert.NoError(t, err, "who waits for a block holds the country")
	require.NoError(t, tx.Rollback())
	assert.NoError(t, <-done)
}

// A match locks counters by way of its challenge, but after all challenges are locked, in the order
// of their keys.
func TestSQLMySQLLocksChallengesInOrder(t *testing.T) {
	d := mariadbDatabase(t)
	db := d.open(t)
	s := d.store(t, db)
	p := phoneauth.AttemptParams{Lockout: absentLockout(), Now: absentNow}
	for _, key := range []string{"b", "a"} {
		require.NoError(t, beginAbsent(s, key, phoneauth.Lockout{})())
		of := phoneauth.Candidate{Key: key, Digests: [][]byte{[]byte("wrong")}}
		of.OnMatch.Refunds = onceAnHour(key)
		p.Candidates = append(p.Candidates, of)
	}
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("SELECT 1 FROM phoneauth_challenges WHERE `key` = 'a' FOR UPDATE")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { _, err := s.AttemptChallenge(context.Background(), p); done <- err }()
	waitsForRow(t, db)
	_, err = tx.Exec("SELECT 1 FROM phoneauth_challenges WHERE `key` = 'b' FOR UPDATE NOWAIT")
	assert.NoError(t, err, "who waits for the first holds the second")
	require.NoError(t, tx.Rollback())
	assert.ErrorIs(t, <-done, phoneauth.ErrMismatch)
}

// waitsForRow waits until somebody waits for a row.
func waitsForRow(t *testing.T, db *sql.DB) {
	t.Helper()
	require.NoError(t, integration.Poll(10*time.Second, func() error {
		var name string
		var waits int
		err := db.QueryRow("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").Scan(&name, &waits)
		if err == nil && waits == 0 {
			err = errors.New("nobody waits")
		}
		return err
	}))
}
