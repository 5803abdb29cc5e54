// Package names checks names that hosts choose.
package names

import "strings"

// Valid reports whether s has 1 to most characters, each of them an ASCII letter, a digit
// or one of extra.
func Valid(s string, most int, extra string) bool {
	for _, c := range []byte(s) {
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alphanumeric && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= most
}
