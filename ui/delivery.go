package ui

import (
	"time"

	"github.com/phoneauth/phoneauth"
)

// arrival is what is known of the text that a code travels in.
type arrival struct {
	// Status is "on_its_way", "delivered", "undelivered", or "" when nothing is known.
	Status phoneauth.DeliveryStatus `json:"status"`
	// Ago is how many seconds ago that was.
	Ago int `json:"seconds_ago"`
}

// arrival answers whoever has the challenge token of a code for signing in. Codes for other
// purposes are sent to some numbers only, so nothing is said of them.
func (q *request) arrival() (any, error) {
	a, err := q.svc.Arrival(q.r.Context(), phoneauth.Secret(q.body["session_token"]))
	if err != nil {
		return nil, err
	}
	if a.Status == "" {
		return arrival{}, nil
	}
	return arrival{a.Status, max(0, int(time.Since(a.At).Seconds()))}, nil
}

// arrivalScreen says it on the screen of the code. The scripts take the one part that tells it, and
// ask again while that names this route.
func (q *request) arrivalScreen(answer any) *screen {
	a := answer.(arrival)
	s := q.screen(screenCode)
	switch a.Status {
	case phoneauth.OnItsWay:
		s.Arrived = s.T("delivery.on_way")
	case phoneauth.Delivered:
		s.Arrived, s.told = s.T("delivery.delivered_before"), true
		if a.Ago < 60 {
			s.Arrived = s.l.count("delivery.delivered", a.Ago)
		}
	case phoneauth.Undelivered:
		s.Arrived, s.told = s.T("delivery.failed"), true
	}
	return s
}

// Delivery is the route that tells whether the text has arrived, or "" where nothing more is told.
func (s *screen) Delivery() string {
	if s.Key != screenCode || s.told || s.dead || s.flow.Token == "" || s.flow.Purpose != purposeSignIn {
		return ""
	}
	return s.o.Path + "delivery"
}
