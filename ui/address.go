package ui

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddr is the rule of the documented APIs: the peer or, as long as that is a
// trusted proxy, the address it had its request from, in X-Forwarded-For from right to
// left. An entry that is no address ends the walk at the proxy that wrote it.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr, ok := parseHop(r.RemoteAddr)
	if !ok || !isTrusted(addr, trusted) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok || !isTrusted(addr, trusted) {
			break
		}
		addr = next
	}
	return addr
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseHop parses an address with or without a port, in brackets or not.
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
