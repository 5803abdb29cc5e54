package phoneauth_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/internal/suite/api"
	"github.com/phoneauth/phoneauth/memstore"
)

// TestAPI runs the suite of the routes on memory.
func TestAPI(t *testing.T) {
	t.Parallel()
	api.Run(t, suite.Options{Store: func(testing.TB) phoneauth.Store { return memstore.New() }})
}

// apiLog is the text of a log.
type apiLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *apiLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *apiLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
