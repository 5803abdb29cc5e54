package sqlstore

import (
	"cmp"
	"slices"
	"strings"
)

// lockOrder returns the places of keys in the order in which a step of PostgreSQL locks these counters. Two
// steps that name the same rows in different orders must not wait for each other.
//
// A lockout comes first. Then come the limits: those with one tag, such as all of a phone, in the order of
// their keys. The tag of the lockout is before the others, which come as the caller has them, the private ones
// first. Then come the scores in the order of their keys, and in the end those for which last is true, which
// most operations share.
func lockOrder(keys []string, last func(i int) bool) []int {
	type rank struct {
		kind, tag int
		key       string
	}
	ranks, places, tags := make([]rank, len(keys)), make([]int, len(keys)), map[string]int{}
	for _, key := range keys {
		if lockout, ok := strings.CutPrefix(key, ofLockout); ok {
			tags[tagOf(lockout)] = 0 // so that who takes of an address, and gives back to a phone, has the phone first
		}
	}
	for i, key := range keys {
		places[i], ranks[i] = i, rank{key: key}
		switch {
		case strings.HasPrefix(key, ofLimit):
			ranks[i].kind = 1
			tag := tagOf(key[len(ofLimit):])
			if _, known := tags[tag]; !known {
				tags[tag] = len(tags)
			}
			ranks[i].tag = tags[tag]
		case strings.HasPrefix(key, ofScore) && last(i):
			ranks[i].kind = 3
		case strings.HasPrefix(key, ofScore):
			ranks[i].kind = 2
		}
	}
	slices.SortStableFunc(places, func(a, b int) int {
		x, y := &ranks[a], &ranks[b]
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.tag, y.tag), cmp.Compare(x.key, y.key))
	})
	return places
}

// tagOf returns what stands in braces at the beginning of a key, or the key.
func tagOf(key string) string {
	if end := strings.IndexByte(key, '}'); end > 0 && key[0] == '{' {
		return key[:end]
	}
	return key
}

// inOrder sorts the counters of the step.
func (r *rows) inOrder() {
	all, keys := slices.Clone(r.counters), make([]string, len(r.counters))
	for i, c := range all {
		keys[i] = c.key
	}
	for i, place := range lockOrder(keys, func(i int) bool { return all[i].last }) {
		r.counters[i] = all[place]
	}
}

// inOrder sorts the counters of the step, and changes the places in its lists.
func (a *stepArgs) inOrder() {
	all, keys := slices.Clone(a.counters), make([]string, len(a.counters))
	for i := range all {
		keys[i] = all[i].key
	}
	now := make([]int64, len(all)) // by the place before
	for i, place := range lockOrder(keys, func(i int) bool { return all[i].last }) {
		a.counters[i], now[place] = all[place], int64(i+1)
	}
	for i := 2; i < len(a.limits); i += 6 {
		a.limits[i] = now[a.limits[i]-1]
	}
	for i := 1; i < len(a.scores); i += 4 {
		a.scores[i] = now[a.scores[i]-1]
	}
	for i := 1; i < len(a.cleared); i += 2 {
		a.cleared[i] = now[a.cleared[i]-1]
	}
}
