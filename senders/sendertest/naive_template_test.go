package sendertest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite/recorder"
)

// naiveTemplate is a small sender by templates, with at most one bug. Its provider has a template
// "login" for codes of up to 8 digits, and a template "approve" for details.
type naiveTemplate struct{ *naive }

// template returns the template for m and its variables, or "".
func (s naiveTemplate) template(m phoneauth.Message) string {
	if s.bug == "sends notices on the code's template" && m.Code == "" {
		return "login/"
	}
	return naiveTemplateOf(m, s.bug)
}

func naiveTemplateOf(m phoneauth.Message, bug string) string {
	switch {
	case m.Code == "", len(m.Code) > 8 && bug != "sends long codes", m.Channel == "pigeon" && bug != "sends by any channel":
		return ""
	case m.Details != "" && bug != "drops details":
		return "approve/" + m.Details + "/" + string(m.Code)
	}
	return "login/" + string(m.Code)
}

func (s naiveTemplate) Supports(m phoneauth.Message) bool {
	switch s.bug {
	case "says that it supports everything":
		return true
	case "says that it supports nothing":
		return false
	}
	return s.template(m) != ""
}

func (s naiveTemplate) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	template := s.template(m)
	e := &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "unsupported"}
	switch {
	case template != "":
		m.Body = phoneauth.Secret(template)
		return s.naive.Send(ctx, m)
	case s.bug == "sends what it does not support":
		return s.naive.Send(ctx, m)
	case s.bug == "asks the provider what it supports":
		_, _ = s.naive.Send(ctx, m)
	case s.bug == "refuses for good":
		e.Class, e.Fault = phoneauth.Permanent, phoneauth.FaultDestination
	case s.bug == "blames the number":
		e.Fault = phoneauth.FaultDestination
	case s.bug == "says what it refuses":
		e.Code = string(m.Body)
	case s.bug == "refuses without an error":
		return phoneauth.Receipt{Sender: "naive"}, nil
	case s.bug == "refuses without a name":
		return phoneauth.Receipt{}, e
	}
	return phoneauth.Receipt{Sender: "naive"}, e
}

// silent is a naiveTemplate that is no phoneauth.Supporter.
type silent struct{ phoneauth.SMSSender }

func (s silent) String() string   { return "naive" }
func (s silent) GoString() string { return "naive" }

// templates is the provider of templates.
func templates(bug string) Provider {
	p := provider(bug)
	p.MaxCode = 8
	p.Wants = func(m phoneauth.Message) string { return naiveTemplateOf(m, "") }
	p.New = func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
		s := naiveTemplate{newNaive(baseURL, client, bug).(*naive)}
		if bug == "does not say what it supports" {
			return silent{s}, nil
		}
		return s, nil
	}
	return p
}

func TestRunOfTemplates(t *testing.T) {
	t.Parallel()
	Run(t, templates(""))
}

func TestSuiteSeesBugsOfTemplates(t *testing.T) {
	t.Parallel()
	const name = "what it does not support"
	for _, bug := range []string{
		"sends notices on the code's template", "sends long codes", "sends by any channel", "drops details",
		"says that it supports everything", "says that it supports nothing", "does not say what it supports",
		"sends what it does not support", "asks the provider what it supports", "refuses for good", "blames the number",
		"says what it refuses", "refuses without an error", "refuses without a name",
	} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, templates(bug)) }), "case %q passes", name)
		})
	}
	assert.Empty(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, name)(t, templates("")) }))
}

// TestWantsFaults: a Provider.Wants that leaves out what the person needs is an error of the test.
func TestWantsFaults(t *testing.T) {
	t.Parallel()
	for said, wants := range map[string]func(phoneauth.Message) string{
		"needs its code": func(m phoneauth.Message) string { return "login/" + m.Details },
		"what the code approves": func(m phoneauth.Message) string {
			m.Details = ""
			return naiveTemplateOf(m, "")
		},
		"longer than Provider.MaxCode": func(m phoneauth.Message) string { return string(m.Body) },
	} {
		p := templates("")
		p.Wants = wants
		assert.Contains(t, recorder.Failures(t, func(t testing.TB) { caseOf(t, "what it does not support")(t, p) }), said)
	}
	for n, wrong := range map[int]bool{-1: true, 0: false, 5: true, 6: false, 10: false, 11: true} {
		p := templates("")
		p.MaxCode = n
		assert.Equal(t, wrong, strings.Contains(recorder.Failures(t, func(t testing.TB) { p.check(t) }), "Provider.MaxCode"), n)
	}
}
