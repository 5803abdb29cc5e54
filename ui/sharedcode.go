package ui

import (
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// sharedDigits is how many digits after a calling code tell the region apart. Area codes in the
// plan of North America have three. Four tell Guernsey, Jersey and most of Man from Britain.
const sharedDigits = 4

// member is one of the regions that share a calling code.
type member struct {
	region  string
	served  digits
	leading *digits // the first digits of all its numbers, nil where the metadata has none
}

// sharedCode returns the main region of a calling code, and the leading digits of served numbers
// of its other regions. It returns nothing for a code that one region has.
//
// Where a number can be of several regions, it is of the main one. That agrees with
// libphonenumber, which takes the first of them, in all digits that a plan looks at.
func sharedCode(code int) (main string, shared map[string]string) {
	sharedCodes.Lock()
	defer sharedCodes.Unlock()
	known, ok := sharedCodes.of[code]
	if !ok {
		known.main, known.shared = newSharedCode(code)
		sharedCodes.of[code] = known
	}
	return known.main, known.shared
}

// sharedCodes are those that somebody has asked for, by calling code. Nobody writes to a shared map.
var sharedCodes = struct {
	sync.Mutex
	of map[int]struct {
		main   string
		shared map[string]string
	}
}{of: map[int]struct {
	main   string
	shared map[string]string
}{}}

func newSharedCode(code int) (main string, shared map[string]string) {
	regions := phonenumbers.GetRegionCodesForCountryCode(code)
	if len(regions) < 2 {
		return "", nil
	}
	var members []member
	for _, region := range regions {
		own, _ := metadataOf(region)
		pattern, _ := servedPattern(own)
		if pattern == "" {
			continue
		}
		m := member{region: region, served: compileDigits(pattern)}
		if own.GetLeadingDigits() != "" {
			d := compileDigits(own.GetLeadingDigits())
			m.leading = &d
		}
		members = append(members, m)
	}
	found := map[string][]string{}
	tellApart(members, "", found)
	shared = map[string]string{}
	for region, leading := range found {
		if region != regions[0] {
			shared[region] = compileDigits(strings.Join(leading, "|")).coarse(sharedDigits)
		}
	}
	return regions[0], shared
}

// tellApart adds what begins with leading to the leading digits of its region.
func tellApart(members []member, leading string, found map[string][]string) {
	var possible []string
	for _, m := range members {
		if m.possible(leading) {
			possible = append(possible, m.region)
		}
	}
	switch {
	case len(possible) == 0:
	case len(possible) == 1:
		found[possible[0]] = append(found[possible[0]], leading)
	case len(leading) == sharedDigits:
		if !slices.Contains(possible, members[0].region) {
			found[possible[0]] = append(found[possible[0]], leading)
		}
	default:
		for digit := '0'; digit <= '9'; digit++ {
			tellApart(members, leading+string(digit), found)
		}
	}
}

// possible reports whether a served number of m can begin with leading.
func (m member) possible(leading string) bool {
	s := m.served.start()
	begins, led := digitStates(""), m.leading == nil
	if !led {
		begins = m.leading.start()
	}
	for i := range len(leading) {
		if s = m.served.after(s, leading[i]); s == "" {
			return false
		}
		if led {
			continue
		}
		if begins = m.leading.after(begins, leading[i]); begins == "" {
			return false
		}
		led = m.leading.matches(begins)
	}
	return true
}
