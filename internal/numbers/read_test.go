package numbers

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A number whose canonical form is not read as itself is refused: of +375 8810…, a shared
// cost number of Belarus, the trunk prefix 8 is stripped, and would be stripped again.
func TestReadRefusesWhatIsNotCanonical(t *testing.T) {
	t.Parallel()
	_, ok := read("+37588100629490", noRegion)
	assert.False(t, ok)
	assert.False(t, canonical("+3758100629490"))
}
