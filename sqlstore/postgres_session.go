package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// coalesced are columns with this prefix, of a row of which each may be NULL. What is in neither of the lists is text.
func coalesced(columns, prefix string, numbers, booleans []string) string {
	var all []string
	for column := range strings.SplitSeq(columns, ",") {
		column, none := strings.TrimSpace(column), "''"
		switch {
		case slices.Contains(numbers, column):
			none = "0"
		case slices.Contains(booleans, column):
			none = "false"
		}
		all = append(all, "coalesce("+prefix+column+", "+none+")")
	}
	return strings.Join(all, ", ")
}

// evictedColumns are sessionColumns of a session that was ended, or of none.
var evictedColumns = coalesced(sessionColumns, "o_",
	[]string{"epoch", "auth_time", "created_at", "rotated_at", "idle_until", "expires_at"}, []string{"by_password"})

const (
	// createParameters are the types of the arguments of the function.
	createParameters = "CAST(? AS BIGINT), CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BIGINT), " + afterEpoch
	// afterEpoch are the types of newSessionValues that follow the epoch.
	afterEpoch = "CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA)," +
		" CAST(? AS BOOLEAN), CAST(? AS BYTEA), CAST(? AS BYTEA)," +
		" CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS INTEGER)"
)

// callCreate is createCounted in the database.
func (s *Store) callCreate(ctx context.Context, n phoneauth.NewSession, values []any) (evicted phoneauth.SessionRecord, err error) {
	if done, err := s.addSession(ctx, &n, values); done || err != nil {
		return evicted, err
	}
	args := append([]any{turnOf(s.userTurn(n.Session.UserID)), most(&n), n.Now.UnixMicro()}, values...)
	q := s.query("SELECT "+evictedColumns+", answer, wait FROM "+s.functions.create+"("+createParameters+")", args...)
	err = s.write(ctx, "create session", func(on querier) error {
		var answer int
		var wait int64
		r, err := scanSession(func(into ...any) error { return q.row(ctx, on, append(into, &answer, &wait)...) })
		switch {
		case err != nil:
			return err
		case answer == stepRefused:
			return &phoneauth.LimitError{Limit: phoneauth.LimitSessions, RetryAfter: waiting(wait)}
		}
		if r.ID != "" {
			evicted = r
		}
		return nil
	})
	return evicted, err
}
