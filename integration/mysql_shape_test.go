package integration_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// TestSQLMySQLShape: on MariaDB a transaction of an operation is BEGIN, one locked read, one write
// a table, and COMMIT. A right code has a second locked read. So has what writes the row of a
// country, which everybody writes: it is locked by a read of its own, and only then.
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
	for range 2 { // a new user, and a known one
		var proof *phoneauth.Proof
		var session *phoneauth.Session
		register := func() error {
			_, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
			return err
		}
		shaped("Register", 2, register)
		shaped("Register, once more", 2, register)
		shaped("Verify, wrong code", 1, func() error {
			_, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: phone, Code: wrong(code()), Client: client})
			assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
			return nil
		})
		shaped("Verify, right code", 3, func() (err error) {
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
		shaped("Login", 3, func() (err error) {
			session, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code(), Client: client})
			return err
		})
		shaped("LogoutAll", 1, func() error { return svc.LogoutAll(ctx, session.User.ID) })
	}
}

// writtenTable finds the table that a statement writes.
var writtenTable = regexp.MustCompile(`^(?:INSERT (?:IGNORE )?INTO|UPDATE|DELETE FROM) (phoneauth_\w+)`)
