package redisstore

import (
	"context"
)

// listed are the ids in the list of a user.
func (s *Store) listed(ctx context.Context, userID string) ([]string, error) {
	c := &call{script: listScript}
	c.key(s.listKey(userID))
	r, err := s.do(ctx, c)
	if err != nil {
		return nil, err
	}
	return r.texts(1), nil
}

// unlist takes sessions that were ended out of the list of their user. It is tidying: an
// id that stays there is taken out when its place is needed.
func (s *Store) unlist(ctx context.Context, user string, ids ...string) {
	if len(ids) == 0 {
		return
	}
	c := &call{script: unlistScript}
	c.key(s.listKey(user))
	c.int(int64(len(ids)))
	for _, id := range ids {
		c.text(id)
	}
	_, _ = s.do(ctx, c)
}

func (s *Store) sessionKeys(ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.sessionKey(id)
	}
	return keys
}

// putKnown writes what readKnown in lua/users.lua reads.
func (s *Store) putKnown(c *call, ids []string) {
	c.int(int64(len(ids)))
	for _, id := range ids {
		s.putSession(c, id)
	}
}

func (s *Store) putSession(c *call, id string) {
	c.text(id)
	c.key(s.sessionKey(id))
}

// known makes a call that must name the keys of all sessions in a user's list, and returns
// its answer and the ids that it was given. When the list names others, the script has
// done nothing and tells them, and the call is made anew with those.
func (s *Store) known(ctx context.Context, naming func(ids []string) *call) (reply, []string, error) {
	var ids []string
	for {
		r, err := s.do(ctx, naming(ids))
		if err != nil || r.status() != statusAgain {
			return r, ids, err
		}
		ids = r.texts(1)
	}
}
