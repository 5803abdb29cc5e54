package ui

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	names "golang.org/x/text/language/display"
)

// country is one row of the list of countries.
type country struct{ Region, Code, Text string }

func callingCode(region string) string {
	return strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
}

func regionName(tag, region string) string {
	r, err := language.ParseRegion(region)
	if err != nil {
		return region
	}
	return cmp.Or(names.Regions(language.Make(tag)).Name(r), region)
}

func countriesOf(tag string, regions []string) []country {
	var all []country
	for _, region := range regions {
		code := callingCode(region)
		all = append(all, country{region, code, fmt.Sprintf("%s (\u2066+%s\u2069)", regionName(tag, region), code)})
	}
	slices.SortFunc(all, func(a, b country) int { return cmp.Compare(a.Text, b.Text) })
	return all
}

func countryOptions(all []country) []byte {
	var b bytes.Buffer
	for _, c := range all {
		fmt.Fprintf(&b, "<option value=%s data-code=%s>%s</option>\n", c.Region, c.Code, html.EscapeString(c.Text))
	}
	return b.Bytes()
}

func (p *Page) guess(r *http.Request) (region, by string) {
	if p.o.Region != "" {
		return p.o.Region, ""
	}
	tags, _, _ := language.ParseAcceptLanguage(list(r, "Accept-Language"))
	for _, tag := range tags {
		if region, _ := tag.Region(); slices.Contains(p.regions, region.String()) {
			return region.String(), ""
		}
	}
	if slices.Contains(p.regions, "US") {
		return "US", ""
	}
	return p.regions[0], ""
}

func (p *Page) remember(w http.ResponseWriter, region string) {}

var _ = strings.TrimSpace
