package client

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var proxies = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("2001:db8:ffff::/48"),
}

func addrOf(peer string, forwardedFor ...string) netip.Addr {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = peer
	for _, value := range forwardedFor {
		r.Header.Add("X-Forwarded-For", value)
	}
	return Addr(r, proxies)
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule, peer   string
		forwardedFor []string
		want         string // "": none
	}{
		{"the peer", "198.51.100.1:1234", nil, "198.51.100.1"},
		{"an IPv6 peer", "[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"a peer without a port", "198.51.100.1", nil, "198.51.100.1"},
		{"IPv4 in IPv6", "[::ffff:198.51.100.1]:1234", nil, "198.51.100.1"},
		{"a zone", "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"IPv4 behind NAT64", "[64:ff9b::198.51.100.1]:1234", nil, "198.51.100.1"},
		{"NAT64 in front of a private IPv4 address is no NAT64", "[64:ff9b::10.0.0.1]:1", []string{"203.0.113.9"}, "64:ff9b::a00:1"},
		{"nor of this host", "[64:ff9b::127.0.0.1]:1", nil, "64:ff9b::7f00:1"},
		{"nor of a link", "[64:ff9b::169.254.1.1]:1", nil, "64:ff9b::a9fe:101"},
		{"nor of a carrier's network", "[64:ff9b::100.64.0.1]:1", nil, "64:ff9b::6440:1"},
		{"nor of a group", "[64:ff9b::224.0.0.1]:1", nil, "64:ff9b::e000:1"},
		{"nor of none", "[64:ff9b::]:1", nil, "64:ff9b::"},
		{"the prefix of another network", "[64:ff9b:1::198.51.100.1]:1234", nil, "64:ff9b:1::c633:6401"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, ""},
		{"no peer", "", nil, ""},

		{"a stranger's header is ignored", "198.51.100.1:1", []string{"203.0.113.9"}, "198.51.100.1"},
		{"a proxy's is not", "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy's, IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy's, IPv6", "[2001:db8:ffff::1]:1", []string{"2001:db8::9"}, "2001:db8::9"},
		{"a proxy without a header", "10.0.0.1:1", nil, "10.0.0.1"},
		{"an empty header", "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"what a client invents", "10.0.0.1:1", []string{"192.0.2.66, 203.0.113.9"}, "203.0.113.9"},
		{"a proxy that a client invents", "10.0.0.1:1", []string{"192.0.2.66, 10.0.0.9, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.0.0.1:1", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"two headers are one", "10.0.0.1:1", []string{"192.0.2.66,203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		{"proxies all the way", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a port", "10.0.0.1:1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"brackets and a port", "10.0.0.1:1", []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		{"brackets", "10.0.0.1:1", []string{"[2001:db8::9]"}, "2001:db8::9"},
		{"blanks", "10.0.0.1:1", []string{"  203.0.113.9\t"}, "203.0.113.9"},
		{"an entry IPv4 in IPv6", "10.0.0.1:1", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
		{"an entry behind NAT64", "10.0.0.1:1", []string{"64:ff9b::203.0.113.9"}, "203.0.113.9"},
		{"a private proxy that a client invents by NAT64", "10.0.0.1:1", []string{"192.0.2.66, 64:ff9b::10.0.0.2"}, "64:ff9b::a00:2"},
		{"junk ends the walk", "10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"junk ends the walk at the last proxy", "10.0.0.1:1", []string{"203.0.113.9, _hidden, 10.0.0.2"}, "10.0.0.2"},
		{"an empty entry is junk", "10.0.0.1:1", []string{"203.0.113.9,"}, "10.0.0.1"},
		{"junk further left is not read", "10.0.0.1:1", []string{"unknown, 203.0.113.9"}, "203.0.113.9"},
	} {
		want := netip.Addr{}
		if tt.want != "" {
			want = netip.MustParseAddr(tt.want)
		}
		assert.Equal(t, want, addrOf(tt.peer, tt.forwardedFor...), tt.rule)
	}
}

// FuzzForwardedFor: a stranger's header changes nothing; and once the walk has come to
// somebody who is no proxy, nothing further left changes anything.
func FuzzForwardedFor(f *testing.F) {
	f.Add("192.0.2.66", "203.0.113.9, 10.0.0.2")
	f.Add(",", "[2001:db8::9]:4711,2001:db8:ffff::1")
	f.Add("x", "fe80::1%eth0, ::ffff:10.0.0.2")
	f.Add("192.0.2.66", "64:ff9b::203.0.113.9, 64:ff9b::10.0.0.2")
	f.Fuzz(func(t *testing.T, invented, header string) {
		require.Equal(t, netip.MustParseAddr("198.51.100.1"), addrOf("198.51.100.1:1", header))
		got := addrOf("10.0.0.1:1", header)
		require.True(t, got.IsValid() && !got.Is4In6() && got.Zone() == "", "%q: %v", header, got)
		if !isTrusted(got, proxies) {
			require.Equal(t, got, addrOf("10.0.0.1:1", invented+","+header))
			require.Equal(t, got, addrOf("10.0.0.1:1", invented, header))
		}
	})
}

func TestLocale(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                             "",
		"de":                           "de",
		"pt-BR,pt;q=0.9,en;q=0.8":      "pt-BR",
		" zh-Hant-TW ;q=0.7, en":       "zh-Hant-TW",
		"*":                            "",
		"en_US":                        "",
		"en\r\nx":                      "",
		",en":                          "",
		strings.Repeat("a", MaxLocale): strings.Repeat("a", MaxLocale),
		strings.Repeat("a", 36) + ",b": "",
	} {
		assert.Equal(t, want, Locale(header), "%q", header)
	}
}
