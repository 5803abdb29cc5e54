package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// TestSQLMySQLSignInCosts logs what a sign-in costs on MariaDB: the table of docs/performance.md. It
// fails when one costs more statements or commits. Each statement is a round trip.
func TestSQLMySQLSignInCosts(t *testing.T) {
	_, d := ownMariaDB(t) // whose log nobody else writes
	db, c := d.countedDB(t)
	svc, inbox := service(t, d.store(t, db), func(*phoneauth.Config) {})
	log := d.open(t)
	written := func() (bytes float64) {
		require.NoError(t, log.QueryRow("SHOW GLOBAL STATUS LIKE 'Innodb_lsn_current'").Scan(new(string), &bytes))
		return bytes
	}
	const people = 21
	steps := []struct {
		name       string
		statements [2]int64 // in a quiet country, and in a busy one
		commits    int64
		do         func(p *person) error
	}{
		{"sign-up: Register", [2]int64{6, 5}, 1, func(p *person) error { _, err := p.register(); return err }},
		{"sign-up: Login", [2]int64{13, 12}, 3, func(p *person) error { _, err := p.login(p.code(inbox)); return err }},
		{"returning: Register", [2]int64{6, 5}, 1, func(p *person) error { _, err := p.register(); return err }},
		{"returning: a wrong code", [2]int64{6, 6}, 1, func(p *person) error {
			_, err := p.verify(wrong(p.code(inbox)))
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			return nil
		}},
		{"returning: Login", [2]int64{11, 10}, 2, func(p *person) error { _, err := p.login(p.code(inbox)); return err }},
	}
	var table strings.Builder
	for country, name := range []string{"quiet", "busy"} {
		score := 0
		if name == "busy" {
			score = -100_000
		}
		for _, step := range steps {
			var bytes []float64
			var statements, commits int64
			for n := range people {
				p := &person{ctx: t.Context(), svc: svc, inbox: inbox, n: n + country*people}
				p.phone, p.client = caller(p.n)
				runOn(t, d, fmt.Sprintf("UPDATE phoneauth_counters SET amount = %d WHERE `key` LIKE 'b%%'", score))
				c.reset()
				before := written()
				require.NoError(t, step.do(p), step.name)
				bytes = append(bytes, written()-before)
				// One operation in 16 writes the score of a busy country: it is in the first read.
				statements, commits = max(statements, c.calls.Load()), max(commits, c.commits.Load())
			}
			slices.Sort(bytes)
			fmt.Fprintf(&table, "| %s, %s country | %d | %d | %.0f |\n", step.name, name, statements, commits, bytes[people/2])
			assert.LessOrEqual(t, statements, step.statements[country], "%s, %s", step.name, name)
			assert.LessOrEqual(t, commits, step.commits, step.name)
		}
	}
	t.Logf("| of one caller | statements | commits | bytes of redo log |\n%s", &table)
}

// code is the one that was sent last.
func (p *person) code(inbox *phonetest.Inbox) string {
	m, _ := inbox.Last(p.phone)
	return string(m.Code)
}
