package otelphoneauth_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.yaml.in/yaml/v3"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
)

// A query of a metric or label that nobody exports is no error anywhere. The panel stays empty
// and the alert stays silent, so these tests hold both files to what is exported.

type dashboard struct {
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	Type, Title, Description string
	Datasource               source
	Targets                  []struct {
		Expr, LegendFormat string
		Datasource         source
	}
}

type source struct{ Type, UID string }

type rule struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	raw, err := os.ReadFile("grafana/dashboard.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(raw, &d))
	require.NotEmpty(t, d.Panels)
	return d
}

func readRules(t *testing.T) []rule {
	t.Helper()
	raw, err := os.ReadFile("grafana/alerts.yaml")
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []rule } }
	require.NoError(t, yaml.Unmarshal(raw, &file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file.Groups[0].Rules
}

// exported returns the metrics as the Prometheus exporter names them, each with its labels.
// A test of the example server compares the names with its exporter.
func exported(t *testing.T) map[string]map[string]bool {
	t.Helper()
	h := newHost(t, func(c *phoneauth.Config) { c.Store = hanging{c.Store, errors.New("broken")} })
	for what := range namesIn(t, `EventType = "(\w+)"`, "../event.go") {
		h.tell(phoneauth.Event{
			Type: phoneauth.EventType(what), Purpose: "sign_in", Region: "EG", Limit: "country",
			Sender: "twilio", SendClass: phoneauth.Permanent, SendFault: phoneauth.FaultSender, Check: "altcha",
		})
		h.tell(phoneauth.Event{Type: phoneauth.EventType(what), Test: true})
	}
	_, err := h.svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: cairo})
	require.NoError(t, err)
	h.inbox.FailNext(phonetest.Permanent)
	serve(h.svc.Handler(), "POST", "/users/verification/start", `{"phone": "`+delhi+`"}`)
	_, err = h.svc.User(t.Context(), phoneauth.Claims{UserID: "1"})
	require.ErrorIs(t, err, phoneauth.ErrUnavailable)

	metrics := map[string]map[string]bool{}
	add := func(name string, attrs attribute.Set) {
		if metrics[name] == nil {
			metrics[name] = map[string]bool{"job": true, "instance": true} // Prometheus adds them
		}
		for _, a := range attrs.ToSlice() {
			metrics[name][strings.ReplaceAll(string(a.Key), ".", "_")] = true
		}
	}
	for _, m := range h.collect(t) {
		name := strings.ReplaceAll(m.Name, ".", "_")
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				add(name+"_total", p.Attributes)
			}
		case metricdata.Histogram[float64]:
			require.Equal(t, "s", m.Unit)
			for _, p := range data.DataPoints {
				for _, part := range []string{"_bucket", "_count", "_sum"} {
					add(name+"_seconds"+part, p.Attributes)
				}
			}
			metrics[name+"_seconds_bucket"]["le"] = true
		default:
			t.Fatalf("%s is a %T", m.Name, data)
		}
	}
	return metrics
}

// namesIn returns what the first group of pattern matches in the files.
func namesIn(t *testing.T, pattern string, files ...string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			names[found[1]] = true
		}
	}
	require.NotEmpty(t, names, pattern)
	return names
}

var (
	metricName = regexp.MustCompile(`\bphoneauth_\w+_(?:total|bucket|count|sum)\b`)
	quoted     = regexp.MustCompile(`"[^"]*"`)
	word       = regexp.MustCompile(`\b(?:phoneauth|error|http)_\w+`)
	selector   = regexp.MustCompile(`(\w+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"`)
	grouping   = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	ofLegend   = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	ofAlert    = regexp.MustCompile(`\$labels\.(\w+)`)
)

// query checks queries against what is exported.
type query struct {
	exported map[string]map[string]bool
	values   map[string]map[string]bool // the values that a label may have
}

func newQuery(t *testing.T) query {
	t.Helper()
	return query{exported(t), map[string]map[string]bool{
		"phoneauth_event_type": namesIn(t, `EventType = "(\w+)"`, "../event.go"),
		"phoneauth_limit":      namesIn(t, `Limit\w+ += "(\w+)"`, "../errors.go"),
		"phoneauth_send_fault": namesIn(t, `Fault\w+ +SendFault = "(\w+)"`, "../sender.go"),
		"phoneauth_test":       {"true": true},
	}}
}

// faults returns what is wrong with expr.
func (q query) faults(expr string) []string {
	var faults []string
	fault := func(what ...string) { faults = append(faults, strings.Join(what, " ")) }
	code := quoted.ReplaceAllString(expr, `""`)
	used := metricName.FindAllString(code, -1)
	if len(used) == 0 {
		fault("no metric")
	}
	for _, name := range used {
		if q.exported[name] == nil {
			fault("metric", name)
		}
	}
	// Words that no rule below looks at are names all the same.
	for _, name := range word.FindAllString(code, -1) {
		if q.exported[name] == nil && !slices.ContainsFunc(used, func(m string) bool { return q.exported[m][name] }) {
			fault("name", name)
		}
	}
	for _, s := range selector.FindAllStringSubmatch(expr, -1) {
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			label, value := m[1], m[2]
			if !q.exported[s[1]][label] {
				fault("label", label, "of", s[1])
			}
			if known := q.values[label]; known != nil && value != "" {
				for one := range strings.SplitSeq(value, "|") {
					if !known[one] {
						fault("value", one, "of", label)
					}
				}
			}
		}
	}
	for label := range grouped(expr) {
		for _, name := range used {
			if !q.exported[name][label] {
				fault("group", label, "of", name)
			}
		}
	}
	return faults
}

// grouped returns the labels by which expr groups.
func grouped(expr string) map[string]bool {
	labels := map[string]bool{}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(g[1], ",") {
			labels[strings.TrimSpace(label)] = true
		}
	}
	return labels
}

// The checks of the tests below find what they should.
func TestQueryFaults(t *testing.T) {
	t.Parallel()
	q := newQuery(t)
	for expr, want := range map[string][]string{
		`up`:                               {"no metric"},
		`rate(phoneauth_events_total[5m])`: nil,
		`rate(phoneauth_event_total[5m])`:  {"metric phoneauth_event_total", "name phoneauth_event_total"},
		`phoneauth_journal_lost_total{phoneauth_limit="country"}`: {"name phoneauth_limit", "label phoneauth_limit of phoneauth_journal_lost_total"},
		`phoneauth_events_total{phoneauth_event_type="sent"}`:     {"value sent of phoneauth_event_type"},
		`phoneauth_events_total{phoneauth_limit=~"country|x"}`:    {"value x of phoneauth_limit"},
		`phoneauth_events_total{region="EG"}`:                     {"label region of phoneauth_events_total"},
		`sum by (job, region) (phoneauth_region_events_total)`:    {"group region of phoneauth_region_events_total"},
		`sum by (le) (phoneauth_store_duration_seconds_count)`:    {"group le of phoneauth_store_duration_seconds_count"},
		`phoneauth_store_duration_bucket`:                         {"metric phoneauth_store_duration_bucket", "name phoneauth_store_duration_bucket"},
	} {
		assert.Equal(t, want, q.faults(expr), expr)
	}
}

// The panels ask for what is exported, of the data source that is chosen.
func TestDashboard(t *testing.T) {
	t.Parallel()
	q, d := newQuery(t), readDashboard(t)
	chosen := source{"prometheus", "${datasource}"}
	var all strings.Builder
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		assert.NotEmpty(t, p.Description, p.Title)
		assert.Equal(t, chosen, p.Datasource, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			all.WriteString(target.Expr + "\n")
			assert.Equal(t, chosen, target.Datasource, p.Title)
			assert.Empty(t, q.faults(target.Expr), "%s: %s", p.Title, target.Expr)
			groups := grouped(target.Expr)
			for _, l := range ofLegend.FindAllStringSubmatch(target.LegendFormat, -1) {
				assert.True(t, groups[l[1]], "%s: the legend has %s, the query does not", p.Title, l[1])
			}
		}
	}

	require.Equal(t, "datasource", d.Templating.List[0].Name)
	assert.Equal(t, "datasource", d.Templating.List[0].Type)
	for _, v := range d.Templating.List[1:] {
		asked := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`).FindStringSubmatch(v.Definition)
		require.NotNil(t, asked, v.Definition)
		assert.Empty(t, q.faults("max by ("+asked[2]+") ("+asked[1]+")"), v.Definition)
	}

	for _, name := range slices.Sorted(maps.Keys(q.exported)) {
		instrument := regexp.MustCompile(`_(total|bucket|count|sum)$`).ReplaceAllString(name, "")
		assert.Contains(t, all.String(), instrument+"_", "no panel shows this instrument")
	}
	for what := range q.values["phoneauth_event_type"] {
		assert.Regexp(t, `phoneauth_event_type=~?"([a-z_]+\|)*`+what+`["|]`, all.String(), "no panel shows this event")
	}
}

// The alerts ask for what is exported, and say what to do.
func TestAlerts(t *testing.T) {
	t.Parallel()
	q := newQuery(t)
	titles := map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		titles[p.Title] = true
	}
	seen := map[string]bool{}
	for _, r := range readRules(t) {
		assert.Regexp(t, `^Phoneauth[A-Z][A-Za-z]+$`, r.Alert)
		assert.False(t, seen[r.Alert], "%s: there are two", r.Alert)
		seen[r.Alert] = true
		assert.Empty(t, q.faults(r.Expr), "%s: %s", r.Alert, r.Expr)
		assert.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		require.Len(t, r.Annotations, 2, r.Alert)
		groups := grouped(r.Expr)
		for _, part := range []string{"summary", "description"} {
			text := r.Annotations[part]
			assert.Regexp(t, `^[A-Z{].*\.$`, text, "%s: %s is no sentence", r.Alert, part)
			for _, l := range ofAlert.FindAllStringSubmatch(text, -1) {
				assert.True(t, groups[l[1]], "%s: %s has %s, the query does not", r.Alert, part, l[1])
			}
			for _, name := range quoted.FindAllString(text, -1) {
				assert.True(t, titles[strings.Trim(name, `"`)], "%s: there is no panel %s", r.Alert, name)
			}
		}
	}
}
