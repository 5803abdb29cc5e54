package whatsapp

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
)

// outcome is what a code of Meta's stands for. The class is that of a message that was not taken; a
// webhook has the fault alone.
type outcome struct {
	class phoneauth.SendClass
	fault phoneauth.SendFault
}

var (
	elsewhere = outcome{phoneauth.Temporary, phoneauth.FaultDestination}
	ours      = outcome{phoneauth.Temporary, phoneauth.FaultSender}
	// unclear is of codes about one template, which people choose by their language, or about
	// a parameter.
	unclear = outcome{phoneauth.Temporary, ""}
)

// outcomes are those of the codes that mean something to us
// (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). None is
// Permanent: who is not on WhatsApp may well get an SMS.
var outcomes = map[int]outcome{
	130472: elsewhere, // the number is part of an experiment
	130497: elsewhere, // no messages to this country
	131021: elsewhere, // the number of the sender
	131026: elsewhere, // not on WhatsApp, or cannot get this message
	131030: elsewhere, // not in the list of a test number
	131047: elsewhere, // needs a message of the person first
	131049: elsewhere, // held back for the good of the ecosystem
	131050: elsewhere, // the person stopped messages of this kind
	131056: elsewhere, // too many to this number

	0:      ours, // authentication
	2:      ours, // the API is down
	3:      ours, // capability
	4:      ours, // too many calls of the app
	10:     ours, // permission
	33:     ours, // the business number was deleted
	190:    ours, // token expired
	200:    ours, // permission; 201 to 299 too
	368:    ours, // blocked for a violation of policies
	80007:  ours, // too many of the account
	130429: ours, // too many at once
	131005: ours, // permission
	131008: ours, // a parameter is missing
	131016: ours, // service unavailable
	131031: ours, // account locked
	131037: ours, // the display name is not approved
	131042: ours, // payment
	131045: ours, // the business number is not registered
	131048: ours, // too much was reported as spam
	131057: ours, // maintenance
	133004: ours, // server unavailable
	133010: ours, // the business number is not registered

	100:    unclear, // invalid parameter
	131009: unclear, // value of a parameter
	132000: unclear, // number of variables
	132001: unclear, // no such template, or not in this language
	132005: unclear, // the text is too long
	132007: unclear, // policy of the text
	132012: unclear, // format of a variable
	132015: unclear, // template paused
	132016: unclear, // template disabled

	131000: {phoneauth.Ambiguous, ""}, // unknown
}

// lookup returns the outcome of a code.
func lookup(code int) (outcome, bool) {
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
		e.Class, e.Fault = o.class, o.fault
	}
}
