package aliyun

import (
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of the codes that mean something to us
// (https://www.alibabacloud.com/help/en/sms/developer-reference/api-error-codes).
var outcomes = map[string]outcome.Outcome{
	"isv.BUSINESS_LIMIT_CONTROL": outcome.Elsewhere, // too many to this number: 1 a minute, 5 an hour, 10 a day
	"isv.MOBILE_NUMBER_ILLEGAL":  outcome.Elsewhere, // invalid number

	"isv.ACCOUNT_ABNORMAL":            outcome.Ours,
	"isv.ACCOUNT_NOT_EXISTS":          outcome.Ours,
	"isv.AMOUNT_NOT_ENOUGH":           outcome.Ours, // balance
	"isv.DAY_LIMIT_CONTROL":           outcome.Ours, // of the account
	"isv.DENY_IP_RANGE":               outcome.Ours, // where the server stands
	"isv.MONTH_LIMIT_CONTROL":         outcome.Ours,
	"isv.OUT_OF_SERVICE":              outcome.Ours, // service stopped
	"isv.PRODUCT_UNSUBSCRIBE":         outcome.Ours, // the product is not ordered
	"isv.PRODUCT_UN_SUBSCRIPT":        outcome.Ours,
	"isv.SIGN_NAME_ILLEGAL":           outcome.Ours, // SignName
	"isv.SIGN_STATE_ILLEGAL":          outcome.Ours,
	"isv.SMS_SIGNATURE_ILLEGAL":       outcome.Ours,
	"isv.SMS_SIGNATURE_SCENE_ILLEGAL": outcome.Ours,
	"isv.SMS_SIGN_ILLEGAL":            outcome.Ours,
	"isp.RAM_PERMISSION_DENY":         outcome.Ours, // permission
	"InvalidAccessKeyId.NotFound":     outcome.Ours, // credentials
	"InvalidAccessKeyId.Inactive":     outcome.Ours,
	"InvalidTimeStamp.Expired":        outcome.Ours, // our clock
	"SignatureDoesNotMatch":           outcome.Ours,
	"SignatureNonceUsed":              outcome.Ours,
	"Forbidden.RAM":                   outcome.Ours,
	"Throttling":                      outcome.Ours, // too many at once
	"Throttling.User":                 outcome.Ours,

	"isv.INVALID_PARAMETERS":          outcome.Unclear,
	"isv.PARAM_LENGTH_LIMIT":          outcome.Unclear,
	"isv.SMS_CONTENT_ILLEGAL":         outcome.Unclear,
	"isv.SMS_TEMPLATE_ILLEGAL":        outcome.Unclear, // template
	"isv.TEMPLATE_MISSING_PARAMETERS": outcome.Unclear,
	"isv.TEMPLATE_PARAMS_ILLEGAL":     outcome.Unclear,

	"isp.GATEWAY_ERROR": outcome.Perhaps,
	"isp.SYSTEM_ERROR":  outcome.Perhaps,
}

// codePattern matches codes. A number of a phone has no letters.
var codePattern = regexp.MustCompile(`^[A-Za-z]{2,40}([._][A-Za-z0-9]{1,20}){0,6}$`)

// longDigits matches what may be a number of a phone.
var longDigits = regexp.MustCompile(`[0-9]{5}`)

// classify gives e the code, if it is one, and what it stands for, if that is known.
func classify(e *phoneauth.SendError, code string) {
	if !codePattern.MatchString(code) || longDigits.MatchString(code) {
		return
	}
	e.Code = code
	if o, ok := outcomes[code]; ok {
		e.Class, e.Fault = o.Class, o.Fault
	}
}

// fault returns that of a delivery report with this err_code.
func fault(code string) phoneauth.SendFault {
	switch {
	case strings.HasPrefix(code, "MOBILE_"), // not on service, in a black list, too many, …
		code == "INVALID_NUMBER", code == "NO_ROUTE", code == "USER_REJECT", code == "IS_CLOSED":
		return phoneauth.FaultDestination
	}
	return ""
}
