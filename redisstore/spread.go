package redisstore

// spread are the calls of one script for many items, one call for each slot that has any
// of their keys.
type spread struct {
	calls []*call
	// of are the indexes of the items of each call.
	of [][]int
}

// spread makes the calls: begin makes one for so many items, and put writes each item.
func (s *Store) spread(keys []string, begin func(n int) *call, put func(c *call, i int)) spread {
	var sp spread
	for _, indexes := range s.bySlot(keys) {
		c := begin(len(indexes))
		for _, i := range indexes {
			put(c, i)
		}
		sp.calls, sp.of = append(sp.calls, c), append(sp.of, indexes)
	}
	return sp
}

// gather returns what the calls have answered for the items, in their order. Each answers
// a list, with a value for each of its items.
func (sp *spread) gather(replies []reply) (reply, error) {
	n := 0
	for _, indexes := range sp.of {
		n += len(indexes)
	}
	all := make(reply, n)
	for at, r := range replies {
		values := r.list(1)
		if len(values) != len(sp.of[at]) {
			return nil, errAnswer
		}
		for j, i := range sp.of[at] {
			all[i] = values[j]
		}
	}
	return all, nil
}
