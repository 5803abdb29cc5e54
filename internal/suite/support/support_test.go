package support_test

import (
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/suite/support"
	"github.com/phoneauth/phoneauth/memstore"
)

func TestSupport(t *testing.T) {
	support.Run(t, suite.Options{Store: func(testing.TB) phoneauth.Store { return memstore.New() }})
}
