//go:build ignore

// This program writes zones.txt from the time zone database of this machine.
//
//	go run zones_gen.go /usr/share/zoneinfo
//
// Each line of zones.txt is a region and its time zones. zone.tab names one region for each zone.
// Other names of a zone, such as Asia/Calcutta, are links in tzdata.zi, and get its region; a
// link that zone.tab names too keeps its own. zone1970.tab names the first region of a zone
// that zone.tab does not have.
package main

import (
	"cmp"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir := os.Args[1]
	regions := map[string]string{} // of zones
	for _, table := range []string{"zone1970.tab", "zone.tab"} {
		for _, fields := range lines(dir, table) {
			first, _, _ := strings.Cut(fields[0], ",")
			regions[fields[2]] = first
		}
	}
	links := map[string]string{}
	for _, fields := range lines(dir, "tzdata.zi") {
		if fields[0] == "L" {
			links[fields[2]] = fields[1]
		}
	}
	for _, link := range slices.Sorted(maps.Keys(links)) {
		target := links[link]
		for links[target] != "" && regions[target] == "" {
			target = links[target]
		}
		if region := cmp.Or(regions[link], regions[target]); region != "" {
			regions[link] = region
		}
	}
	zones := map[string][]string{}
	for _, zone := range slices.Sorted(maps.Keys(regions)) {
		zones[regions[zone]] = append(zones[regions[zone]], zone)
	}
	var b strings.Builder
	for _, region := range slices.Sorted(maps.Keys(zones)) {
		fmt.Fprintln(&b, region, strings.Join(zones[region], " "))
	}
	if err := os.WriteFile("zones.txt", []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// lines are the fields of each line of a table.
func lines(dir, table string) [][]string {
	data, err := os.ReadFile(filepath.Join(dir, table))
	if err != nil {
		log.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 2 && !strings.HasPrefix(line, "#") {
			all = append(all, fields)
		}
	}
	return all
}
