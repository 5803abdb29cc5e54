package telegram

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// errorName matches Telegram's names of errors. Some end in a number of seconds.
var errorName = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*(_[0-9]{1,6})?$`)

// maxWait bounds what is believed of FLOOD_WAIT.
const maxWait = 24 * time.Hour

// faults are those of errors by the beginning of their names. Telegram's documentation names
// ACCESS_TOKEN_INVALID alone, so the others are told by what they are about.
var faults = []struct {
	prefix string
	fault  phoneauth.SendFault
}{
	{"PHONE_NUMBER_", phoneauth.FaultDestination},
	{"ACCESS_TOKEN_", phoneauth.FaultSender},
	{"BALANCE_", phoneauth.FaultSender},
	{"SENDER_", phoneauth.FaultSender},
	{"CALLBACK_URL_", phoneauth.FaultSender},
	{"IP_", phoneauth.FaultSender},
}

// refusal returns the error for an answer that accepts nothing, with Telegram's name of it, if it
// has one.
func refusal(resp *httpsend.Response, name string) *phoneauth.SendError {
	e := resp.Refusal()
	if resp.OK() { // "ok": false
		e.Class, e.Fault, e.Code = phoneauth.Temporary, "", "not ok"
	}
	if len(name) > 64 || !errorName.MatchString(name) {
		return e
	}
	e.Code = name
	for _, f := range faults {
		if strings.HasPrefix(name, f.prefix) {
			e.Class, e.Fault = phoneauth.Temporary, f.fault
		}
	}
	if after, ok := strings.CutPrefix(name, "FLOOD_WAIT_"); ok {
		seconds, _ := strconv.Atoi(after)
		e.Class, e.RetryAfter = phoneauth.Temporary, min(time.Duration(seconds)*time.Second, maxWait)
	}
	return e
}
