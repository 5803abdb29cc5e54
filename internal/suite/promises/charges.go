package promises

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// debtor is a person whose known device asks for more codes than it may without a charge.
type debtor struct {
	*suite.Service
	device, plain phoneauth.ClientInfo
}

// freeSends is how many codes the known devices of a number may ask for without a charge.
const freeSends = 5

// owes returns a person whose scores are 0, on a Service with the database store.
func owes(t *testing.T, svc *suite.Service) *debtor {
	d := &debtor{svc, suite.FreshClient(), suite.FreshClient()}
	d.device.Device = signsIn(t, svc, inBlock(0), d.plain).DeviceToken // earns 2
	d.Elapse(4 * 24 * time.Hour)                                       // and they are forgotten
	require.Zero(t, d.score())
	return d
}

// asks asks for n codes, and returns the code.
func (d *debtor) asks(c phoneauth.ClientInfo, n int) (code string) {
	for range n {
		_, code = d.SendCodeFor(phoneauth.RegisterRequest{Phone: inBlock(0), Client: c})
	}
	return code
}

// enters signs in by the code.
func (d *debtor) enters(c phoneauth.ClientInfo, code string) {
	_, err := d.Login(d.Context(), phoneauth.LoginRequest{Phone: inBlock(0), Code: code, Client: c})
	require.NoError(d, err)
	d.Settle()
}

// score is that of the block. The other two are charged and credited alike.
func (d *debtor) score() float64 {
	state, err := d.Inspect(d.Context(), inBlock(0))
	require.NoError(d, err)
	require.Len(d, state.Scores, 3)
	for _, s := range state.Scores {
		require.InDelta(d, state.Scores[0].Value, s.Value, 1e-6, s.Limit)
	}
	return state.Scores[0].Value
}

// testPromiseDeviceCharges: codes of a known device that were charged like those of strangers are
// credited when it verifies. No other code is, and nothing is earned.
func testPromiseDeviceCharges(t *testing.T, o suite.Options) {
	for name, do := range map[string]func(*debtor) (owed float64){
		"a right code takes back what its challenge was charged": func(d *debtor) float64 {
			code := d.asks(d.device, freeSends+3)
			require.InDelta(d, 3, d.score(), 0.01)
			d.enters(d.device, code)
			return 0
		},
		"again and again": func(d *debtor) float64 {
			for range 4 {
				d.enters(d.device, d.asks(d.device, freeSends+1))
			}
			return 0
		},
		"a challenge that was charged nothing": func(d *debtor) float64 {
			d.enters(d.device, d.asks(d.device, freeSends))
			d.enters(d.device, d.asks(d.device, 1))
			return 0
		},
		"a proof": func(d *debtor) float64 {
			code := d.asks(d.device, freeSends+2)
			proof, err := d.Verify(d.Context(), phoneauth.VerifyRequest{Phone: inBlock(0), Code: code, Client: d.device})
			require.NoError(d, err)
			_, err = d.Connect(d.Context(), phoneauth.ConnectRequest{Phone: inBlock(0), Token: proof.Token, Client: d.device})
			require.NoError(d, err)
			d.Settle()
			return 0
		},
		"codes of an earlier challenge stay charged": func(d *debtor) float64 {
			d.asks(d.device, freeSends+3)
			d.Elapse(11 * time.Minute)
			d.enters(d.device, d.asks(d.device, 2))
			return 3
		},
		"a wrong code": func(d *debtor) float64 {
			code := d.asks(d.device, freeSends+3)
			_, err := d.Login(d.Context(), phoneauth.LoginRequest{Phone: inBlock(0), Code: suite.WrongCode(code), Client: d.device})
			require.ErrorIs(d, err, phoneauth.ErrInvalidCode)
			d.Settle()
			return 3
		},
		"a code that was certainly not accepted is given back once": func(d *debtor) float64 {
			d.asks(d.device, freeSends)
			d.Elapse(11 * time.Minute)
			d.Inbox.FailNext(&phoneauth.SendError{Class: phoneauth.Temporary})
			_, err := d.Register(d.Context(), phoneauth.RegisterRequest{Phone: inBlock(0), Client: d.device})
			require.ErrorIs(d, err, phoneauth.ErrUnavailable)
			d.Settle()
			require.InDelta(d, 0, d.score(), 0.01)
			d.enters(d.device, d.asks(d.device, 2))
			return 0
		},
		"a code that was not accepted after one that was": func(d *debtor) float64 {
			code := d.asks(d.device, freeSends+1)
			d.Inbox.FailNext(&phoneauth.SendError{Class: phoneauth.Temporary})
			r := phoneauth.RegisterRequest{Phone: inBlock(0), Client: d.device}
			r.Client.IdempotencyKey = "again"
			_, err := d.Register(d.Context(), r)
			require.ErrorIs(d, err, phoneauth.ErrUnavailable)
			d.Settle()
			require.InDelta(d, 2, d.score(), 0.01)
			d.enters(d.device, code)
			return 0
		},
		"a verification without the device clears its score, and the codes that follow are free": func(d *debtor) float64 {
			d.asks(d.device, freeSends+2)
			d.enters(d.plain, d.asks(d.plain, 1)) // earns 2
			d.enters(d.device, d.asks(d.device, 1))
			return 0 // and no less
		},
		"resets": func(d *debtor) float64 {
			d.asks(d.device, freeSends)
			r := phoneauth.RegisterRequest{Phone: inBlock(0), Purpose: phoneauth.PurposePasswordReset, Client: d.device}
			_, err := d.Register(d.Context(), r)
			require.NoError(d, err)
			d.Settle()
			_, err = d.RecoverPassword(d.Context(), phoneauth.RecoverRequest{
				Phone: inBlock(0), Code: d.Code(inBlock(0), r.Purpose), Password: "correct horse battery", Client: d.device,
			})
			require.NoError(d, err)
			d.Settle()
			resets := 0
			for ; err == nil; resets++ {
				r.Phone, r.Client = suite.FreshPhone(), suite.FreshClient()
				_, err = d.Register(d.Context(), r)
			}
			assert.Equal(d, 101, resets, "the country owes none, and the last one is refused")
			return 0 // of the scores for signing in
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := owes(t, o.Service(t, loosePhone))
			owed := do(d)
			assert.InDelta(t, owed, d.score(), 0.05)
		})
	}
}

// testPromiseDeviceChargesAtOnce: a code that a known device asks for while its challenge is used up and
// made anew is credited once, with the challenge that was charged for it.
func testPromiseDeviceChargesAtOnce(t *testing.T, o suite.Options) {
	var meanwhile func()
	svc := suite.On(t, &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, asked ...any) error {
		if do := meanwhile; do != nil && verb == "BeginChallenge" && len(asked[0].(phoneauth.BeginParams).Charges) > 1 {
			meanwhile = nil
			do()
		}
		return nil
	}}, loosePhone)
	d := owes(t, svc)
	code := d.asks(d.device, freeSends+3)
	var next string
	meanwhile = func() {
		d.enters(d.device, code)
		next = d.asks(d.device, 1) // free, because the right code has cleared the score of the devices
	}
	require.Equal(t, d.asks(d.device, 1), next, "it is sent again")
	require.Nil(t, meanwhile)
	require.InDelta(t, 1, d.score(), 0.05)
	d.enters(d.device, next)
	assert.InDelta(t, 0, d.score(), 0.05)
}
