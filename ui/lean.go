package ui

import (
	"bytes"
	"strings"
)

// lean returns a script or a style sheet without what a browser does not need: comments that are
// whole lines or end one, indentation, and empty lines. No text and no comment of a script may go over
// several lines, and no text may have a comment in it, which a test checks.
func lean(source []byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(source)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " // ")
		comment := strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/")
		if line != "" && !comment {
			b.WriteString(line + "\n")
		}
	}
	return b.Bytes()
}
