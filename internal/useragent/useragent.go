// Package useragent makes a coarse name of a User-Agent header, such as "Chrome on Android",
// for people to recognise their devices by. It tells families apart, not versions: a
// header is what its sender says, so nothing rests on it.
package useragent

import "strings"

// rule says that a header with this mark belongs to a family.
type rule struct{ mark, family string }

// programs in the order in which they are looked for: many browsers name those they
// imitate.
var programs = []rule{
	{"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"Edg/", "Edge"},
	{"OPR/", "Opera"}, {"Opera", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"YaBrowser/", "Yandex Browser"},
	{"UCBrowser/", "UC Browser"},
	{"DuckDuckGo/", "DuckDuckGo"},
	{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"},
	{"Safari/", "Safari"},
	{"okhttp/", "An app"}, {"CFNetwork/", "An app"}, {"Dart/", "An app"},
	{"curl/", "curl"},
	{"Go-http-client/", "A Go program"},
}

var systems = []rule{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"iPod", "iPod"},
	{"Android", "Android"}, {"okhttp/", "Android"},
	{"CrOS", "ChromeOS"},
	{"Windows", "Windows"},
	{"Darwin/", "an Apple device"}, {"Macintosh", "Mac"}, {"Mac OS X", "Mac"},
	{"Linux", "Linux"},
}

// maxHeader is how much of a header is looked at.
const maxHeader = 512

// Name returns the coarse name of the program and system that header names: "Firefox on
// Windows", "curl", or "" where neither is known. It has at most 64 bytes.
func Name(header string) string {
	header = header[:min(len(header), maxHeader)]
	program, system := family(programs, header), family(systems, header)
	switch {
	case program == "":
		return system
	case system == "":
		return program
	}
	return program + " on " + system
}

func family(rules []rule, header string) string {
	for _, r := range rules {
		if strings.Contains(header, r.mark) {
			return r.family
		}
	}
	return ""
}
