package phoneauth

import (
	"fmt"
	"io"
	"log/slog"
)

// Requests hold codes and numbers as they were typed, and the records of a store hold
// digests. So these types print as their names for every verb, and nothing of them gets into
// a log by accident.

func redact(f fmt.State, name string) { _, _ = io.WriteString(f, "phoneauth."+name) }

// Format writes the name of the type and nothing else.
func (RegisterRequest) Format(f fmt.State, _ rune) { redact(f, "RegisterRequest") }

// LogValue returns the name of the type and nothing else.
func (RegisterRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RegisterRequest") }

// Format writes the name of the type and nothing else.
func (VerifyRequest) Format(f fmt.State, _ rune) { redact(f, "VerifyRequest") }

// LogValue returns the name of the type and nothing else.
func (VerifyRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.VerifyRequest") }

// Format writes the name of the type and nothing else.
func (ConnectRequest) Format(f fmt.State, _ rune) { redact(f, "ConnectRequest") }

// LogValue returns the name of the type and nothing else.
func (ConnectRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.ConnectRequest") }

// Format writes the name of the type and nothing else.
func (LoginRequest) Format(f fmt.State, _ rune) { redact(f, "LoginRequest") }

// LogValue returns the name of the type and nothing else.
func (LoginRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.LoginRequest") }

// Format writes the name of the type and nothing else.
func (PasswordRequest) Format(f fmt.State, _ rune) { redact(f, "PasswordRequest") }

// LogValue returns the name of the type and nothing else.
func (PasswordRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.PasswordRequest") }

// Format writes the name of the type and nothing else.
func (RecoverRequest) Format(f fmt.State, _ rune) { redact(f, "RecoverRequest") }

// LogValue returns the name of the type and nothing else.
func (RecoverRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RecoverRequest") }

// Format writes the name of the type and nothing else.
func (TestNumber) Format(f fmt.State, _ rune) { redact(f, "TestNumber") }

// LogValue returns the name of the type and nothing else.
func (TestNumber) LogValue() slog.Value { return slog.StringValue("phoneauth.TestNumber") }

// Format writes the name of the type and nothing else.
func (Challenge) Format(f fmt.State, _ rune) { redact(f, "Challenge") }

// LogValue returns the name of the type and nothing else.
func (Challenge) LogValue() slog.Value { return slog.StringValue("phoneauth.Challenge") }

// Format writes the name of the type and nothing else.
func (BeginParams) Format(f fmt.State, _ rune) { redact(f, "BeginParams") }

// LogValue returns the name of the type and nothing else.
func (BeginParams) LogValue() slog.Value { return slog.StringValue("phoneauth.BeginParams") }

// Format writes the name of the type and nothing else.
func (BeginResult) Format(f fmt.State, _ rune) { redact(f, "BeginResult") }

// LogValue returns the name of the type and nothing else.
func (BeginResult) LogValue() slog.Value { return slog.StringValue("phoneauth.BeginResult") }

// Format writes the name of the type and nothing else.
func (AttemptParams) Format(f fmt.State, _ rune) { redact(f, "AttemptParams") }

// LogValue returns the name of the type and nothing else.
func (AttemptParams) LogValue() slog.Value { return slog.StringValue("phoneauth.AttemptParams") }

// Format writes the name of the type and nothing else.
func (SessionRecord) Format(f fmt.State, _ rune) { redact(f, "SessionRecord") }

// LogValue returns the name of the type and nothing else.
func (SessionRecord) LogValue() slog.Value { return slog.StringValue("phoneauth.SessionRecord") }

// Format writes the name of the type and nothing else.
func (Rotation) Format(f fmt.State, _ rune) { redact(f, "Rotation") }

// LogValue returns the name of the type and nothing else.
func (Rotation) LogValue() slog.Value { return slog.StringValue("phoneauth.Rotation") }

// Format writes the name of the type and nothing else.
func (PasswordLoginRequest) Format(f fmt.State, _ rune) { redact(f, "PasswordLoginRequest") }

// LogValue returns the name of the type and nothing else.
func (PasswordLoginRequest) LogValue() slog.Value {
	return slog.StringValue("phoneauth.PasswordLoginRequest")
}

// Format writes the name of the type and nothing else.
func (RedeemRequest) Format(f fmt.State, _ rune) { redact(f, "RedeemRequest") }

// LogValue returns the name of the type and nothing else.
func (RedeemRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RedeemRequest") }

// Format writes the name of the type and nothing else.
func (Candidate) Format(f fmt.State, _ rune) { redact(f, "Candidate") }

// LogValue returns the name of the type and nothing else.
func (Candidate) LogValue() slog.Value { return slog.StringValue("phoneauth.Candidate") }

// Format writes the name of the type and nothing else.
func (OnMatch) Format(f fmt.State, _ rune) { redact(f, "OnMatch") }

// LogValue returns the name of the type and nothing else.
func (OnMatch) LogValue() slog.Value { return slog.StringValue("phoneauth.OnMatch") }

// Format writes the name of the type and nothing else.
func (State) Format(f fmt.State, _ rune) { redact(f, "State") }

// LogValue returns the name of the type and nothing else.
func (State) LogValue() slog.Value { return slog.StringValue("phoneauth.State") }

// Format writes the name of the type and nothing else.
func (NewSession) Format(f fmt.State, _ rune) { redact(f, "NewSession") }

// LogValue returns the name of the type and nothing else.
func (NewSession) LogValue() slog.Value { return slog.StringValue("phoneauth.NewSession") }

// Format writes the name of the type and nothing else.
func (Opening) Format(f fmt.State, _ rune) { redact(f, "Opening") }

// LogValue returns the name of the type and nothing else.
func (Opening) LogValue() slog.Value { return slog.StringValue("phoneauth.Opening") }

// Format writes the name of the type and nothing else.
func (Opened) Format(f fmt.State, _ rune) { redact(f, "Opened") }

// LogValue returns the name of the type and nothing else.
func (Opened) LogValue() slog.Value { return slog.StringValue("phoneauth.Opened") }

// Format writes the name of the type and nothing else.
func (CodeRequest) Format(f fmt.State, _ rune) { redact(f, "CodeRequest") }

// LogValue returns the name of the type and nothing else.
func (CodeRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.CodeRequest") }

// Format writes the name of the type and nothing else.
func (UnlockAccountRequest) Format(f fmt.State, _ rune) { redact(f, "UnlockAccountRequest") }

// LogValue returns the name of the type and nothing else.
func (UnlockAccountRequest) LogValue() slog.Value {
	return slog.StringValue("phoneauth.UnlockAccountRequest")
}

// Format writes the name of the type and nothing else.
func (ImportUser) Format(f fmt.State, _ rune) { redact(f, "ImportUser") }

// LogValue returns the name of the type and nothing else.
func (ImportUser) LogValue() slog.Value { return slog.StringValue("phoneauth.ImportUser") }

// Format writes the name of the type and nothing else.
func (TimelineQuery) Format(f fmt.State, _ rune) { redact(f, "TimelineQuery") }

// LogValue returns the name of the type and nothing else.
func (TimelineQuery) LogValue() slog.Value { return slog.StringValue("phoneauth.TimelineQuery") }

// Format writes the name of the type and nothing else.
func (Export) Format(f fmt.State, _ rune) { redact(f, "Export") }

// LogValue returns the name of the type and nothing else.
func (Export) LogValue() slog.Value { return slog.StringValue("phoneauth.Export") }

// Secret is a code, a token, a password or a hash. Every way of printing or encoding it
// writes [redacted]. Convert it to string to get the value.
type Secret string

const redacted = "[redacted]"

// String returns "[redacted]", or "" for the empty Secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString returns what String does.
func (s Secret) GoString() string { return s.String() }

// LogValue returns what String does.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns what String does. Encode string(s) where you need the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Format writes what String returns, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
