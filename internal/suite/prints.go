package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// Printed is v in the ways that a host prints what it did not look at: rule 25.
func Printed(v any) map[string]string {
	ways := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		ways[verb] = fmt.Sprintf(verb, v)
		ways["[]"+verb] = fmt.Sprintf(verb, []any{v})
	}
	if text, err := json.Marshal(v); err == nil && !Carries(v) {
		ways["json"] = string(text)
	}
	var buf bytes.Buffer
	slog.New(slog.NewTextHandler(&buf, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "v", v)
	ways["slog"] = buf.String()
	return ways
}

// Carries reports whether v is what a host or a store may write as JSON on purpose: a
// request on its way, a record, what somebody is given about themselves. All else is redacted in JSON too.
func Carries(v any) bool {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[phoneauth.TestNumber](), reflect.TypeFor[phoneauth.Challenge](),
		reflect.TypeFor[phoneauth.BeginParams](), reflect.TypeFor[phoneauth.BeginResult](), reflect.TypeFor[phoneauth.AttemptParams](),
		reflect.TypeFor[phoneauth.Candidate](), reflect.TypeFor[phoneauth.OnMatch](), reflect.TypeFor[phoneauth.State](),
		reflect.TypeFor[phoneauth.ImportUser](), reflect.TypeFor[phoneauth.TimelineQuery](), reflect.TypeFor[phoneauth.Export](),
		reflect.TypeFor[phoneauth.NewSession](), reflect.TypeFor[phoneauth.SessionRecord](), reflect.TypeFor[phoneauth.Rotation](),
		reflect.TypeFor[phoneauth.Opening](), reflect.TypeFor[phoneauth.Opened]():
		return true
	}
	return strings.HasSuffix(t.Name(), "Request")
}
