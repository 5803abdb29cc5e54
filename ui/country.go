package ui

import (
	"cmp"
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/languages"
)

// countryCookie remembers the country of the last number that a code was sent to.
const countryCookie = "phoneauth-country"

// These are the signs of the country that somebody is in, in the order of their weight. They are
// the values of the hidden field "chosen". That of the scripts is "zone".
const (
	signHost     = "host"     // Options.Country or Options.Region says so
	signZone     = "zone"     // the time zone of the browser; only a script can tell it
	signLast     = "last"     // countryCookie
	signLanguage = "language" // Accept-Language
	chosenByHand = "hand"     // the person has chosen it
	chosenByCode = "number"   // the person has typed its calling code, which the script took off
)

// The places of the signs in what signs returns.
const (
	fromHost = iota
	fromZone
	fromLast
	fromLanguage
)

// guess returns the country to show at first to who makes r, and the sign that it was chosen by, ""
// for none. The time zone is not known yet. The scripts ask for its country, and take it unless
// the sign is signHost or chosenByHand.
func (p *Page) guess(r *http.Request) (region, by string) {
	signs := p.signsOf(r, "")
	if signs[fromHost] == "" {
		signs[fromHost] = p.o.Region
	}
	for place, sign := range []string{signHost, signZone, signLast, signLanguage} {
		if signs[place] != "" {
			return signs[place], sign
		}
	}
	if slices.Contains(p.regions, "US") {
		return "US", ""
	}
	return p.regions[0], ""
}

// signs are those of a form, see signsOf.
func (q *request) signs() []string { return q.signsOf(q.r, q.body["zone"]) }

// signsOf returns the countries that four signs point to, in the order of their weight: the hook of
// the host, the time zone, the last choice, the language. A sign is "" where it is missing, or
// points to a country that the page does not serve.
func (p *Page) signsOf(r *http.Request, zone string) []string {
	signs := make([]string, 4)
	if p.o.Country != nil {
		signs[fromHost] = p.o.Country(r)
	}
	signs[fromZone] = regionOfZone(zone)
	signs[fromLast] = string(p.cookie(r, countryCookie))
	signs[fromLanguage] = p.regionOfLanguages(r)
	for place, region := range signs {
		if !slices.Contains(p.regions, region) {
			signs[place] = ""
		}
	}
	return signs
}

// regionOfLanguages returns the first region that Accept-Language names, or else the region where
// most people live who speak the first of its languages (CLDR, likely subtags).
func (p *Page) regionOfLanguages(r *http.Request) string {
	header := list(r, "Accept-Language")
	if len(header) > languages.MaxHeader {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	likely := ""
	for _, tag := range tags {
		region, confidence := tag.Region()
		switch {
		case confidence == language.No || !slices.Contains(p.regions, region.String()):
		case confidence == language.Exact:
			return region.String()
		default:
			likely = cmp.Or(likely, region.String())
		}
	}
	return likely
}

// remember keeps the country of a number that a code was sent to.
func (p *Page) remember(w http.ResponseWriter, region string) {
	if slices.Contains(p.regions, region) {
		p.setCookie(w, countryCookie, phoneauth.Secret(region), cookieLife)
	}
}
