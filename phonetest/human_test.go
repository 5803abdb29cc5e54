package phonetest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/memstore"
	"github.com/phoneauth/phoneauth/phonetest"
)

// The question is answered as it came from the Service, and as it came over the wire.
func TestAnswer(t *testing.T) {
	svc, err := phoneauth.New(phoneauth.Config{
		Store: memstore.New(), Sender: phonetest.New(), Keys: phoneauth.GenerateKeys(),
		HumanCheck: phoneauth.HumanCheckRules{When: phoneauth.HumanCheckAlways},
	})
	require.NoError(t, err)
	for i, wire := range []bool{false, true} {
		r := phoneauth.RegisterRequest{Phone: "+2010617978" + strings.Repeat("4", 1) + string(rune('0'+i))}
		_, err = svc.Register(t.Context(), r)
		asked, ok := errors.AsType[*phoneauth.HumanCheckError](err)
		require.True(t, ok)
		q := asked.Question
		if wire {
			text, err := json.Marshal(q)
			require.NoError(t, err)
			q = humancheck.Question{}
			require.NoError(t, json.Unmarshal(text, &q))
		}
		r.Client.HumanCheck = phonetest.Answer(t, q)
		_, err = svc.Register(t.Context(), r)
		require.NoError(t, err, wire)
	}
}

func TestAnswerOfAnotherKind(t *testing.T) {
	f := &fatal{TB: t}
	assert.Panics(t, func() { phonetest.Answer(f, humancheck.Question{Kind: "turnstile", SiteKey: "x"}) })
}
