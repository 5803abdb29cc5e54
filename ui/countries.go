package ui

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	names "golang.org/x/text/language/display"
)

// country is one row of the list of countries.
type country struct{ Region, Code, Text string }

// callingCode returns the calling code of a region, without a plus.
func callingCode(region string) string {
	return strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
}

// namesText has the names of regions that have changed since version 32 of CLDR, from which x/text has
// its names: the language, the region, the name.
//
//go:embed names.txt
var namesText string

// newerNames are those of namesText, by language and region.
var newerNames = sync.OnceValue(func() map[[2]string]string {
	all := map[[2]string]string{}
	for line := range strings.Lines(namesText) {
		tag, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		region, name, _ := strings.Cut(rest, " ")
		all[[2]string{tag, region}] = name
	}
	return all
})

// regionName returns the name of a region in a language, in English where x/text has none.
func regionName(tag, region string) string {
	primary, _, _ := strings.Cut(tag, "-")
	return cmp.Or(newerNames()[[2]string{tag, region}], newerNames()[[2]string{primary, region}], formerName(tag, region))
}

// formerName is regionName as x/text has it. People still type it.
func formerName(tag, region string) string {
	r, err := language.ParseRegion(region)
	if err != nil {
		return region
	}
	for _, t := range []language.Tag{language.Make(tag), language.English} {
		if namer := names.Regions(t); namer != nil && namer.Name(r) != "" {
			return namer.Name(r)
		}
	}
	return region
}

// countriesOf returns the countries of regions in the order of a language.
func countriesOf(tag string, regions []string) []country {
	type named struct {
		country
		key []byte
	}
	order, buffer := collate.New(language.Make(tag)), new(collate.Buffer)
	all := make([]named, 0, len(regions))
	for _, region := range regions {
		name, code := regionName(tag, region), callingCode(region)
		// The isolates keep "+20" from turning around in Arabic.
		row := country{region, code, fmt.Sprintf("%s (\u2066+%s\u2069)", name, code)}
		all = append(all, named{row, order.KeyFromString(buffer, name)})
	}
	slices.SortFunc(all, func(a, b named) int { return bytes.Compare(a.key, b.key) })
	rows := make([]country, len(all))
	for i, n := range all {
		rows[i] = n.country
	}
	return rows
}

// countryOptions returns the options of the field "country", which the script of the number field
// reads, too. The end of an option may be left out (HTML, 4.10.10).
func countryOptions(all []country) []byte {
	var b bytes.Buffer
	for _, c := range all {
		fmt.Fprintf(&b, "<option value=%s>%s\n", c.Region, html.EscapeString(c.Text))
	}
	return b.Bytes()
}

// aliasesText has what people call a region besides its names, a line for each region.
//
//go:embed aliases.txt
var aliasesText string

// aliasesFile is the answer of the route plan?names: for each region the names to find it by, in
// lower case with "|" between them: the English one, the one in the main language of the region,
// and those of aliases.txt. The names in the language of the page are in the page.
var aliasesFile = sync.OnceValue(func() *file {
	all := map[string]string{}
	for region := range phonenumbers.GetSupportedRegions() {
		called := []string{regionName("en", region), formerName("en", region)}
		r, err := language.ParseRegion(region)
		if err != nil {
			continue
		}
		if spoken, err := language.Compose(language.Und, r); err == nil {
			base, _ := spoken.Base()
			called = append(called, regionName(base.String(), region), formerName(base.String(), region))
		}
		all[region] = strings.ToLower(strings.Join(called, "|"))
	}
	for line := range strings.Lines(aliasesText) {
		region, called, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[region] += "|" + called
	}
	for region, called := range all {
		parts := strings.Split(called, "|")
		slices.Sort(parts)
		all[region] = strings.Join(slices.Compact(parts), "|")
	}
	data, _ := json.Marshal(all) // texts only
	return jsonFile(data)
})
