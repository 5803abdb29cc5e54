package whatsapp

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of the codes that mean something to us
// (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). None is
// Permanent: who is not on WhatsApp may well get an SMS.
var outcomes = map[int]outcome.Outcome{
	130472: outcome.Elsewhere, // the number is part of an experiment
	130497: outcome.Elsewhere, // no messages to this country
	131021: outcome.Elsewhere, // the number of the sender
	131026: outcome.Elsewhere, // not on WhatsApp, or cannot get this message
	131030: outcome.Elsewhere, // not in the list of a test number
	131047: outcome.Elsewhere, // needs a message of the person first
	131049: outcome.Elsewhere, // held back for the good of the ecosystem
	131050: outcome.Elsewhere, // the person stopped messages of this kind
	131056: outcome.Elsewhere, // too many to this number

	0:      outcome.Ours, // authentication
	2:      outcome.Ours, // the API is down
	3:      outcome.Ours, // capability
	4:      outcome.Ours, // too many calls of the app
	10:     outcome.Ours, // permission
	33:     outcome.Ours, // the business number was deleted
	190:    outcome.Ours, // token expired
	200:    outcome.Ours, // permission; 201 to 299 too
	368:    outcome.Ours, // blocked for a violation of policies
	80007:  outcome.Ours, // too many of the account
	130429: outcome.Ours, // too many at once
	131005: outcome.Ours, // permission
	131008: outcome.Ours, // a parameter is missing
	131016: outcome.Ours, // service unavailable
	131031: outcome.Ours, // account locked
	131037: outcome.Ours, // the display name is not approved
	131042: outcome.Ours, // payment
	131045: outcome.Ours, // the business number is not registered
	131048: outcome.Ours, // too much was reported as spam
	131057: outcome.Ours, // maintenance
	133004: outcome.Ours, // server unavailable
	133010: outcome.Ours, // the business number is not registered

	// About one template, which people choose by their language, or about a parameter.
	100:    outcome.Unclear, // invalid parameter
	131009: outcome.Unclear, // value of a parameter
	132000: outcome.Unclear, // number of variables
	132001: outcome.Unclear, // no such template, or not in this language
	132005: outcome.Unclear, // the text is too long
	132007: outcome.Unclear, // policy of the text
	132012: outcome.Unclear, // format of a variable
	132015: outcome.Unclear, // template paused
	132016: outcome.Unclear, // template disabled

	131000: outcome.Unknown, // unknown
}

// lookup returns the outcome of a code.
func lookup(code int) (outcome.Outcome, bool) {
	if code > 200 && code <= 299 {
		code = 200
	}
	o, ok := outcomes[code]
	return o, ok
}

// classify gives e the code of Meta's, if there is one, and what it stands for, if that is known.
// What only the status of HTTP says of a code that is not known stays.
func classify(e *phoneauth.SendError, code *int) {
	if code == nil || *code < 0 {
		return
	}
	e.Code = strconv.Itoa(*code)
	if o, ok := lookup(*code); ok {
		e.Class, e.Fault = o.Class, o.Fault
	}
}
