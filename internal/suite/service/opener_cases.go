package service

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

const tester = "+201199999987"

var yes = true

// openerCases are what happens where somebody signs in by a code or a proof.
var openerCases = []struct {
	name string
	do   func(f *flows)
}{
	{"a new user, who comes again", func(f *flows) {
		f.signIn(suite.Owner, suite.FreshClient())
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(f.Prove(suite.Owner))
		f.connect(f.Prove(suite.Stranger))
	}},
	{"wrong codes", func(f *flows) {
		client := suite.FreshClient()
		token, code := f.ask(suite.Owner, client)
		wrong := suite.WrongCode(code)
		f.login(phoneauth.LoginRequest{ChallengeToken: token, Code: wrong, Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: wrong, Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: "none", Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Third, Code: wrong, Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, ChallengeToken: token, Code: code, Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: client})
	}},
	{"a code that has expired", func(f *flows) {
		_, code := f.ask(suite.Owner, suite.FreshClient())
		f.Elapse(5 * time.Minute)
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
	}},
	{"a proof that is used twice", func(f *flows) {
		proof := f.Prove(suite.Owner)
		f.connect(proof)
		f.connect(proof)
		proof = f.Prove(suite.Owner)
		f.Elapse(time.Second)
		f.connect(proof)
		f.connect(proof)
	}},
	{"two proofs of a new number", func(f *flows) {
		first, second := f.Prove(suite.Owner), f.Prove(suite.Owner)
		f.connect(first)
		f.connect(second)
	}},
	{"an account that has changed", func(f *flows) {
		f.signIn(suite.Owner, suite.FreshClient())
		proof := f.Prove(suite.Owner)
		_, code := f.ask(suite.Owner, suite.FreshClient())
		f.update(suite.Owner, phoneauth.UserUpdate{})
		f.connect(proof)
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code})
	}},
	{"an account that is gone, and another in its place", func(f *flows) {
		session := f.signIn(suite.Owner, suite.FreshClient())
		before, later := f.Prove(suite.Owner), f.Prove(suite.Owner)
		require.NoError(f, f.Store.DeleteUser(context.Background(), session.User.ID))
		f.connect(before)
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(later)
	}},
	{"a blocked account", func(f *flows) {
		f.signIn(suite.Owner, suite.FreshClient())
		f.update(suite.Owner, phoneauth.UserUpdate{Blocked: &yes})
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(f.Prove(suite.Owner))
	}},
	{"a locked account", func(f *flows) {
		f.signIn(suite.Owner, suite.FreshClient())
		f.update(suite.Owner, phoneauth.UserUpdate{Locked: &yes})
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(f.Prove(suite.Owner))
	}},
	{"an account that was imported", func(f *flows) {
		for _, phone := range []string{suite.Owner, suite.Stranger} {
			_, err := f.Store.ImportUsers(context.Background(), []phoneauth.UserImport{{Phone: phoneauth.StoredPhone(phone), UUID: "of " + phone}}, f.Now())
			require.NoError(f, err)
		}
		f.Elapse(time.Second)
		f.signIn(suite.Owner, suite.FreshClient())
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(f.Prove(suite.Stranger))
	}},
	{"a known device", func(f *flows) {
		client := suite.FreshClient()
		client.Device = f.signIn(suite.Owner, suite.FreshClient()).DeviceToken
		f.signIn(suite.Owner, client)
		_, code := f.ask(suite.Owner, client)
		proof, err := f.Verify(context.Background(), phoneauth.VerifyRequest{Phone: suite.Owner, Code: code, Client: client})
		require.NoError(f, err)
		f.connect(proof)
		_, code = f.ask(suite.Owner, client)
		f.update(suite.Owner, phoneauth.UserUpdate{})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: client})
	}},
	{"a test number", func(f *flows) {
		for range 2 {
			f.ask(tester, suite.FreshClient())
			f.login(phoneauth.LoginRequest{Phone: tester, Code: "12345678"})
		}
	}},
	{"a registration with a password", func(f *flows) {
		p := f.AskWithPassword(suite.Owner, "password one", "")
		f.note(f.Finish(p, f.Code(suite.Owner, phoneauth.PurposePasswordRegistration)))
		f.signIn(suite.Owner, suite.FreshClient())
	}},
	{"an address with too many failures", func(f *flows) {
		client := suite.FreshClient()
		_, code := f.ask(suite.Owner, client)
		for {
			_, err := f.Verify(context.Background(), phoneauth.VerifyRequest{Phone: suite.FreshPhone(), Code: code, Client: client})
			if suite.Limited(err) != "" {
				break
			}
		}
		f.told = len(f.Events(""))
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: client})
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: code, Client: suite.FreshClient()})
	}},
	{"a number that is locked", func(f *flows) {
		proof := f.Prove(suite.Owner)
		f.Guess(suite.Owner, suite.FreshClient())
		f.told = len(f.Events(""))
		f.login(phoneauth.LoginRequest{Phone: suite.Owner, Code: "12345678"})
		f.connect(proof)
	}},
	{"as many sessions as there may be", func(f *flows) {
		session := f.signIn(suite.Owner, suite.FreshClient())
		f.crowd(session, false)
		f.signIn(suite.Owner, suite.FreshClient())
		f.connect(f.Prove(suite.Owner))
		f.crowd(f.signIn(suite.Stranger, suite.FreshClient()), true)
		f.signIn(suite.Stranger, suite.FreshClient())
	}},
}
