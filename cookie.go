package phoneauth

import (
	"errors"
	"net/http"
	"time"

	"github.com/phoneauth/phoneauth/internal/cookies"
)

// The cookies. A registration cookie holds the session token of a registration with a
// password, a device cookie the token of a known device.
const (
	registrationCookie = "phoneauth"
	deviceCookie       = "phoneauth-device"
)

// newCookie has every attribute of a cookie in one place. A life of 0 or less removes
// it. The __Host- prefix makes browsers refuse one that a sibling domain planted (RFC
// 6265bis, 4.1.3.2).
func (c HTTPConfig) newCookie(name string, value Secret, life time.Duration) *http.Cookie {
	maxAge := wholeSeconds(life)
	if maxAge == 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name:     c.cookieName(name),
		Value:    string(value),
		Path:     "/",
		MaxAge:   int(maxAge),
		Secure:   !c.InsecureCookie,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

func (c HTTPConfig) cookieName(name string) string {
	if c.InsecureCookie {
		return name
	}
	return "__Host-" + name
}

// cookie returns the value of a cookie of r. Where several that differ have arrived, none
// counts: one was planted by a sibling domain, which InsecureCookie lets it do. A client
// can then still send its token in the body.
func (c HTTPConfig) cookie(r *http.Request, name string) Secret {
	return Secret(cookies.Value(r, c.cookieName(name)))
}

// crossOrigin tells requests that a browser sends for a page of another origin. The
// error names the trusted origins that are none; they are then not trusted.
func (c HTTPConfig) crossOrigin() (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	var errs []error
	for _, origin := range c.TrustedOrigins {
		if err := p.AddTrustedOrigin(origin); err != nil {
			errs = append(errs, err)
		}
	}
	return p, errors.Join(errs...)
}
