package phoneauth

import (
	"fmt"
	"io"
	"log/slog"
)

// What is handed in holds codes and numbers as they were typed, and what goes to a store
// holds digests: all of it prints as the name of its type, whatever the verb, so that
// none of it gets into a log by accident.

func redact(f fmt.State, name string) { _, _ = io.WriteString(f, "phoneauth."+name) }

// Format writes the name of the type.
func (RegisterRequest) Format(f fmt.State, _ rune) { redact(f, "RegisterRequest") }

// LogValue returns the name of the type.
func (RegisterRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RegisterRequest") }

// Format writes the name of the type.
func (VerifyRequest) Format(f fmt.State, _ rune) { redact(f, "VerifyRequest") }

// LogValue returns the name of the type.
func (VerifyRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.VerifyRequest") }

// Format writes the name of the type.
func (ConnectRequest) Format(f fmt.State, _ rune) { redact(f, "ConnectRequest") }

// LogValue returns the name of the type.
func (ConnectRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.ConnectRequest") }

// Format writes the name of the type.
func (LoginRequest) Format(f fmt.State, _ rune) { redact(f, "LoginRequest") }

// LogValue returns the name of the type.
func (LoginRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.LoginRequest") }

// Format writes the name of the type.
func (PasswordRequest) Format(f fmt.State, _ rune) { redact(f, "PasswordRequest") }

// LogValue returns the name of the type.
func (PasswordRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.PasswordRequest") }

// Format writes the name of the type.
func (RecoverRequest) Format(f fmt.State, _ rune) { redact(f, "RecoverRequest") }

// LogValue returns the name of the type.
func (RecoverRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RecoverRequest") }

// Format writes the name of the type.
func (TestNumber) Format(f fmt.State, _ rune) { redact(f, "TestNumber") }

// LogValue returns the name of the type.
func (TestNumber) LogValue() slog.Value { return slog.StringValue("phoneauth.TestNumber") }

// Format writes the name of the type.
func (Challenge) Format(f fmt.State, _ rune) { redact(f, "Challenge") }

// LogValue returns the name of the type.
func (Challenge) LogValue() slog.Value { return slog.StringValue("phoneauth.Challenge") }

// Format writes the name of the type.
func (BeginParams) Format(f fmt.State, _ rune) { redact(f, "BeginParams") }

// LogValue returns the name of the type.
func (BeginParams) LogValue() slog.Value { return slog.StringValue("phoneauth.BeginParams") }

// Format writes the name of the type.
func (BeginResult) Format(f fmt.State, _ rune) { redact(f, "BeginResult") }

// LogValue returns the name of the type.
func (BeginResult) LogValue() slog.Value { return slog.StringValue("phoneauth.BeginResult") }

// Format writes the name of the type.
func (AttemptParams) Format(f fmt.State, _ rune) { redact(f, "AttemptParams") }

// LogValue returns the name of the type.
func (AttemptParams) LogValue() slog.Value { return slog.StringValue("phoneauth.AttemptParams") }

// Format writes the name of the type.
func (SessionRecord) Format(f fmt.State, _ rune) { redact(f, "SessionRecord") }

// LogValue returns the name of the type.
func (SessionRecord) LogValue() slog.Value { return slog.StringValue("phoneauth.SessionRecord") }

// Format writes the name of the type.
func (Rotation) Format(f fmt.State, _ rune) { redact(f, "Rotation") }

// LogValue returns the name of the type.
func (Rotation) LogValue() slog.Value { return slog.StringValue("phoneauth.Rotation") }

// Format writes the name of the type.
func (PasswordLoginRequest) Format(f fmt.State, _ rune) { redact(f, "PasswordLoginRequest") }

// LogValue returns the name of the type.
func (PasswordLoginRequest) LogValue() slog.Value {
	return slog.StringValue("phoneauth.PasswordLoginRequest")
}

// Format writes the name of the type.
func (RedeemRequest) Format(f fmt.State, _ rune) { redact(f, "RedeemRequest") }

// LogValue returns the name of the type.
func (RedeemRequest) LogValue() slog.Value { return slog.StringValue("phoneauth.RedeemRequest") }

// Format writes the name of the type.
func (Candidate) Format(f fmt.State, _ rune) { redact(f, "Candidate") }

// LogValue returns the name of the type.
func (Candidate) LogValue() slog.Value { return slog.StringValue("phoneauth.Candidate") }

// Format writes the name of the type.
func (OnMatch) Format(f fmt.State, _ rune) { redact(f, "OnMatch") }

// LogValue returns the name of the type.
func (OnMatch) LogValue() slog.Value { return slog.StringValue("phoneauth.OnMatch") }

// Format writes the name of the type.
func (State) Format(f fmt.State, _ rune) { redact(f, "State") }

// LogValue returns the name of the type.
func (State) LogValue() slog.Value { return slog.StringValue("phoneauth.State") }

// Format writes the name of the type.
func (NewSession) Format(f fmt.State, _ rune) { redact(f, "NewSession") }

// LogValue returns the name of the type.
func (NewSession) LogValue() slog.Value { return slog.StringValue("phoneauth.NewSession") }

// Secret is a code, a token, a password or a hash. It prints as [redacted] in every
// way there is; converting it to string is the one way to the value.
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

// MarshalText returns what String does. Write string(s) where the value is meant.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Format writes what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
