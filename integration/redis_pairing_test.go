package integration_test

import (
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/storetest"
)

// Users in Postgres and the rest in Redis are one store.
func TestRedisPairing(t *testing.T) {
	p := redisPlace(t, integration.SharedRedis(t))
	p.migrate(t)
	store := p.store(t)
	storetest.Run(t, func(testing.TB) phoneauth.Store { return store }, storetest.Rounds(50))
}
