package pumping

import (
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/internal/numbers"
	"github.com/phoneauth/phoneauth/internal/race"
)

// documented returns the lines of docs/security.md.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/security.md")
	require.NoError(t, err)
	return strings.Split(string(text), "\n")
}

// TestTablesOfTheDocument holds docs/security.md to the simulation: all rows stand there, and
// those that are quick have the figures of the document.
func TestTablesOfTheDocument(t *testing.T) {
	t.Parallel()
	lines := documented(t)
	for _, table := range Tables() {
		assert.Contains(t, strings.Join(lines, "\n"), table.Title())
		for _, row := range table.Rows {
			var found []string
			for _, l := range lines {
				if strings.HasPrefix(l, strings.TrimSuffix(line(row.Name), "|")) {
					found = append(found, l)
				}
			}
			if !assert.Len(t, found, 1, "the row %q", row.Name) || !row.Quick || race.Enabled || testing.Short() {
				continue
			}
			t.Run(strings.Join(row.Name, ", "), func(t *testing.T) {
				t.Parallel()
				now, err := row.Line(t.Context())
				require.NoError(t, err)
				assertAlike(t, found[0], now)
			})
		}
	}
}

var figure = regexp.MustCompile(`[0-9][0-9,]*(\.[0-9]+)?`)

// assertAlike compares two rows. Figures may differ by a twentieth, because other processors
// round otherwise.
func assertAlike(t *testing.T, want, got string) {
	t.Helper()
	require.Equal(t, figure.ReplaceAllString(want, "n"), figure.ReplaceAllString(got, "n"))
	wanted, found := figures(want), figures(got)
	for i := range wanted {
		assert.InDelta(t, wanted[i], found[i], 0.05*wanted[i]+0.05, "document: %s\nsimulation: %s", want, got)
	}
}

func figures(row string) (all []float64) {
	for _, text := range figure.FindAllString(row, -1) {
		f, _ := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		all = append(all, f)
	}
	return all
}

// cells returns the cells of the rows of a table in the document.
func cells(t *testing.T, lines []string, table Table) (rows [][]string) {
	t.Helper()
	for _, row := range table.Rows {
		for _, l := range lines {
			if strings.HasPrefix(l, strings.TrimSuffix(line(row.Name), "|")) {
				rows = append(rows, strings.Split(strings.Trim(l, "| "), " | "))
			}
		}
	}
	require.Len(t, rows, len(table.Rows))
	return rows
}

// TestPromisesOfTheDocument: the figures of the document are what is promised.
func TestPromisesOfTheDocument(t *testing.T) {
	t.Parallel()
	lines, tables := documented(t), Tables()
	for _, row := range cells(t, lines, tables[0]) {
		assert.LessOrEqual(t, figures(row[3])[0], 0.02, "kept out: %q", row)
		assert.LessOrEqual(t, figures(row[2])[0], 0.5, "asked: %q", row)
	}
	for _, row := range cells(t, lines, tables[1]) {
		assert.Zero(t, figures(row[1])[0], "kept out: %q", row)
	}
	for _, row := range cells(t, lines, tables[2]) {
		exempt := strings.Contains(row[2], "without a check") || strings.Contains(row[2], "carrier") // the document says so
		if row[1] == string(SolvesNothing) && !exempt {
			assert.Zero(t, figures(row[9])[0], "kept out: %q", row)
		}
		if row[0] == "1,000" { // "about 850 and 400" in a country, for who solves everything
			assert.LessOrEqual(t, figures(row[5])[0], 850.0, "texts: %q", row)
		}
	}
}

// TestNumbersAreMobile: all numbers of the world are mobile numbers of one country each.
func TestNumbersAreMobile(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	regions := map[string]bool{}
	for _, c := range countries {
		region := ""
		for range 200 {
			for block := range len(c.prefixes) {
				phone := number(r, c.block(block*c.each()+r.IntN(c.each())))
				n, ok := numbers.Parse(phone, "")
				require.True(t, ok, phone)
				require.Equal(t, phone, n.E164)
				require.Contains(t, []string{"mobile", "fixed_line_or_mobile"}, n.Kind)
				require.Contains(t, []string{"", n.Region}, region)
				region = n.Region
			}
		}
		require.False(t, regions[region], region)
		regions[region] = true
	}
	assert.Len(t, regions, 30)
}

// TestBusyBlocks: the busiest block has no more sign-ins than 10,000 numbers can have, and
// ranks are spread over all blocks.
func TestBusyBlocks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	p := newWorld(busy, false, 0).places[Home]
	counts, most := map[string]int{}, 0
	for range int(busy * p.share) {
		block := p.block(r)
		counts[block]++
		most = max(most, counts[block])
	}
	assert.InDelta(t, 600, most, 100)
	ranked := map[int]bool{}
	for rank := range p.blocks() {
		ranked[p.ranked(rank)] = true
	}
	assert.Len(t, ranked, p.blocks())
}

// TestSimulationRepeats: the same Scenario has the same Result, and another seed another one.
func TestSimulationRepeats(t *testing.T) {
	t.Parallel()
	sc := service(200)
	sc.Warm, sc.Advert = time.Hour, true
	sc.Attack = &Attack{Solver: Farm, Shape: Everywhere, PerHour: 20, Addresses: 10}
	first, err := Run(t.Context(), sc)
	require.NoError(t, err)
	second, err := Run(t.Context(), sc)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	sc.Seed++
	third, err := Run(t.Context(), sc)
	require.NoError(t, err)
	assert.NotEqual(t, first, third)
	sum := first.Of(func(Class) bool { return true })
	assert.InDelta(t, 2*200+23, sum.SignIns, 5*math.Sqrt(400), "and the advert")
	assert.Equal(t, first.Pumped.Days[0] > 0, first.Pumped.Most[0] > 0)
}
