package infobip

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// India are registrations with the distributed ledger (DLT) of the carriers of India
// (TRAI TCCCPR 2018). A carrier drops each text whose wording is not the registered one,
// byte for byte, but for its variables. So write these texts in Hooks.Text, exactly as they
// are registered, and let nothing be added to them.
type India struct {
	// EntityID is the id of the principal entity: up to 30 digits. Required.
	EntityID string
	// Templates are the registered texts. At least one is required. [Sender.Supports] is
	// false for a message to India that has none.
	Templates []IndiaTemplate
}

// IndiaTemplate is one registered text.
type IndiaTemplate struct {
	// Purpose is the purpose of the messages with this text. Required.
	Purpose phoneauth.Purpose
	// Locale is the language of the text, such as "hi". The template of the message's own
	// Locale wins, then that of its language, then one with an empty Locale.
	Locale string
	// ID is the id of the registered text (content template): up to 30 digits. Required.
	ID string
}

var digits = regexp.MustCompile(`^[0-9]{1,30}$`)

func (i *India) faults() (all []string) {
	if !digits.MatchString(i.EntityID) {
		all = append(all, "India.EntityID must be up to 30 digits")
	}
	if len(i.Templates) == 0 {
		all = append(all, "India.Templates is required")
	}
	type key struct {
		purpose phoneauth.Purpose
		locale  string
	}
	seen := map[key]bool{}
	for n, t := range i.Templates {
		k := key{t.Purpose, strings.ToLower(t.Locale)}
		switch {
		case t.Purpose == "":
			all = append(all, fmt.Sprintf("India.Templates[%d].Purpose is required", n))
		case seen[k]:
			all = append(all, fmt.Sprintf("India.Templates[%d] is the second of its Purpose and Locale", n))
		}
		if !digits.MatchString(t.ID) {
			all = append(all, fmt.Sprintf("India.Templates[%d].ID must be up to 30 digits", n))
		}
		seen[k] = true
	}
	return all
}

func (i *India) clone() *India {
	if i == nil {
		return nil
	}
	return &India{EntityID: i.EntityID, Templates: slices.Clone(i.Templates)}
}

// template returns the id of the registered text of m, or "".
func (i *India) template(m phoneauth.Message) string {
	language, _, _ := strings.Cut(m.Locale, "-")
	for _, locale := range []string{m.Locale, language, ""} {
		for _, t := range i.Templates {
			if t.Purpose == m.Purpose && strings.EqualFold(t.Locale, locale) {
				return t.ID
			}
		}
	}
	return ""
}

// registered reports whether m needs a registered text.
func (s *Sender) registered(m phoneauth.Message) bool {
	return s.india != nil && strings.HasPrefix(m.To.E164(), "+91")
}

// Supports reports whether m can be sent: false for a message to India whose Purpose has no
// template in Config.India.
func (s *Sender) Supports(m phoneauth.Message) bool {
	return !s.registered(m) || s.india.template(m) != ""
}
