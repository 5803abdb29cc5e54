package phoneauth

import (
	"fmt"
	"io"
	"log/slog"
)

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
