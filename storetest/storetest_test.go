package storetest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
)

func TestReference(t *testing.T) {
	Run(t, func(testing.TB) phoneauth.Store { return newWhole() }, Rounds(200))
	t.Run("Journal", func(t *testing.T) {
		RunJournal(t, func(testing.TB) phoneauth.JournalStore { return newEntries() }, Rounds(200))
	})
}

// TestByHand sees that the arithmetic of package phoneauth and another one that was
// written from the contract alone both pass.
func TestByHand(t *testing.T) {
	Run(t, func(testing.TB) phoneauth.Store { return newByHand() }, Rounds(50))
}

// A shared store passes too: no case meddles with the keys of another.
func TestSharedStore(t *testing.T) {
	store, entries := newWhole(), newEntries()
	for range 2 {
		Run(t, func(testing.TB) phoneauth.Store { return store }, Rounds(2))
		RunJournal(t, func(testing.TB) phoneauth.JournalStore { return entries }, Rounds(2))
	}
}

func TestStoresOfParts(t *testing.T) {
	Run(t, func(testing.TB) phoneauth.Store {
		return phoneauth.Stores{ChallengeStore: newReference(), UserStore: newAccounts(), SessionStore: newAccounts()}
	}, Rounds(2))
}

// TestSentences holds every case to the words of the contract: what it says is broken
// must stand in a comment of store.go, of a file beside it or of errors.go.
func TestSentences(t *testing.T) {
	files, err := filepath.Glob("../store*.go")
	require.NoError(t, err)
	var contract strings.Builder
	for _, file := range append(files, "../errors.go") {
		contract.WriteString(words(t, file) + "\n")
	}
	names := map[string]bool{}
	for _, c := range everyCase() {
		assert.NotEmpty(t, c.sentence, "case %q", c.name)
		assert.True(t, strings.Contains(contract.String(), c.sentence), "case %q: the contract does not say %q", c.name, c.sentence)
		assert.False(t, names[c.name], "two cases are named %q", c.name)
		names[c.name] = true
	}
	t.Logf("%d cases", len(names))
}

// everyCase is all cases without what they run.
func everyCase() []testCase[any] {
	return slices.Concat(bare(challengeCases()), bare(userCases()), bare(sessionCases()), bare(journalCases()))
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
	var comments []string
	for _, comment := range regexp.MustCompile(`(?m)(?:^|\s)//(.*)$`).FindAllStringSubmatch(string(source), -1) {
		comments = append(comments, comment[1])
	}
	return strings.Join(strings.Fields(strings.Join(comments, " ")), " ")
}
