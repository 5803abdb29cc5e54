package ui

import (
	"net/url"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// hidden is a hidden field.
type hidden struct{ Name, Value string }

// button is a button that asks another route than the main one.
type button struct {
	Key, Route, Name, Value, Text, In string
	Available                         int // seconds until it can be used
}

// anchor is a link to another screen.
type anchor struct{ Key, Address, Text string }

// offer is a country that a number may be of.
type offer struct {
	Region, Text string
	First        bool
}

// Kept are the fields that the menu of languages keeps.
func (s *screen) Kept() []hidden {
	kept := []hidden{{"screen", s.Key}}
	if !slices.Contains(opened, s.Key) {
		kept = nil
	}
	if s.Next != s.o.Next {
		kept = append(kept, hidden{"next", s.Next})
	}
	return kept
}

// address returns the address of another screen.
func (s *screen) address(key string) string {
	q := url.Values{"screen": {key}}
	if s.Next != s.o.Next {
		q.Set("next", s.Next)
	}
	if s.Lang != "" {
		q.Set("lang", s.Lang)
	}
	return s.o.Path + "?" + q.Encode()
}

// Links lead to other screens.
func (s *screen) Links() []anchor {
	var all []anchor
	add := func(text, key string) {
		if s.o.Passwords || key == screenPhone {
			all = append(all, anchor{text, s.address(key), s.T("link." + text)})
		}
	}
	for pair := range slices.Chunk(specs[s.Key].links, 2) {
		add(pair[0], pair[1])
	}
	switch s.Key {
	case screenConfirm:
		add("change", screenPhone)
	case screenCode:
		if s.flow.Purpose == purposeRegistration {
			add("change", screenRegister)
		} else {
			add("change", screenPhone)
		}
	case screenReset:
		add("change", screenForgot)
	case screenCookies:
		all = nil
	}
	if s.o.Help != "" {
		all = append(all, anchor{"help", s.o.Help, s.T("link.help")})
	}
	return all
}

// Buttons ask other routes.
func (s *screen) Buttons() []button {
	path := s.o.Path
	switch {
	case (s.Key == screenCode || s.Key == screenReset) && !s.dead:
		b := button{Key: "resend", Route: path + s.again(), Name: "channel", Value: s.flow.Channel, Text: s.T("link.resend"), Available: secondsUntil(s.flow.ResendAt)}
		b.In = s.l.of("link.later", "action", b.Text)
		return []button{b}
	case s.Key == screenWelcome:
		return []button{{Key: "forget", Route: path + "forget", Text: s.T("link.forget")}}
	case s.known:
		return []button{{Key: "have_code", Route: path + "known", Text: s.T("link.have_code")}}
	case s.Key == screenDone:
		return []button{{Key: "sign_out", Route: path + endRoute, Text: s.T("link.sign_out")}}
	}
	return nil
}

// Channels are the other ways for the code.
func (s *screen) Channels() []button {
	if s.again() == "again" {
		return nil
	}
	var all []button
	for _, c := range s.flow.Channels {
		if c.Channel == s.flow.Channel && s.Code != "channel_failed" {
			continue
		}
		text := s.T("channel." + c.Channel)
		if text == "" {
			text = s.l.of("channel", "channel", c.Channel)
		}
		b := button{Key: "channel-" + c.Channel, Route: s.o.Path + s.again(), Name: "channel", Value: c.Channel, Text: text, Available: secondsUntil(c.AvailableAt)}
		b.In = s.l.of("link.later", "action", text)
		all = append(all, b)
	}
	return all
}

// Offers are the countries that the number may be of.
func (s *screen) Offers() []offer {
	var all []offer
	for i, region := range s.candidate {
		number := "+" + callingCode(region) + " " + strings.TrimSpace(s.flow.Typed)
		if p, err := phoneauth.ParsePhone(s.flow.Typed, region); err == nil {
			number = display(p)
		}
		all = append(all, offer{region, s.l.of("action.number", "phone", "\u2066"+number+"\u2069") + " – " + s.names(region), i == 0})
	}
	return all
}

// Hidden are the fields that carry the flow.
func (s *screen) Hidden() []hidden {
	fields := []hidden{{"screen", s.Key}, {"next", s.Next}, {"lang", s.Lang}}
	if s.Key == screenWelcome || s.flow.Masked != "" {
		fields = append(fields, hidden{"device", "1"})
	}
	if purpose := s.purpose(); purpose != "" {
		fields = append(fields, hidden{"purpose", purpose}, hidden{"key", newKey()})
	}
	if s.Has("number") {
		fields = append(fields, hidden{"zone", ""}, hidden{"chosen", s.chosen})
	}
	switch s.Key {
	case screenConfirm:
		fields = append(fields, hidden{"phone", s.flow.Typed}, hidden{"confirmed", "1"})
	case screenCode, screenReset, screenRegister:
		fields = append(fields, hidden{"state", s.flow.encode()})
	}
	return slices.DeleteFunc(fields, func(f hidden) bool { return f.Value == "" && f.Name != "zone" && f.Name != "chosen" })
}

// purpose is that of the code which the screen asks for.
func (s *screen) purpose() string {
	switch s.Key {
	case screenForgot, screenReset:
		return purposeReset
	case screenCode, screenConfirm:
		return s.flow.Purpose
	case screenPhone, screenWelcome:
		return purposeSignIn
	}
	return ""
}
