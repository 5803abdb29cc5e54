package ui

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cookies"
)

// The purposes of the codes that the page serves.
const (
	purposeSignIn       = string(phoneauth.PurposeSignIn)
	purposeRegistration = string(phoneauth.PurposePasswordRegistration)
	purposeReset        = string(phoneauth.PurposePasswordReset)
)

// flow is a code that is on its way, as forms and the pending cookie carry it. The browser may
// change it: it decides what is shown, and nothing else. There is no secret in it.
type flow struct {
	Purpose string `json:"purpose,omitempty"`
	// Phone is in E.164. Typed is what the person typed.
	Phone string `json:"phone,omitempty"`
	Typed string `json:"-"`
	// Masked stands in the place of Phone for a code that a known device has asked for. The
	// page then does not show the whole number to whoever has the device.
	Masked string `json:"masked,omitempty"`
	// Token is Pending.ChallengeToken.
	Token string `json:"session_token,omitempty"`
	// Channel is the one that the code was sent by. It is empty for a code that another page
	// has asked for.
	Channel  string        `json:"channel,omitempty"`
	Channels []flowChannel `json:"channels,omitempty"`
	Length   int           `json:"length,omitempty"`
	// Dead is true where the code is dead, so that another one must be sent.
	Dead bool `json:"dead,omitempty"`
	// For is the id of the account that a code of the account page is for, and Next where it goes on to.
	For  string `json:"for,omitempty"`
	Next string `json:"next,omitempty"`
	// Times are in Unix milliseconds.
	ExpiresAt int64 `json:"expires_at,omitempty"`
	ResendAt  int64 `json:"resend_at,omitempty"`
}

// flowChannel is a way that the code may travel, and the Unix millisecond from which on.
type flowChannel struct {
	Channel     string `json:"channel"`
	AvailableAt int64  `json:"available_at"`
}

// flowOf returns the flow of a code that was sent.
func flowOf(purpose string, p *phoneauth.Pending) flow {
	f := flow{
		Purpose: purpose, Phone: p.Phone.E164(), Token: string(p.ChallengeToken), Channel: p.Channel, Length: p.CodeLength,
		ExpiresAt: p.ExpiresAt.UnixMilli(), ResendAt: p.ResendAt.UnixMilli(), Channels: flowChannels(p.Channels),
	}
	return f
}

// resend is the button that sends the code again.
func (f flow) resend(l *locale, route string) button {
	b := button{Key: "resend", Route: route, Name: "channel", Value: f.Channel, Text: l.of("link.resend"), Available: secondsUntil(f.ResendAt)}
	b.In = l.of("link.later", "action", b.Text)
	return b
}

// others are the buttons that send the code by other channels, or by every one if the first has failed.
func (f flow) others(l *locale, route string, failed bool) []button {
	var all []button
	for _, c := range f.Channels {
		if c.Channel == f.Channel && !failed {
			continue
		}
		text := l.of("channel." + c.Channel)
		if text == "" {
			text = l.of("channel", "channel", c.Channel)
		}
		b := button{Key: "channel-" + c.Channel, Route: route, Name: "channel", Value: c.Channel, Text: text, Available: secondsUntil(c.AvailableAt)}
		b.In = l.of("link.later", "action", text)
		all = append(all, b)
	}
	return all
}

func flowChannels(states []phoneauth.ChannelState) []flowChannel {
	var all []flowChannel
	for _, c := range states {
		all = append(all, flowChannel{c.Name, c.AvailableAt.UnixMilli()})
	}
	return all
}

// unixIn is the Unix millisecond in which seconds will have passed.
func unixIn(seconds int) int64 { return time.Now().UnixMilli() + int64(seconds)*1000 }

// secondsUntil is the whole seconds until a Unix millisecond, rounded up, or 0 for one that has
// passed.
func secondsUntil(unix int64) int { return int(max(0, (unix-time.Now().UnixMilli()+999)/1000)) }

// lives reports whether the code may still be good.
func (f flow) lives() bool { return f.encode() != "" && secondsUntil(f.ExpiresAt) > 0 }

// display is the number as the page shows it.
func (f flow) display() string {
	if f.Masked != "" {
		return f.Masked
	}
	return displayOf(f.Phone)
}

// digits is the number of places for digits: that of most services where the length is not known here.
func (f flow) digits() int { return cmp.Or(f.Length, 6) }

// screen is where the code is typed.
func (f flow) screen() string {
	if f.Purpose == purposeReset {
		return screenReset
	}
	return screenCode
}

// encode returns f for a cookie or a hidden field, or "" for no flow.
func (f flow) encode() string {
	if f.Phone == "" && f.Masked == "" {
		return ""
	}
	data, _ := json.Marshal(f) // text and numbers alone
	return base64.RawURLEncoding.EncodeToString(data)
}

// decodeFlow returns the flow of text, or the zero flow for a text that is none.
func decodeFlow(text string) flow {
	var f flow
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(data) > maxCookie || json.Unmarshal(data, &f) != nil {
		return flow{}
	}
	if f.Length < 0 || f.Length > 10 || len(f.Channels) > 16 {
		return flow{}
	}
	if f.Masked != "" && f.Phone == "" {
		if strings.Trim(f.Masked, "+0123456789 •") != "" {
			return flow{}
		}
		return f
	}
	if p, err := phoneauth.ParsePhone(f.Phone, ""); err != nil || p.E164() != f.Phone {
		return flow{}
	}
	return f
}

// The pending cookie brings people back to the code that they wait for, when their browser has
// dropped the page meanwhile.
const pendingCookie = "phoneauth-pending"

// pendingLife is the longest life of a code.
const pendingLife = 10 * time.Minute

// pending returns the flow that the browser has left off, or the zero flow.
func (p *Page) pending(r *http.Request) flow {
	f := decodeFlow(cookies.Value(r, p.cookieName(pendingCookie)))
	if !f.lives() {
		return flow{}
	}
	return f
}

// keep sets the pending cookie, or removes it for the zero flow.
func (p *Page) keep(w http.ResponseWriter, f flow) {
	p.setCookie(w, pendingCookie, phoneauth.Secret(f.encode()), pendingLife)
}

// newKey returns the key of one form. A form that is sent twice sends one code, and is done once.
func newKey() string { return rand.Text() }
