// Package states runs the tables of docs/states.md.
package states

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// machine is the code behind one table of docs/states.md.
type machine struct {
	heading string
	// states bring a fresh world into a state, by calls of the public face.
	states map[string]func(*world)
	// events happen in a world and say what the answer was.
	events map[string]func(*world) string
	// probes tell states apart that answer every single event alike.
	probes map[string]func(*world) string
	// unlinked: notices have no link, so no change can be undone, and nothing waits for that.
	unlinked bool
}

// world is one Service and all that a client of it has in hand.
type world struct {
	t testing.TB
	*suite.Service
	pending *phoneauth.Pending // the newest, and the one it replaced
	older   *phoneauth.Pending
	proof   phoneauth.Secret
	spent   bool // proof was used
	session *phoneauth.Session
	before  *phoneauth.Session
	old     phoneauth.Secret // the password before w.new
	new     phoneauth.Secret
	number  string // the new number of a change
	device  phoneauth.ClientInfo
	token   phoneauth.Secret // of the link in a notice
}

func newWorld(t testing.TB, o suite.Options, unlinked bool) *world {
	links := func(c *phoneauth.Config) {
		if !unlinked {
			c.Texts.NotMeURL = "https://example.com/not-me"
		}
	}
	return &world{t: t, Service: o.Service(t, suite.LimitsOff, suite.LongCodes, links), old: "first password", new: "second password", number: suite.Third}
}

// pass lets time go by, and what leaves after the answer leave.
func pass(d time.Duration) func(*world) string {
	return func(w *world) string {
		w.Elapse(d)
		return "–"
	}
}

// signedIn is answer for what makes a session; it keeps the session.
func (w *world) signedIn(s *phoneauth.Session, err error) string {
	if err == nil {
		w.session = s
	}
	return suite.Answer(err)
}

// reach is a fresh world in a state, after an event unless that is empty.
func (m *machine) reach(t testing.TB, o suite.Options, state, event string) (w *world, said string) {
	w = newWorld(t, o, m.unlinked)
	m.states[state](w)
	w.Settle()
	if event != "" {
		said = m.events[event](w)
		w.Settle()
	}
	return w, said
}

// behaviour is how a state answers every event and probe, each asked in a world of its
// own: what a state is.
func (m *machine) behaviour(t testing.TB, o suite.Options, state, event string) map[string]string {
	all := map[string]string{}
	for _, asks := range []map[string]func(*world) string{m.events, m.probes} {
		for name, ask := range asks {
			suite.Scope(t, func(t testing.TB) {
				w, _ := m.reach(t, o, state, event)
				all[name] = ask(w)
			})
		}
	}
	return all
}

// row is one line of a table.
type row struct{ state, event, answer, next string }

// readTables are the tables of docs/states.md, by their headings.
func readTables(t *testing.T, document string) map[string][]row {
	data, err := os.ReadFile(document)
	require.NoError(t, err)
	tables := map[string][]row{}
	var heading string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			heading = name
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `*")
		}
		if cells[0] == "state" || strings.Trim(cells[0], "-") == "" {
			continue
		}
		require.Len(t, cells, 4, line)
		tables[heading] = append(tables[heading], row{cells[0], cells[1], cells[2], cells[3]})
	}
	return tables
}

var machines = []*machine{numberMachine, registrationMachine, resetMachine, changeMachine, sessionMachine, accountMachine, deviceMachine, noticeMachine}

// Run runs every row of the document docs/states.md. A server has no time for all: there it
// gives each row's answer, and what comes after it is left to memory.
func Run(t *testing.T, o suite.Options, document string) {
	suite.CheapHashes(t)
	tables := readTables(t, document)
	for _, m := range machines {
		rows := tables[m.heading]
		delete(tables, m.heading)
		t.Run(m.heading, func(t *testing.T) {
			o.Parallel(t)
			m.complete(t, rows)
			if o.Real {
				m.answers(t, o, rows)
			} else {
				m.run(t, o, rows)
			}
		})
	}
	assert.Empty(t, slices.Collect(maps.Keys(tables)), "tables that no code runs")
}

// answers asks for the answer of every row, in a world of its own.
func (m *machine) answers(t *testing.T, o suite.Options, rows []row) {
	for _, r := range rows {
		if m.states[r.state] == nil || m.events[r.event] == nil {
			continue // complete has said so
		}
		suite.Scope(t, func(t testing.TB) {
			_, said := m.reach(t, o, r.state, r.event)
			assert.Equal(t, r.answer, said, "the answer of %q to %q", r.state, r.event)
		})
	}
}

func (m *machine) run(t *testing.T, o suite.Options, rows []row) {
	known := map[string]map[string]string{}
	for state := range m.states {
		known[state] = m.behaviour(t, o, state, "")
		for other, behaviour := range known {
			assert.False(t, other != state && maps.Equal(behaviour, known[state]), "nothing tells %q from %q", state, other)
		}
	}
	for _, r := range rows {
		if m.states[r.state] == nil || m.events[r.event] == nil || known[r.next] == nil {
			continue // complete has said so
		}
		assert.Equal(t, r.answer, known[r.state][r.event], "the answer of %q to %q", r.state, r.event)
		assert.Equal(t, known[r.next], m.behaviour(t, o, r.state, r.event), "%q after %q is not %q", r.state, r.event, r.next)
	}
}

// complete: each state has one row for each event, and nothing else has one.
func (m *machine) complete(t *testing.T, rows []row) {
	seen := map[[2]string]int{}
	for _, r := range rows {
		assert.Contains(t, m.states, r.state, "a state without code")
		assert.Contains(t, m.events, r.event, "an event without code")
		assert.Contains(t, m.states, r.next, "a next state without code")
		seen[[2]string{r.state, r.event}]++
	}
	for state := range m.states {
		for event := range m.events {
			assert.Equal(t, 1, seen[[2]string{state, event}], "rows of %q in %q", event, state)
		}
	}
}
