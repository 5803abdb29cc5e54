package sqlstore

import (
	"context"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// evictedColumns are sessionColumns of a session that was ended, or of none.
var evictedColumns = func() string {
	var all []string
	for column := range strings.SplitSeq(sessionColumns, ",") {
		column, none := strings.TrimSpace(column), "''"
		switch column {
		case "epoch", "auth_time", "created_at", "rotated_at", "idle_until", "expires_at":
			none = "0"
		case "by_password":
			none = "false"
		}
		all = append(all, "coalesce(o_"+column+", "+none+")")
	}
	return strings.Join(all, ", ")
}()

// createParameters are the types of the arguments of the function.
const createParameters = "CAST(? AS BIGINT), CAST(? AS INTEGER), CAST(? AS BIGINT)," +
	" CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BIGINT), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA), CAST(? AS BYTEA)," +
	" CAST(? AS BOOLEAN), CAST(? AS BYTEA), CAST(? AS BYTEA)," +
	" CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS INTEGER)"

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
