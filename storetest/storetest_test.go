package storetest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestReference(t *testing.T) {
	Run(t, func(testing.TB) phoneauth.Store { return newReference() }, Rounds(200))
}

// A shared store passes too: no case meddles with the keys of another.
func TestSharedStore(t *testing.T) {
	store := newReference()
	Run(t, func(testing.TB) phoneauth.Store { return store }, Rounds(2))
	Run(t, func(testing.TB) phoneauth.Store { return store }, Rounds(2))
}

func TestStoresOfParts(t *testing.T) {
	Run(t, func(testing.TB) phoneauth.Store {
		return phoneauth.Stores{ChallengeStore: newReference(), UserStore: newReference(), SessionStore: newReference()}
	}, Rounds(2))
}

// TestSentences holds every case to the words of the contract: what it says is broken
// must stand in store.go or errors.go.
func TestSentences(t *testing.T) {
	contract := words(t, "../store.go") + words(t, "../errors.go")
	names := map[string]bool{}
	for _, c := range everyCase() {
		assert.True(t, strings.Contains(contract, c.sentence), "case %q: the contract does not say %q", c.name, c.sentence)
		assert.False(t, names[c.name], "two cases are named %q", c.name)
		names[c.name] = true
	}
	t.Logf("%d cases", len(names))
}

// everyCase is all cases without what they run.
func everyCase() []testCase[any] {
	return slices.Concat(bare(challengeCases()), bare(userCases()), bare(sessionCases()))
}

func bare[F any](cases []testCase[F]) []testCase[any] {
	all := make([]testCase[any], len(cases))
	for i, c := range cases {
		all[i] = testCase[any]{name: c.name, sentence: c.sentence}
	}
	return all
}

// words are the comments of a file as one line.
func words(t *testing.T, path string) string {
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	text := regexp.MustCompile(`(?m)^\s*//|\n|\s//`).ReplaceAllString(string(source), " ")
	return strings.Join(strings.Fields(text), " ")
}
