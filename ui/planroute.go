package ui

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

//go:generate go run zones_gen.go /usr/share/zoneinfo

// zonesText has a line for each region: its time zones, by all of their names. A zone that several
// countries have is of the one that tzdata names first.
//
//go:embed zones.txt
var zonesText string

// zones are the regions by the name of their time zone.
var zones = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(zonesText) {
		fields := strings.Fields(line)
		for _, zone := range fields[1:] {
			all[zone] = fields[0]
		}
	}
	return all
})

// regionOfZone returns the region of a time zone such as "Asia/Kolkata", as browsers name it. It is
// "" for a zone without a region, such as "UTC", and for a region without a numbering plan.
func regionOfZone(zone string) string {
	if region := zones()[zone]; phonenumbers.GetSupportedRegions()[region] {
		return region
	}
	return ""
}

const planRoute = "plan"

// planFiles are the answers so far, by region and whether it is served. There are at most two for
// each region.
var planFiles sync.Map

// planFile is the answer of the route plan for a region. It is nil for an unknown one.
func planFile(region string, served bool) *file {
	key := region
	if !served {
		key += "-"
	}
	if known, ok := planFiles.Load(key); ok {
		return known.(*file)
	}
	p := newPlan(region)
	if p == nil {
		return nil
	}
	if !served {
		p = &plan{Region: p.Region, Code: p.Code}
	}
	f, _ := planFiles.LoadOrStore(key, jsonFile(p.json()))
	return f.(*file)
}

func jsonFile(data []byte) *file {
	sum := sha256.Sum256(data)
	return &file{"application/json; charset=utf-8", hex.EncodeToString(sum[:8]), data, gzipped(data)}
}

// servePlan is the route GET plan, with one of
//
//	plan?region=IN          the plan of a region
//	plan?zone=Asia/Kolkata  the plan of the region of a time zone
//	plan?names              what people call the regions, see aliasesFile
//
// It answers 404 for a region or zone that is not known. No number is ever in its address. The
// answers are the same for everybody, and change with the version of this program only.
func (p *Page) servePlan(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		p.fail(w, r, errMethod)
		return
	}
	q := r.URL.Query()
	region := only(q["region"])
	if zone := only(q["zone"]); zone != "" {
		region = regionOfZone(zone)
	}
	f := planFile(region, slices.Contains(p.regions, region))
	if q.Has("names") {
		f = aliasesFile()
	}
	if f == nil {
		p.missing(w, r, errNoRoute)
		return
	}
	f.serveFor(w, r, "public, max-age=86400")
}
