package phoneauth

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/docs"
)

// The description has every route, under the tag of its API, and no other. That it says of
// each what the handlers do is for the tests of integration.
func TestDescriptionHasEveryRoute(t *testing.T) {
	t.Parallel()
	var want []string
	for _, way := range routes {
		want = append(want, way.method+" "+way.path+" "+string(way.api))
	}
	assert.ElementsMatch(t, want, describedRoutes(t))
}

var (
	describedPath   = regexp.MustCompile(`^  (/\S*):$`)
	describedMethod = regexp.MustCompile(`^    (get|put|post|delete|options|head|patch|trace):$`)
	describedTags   = regexp.MustCompile(`^      tags: \[(.*)\]$`)
)

// describedRoutes reads the routes by the layout of the file, so that the module needs no
// YAML.
func describedRoutes(t *testing.T) (found []string) {
	t.Helper()
	_, paths, ok := bytes.Cut(docs.OpenAPI, []byte("\npaths:\n"))
	require.True(t, ok)
	var path, method string
	lines := bufio.NewScanner(bytes.NewReader(paths))
	for lines.Scan() && (lines.Text() == "" || lines.Text()[0] == ' ') {
		if m := describedPath.FindStringSubmatch(lines.Text()); m != nil {
			path = m[1]
		}
		if m := describedMethod.FindStringSubmatch(lines.Text()); m != nil {
			method = strings.ToUpper(m[1])
		}
		if m := describedTags.FindStringSubmatch(lines.Text()); m != nil {
			found = append(found, method+" "+path+" "+m[1])
		}
	}
	require.NoError(t, lines.Err())
	return found
}
