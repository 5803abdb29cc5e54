// Counts prints what the tree has too much of, and fails where that is more than a
// ceiling:
//
//	counts [-list] [NAME=CEILING ...]
//
// A count without a ceiling may not be more than its goal. -list prints every finding.
// The files are those that git knows below the current directory, the root of the
// repository.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A count is one thing that is counted.
type count struct {
	name  string // as in NAME=CEILING
	about string
	goal  int
	found []string // what was counted: places in the tree
}

func main() {
	list := flag.Bool("list", false, "print every finding")
	flag.Parse()
	if err := run(*list, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "counts:", err)
		os.Exit(1)
	}
}

func run(list bool, args []string) error {
	out, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		return err
	}
	counts, err := countAll(strings.Split(strings.TrimRight(string(out), "\x00"), "\x00"))
	if err != nil {
		return err
	}
	ceilings, err := parseCeilings(args, counts)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "count\tnow\tceiling\tgoal\tof what")
	var over []string
	for _, c := range counts {
		now, ceiling := len(c.found), ceilings[c.name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\n", c.name, now, ceiling, c.goal, c.about)
		if now > ceiling {
			over = append(over, fmt.Sprintf("%s: %d, and %d are the most", c.name, now, ceiling))
		}
		if list {
			fmt.Fprintf(w, "  %s\n", strings.Join(c.found, "\n  "))
		}
	}
	w.Flush()
	if len(over) > 0 {
		return fmt.Errorf("%s\nthe findings: go run ./.ci/tools/counts -list", strings.Join(over, "\n"))
	}
	return nil
}

// parseCeilings returns the ceiling of every count: its goal, unless args name another.
func parseCeilings(args []string, counts []count) (map[string]int, error) {
	ceilings := map[string]int{}
	for _, c := range counts {
		ceilings[c.name] = c.goal
	}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		ceiling, err := strconv.Atoi(value)
		if _, known := ceilings[name]; !known || err != nil {
			return nil, fmt.Errorf("%q is not NAME=CEILING of a count", arg)
		}
		ceilings[name] = ceiling
	}
	return ceilings, nil
}
