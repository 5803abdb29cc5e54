package phoneauth_test

import (
	"testing"

	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/suite/api"
	"github.com/phoneauth/phoneauth/internal/suite/channels"
	"github.com/phoneauth/phoneauth/internal/suite/human"
	"github.com/phoneauth/phoneauth/internal/suite/interleavings"
	"github.com/phoneauth/phoneauth/internal/suite/promises"
	"github.com/phoneauth/phoneauth/internal/suite/service"
	"github.com/phoneauth/phoneauth/internal/suite/states"
	"github.com/phoneauth/phoneauth/internal/suite/support"
)

// The suites about behaviour, on memory. The tests of integration run them on every other
// store.

// TestAPI runs the suite of the routes. It runs beside the other parallel tests, once the
// suites below have ended, which change what a hash costs.
func TestAPI(t *testing.T) {
	t.Parallel()
	api.Run(t, suite.Memory())
}

func TestChannels(t *testing.T) { channels.Run(t, suite.Memory()) }

func TestPromises(t *testing.T) { promises.Run(t, suite.Memory()) }

func TestHuman(t *testing.T) { human.Run(t, suite.Memory()) }

func TestService(t *testing.T) { service.Run(t, suite.Memory()) }

func TestServiceInParts(t *testing.T) { service.Run(t, suite.MemoryInParts()) }

func TestStates(t *testing.T) { states.Run(t, suite.Memory(), "docs/states.md") }

func TestInterleavings(t *testing.T) { interleavings.Run(t, suite.Memory()) }

func TestInterleavingsFindBrokenStores(t *testing.T) {
	interleavings.FindsBrokenStores(t, suite.Memory())
}

func TestSupport(t *testing.T) { support.Run(t, suite.Memory()) }
