package ui

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	defaultPath  = "/signin/"
	defaultColor = "#3451d1"
)

// checked returns o with its defaults, or panics.
func (o Options) checked() (Options, palette) {
	fault := func(field, format string, args ...any) {
		panic("phoneauth/ui: Options." + field + ": " + fmt.Sprintf(format, args...))
	}
	o.Path = cmp.Or(o.Path, defaultPath)
	if !strings.HasSuffix(o.Path, "/") {
		o.Path += "/"
	}
	if u, err := url.Parse(o.Path); err != nil || !localPath(o.Path) || u.Path != o.Path || strings.Contains(o.Path, ";") {
		fault("Path", "%q is not the path of a page", o.Path)
	}
	if o.Next != "" && !localPath(o.Next) {
		fault("Next", "%q is not a path of this origin", o.Next)
	}
	if o.Logo != "" && !localPath(o.Logo) && !strings.HasPrefix(o.Logo, "data:image/") {
		fault("Logo", "must be a path of this origin or a data:image/ URL")
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
	if callingCodes(o.Regions) == "" {
		fault("Regions", "none of them can be chosen")
	}
	english := shipped["en"]
	for tag, words := range o.Texts {
		if tag == "" || strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			fault("Texts", "%q is not a language tag", tag)
		}
		for key := range words {
			if _, ok := english[pluralBase(key)]; !ok {
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

// callingCodes of regions, or of all, as "AC247 AD376 …".
func callingCodes(regions []string) string {
	if len(regions) == 0 {
		regions = slices.Collect(maps.Keys(phonenumbers.GetSupportedRegions()))
	}
	var codes []string
	for _, region := range regions {
		if code := phonenumbers.GetCountryCodeForRegion(region); code != 0 {
			codes = append(codes, region+strconv.Itoa(code))
		}
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " ")
}
