package api

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
)

// TestAPIMemstoreWithTheLargestCap: the largest cap there is caps nothing.
func TestAPIMemstoreWithTheLargestCap(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]memstore.Option{
		"bytes": memstore.MaxBytes(math.MaxInt), "records": memstore.MaxRecords(math.MaxInt),
	} {
		s := newServer(newTest(t, suite.Options{Store: func(testing.TB) phoneauth.Store { return memstore.New(option) }}))
		c := s.client()
		body := object{"phone": cairo, "verification_code": c.start(cairo)}
		assert.Equal(t, 200, c.post("/users/verification/verify", body).status, name)
	}
}
