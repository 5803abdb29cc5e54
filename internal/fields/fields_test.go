package fields

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFieldsComeBack(t *testing.T) {
	t.Parallel()
	data := string(Append(nil, "", "a\x00b", "-42"))
	r := NewReader(data)
	assert.Empty(t, r.Text())
	assert.Equal(t, "a\x00b", r.Text())
	assert.False(t, r.Done(), "a field is left")
	assert.EqualValues(t, -42, r.Int64())
	assert.True(t, r.Done())

	assert.Empty(t, r.Text())
	assert.False(t, r.Done(), "a field was missing")

	r = NewReader(data)
	assert.Zero(t, r.Int64())
	r.Text()
	r.Text()
	assert.False(t, r.Done(), "the first is no number")
}

// FuzzFields: fields that were read in full are written and read again as the same ones,
// and no two lists of fields are written alike.
func FuzzFields(f *testing.F) {
	f.Add(string(Append(nil, "a", "", "b")), "x", "y")
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "", "")
	f.Fuzz(func(t *testing.T, data, first, second string) {
		r := NewReader(data)
		var fields []string
		for !r.bad && r.rest != "" {
			fields = append(fields, r.Text())
		}
		if r.Done() {
			again := NewReader(string(Append(nil, fields...)))
			for _, field := range fields {
				require.Equal(t, field, again.Text())
			}
			require.True(t, again.Done())
		}

		two := NewReader(string(Append(nil, first, second)))
		require.Equal(t, first, two.Text())
		require.Equal(t, second, two.Text())
		require.True(t, two.Done())
		if first != "" {
			require.NotEqual(t, Append(nil, first, second), Append(nil, "", first+second))
		}
	})
}
