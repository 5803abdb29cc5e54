package storetest

import (
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// evicting is a store that ends another session than it must.
func evicting(choose func(n phoneauth.NewSession, live []phoneauth.SessionRecord) *phoneauth.SessionRecord) func(*broken, *byHand) {
	return func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (phoneauth.SessionRecord, error) {
			live := s.live(n.Session.UserID, n.Now)
			if _, err := n.Evict(live); err != nil || n.Most == 0 || len(live) < n.Most {
				return s.CreateSession(ctx, n)
			}
			evicted := *choose(n, live)
			delete(s.sessions, evicted.ID)
			n.Most = 0
			_, err := s.CreateSession(ctx, n)
			return evicted, err
		}
	}
}

var wrongEvictions = []wrongStore{
	{"Create evicts one too early", "Create evicts nothing while there is room", creating(func(_ *byHand, n *phoneauth.NewSession) {
		if n.Most > 1 {
			n.Most--
		}
	})},
	{"Create evicts nothing", "Create evicts one when there is no room", creating(func(_ *byHand, n *phoneauth.NewSession) { n.Most = 0 })},
	{"Create evicts and does not say it", "Create evicts one when there is no room", created(func(_ *byHand, _ phoneauth.NewSession, evicted *phoneauth.SessionRecord, _ *error) {
		*evicted = phoneauth.SessionRecord{}
	})},
	{"Create says what it does not evict", "an evicted session is worth nothing", created(func(s *byHand, _ phoneauth.NewSession, evicted *phoneauth.SessionRecord, _ *error) {
		if evicted.ID != "" {
			s.sessions[evicted.ID] = *evicted
		}
	})},
	{"Create evicts the newest", "Create evicts one when there is no room", evicting(func(_ phoneauth.NewSession, live []phoneauth.SessionRecord) *phoneauth.SessionRecord { return &live[0] })},
	{"Create evicts the oldest", "Create evicts what was unused longest", evicting(func(_ phoneauth.NewSession, live []phoneauth.SessionRecord) *phoneauth.SessionRecord {
		slices.SortFunc(live, func(x, y phoneauth.SessionRecord) int { return x.CreatedAt.Compare(y.CreatedAt) })
		return &live[0]
	})},
	{"Create evicts for what is gone", "Create counts live sessions", func(w *broken, s *byHand) {
		ended := map[string]int{}
		w.end = func(userID, id string) error {
			ended[userID]++
			return s.EndSession(ctx, userID, id)
		}
		creating(func(_ *byHand, n *phoneauth.NewSession) {
			if n.Most > 0 {
				n.Most = max(1, n.Most-ended[n.Session.UserID])
			}
		})(w, s)
	}},
	{"Create evicts for another user", "Create counts sessions of one user", func(w *broken, s *byHand) {
		w.createSession = func(n phoneauth.NewSession) (evicted phoneauth.SessionRecord, err error) {
			for id, r := range s.sessions {
				if n.Most > 0 && len(s.sessions) >= n.Most {
					evicted = r
					delete(s.sessions, id)
				}
			}
			_, err = s.CreateSession(ctx, n)
			return evicted, err
		}
	}},
	{"Most 0 is a hundred", "Create without Most", creating(func(_ *byHand, n *phoneauth.NewSession) {
		if n.Most == 0 {
			n.Most = 100
		}
	})},
	{"a session by password evicts one by code", "a session by password evicts one by password", evicting(func(_ phoneauth.NewSession, live []phoneauth.SessionRecord) *phoneauth.SessionRecord {
		return &live[len(live)-1]
	})},
	{"a session by code evicts one by code", "a session by code evicts any", evicting(func(_ phoneauth.NewSession, live []phoneauth.SessionRecord) *phoneauth.SessionRecord {
		for i := range live {
			if !live[i].ByPassword {
				return &live[i]
			}
		}
		return &live[0]
	})},
	{"a session by password is never refused", "a session by password is refused", creating(func(_ *byHand, n *phoneauth.NewSession) { n.Session.ByPassword = false })},
	{"a refused session is stored", "a session by password is refused", created(func(s *byHand, n phoneauth.NewSession, _ *phoneauth.SessionRecord, err *error) {
		if *err != nil {
			s.sessions[n.Session.ID] = n.Session
		}
	})},
	{"a refused session waits until the last ends", "a session by password is refused", created(func(s *byHand, n phoneauth.NewSession, _ *phoneauth.SessionRecord, err *error) {
		if refused, ok := (*err).(*phoneauth.LimitError); ok {
			for _, r := range s.live(n.Session.UserID, n.Now) {
				refused.RetryAfter = max(refused.RetryAfter, r.ExpiresAt.Sub(n.Now))
			}
		}
	})},
	{"a refused session waits as if nothing was used", "RetryAfter of a session by password follows use", created(func(_ *byHand, n phoneauth.NewSession, _ *phoneauth.SessionRecord, err *error) {
		if refused, ok := (*err).(*phoneauth.LimitError); ok {
			refused.RetryAfter = max(tick, after(time.Hour).Sub(n.Now))
		}
	})},
}
