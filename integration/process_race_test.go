package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
)

// move is what every caller of a race does, in each process.
type move struct {
	// Do is of movesOf.
	Do      string
	Callers int

	Phone, Secret string
	Begin         phoneauth.BeginParams
	Attempt       phoneauth.AttemptParams
	Take          phoneauth.TakeParams
	Session       phoneauth.NewSession
	Now           time.Time
}

// outcome is what one caller got.
type outcome struct {
	// Err is empty, the text of an answer of the store or of the Service, or "limit" and
	// the name of the limit that refused.
	Err string
	// Value is what was won; New, that the account is the caller's making.
	Value string
	New   bool
	Left  int // tries
}

// outcomes are those of one process, and when its callers were at it.
type outcomes struct {
	All          []outcome
	Began, Ended time.Time
}

func outcomeOf(err error) outcome {
	if limited, ok := errors.AsType[*phoneauth.LimitError](err); ok {
		return outcome{Err: limitedBy(limited.Limit)}
	}
	if err != nil {
		return outcome{Err: err.Error()}
	}
	return outcome{}
}

func limitedBy(name string) string { return "limit " + name }

// raceAsChild does the moves that it is told, each by many callers at once, which begin
// when a second line says so.
func raceAsChild(of task) error {
	store, end, err := of.Place.open()
	if err != nil {
		return err
	}
	defer func() { _ = end() }()
	svc, _, err := newService(store, func(*phoneauth.Config) {})
	if err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		var m move
		if err := errors.Join(err, json.Unmarshal(line, &m), tell("ready")); err != nil {
			return err
		}
		if _, err := in.ReadBytes('\n'); err != nil {
			return err
		}
		result := outcomes{All: make([]outcome, m.Callers), Began: time.Now()}
		integration.AtOnce(m.Callers, func(i int) {
			result.All[i] = m.make(svc, store, fmt.Sprint(of.Number, "-", i))
		})
		result.Ended = time.Now()
		if err := tell(result); err != nil {
			return err
		}
	}
}

// make is m by one caller.
func (m *move) make(svc *phoneauth.Service, store phoneauth.Store, caller string) (o outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	switch m.Do {
	case "verify":
		proof, err := svc.Verify(ctx, phoneauth.VerifyRequest{Phone: m.Phone, Code: m.Secret})
		if o = outcomeOf(err); err == nil {
			o.Value = string(proof.Token)
		}
	case "connect":
		session, err := svc.Connect(ctx, phoneauth.ConnectRequest{Phone: m.Phone, Token: phoneauth.Secret(m.Secret)})
		if o = outcomeOf(err); err == nil {
			o.Value, o.New = string(session.RefreshToken), session.New
		}
	case "log in":
		session, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: m.Phone, Code: m.Secret})
		if o = outcomeOf(err); err == nil {
			o.Value, o.New = session.ID, session.New
		}
	case "refresh":
		session, err := svc.Refresh(ctx, phoneauth.RefreshRequest{Token: phoneauth.Secret(m.Secret)})
		if o = outcomeOf(err); err == nil {
			o.Value = string(session.RefreshToken)
		}
	case "sign in":
		signed, err := store.SignInUser(ctx, phoneauth.SignIn{Phone: phoneauth.StoredPhone(m.Phone), UUID: caller, Now: m.Now})
		if o = outcomeOf(err); err == nil {
			o.Value, o.New = signed.User.ID, signed.Created
		}
	case "attempt":
		ch, err := store.AttemptChallenge(ctx, m.Attempt)
		o = outcomeOf(err)
		o.Left = ch.TriesLeft
	case "take":
		o = outcomeOf(store.TakeLimits(ctx, m.Take))
	case "begin":
		b := m.Begin
		b.Challenge.Key += caller
		_, err := store.BeginChallenge(ctx, b)
		o = outcomeOf(err)
	case "create session":
		n := m.Session
		n.Session.ID += caller
		ended, err := store.CreateSession(ctx, n)
		o = outcomeOf(err)
		o.Value = ended.ID
	case "open session":
		return m.open(ctx, store, caller)
	default:
		o.Err = "no move " + m.Do
	}
	return o
}

// open is OpenSession by a code of the caller's own.
func (m *move) open(ctx context.Context, store phoneauth.Store, caller string) outcome {
	b, n := m.Begin, m.Session
	b.Challenge.Key += caller
	n.Session.ID += caller
	if _, err := store.BeginChallenge(ctx, b); err != nil {
		return outcomeOf(err)
	}
	opened, err := store.(phoneauth.Opener).OpenSession(ctx, phoneauth.Opening{
		Attempt: phoneauth.AttemptParams{Candidates: []phoneauth.Candidate{{Key: b.Challenge.Key, Digests: [][]byte{b.Challenge.Digest}}}, Now: m.Now},
		SignIn:  phoneauth.SignIn{Phone: phoneauth.StoredPhone(m.Phone), UUID: n.Session.ID, Epoch: phoneauth.AnyEpoch, Now: m.Now},
		Session: n,
	})
	o := outcomeOf(err)
	if err == nil && !opened.Stored {
		o.Err = "not stored"
	}
	o.Value, o.New = opened.Evicted, opened.Created
	return o
}
