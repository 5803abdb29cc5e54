package promises

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// canaries are the secrets that were seen, in every spelling they could leak in, and
// what each is.
type canaries struct {
	mu    sync.Mutex
	spelt map[string]string
}

func (c *canaries) text(what, secret string) {
	if len(secret) < 7 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spelt == nil {
		c.spelt = map[string]string{}
	}
	c.spelt[secret] = what
	c.spelt[base64.StdEncoding.EncodeToString([]byte(secret))] = what + ", base64"
	c.spelt[hex.EncodeToString([]byte(secret))] = what + ", hex"
	c.spelt[strings.Trim(fmt.Sprint([]byte(secret)), "[]")] = what + ", as bytes"
}

func (c *canaries) bytes(what string, secret []byte) {
	if len(secret) < 8 {
		return
	}
	c.text(what, string(secret))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spelt[base64.RawURLEncoding.EncodeToString(secret)] = what + ", base64url"
	c.spelt[base64.RawStdEncoding.EncodeToString(secret)] = what + ", base64"
	c.spelt[strings.ToUpper(hex.EncodeToString(secret))] = what + ", hex"
	_, inner, _ := strings.Cut(fmt.Sprintf("%#v", secret), "{")
	c.spelt[strings.Trim(inner, "{}")] = what + ", as Go bytes"
	c.spelt[fmt.Sprintf("%q", secret)[1:len(fmt.Sprintf("%q", secret))-1]] = what + ", quoted"
}

// phone in every spelling: whole, without its plus, national.
func (c *canaries) phone(e164 string) {
	c.text("a whole phone number", e164)
	c.text("a whole phone number", e164[1:])
	c.text("a whole phone number", e164[3:])
}

// leaks says which secrets text holds.
func (c *canaries) leaks(text string) (what []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[string]bool{}
	for spelling, name := range c.spelt {
		if strings.Contains(text, spelling) && !seen[name] {
			seen[name] = true
			what = append(what, name)
		}
	}
	return what
}

// assertNone prints v and a pointer to it, and looks. Masks are allowed.
func (c *canaries) assertNone(t *testing.T, what string, v any) {
	t.Helper()
	if v == nil {
		return
	}
	pointer := reflect.New(reflect.TypeOf(v))
	pointer.Elem().Set(reflect.ValueOf(v))
	found := map[string]map[string]bool{}
	for _, x := range []any{v, pointer.Interface()} {
		for way, text := range suite.Printed(x) {
			for _, leak := range c.leaks(text) {
				if found[leak] == nil {
					found[leak] = map[string]bool{}
				}
				found[leak][way] = true
			}
		}
	}
	for leak, ways := range found {
		t.Errorf("LEAK: %s shows %s, by %s", what, leak, slices.Sorted(maps.Keys(ways)))
	}
}

// flow is a Service with everything in it whose secrets are noted, and whatever comes out of
// it.
type flow struct {
	*suite.Service
	canaries
	log    bytes.Buffer
	logMu  sync.Mutex
	stored map[string]any // what the store was asked and answered, one of each type
	others map[string]any // what went in and came out
	errs   []error
}

func (f *flow) Write(b []byte) (int, error) {
	f.logMu.Lock()
	defer f.logMu.Unlock()
	return f.log.Write(b)
}

// fanOut is a slog.Handler that writes text and JSON.
type fanOut []slog.Handler

func (h fanOut) Enabled(context.Context, slog.Level) bool { return true }
func (h fanOut) Handle(ctx context.Context, r slog.Record) error {
	for _, to := range h {
		_ = to.Handle(ctx, r.Clone())
	}
	return nil
}
func (h fanOut) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h fanOut) WithGroup(string) slog.Handler      { return h }

// asked notes the secrets in what a store is asked.
func (f *flow) asked(_ context.Context, verb string, args ...any) error {
	f.logMu.Lock()
	defer f.logMu.Unlock()
	for _, a := range args {
		f.secretsOf(reflect.ValueOf(a))
		f.stored[fmt.Sprintf("%T", a)] = a
		switch a := a.(type) {
		case phoneauth.BeginParams:
			f.stored["phoneauth.Challenge"] = a.Challenge
		case phoneauth.AttemptParams:
			for _, c := range a.Candidates {
				f.stored["phoneauth.Candidate"] = c
				f.stored["phoneauth.OnMatch"] = c.OnMatch
				if c.OnMatch.Store != nil {
					f.stored["phoneauth.Challenge, proof"] = *c.OnMatch.Store
				}
			}
		}
	}
	return nil
}

// secretsOf takes every digest and hash in v.
func (f *flow) secretsOf(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				name := v.Type().Field(i).Name
				if b, ok := v.Field(i).Interface().([]byte); ok && (name == "Digest" || name == "Next" || name == "Previous") {
					f.bytes("a digest ("+v.Type().Name()+"."+name+")", b)
				}
				f.secretsOf(v.Field(i))
			}
		}
	case reflect.Slice:
		if all, ok := v.Interface().([][]byte); ok {
			for _, b := range all {
				f.bytes("a digest (Attempt.Digests)", b)
			}
			return
		}
		for i := range v.Len() {
			f.secretsOf(v.Index(i))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			f.secretsOf(v.Elem())
		}
	case reflect.String:
		if secret, ok := v.Interface().(phoneauth.Secret); ok {
			f.text("a Secret", string(secret))
		}
	}
}

// seen notes something that went in or came out, and its secrets.
func seen[T any](f *flow, v T, err error) T {
	f.errs = append(f.errs, err)
	f.secretsOf(reflect.ValueOf(v))
	if p := reflect.ValueOf(v); p.Kind() != reflect.Pointer || !p.IsNil() {
		f.others[fmt.Sprintf("%T", v)] = v
	}
	return v
}

// testPromiseNoSecretLeaks runs every flow with secrets one can tell, and looks for them
// in logs, events, errors and everything that prints.
func testPromiseNoSecretLeaks(t *testing.T, o suite.Options) {
	f := &flow{stored: map[string]any{}, others: map[string]any{}}
	f.Service = suite.On(t, (&suite.Spied{Store: o.Store(t), Before: f.asked}).Opener(), suite.Loose, func(c *phoneauth.Config) {
		c.Code.Digits = 10
		c.Keys.Secrets = append(c.Keys.Secrets, phoneauth.Key{ID: "old", Secret: []byte("an older key, that is 32 bytes or more")})
		c.Numbers.Test = []phoneauth.TestNumber{{Phone: "+201199999987", Code: "7373737373", Until: suite.Start.Add(time.Hour)}}
		c.Logger = slog.New(fanOut{
			slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}),
			slog.NewJSONHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}),
		})
	})
	f.bytes("the index key", f.Config.Keys.Index)
	for _, k := range f.Config.Keys.Secrets {
		f.bytes("a key", k.Secret)
	}
	f.text("a test number's code", "7373737373")
	f.phone("+201199999987")
	f.everything(t)
	for _, m := range f.Inbox.Messages() {
		f.text("a code", string(m.Code))
		f.text("a body", string(m.Body))
		f.phone(m.To.E164())
		f.others["Message"] = m
	}

	for _, leak := range f.leaks(f.log.String()) {
		assert.Fail(t, "the log shows "+leak)
	}
	require.Contains(t, f.log.String(), "signed_up", "there is a log")
	for _, e := range f.Events("") {
		f.assertNone(t, "event "+string(e.Type), e)
	}
	for _, err := range f.errs {
		f.assertNone(t, fmt.Sprintf("error %v", err), err)
	}
	f.assertNone(t, "*Service", f.Service.Service)
	f.assertNone(t, "Service", reflect.ValueOf(f.Service.Service).Elem().Interface())
	f.assertNone(t, "Config", f.Config)
	f.assertNone(t, "Config.Keys", f.Config.Keys)
	f.assertNone(t, "Key", f.Config.Keys.Secrets[0])
	f.assertNone(t, "TestNumber", f.Config.Numbers.Test[0])
	for name, v := range f.others {
		f.assertNone(t, name, v)
	}
	for name, v := range f.stored {
		if name != "string" && name != "[]string" {
			f.assertNone(t, name, v)
		}
	}
}

// testPromiseSecretPrints: a Secret "prints as [redacted] in every way there is", and a
// Phone masked.
func testPromiseSecretPrints(t *testing.T, o suite.Options) {
	secret, phone := phoneauth.Secret("canary"), phoneauth.StoredPhone("+201061797840")
	type inside struct {
		S phoneauth.Secret
		P phoneauth.Phone
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%c", "%10.3s", "%!"} {
		for _, v := range []any{secret, phone, &secret, &phone, inside{secret, phone}, []any{secret, phone}, map[phoneauth.Secret]phoneauth.Phone{secret: phone}} {
			text := fmt.Sprintf(verb, v)
			for _, leak := range []string{"canary", hex.EncodeToString([]byte("canary")), "61797", hex.EncodeToString([]byte("61797"))} {
				assert.NotContains(t, strings.ToLower(strings.ReplaceAll(text, " ", "")), leak, "%s of %T", verb, v)
			}
		}
	}
}

// testPromiseOpenedPrints: what a store answers to OpenSession prints as its name.
func testPromiseOpenedPrints(t *testing.T, o suite.Options) {
	digest := []byte("canary")
	for way, text := range suite.Printed(phoneauth.Opened{Challenge: phoneauth.Challenge{Digest: digest}}) {
		for _, leak := range []string{"canary", hex.EncodeToString(digest), base64.StdEncoding.EncodeToString(digest)} {
			assert.NotContains(t, text, leak, way)
		}
	}
}

// testPromiseNumberPrints: what holds a number as it was typed or as somebody is given it prints as its
// name.
func testPromiseNumberPrints(t *testing.T, o suite.Options) {
	const typed = "+201061797840"
	for _, v := range []any{phoneauth.ImportUser{Phone: typed}, phoneauth.TimelineQuery{Phone: typed}, phoneauth.Export{Phone: typed}} {
		for way, text := range suite.Printed(v) {
			assert.NotContains(t, text, "61797", "%T by %s", v, way)
		}
	}
}
