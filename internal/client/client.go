// Package client tells clients apart: by the address that a request comes from, and by
// the language that it asks for.
package client

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Addr returns the address of the client: the peer or, as long as that is a
// trusted proxy, the one it had its request from, read in X-Forwarded-For from right
// to left. Everything to the left of the first address that is not trusted may be
// false. An entry that is no address ends the search at the proxy that wrote it. The
// clients of that proxy then share the limits of one address. It returns the zero Addr if
// the peer has no IP address.
func Addr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr, ok := parseHop(r.RemoteAddr)
	if !ok || !isTrusted(addr, trusted) {
		return addr
	}
	hops := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for more := hops != ""; more && isTrusted(addr, trusted); {
		comma := strings.LastIndexByte(hops, ',')
		hop, ok := parseHop(strings.TrimSpace(hops[comma+1:]))
		if !ok {
			break
		}
		addr = hop
		if more = comma >= 0; more {
			hops = hops[:comma]
		}
	}
	return addr
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseHop parses an address with or without a port, in brackets or not. It returns the
// one form that all spellings of the address share.
func parseHop(s string) (netip.Addr, bool) {
	hop, err := netip.ParseAddrPort(s)
	addr := hop.Addr()
	if err != nil {
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			s = s[1 : len(s)-1]
		}
		addr, err = netip.ParseAddr(s)
	}
	return canonical(addr), err == nil
}

var (
	// nat64 is the well-known prefix of NAT64 (RFC 6052, 2.1): the last 32 bits are an IPv4
	// address.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	// shared is the address space inside of carriers' networks (RFC 6598).
	shared = netip.MustParsePrefix("100.64.0.0/10")
)

// canonical returns the one form of an address that limits count by: IPv4 in IPv6 is IPv4,
// mapped or behind NAT64, and a zone is dropped. Without that all IPv4 clients of a
// server that has IPv6 alone would share the limits of one /64.
//
// The prefix must not stand before an IPv4 address that is not global (RFC 6052, 3.1). One
// that does stays as it is: nobody becomes a trusted proxy on a private address by it.
func canonical(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if !nat64.Contains(addr) {
		return addr
	}
	b := addr.As16()
	if v4 := netip.AddrFrom4([4]byte(b[12:])); v4.IsGlobalUnicast() && !v4.IsPrivate() && !shared.Contains(v4) {
		return v4
	}
	return addr
}

// Block returns the range within which one client can easily change its address: one IPv4
// address, or a /64 of IPv6. All clients without an address share one.
func Block(a netip.Addr) string {
	a = canonical(a)
	if !a.Is6() {
		return a.String()
	}
	block, _ := a.Prefix(64)
	return block.String()
}

// MaxLocale is the length of the longest language tag that RFC 5646, 4.4.1, wants
// room for.
const MaxLocale = 35

// Locale returns the first language of an Accept-Language header, or "".
func Locale(header string) string {
	if end := strings.IndexAny(header, ",;"); end >= 0 {
		header = header[:end]
	}
	tag := strings.TrimSpace(header)
	if len(tag) > MaxLocale {
		return ""
	}
	for _, c := range []byte(tag) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
		default: // "*", or junk
			return ""
		}
	}
	return tag
}
