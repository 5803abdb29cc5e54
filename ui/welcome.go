package ui

import (
	"net/http"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// welcomes returns the masked number of the account that the browser is a known device of, or "".
// A device that is not known any more is a stranger.
func (p *Page) welcomes(r *http.Request) string {
	device := p.cookie(r, deviceCookie)
	if device == "" {
		return ""
	}
	user, err := p.svc.KnownDevice(r.Context(), device)
	if err != nil {
		return ""
	}
	return mask(user.Phone)
}

// useDevice takes the number of the account that the browser is a known device of. If it is not
// known any more, it asks for a number.
func (q *request) useDevice() (*screen, error) {
	user, err := q.svc.KnownDevice(q.r.Context(), q.client.Device)
	if err != nil {
		return q.screen(screenPhone), nil
	}
	q.body["phone"] = user.Phone.E164()
	return nil, nil
}

// mask returns a number of which people know their own, such as "+44 •••• 3600".
func mask(p phoneauth.Phone) string {
	shown := display(p)
	code, _, _ := strings.Cut(shown, " ")
	digits := p.E164()
	return code + " •••• " + digits[len(digits)-4:]
}
