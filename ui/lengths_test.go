package ui_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/ui"
)

// attack reads the digits that follow the known ones in the page of whoever is signed in,
// by the length of what is sent for addresses that it chooses (BREACH). A guess that stands
// in the page, too, compresses better than the same characters in another order; the four
// best guesses are followed, because some lengths mislead.
func attack(h *host, known string, digits int) string {
	length := func(next string) int {
		return h.ask(h.page, "GET", "/signin/?next=/"+next, "", "Accept-Encoding", "gzip").Body.Len()
	}
	cost := func(guess string) int {
		before, last := guess[:len(guess)-1], guess[len(guess)-1:]
		total := 0
		for i := range 8 { // a byte has 8 bits, and a length has whole bytes
			pad := "kqxzwvjy"[:i]
			total += length(pad+guess+"_~") - length(pad+before+"_"+last+"~")
		}
		return total
	}
	type candidate struct {
		digits string
		cost   int
	}
	best := []candidate{{known, 0}}
	for range digits {
		var next []candidate
		for _, c := range best {
			for _, digit := range "0123456789" {
				guess := c.digits + string(digit)
				next = append(next, candidate{guess, c.cost + cost(guess)})
			}
		}
		slices.SortStableFunc(next, func(a, b candidate) int { return a.cost - b.cost })
		best = next[:4]
	}
	return best[0].digits
}

// secrets are the numbers of people, all written alike.
var secrets = []string{"+201061797840", "+201023984471", "+201298860325", "+201504417792", "+201147093186"}

// The attack recovered every number while the page was compressed with the number in it.
func TestLengthAttack(t *testing.T) {
	t.Parallel()
	for _, phone := range secrets {
		h := newHost(t, ui.Options{})
		h.signIn(phone)
		number := phone[5:]
		assert.NotEqual(t, number, attack(h, number[:3], len(number)-3))
	}
}

// probes are addresses of the page that a link can choose.
func probes() []string {
	all := []string{"", "?lang=ar", "?lang=hi", "?lang=fr&lang=es", "?next=/a&next=/b"}
	for _, phone := range secrets {
		for _, text := range []string{phone, phone[3:], phone[5:], "+20 " + phone[3:5] + " " + phone[5:], `"display":"` + phone} {
			q := url.QueryEscape(text)
			all = append(all, "?next=/"+q, "?next=/"+q+q+q+"&lang=ar", "?next="+q, "?lang="+q, "?phone="+q, "?country=EG&phone="+q, "?user="+q)
		}
	}
	return append(all, "?next=/"+strings.Repeat("7", 2000))
}

// visitors are the states in which the page is seen, as cookies of who has signed in.
var visitors = map[string]func(signedIn map[string]*http.Cookie) []string{
	"stranger":  func(map[string]*http.Cookie) []string { return nil },
	"signed in": func(c map[string]*http.Cookie) []string { return cookieHeader(c) },
	"to refresh": func(c map[string]*http.Cookie) []string {
		return cookieHeader(map[string]*http.Cookie{"s": c["__Host-phoneauth-session"], "r": c["__Secure-phoneauth-refresh"]})
	},
	"known device": func(c map[string]*http.Cookie) []string {
		return cookieHeader(map[string]*http.Cookie{"d": c["__Host-phoneauth-device"]})
	},
}

func cookieHeader(cookies map[string]*http.Cookie) []string {
	var all []string
	for _, c := range cookies {
		all = append(all, c.Name+"="+c.Value)
	}
	return []string{"Cookie", strings.Join(all, "; ")}
}

// What is sent for an address is as long for everybody, in every state and encoding.
func TestLengthTellsNothing(t *testing.T) {
	t.Parallel()
	lengths := map[string]int{}
	for _, phone := range secrets {
		h := newHost(t, ui.Options{Name: "Sunbird", Passwords: true})
		h.signIn(phone)
		own := h.cookies
		h.cookies = nil
		for state, cookies := range visitors {
			for _, encoding := range []string{"", "gzip", "*"} {
				for _, probe := range probes() {
					w := h.ask(h.page, "GET", "/signin/"+probe, "", append(cookies(own), "Accept-Encoding", encoding, "Sec-Fetch-Site", "cross-site")...)
					require.Contains(t, []int{200, 303}, w.Code)
					length, key := w.Body.Len(), strings.Join([]string{state, encoding, probe}, " ")
					want, seen := lengths[key]
					require.True(t, !seen || want == length, "%s: %d bytes for one number, %d for another", key, want, length)
					lengths[key] = length
				}
			}
		}
	}
}

// Of two addresses of one length the answers are of one length.
func TestLengthOfNextIsItsOwn(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{})
	h.signIn(cairo)
	length := func(next string) int {
		return h.ask(h.page, "GET", "/signin/?next="+next, "", "Accept-Encoding", "gzip").Body.Len()
	}
	for _, next := range []string{"/aaaaaaaaaaaaaaa", "/phone-number-es", "/61797840/617978", "/application/jso"} {
		assert.Equal(t, length("/kq_xzw~vjy.1937"), length(next), next)
	}
}

// The answers that do hold a number or a token are not compressed, and nothing of their
// address comes back in them.
func TestSecretsAreNotCompressed(t *testing.T) {
	t.Parallel()
	h := newHost(t, ui.Options{Passwords: true}, limitsOff)
	ask := func(route, body string) string {
		w := h.ask(h.page, "POST", "/signin/"+route+"?next=/reflected&lang=reflected&phone=reflected", body, "Accept-Encoding", "gzip, br")
		require.Equal(t, 200, w.Code, "%s: %s", route, w.Body)
		assert.Empty(t, w.Header().Get("Content-Encoding"), route)
		assert.NotContains(t, w.Body.String(), "reflected", route)
		return w.Body.String()
	}
	assert.Contains(t, ask("start", `{"phone":"`+cairo+`","purpose":"sign_in"}`), cairo)
	code := h.inbox.Code(t, cairo)
	assert.Contains(t, ask("verify", `{"phone":"`+cairo+`","purpose":"sign_in","code":"`+code+`"}`), "+20 10 61797840")
	assert.Equal(t, `{"display":"+20 10 61797840"}`, ask("user", `{}`))
	assert.Contains(t, ask("session/refresh", `{}`), "+20 10 61797840")
	assert.Contains(t, ask("register", `{"phone":"`+paris+`","password":"correct horse"}`), paris)
	ask("session/end", `{}`)
}
