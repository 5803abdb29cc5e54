package phoneauth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/internal/useragent"
)

// ClientOf returns who asks: the client's address, by HTTP.TrustedProxies, the first
// language that it accepts, and a coarse name of its program. A known device is the caller's to add: which cookie or
// field has it is the route's affair.
func (s *Service) ClientOf(r *http.Request) Client {
	return Client{
		Addr:   clientAddr(r, s.cfg.HTTP.TrustedProxies),
		Locale: locale(r.Header.Get("Accept-Language")),
		Name:   useragent.Name(r.UserAgent()),
	}
}

// clientAddr returns the address of the client: the peer or, as long as that is a
// trusted proxy, the one it had its request from, read in X-Forwarded-For from right
// to left. What stands left of the first address that is not trusted may be anybody's
// invention. An entry that is no address ends the walk at the proxy that wrote it:
// its clients share one allowance then, and nobody gets a fresh one. The zero Addr:
// the peer has no IP address.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
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

// parseHop parses an address with or without a port, in brackets or not. Two
// spellings of one address are one: IPv4 in IPv6 becomes IPv4, a zone is dropped.
func parseHop(s string) (netip.Addr, bool) {
	hop, err := netip.ParseAddrPort(s)
	addr := hop.Addr()
	if err != nil {
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			s = s[1 : len(s)-1]
		}
		addr, err = netip.ParseAddr(s)
	}
	return addr.Unmap().WithZone(""), err == nil
}

// maxLocale is the length of the longest language tag that RFC 5646, 4.4.1, wants
// room for.
const maxLocale = 35

// locale returns the first language of an Accept-Language header, or "".
func locale(header string) string {
	if end := strings.IndexAny(header, ",;"); end >= 0 {
		header = header[:end]
	}
	tag := strings.TrimSpace(header)
	if len(tag) > maxLocale {
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
