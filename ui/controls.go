package ui

import (
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
	next := s.Next
	if next == s.o.Next {
		next = ""
	}
	return addressOf(s.o.Path, "screen", key, "next", next, "lang", s.Lang)
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
	case screenMissing:
		all = append(all, anchor{"begin", s.address(""), s.T("title.phone")})
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
		return []button{s.flow.resend(s.l, path+s.again())}
	case s.Key == screenWelcome:
		return []button{{Key: "forget", Route: path + "forget", Text: s.T("link.forget")}}
	case s.known:
		return []button{{Key: "have_code", Route: path + "known", Text: s.T("link.have_code")}}
	case s.Key == screenDone && s.o.OnSession == nil:
		return []button{{Key: "sign_out", Route: path + endRoute, Text: s.T("link.sign_out")}}
	}
	return nil
}

// Channels are the other ways for the code.
func (s *screen) Channels() []button {
	if s.again() == "again" {
		return nil
	}
	return s.flow.others(s.l, s.o.Path+s.again(), s.Code == "channel_failed")
}

// Offers are the countries that the number may be of.
func (s *screen) Offers() []offer { return s.l.offers(s.flow.Typed, s.candidate) }

// offers are the regions that a number may be of, the likely one first.
func (l *locale) offers(typed string, regions []string) []offer {
	var all []offer
	for i, region := range regions {
		number := "+" + callingCode(region) + " " + strings.TrimSpace(typed)
		if p, err := phoneauth.ParsePhone(typed, region); err == nil {
			number = display(p)
		}
		all = append(all, offer{region, l.of("action.number", "phone", "\u2066"+number+"\u2069") + " – " + regionName(l.Tag, region), i == 0})
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
		fields = append(fields, hidden{"phone", s.flow.Typed}, hidden{"confirmed", "1"}, hidden{"chosen", chosenByHand})
	case screenCode, screenReset, screenRegister:
		f := s.flow
		f.Dead = s.dead
		fields = append(fields, hidden{"state", f.encode()})
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
