package ui

import (
	"cmp"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/phoneauth/phoneauth"
)

// maxTyped is the longest text, in bytes, that is looked at. A number has 32 at most; marks that
// cannot be seen, and digits of other scripts, take more.
const maxTyped = 128

// readNumber returns what was typed in the form that phoneauth.ParsePhone takes, as far as it can
// be sure of what was meant:
//
//   - digits of other scripts become ASCII, and so do spaces, dashes and pluses; marks that cannot
//     be seen go;
//   - 00, or the international prefix of region (011 in the US), becomes a plus;
//   - a calling code before a number with a plus goes: "+20 +20106…" is a number of Egypt. So
//     does one that is written twice, "+20 20106…", where the number is not valid otherwise.
//
// Every other text comes back as it is, and is refused by ParsePhone. Call it before ParsePhone, with
// the region that was chosen.
func readNumber(typed, region string) string {
	if len(typed) > maxTyped {
		return typed
	}
	n := asciiNumber(typed)
	if last := strings.LastIndexByte(n, '+'); last > 0 {
		before := onlyDigits(n[:last])
		if before != "" && !phonenumbers.GetSupportedCallingCodes()[atoi(before)] {
			return typed
		}
		n = n[last:]
	}
	if _, err := phoneauth.ParsePhone(n, region); err == nil {
		return n
	}
	digits := onlyDigits(n)
	if strings.HasPrefix(n, "+") {
		for length := 1; length <= 3 && 2*length < len(digits); length++ {
			if code := digits[:length]; digits[length:2*length] == code && phonenumbers.GetSupportedCallingCodes()[atoi(code)] {
				if once := "+" + digits[length:]; valid(once) {
					return once
				}
			}
		}
		return n
	}
	if prefix := internationalPrefix(region).FindString(digits); prefix != "" {
		if n := "+" + digits[len(prefix):]; valid(n) {
			return n
		}
	}
	return n
}

// numberOf returns the number that was typed in E.164, with the calling code of the region that was
// chosen. It returns a text that is no number as it is, and the Service refuses that.
func numberOf(typed, region string) string {
	typed = readNumber(typed, region)
	if p, err := phoneauth.ParsePhone(typed, region); err == nil {
		return p.E164()
	}
	return typed
}

func valid(e164 string) bool {
	_, err := phoneauth.ParsePhone(e164, "")
	return err == nil
}

// atoi returns the value of a few ASCII digits.
func atoi(digits string) int {
	n := 0
	for _, c := range digits[:min(len(digits), 9)] {
		n = 10*n + int(c-'0')
	}
	return n
}

// asciiNumber writes digits, pluses and separators of other scripts as ASCII.
func asciiNumber(typed string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		switch d := digit(c); {
		case d >= 0:
			return rune('0' + d)
		case c == '＋' || c == '﹢':
			return '+'
		case unicode.Is(unicode.Pd, c) || c == '−':
			return '-'
		case unicode.Is(unicode.Zs, c) || c == '\t':
			return ' '
		case unicode.Is(unicode.Cf, c):
			return -1
		case c == '/' || c == '（' || c == '）':
			return ' '
		}
		return c
	}, typed))
}

// prefixes are the international prefixes of regions, compiled.
var prefixes sync.Map

// internationalPrefix matches what begins an international call in a region: the prefix of its
// plan, or the 00 that most countries have.
func internationalPrefix(region string) *regexp.Regexp {
	if known, ok := prefixes.Load(region); ok {
		return known.(*regexp.Regexp)
	}
	own, _ := metadataOf(region)
	if own == nil {
		return regexp.MustCompile("^00")
	}
	compiled, _ := prefixes.LoadOrStore(region, regexp.MustCompile("^(?:"+cmp.Or(own.GetInternationalPrefix(), "00")+"|00)"))
	return compiled.(*regexp.Regexp)
}

// digitsOf returns the digits of text, those of other scripts as ASCII.
func digitsOf(text string) string {
	var b strings.Builder
	for _, r := range text {
		if d := digit(r); d >= 0 {
			b.WriteByte(byte('0' + d))
		}
	}
	return b.String()
}

// digit returns the value of a digit of any script, or -1. The digits of a script stand side by
// side, from 0 on (Unicode, 4.6).
func digit(r rune) int {
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	value := 0
	for unicode.Is(unicode.Nd, r-rune(value)-1) {
		value++
	}
	return value % 10
}
