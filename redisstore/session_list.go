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

// leave is unlist on one node, where the list may have an index.
func (s *Store) leave(ctx context.Context, user, id string) {
	c := &call{script: leaveScript}
	c.key(s.listKey(user))
	c.key(s.indexKey(user))
	c.text(id)
	_, _ = s.do(ctx, c)
}

func (s *Store) sessionKeys(ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.sessionKey(id)
	}
	return keys
}
