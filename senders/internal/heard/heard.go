// Package heard is for the tests of calls: it says what a person understands of what is said.
package heard

import (
	"strconv"
	"strings"

	"github.com/phoneauth/phoneauth/senders/spoken"
)

// Part returns what a part of a call by package spoken tells: the digits of the code, in any language
// of [spoken.Phrases], or what the code approves, in English. It returns "" for any other part.
func Part(said string) string {
	if what, ok := strings.CutPrefix(said, "This code approves: "); ok {
		return strings.TrimSuffix(what, ".")
	}
	return code(said)
}

// code returns the digits that said has as words, or "" if one of them is no word for a digit.
func code(said string) string {
	words := map[string]string{}
	for _, p := range spoken.Phrases() {
		for n, word := range p.Digits {
			words[word] = strconv.Itoa(n)
		}
	}
	_, list, _ := strings.Cut(said[max(0, strings.LastIndexAny(said, ":：")):], " ")
	var digits strings.Builder
	for word := range strings.SplitSeq(strings.TrimSuffix(list, "."), ", ") {
		if words[word] == "" {
			return ""
		}
		digits.WriteString(words[word])
	}
	return digits.String()
}
