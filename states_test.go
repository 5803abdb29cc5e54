package phoneauth_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
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
}

// world is one Service and all that a client of it has in hand.
type world struct {
	t testing.TB
	*service
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
}

func newWorld(t testing.TB) *world {
	return &world{t: t, service: newService(t, limitsOff, longCodes), old: "first password", new: "second password", number: third}
}

// pass lets time go by, and what leaves after the answer leave.
func pass(d time.Duration) func(*world) string {
	return func(*world) string {
		elapse(d)
		return "–"
	}
}

// answer is what a table calls an error.
func answer(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return "LimitError " + e.Limit
	}
	if _, ok := errors.AsType[*phoneauth.PasswordError](err); ok {
		return "PasswordError"
	}
	for name, sentinel := range map[string]error{
		"ErrInvalidPhone": phoneauth.ErrInvalidPhone, "ErrInvalidCode": phoneauth.ErrInvalidCode,
		"ErrInvalidToken": phoneauth.ErrInvalidToken, "ErrInvalidPassword": phoneauth.ErrInvalidPassword,
		"ErrUnauthenticated": phoneauth.ErrUnauthenticated, "ErrReauthenticate": phoneauth.ErrReauthenticate,
		"ErrPhoneTaken": phoneauth.ErrPhoneTaken, "ErrBlocked": phoneauth.ErrBlocked, "ErrPurpose": phoneauth.ErrPurpose, "ErrNotFound": phoneauth.ErrNotFound,
	} {
		if spent, ok := errors.AsType[*phoneauth.SpentTokenError](err); ok && spent.SignedUp {
			return "SpentTokenError"
		}
		if errors.Is(err, sentinel) {
			return name
		}
	}
	return "an error that no table knows: " + err.Error()
}

// signedIn is answer for what makes a session; it keeps the session.
func (w *world) signedIn(s *phoneauth.Session, err error) string {
	if err == nil {
		w.session = s
	}
	return answer(err)
}

// reach is a fresh world in a state, after an event unless that is empty.
func (m *machine) reach(t testing.TB, state, event string) (w *world, said string) {
	w = newWorld(t)
	m.states[state](w)
	synctest.Wait()
	if event != "" {
		said = m.events[event](w)
		synctest.Wait()
	}
	return w, said
}

// behaviour is how a state answers every event and probe, each asked in a world of its
// own: what a state is.
func (m *machine) behaviour(t testing.TB, state, event string) map[string]string {
	all := map[string]string{}
	for _, asks := range []map[string]func(*world) string{m.events, m.probes} {
		for name, ask := range asks {
			w, _ := m.reach(t, state, event)
			all[name] = ask(w)
		}
	}
	return all
}

// row is one line of a table.
type row struct{ state, event, answer, next string }

// readTables are the tables of docs/states.md, by their headings.
func readTables(t *testing.T) map[string][]row {
	data, err := os.ReadFile("docs/states.md")
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

var machines = []*machine{numberMachine, registrationMachine, resetMachine, changeMachine, sessionMachine, accountMachine, deviceMachine}

// TestStates runs every row of docs/states.md.
func TestStates(t *testing.T) {
	phoneauth.CheapHashes(t)
	tables := readTables(t)
	for _, m := range machines {
		rows := tables[m.heading]
		delete(tables, m.heading)
		t.Run(m.heading, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T) { m.run(t, rows) })
		})
	}
	assert.Empty(t, slices.Collect(maps.Keys(tables)), "tables that no code runs")
}

func (m *machine) run(t *testing.T, rows []row) {
	m.complete(t, rows)
	known := map[string]map[string]string{}
	for state := range m.states {
		known[state] = m.behaviour(t, state, "")
		for other, behaviour := range known {
			assert.False(t, other != state && maps.Equal(behaviour, known[state]), "nothing tells %q from %q", state, other)
		}
	}
	for _, r := range rows {
		if m.states[r.state] == nil || m.events[r.event] == nil || known[r.next] == nil {
			continue // complete has said so
		}
		assert.Equal(t, r.answer, known[r.state][r.event], "the answer of %q to %q", r.state, r.event)
		assert.Equal(t, known[r.next], m.behaviour(t, r.state, r.event), "%q after %q is not %q", r.state, r.event, r.next)
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
