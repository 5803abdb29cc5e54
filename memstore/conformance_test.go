package memstore_test

import (
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) phoneauth.Store { return memstore.New() }, storetest.Rounds(2000))
}

func TestJournalConformance(t *testing.T) {
	t.Parallel()
	storetest.RunJournal(t, func(t testing.TB) phoneauth.JournalStore { return memstore.New() }, storetest.Rounds(2000))
}
