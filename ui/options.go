package ui

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
)

const (
	defaultPath  = "/signin/"
	defaultColor = "#3451d1"
)

// lengthPattern and fontCharacters keep what a host chooses from ending a rule of the style sheet.
var lengthPattern = regexp.MustCompile(`^(0|[0-9]{1,3}(\.[0-9]{1,3})?(px|rem|em))$`)

const fontCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,-'\""

// checked returns o with its defaults, or panics.
func (o Options) checked() (Options, palette) {
	fault := func(field, format string, args ...any) {
		panic("phoneauth/ui: Options." + field + ": " + fmt.Sprintf(format, args...))
	}
	o.Path = cmp.Or(o.Path, defaultPath)
	if !strings.HasSuffix(o.Path, "/") {
		o.Path += "/"
	}
	notOfCookies := func(c rune) bool { return c == ';' || c > '~' }
	if u, err := url.Parse(o.Path); err != nil || !localPath(o.Path) || u.Path != o.Path || strings.ContainsFunc(o.Path, notOfCookies) {
		fault("Path", "%q is not the path of a page", o.Path)
	}
	if o.Next != "" && !localPath(o.Next) {
		fault("Next", "%q is not a path of this origin", o.Next)
	}
	for field, logo := range map[string]string{"Logo": o.Logo, "LogoDark": o.LogoDark} {
		if logo != "" && !localPath(logo) && !strings.HasPrefix(logo, "data:image/") {
			fault(field, "must be a path of this origin or a data:image/ URL")
		}
	}
	if o.LogoDark != "" && o.Logo == "" {
		fault("LogoDark", "needs a Logo for light, too")
	}
	if o.NextNew != "" && !localPath(o.NextNew) {
		fault("NextNew", "%q is not a path of this origin", o.NextNew)
	}
	for field, address := range map[string]string{"Terms": o.Terms, "Privacy": o.Privacy, "Help": o.Help} {
		if address != "" && !localPath(address) && !strings.HasPrefix(address, "https://") {
			fault(field, "%q is not an https URL or a path of this origin", address)
		}
	}
	if o.Radius != "" && !lengthPattern.MatchString(o.Radius) {
		fault("Radius", "%q is not a length such as 12px or 0.5rem", o.Radius)
	}
	if strings.Trim(o.Font, fontCharacters) != "" {
		fault("Font", "%q is not a list of font families", o.Font)
	}
	color, ok := parseColor(cmp.Or(o.Color, defaultColor))
	if !ok {
		fault("Color", "%q is not #rrggbb", o.Color)
	}
	known := phonenumbers.GetSupportedRegions()
	if o.Region != "" && !known[o.Region] {
		fault("Region", "unknown region %q", o.Region)
	}
	for _, region := range o.Regions {
		if !known[region] && region != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			fault("Regions", "unknown region %q", region)
		}
	}
	if len(dialled(o.Regions)) == 0 {
		fault("Regions", "none of them can be chosen")
	}
	keys := shipped[english]()
	for tag, words := range o.Texts {
		if tag == "" || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			fault("Texts", "%q is not a language tag", tag)
		}
		if _, err := language.Parse(tag); err != nil {
			fault("Texts", "%q is not a language tag: %v", tag, err)
		}
		for key := range words {
			if _, ok := keys[pluralBase(key)]; !ok {
				fault("Texts", "unknown key %q", key)
			}
		}
	}
	_, translated := o.Texts[o.Locale]
	if _, ok := shipped[o.Locale]; o.Locale != "" && !ok && !translated {
		fault("Locale", "no texts for %q", o.Locale)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Regions = slices.Clone(o.Regions)
	return o, newPalette(color)
}

// localPath reports whether every browser reads s as a path of this origin. It is false for
// "//host", for "/\host", and for texts with tabs or line ends, which browsers remove from an
// address (WHATWG URL, 4.4).
func localPath(s string) bool {
	if len(s) > 2048 || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return false
	}
	for _, c := range s {
		if c <= ' ' || c == '\\' || c == 0x7f || c == '\ufffd' {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// dialled returns those of regions that have a calling code, or all that have one.
func dialled(regions []string) []string {
	if len(regions) == 0 {
		regions = slices.Collect(maps.Keys(phonenumbers.GetSupportedRegions()))
	}
	var all []string
	for _, region := range regions {
		if phonenumbers.GetCountryCodeForRegion(region) != 0 {
			all = append(all, region)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
