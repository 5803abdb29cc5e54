package phoneauth

import "cmp"

// sessionView is a session in the list of a user's sessions.
type sessionView struct {
	ID         string   `json:"id"`
	Current    bool     `json:"current"`
	CreatedAt  string   `json:"created_at"`
	LastUsedAt string   `json:"last_used_at"`
	Client     string   `json:"client"`
	Place      *string  `json:"place"`
	AMR        []string `json:"amr"`
}

// sessions lists the sessions of the user. The session of the access token must be live.
func (q *request) sessions() (any, error) {
	if _, err := q.s.Live(q.r.Context(), q.claims); err != nil {
		return nil, err
	}
	all, err := q.s.Sessions(q.r.Context(), q.claims.UserID)
	if err != nil {
		return nil, err
	}
	views := make([]sessionView, len(all))
	for i, s := range all {
		views[i] = sessionView{
			ID:         s.ID,
			Current:    s.ID == q.claims.SessionID,
			CreatedAt:  timestamp(s.CreatedAt),
			LastUsedAt: timestamp(s.LastUsedAt),
			Client:     cmp.Or(s.Client, "Unknown"),
			AMR:        s.AMR,
		}
		if s.Place != "" {
			views[i].Place = &s.Place
		}
	}
	return struct {
		Sessions []sessionView `json:"sessions"`
	}{views}, nil
}

func (q *request) endSession() (any, error) {
	return nil, q.s.endOwnSession(q.r.Context(), q.claims, q.id)
}

// endSessions ends all sessions of the user except the one of the access token. With
// ?devices=1 it makes their devices unknown too.
func (q *request) endSessions() (any, error) {
	return nil, q.s.EndOtherSessions(q.r.Context(), q.claims, q.r.URL.Query().Get("devices") == "1")
}
