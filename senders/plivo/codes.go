package plivo

import (
	"strconv"

	"github.com/phoneauth/phoneauth"
)

// faults are those of the ErrorCodes of a report that mean something to us
// (https://www.plivo.com/docs/messaging/troubleshooting/error-codes).
var faults = map[int]phoneauth.SendFault{
	30:  phoneauth.FaultDestination, // a carrier took it for spam
	50:  phoneauth.FaultDestination, // invalid destination number
	70:  phoneauth.FaultDestination, // destination unavailable for good
	80:  phoneauth.FaultDestination, // destination unavailable for now
	90:  phoneauth.FaultDestination, // no route
	100: phoneauth.FaultDestination, // prohibited by the carrier
	200: phoneauth.FaultDestination, // its owner answered STOP
	450: phoneauth.FaultDestination, // country barred

	40:  phoneauth.FaultSender, // invalid source number
	300: phoneauth.FaultSender, // failed to dispatch
	900: phoneauth.FaultSender, // credit
	910: phoneauth.FaultSender, // account disabled
}

// code returns an ErrorCode that is a number, such as "050", without its leading zeros, and
// the fault it stands for. Others, and 0, are "".
func code(errorCode string) (string, phoneauth.SendFault) {
	n, err := strconv.ParseUint(errorCode, 10, 16)
	if err != nil || n == 0 {
		return "", ""
	}
	return strconv.FormatUint(n, 10), faults[int(n)]
}
