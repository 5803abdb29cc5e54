package storetest

import (
	"slices"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

// sessionListRaces are those of all sessions of a user: listed, ended and begun at once.
var sessionListRaces = []testCase[*sessions]{
	{"race: listing and ending", "UserSessions returns the sessions of the user that are live at now", func(s *sessions) {
		const ends = callers / 2
		for round := range s.heavy() {
			userID := unique()
			var kept, ended []phoneauth.SessionRecord
			for range ends {
				kept, ended = append(kept, s.createOf(userID)), append(ended, s.createOf(userID))
			}
			var gone [ends]atomic.Bool
			var before [callers - ends][ends]bool // what had ended when a list began
			errs, lists := make([]error, callers), make([][]phoneauth.SessionRecord, callers-ends)
			together(callers, func(i int) {
				if i < ends {
					errs[i] = s.store.EndSession(s.Context(), userID, ended[i].ID)
					gone[i].Store(true)
					return
				}
				for j := range gone {
					before[i-ends][j] = gone[j].Load()
				}
				lists[i-ends], errs[i] = s.store.UserSessions(s.Context(), userID, start)
			})
			for _, err := range errs {
				require.NoError(s, err, "round %d", round)
			}
			for i, list := range lists {
				for _, r := range kept {
					require.Equal(s, 1, times(list, r.ID), "round %d: a session that nobody ended is listed once", round)
				}
				for j, r := range ended {
					require.LessOrEqual(s, times(list, r.ID), 1, "round %d: no session is listed twice", round)
					if before[i][j] {
						require.Zero(s, times(list, r.ID), "round %d: it had ended before the list began", round)
					}
				}
			}
			slices.SortFunc(kept, phoneauth.ByLastUse)
			s.listed(userID, start, "what nobody ended", kept...)
		}
	}},
	{"race: signing in while all sessions end", "Of any number of concurrent callers no more than n.Most sessions of a user are live", func(s *sessions) {
		const most = 10
		for round := range s.heavy() {
			userID := unique()
			begin := func() answer[phoneauth.SessionRecord] {
				evicted, err := s.store.CreateSession(s.Context(), phoneauth.NewSession{Session: s.byCode(userID, start), Most: most, Now: start})
				return answer[phoneauth.SessionRecord]{evicted, err}
			}
			for range most {
				require.NoError(s, begin().err, "round %d", round)
			}
			answers := make([]answer[phoneauth.SessionRecord], callers)
			together(callers, func(i int) {
				if i == round%callers {
					answers[i].err = s.store.EndUserSessions(s.Context(), userID, "")
				} else {
					answers[i] = begin()
				}
			})
			ended := map[string]bool{}
			for _, a := range answers {
				require.NoError(s, a.err, "round %d", round)
				if id := a.value.ID; id != "" {
					require.False(s, ended[id], "round %d: one session ends twice", round)
					ended[id] = true
				}
			}
			live := s.list(userID, start)
			require.LessOrEqual(s, len(live), most, "round %d: no more than Most are live", round)
			for _, r := range live {
				require.False(s, ended[r.ID], "round %d: it was returned as ended", round)
			}
			for range most - len(live) {
				a := begin()
				require.NoError(s, a.err, "round %d", round)
				require.Empty(s, a.value.ID, "round %d: what has ended leaves room", round)
			}
			a := begin()
			require.NoError(s, a.err, "round %d", round)
			require.NotEmpty(s, a.value.ID, "round %d: there is no more room", round)
			require.Len(s, s.list(userID, start), most, "round %d", round)
		}
	}},
}

// times is how often a list has a session.
func times(list []phoneauth.SessionRecord, id string) (n int) {
	for _, r := range list {
		if r.ID == id {
			n++
		}
	}
	return n
}
