package msg91

import (
	"regexp"

	"github.com/phoneauth/phoneauth"
)

var (
	elsewhere = phoneauth.FaultDestination
	ours      = phoneauth.FaultSender
)

// faults are those of the codes that MSG91 lists. All are of messages that were not taken.
var faults = map[string]phoneauth.SendFault{
	"202": elsewhere, // invalid mobile number
	"311": elsewhere, // the same request twice within 10 seconds

	"101": ours, // a parameter is missing; 102, 103, 105, 106 and 107 too
	"102": ours,
	"103": ours,
	"105": ours,
	"106": ours,
	"107": ours,
	"203": ours, // sender id
	"207": ours, // authkey
	"208": ours, // IP address
	"301": ours, // balance
	"302": ours, // account expired
	"303": ours, // account banned
	"306": ours, // the route is not available
	"401": ours, // authkey
	"418": ours, // IP address

	"310": "", // the text is too long
}

var codePattern = regexp.MustCompile(`^[0-9]{1,4}$`)

// classify gives e the code of MSG91's, if there is one, and what it stands for, if that is known.
func classify(e *phoneauth.SendError, code string) {
	if !codePattern.MatchString(code) {
		return
	}
	e.Code = code
	if fault, ok := faults[code]; ok {
		e.Class, e.Fault = phoneauth.Temporary, fault
	}
}
