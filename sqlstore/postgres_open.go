package sqlstore

import (
	"context"

	"github.com/phoneauth/phoneauth"
)

// opening is what OpenSession does after a match, by the function of 00012_sessions_functions.sql.
type opening struct {
	args                   []any
	user                   userRow
	created, first, stored bool
	evicted                []byte
}

// openedColumns are what the function returns, after other columns, in the order of into.
var openedColumns = ", " + coalesced(userColumns, "u_",
	[]string{"id", "epoch", "created_at", "updated_at", "signed_in_at"}, []string{"blocked", "locked"}) + ", created, first, stored, evicted"

// openSession joins the function to a row, for which it does something if matched is true. matched must name a
// column of that row. Otherwise the planner may call the function before there is a row, or where there is none.
func openSession(function, matched string) string {
	return " CROSS JOIN LATERAL " + function + "(" + matched + ", CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)," +
		" CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BIGINT)," +
		" CAST(? AS BYTEA), " + afterEpoch + ") AS o"
}

// newOpening returns what follows the match of o.
func (s *Store) newOpening(o *phoneauth.Opening) (*opening, error) {
	in, n := &o.SignIn, &o.Session
	values, err := newSessionValues(&n.Session)
	if err != nil {
		return nil, err
	}
	var id any // NULL for any
	if in.UserID != "" {
		id, _ = userID(in.UserID)
	}
	args := []any{in.Phone.E164(), in.UUID, id, in.Epoch, in.Now.UnixMicro(), turnPrefix + s.userTurn(""), most(n), n.Now.UnixMicro()}
	const afterUser = 3 // id, user, epoch
	values = append(values[:1], values[afterUser:]...)
	return &opening{args: append(args, notNull(values)...)}, nil
}

func (o *opening) into() []any {
	return append(o.user.into(), &o.created, &o.first, &o.stored, &o.evicted)
}

// callOpen is OpenSession in the database.
func (s *Store) callOpen(ctx context.Context, of *phoneauth.Opening) (v phoneauth.Opened, err error) {
	o, err := s.newOpening(of)
	if err != nil {
		return v, failed("open session", err)
	}
	c, done, err := s.openDirectly(ctx, &of.Attempt, o)
	if !done && err == nil {
		c, err = s.callStep(ctx, &of.Attempt, o)
	}
	if err != nil {
		return phoneauth.Opened{Challenge: c}, err
	}
	v.Challenge, v.Created, v.First, v.Stored, v.Evicted = c, o.created, o.first, o.stored, string(o.evicted)
	if o.user.id != 0 {
		v.User = o.user.user()
	}
	return v, nil
}
