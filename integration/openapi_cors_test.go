package integration_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The headers of CORS are described once, in the words of info.description, and not for
// each of the answers.

// checkPreflight holds an answer to a preflight to the methods that the path has.
func (o ours) checkPreflight(e exchange) error {
	item := o.doc.Paths.Value(e.Path)
	if item == nil {
		return errors.New("a preflight of a path that is not described")
	}
	described := slices.Sorted(maps.Keys(item.Operations()))
	allowed := strings.Split(e.AnswerHeader.Get("Access-Control-Allow-Methods"), ", ")
	if slices.Sort(allowed); !slices.Equal(described, allowed) {
		return fmt.Errorf("described are %v, a preflight allows %v", described, allowed)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  e.Header.Get("Origin"),
		"Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Human-Check",
		"Access-Control-Max-Age":       "600",
		"Vary":                         "Origin",
	} {
		if got := e.AnswerHeader.Get(name); got != want {
			return fmt.Errorf("a preflight answers %s: %q", name, got)
		}
	}
	if len(e.Answer) > 0 {
		return errors.New("a preflight has a body")
	}
	return nil
}

// takeCORS checks the headers of CORS of an answer that is none to a preflight, and takes
// them away.
func takeCORS(e exchange) error {
	origin := e.AnswerHeader.Get("Access-Control-Allow-Origin")
	if origin != "" && (origin != e.Header.Get("Origin") || e.AnswerHeader.Get("Access-Control-Expose-Headers") != "Retry-After") {
		return errors.New("an answer to another origin lacks a header of CORS")
	}
	if vary := e.AnswerHeader.Get("Vary"); vary != "" && vary != "Origin" || vary == "" && origin != "" {
		return fmt.Errorf("Vary is %q", vary)
	}
	credentials := e.AnswerHeader.Get("Access-Control-Allow-Credentials")
	if credentials != "" && (credentials != "true" || origin == "") {
		return errors.New("credentials for nobody")
	}
	for _, name := range []string{"Allow-Origin", "Expose-Headers", "Allow-Credentials"} {
		e.AnswerHeader.Del("Access-Control-" + name)
	}
	e.AnswerHeader.Del("Vary")
	return nil
}
