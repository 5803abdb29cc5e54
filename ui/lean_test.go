package ui

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLean(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a();\nb(`//`);\nc { d: e }\n", string(lean([]byte("// what\n\n  a();\n\t// how\n  b(`//`); // why\n/* f */\nc { d: e }"))))
}

// A text of a script that goes over several lines would lose its indentation.
func TestScriptsCanBeLean(t *testing.T) {
	t.Parallel()
	scripts, err := fs.Glob(static, "static/*.js")
	require.NoError(t, err)
	for _, script := range scripts {
		data, err := static.ReadFile(script)
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			if code := strings.TrimSpace(line); !strings.HasPrefix(code, "//") {
				code, _, _ = strings.Cut(code, " // ")
				for _, quote := range []string{"`", "'", `"`} {
					assert.Zero(t, strings.Count(code, quote)%2, "%s: %s", script, code)
				}
				assert.False(t, strings.HasSuffix(code, `\`), "%s: %s", script, code)
				assert.False(t, strings.HasPrefix(code, "/*") != strings.HasSuffix(code, "*/"), "%s: %s", script, code)
			}
		}
	}
}

// What a first sign-in loads of the number field; and the search, for those who go there.
func TestNumberFieldWeight(t *testing.T) {
	t.Parallel()
	files := staticFiles("")
	assert.LessOrEqual(t, len(files["number.js"].gzipped), 3584)
	assert.LessOrEqual(t, len(files["picker.js"].gzipped), 2048)
}
