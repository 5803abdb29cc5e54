package aliyun

import (
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// outcome is what a code stands for.
type outcome struct {
	class phoneauth.SendClass
	fault phoneauth.SendFault
}

var (
	elsewhere = outcome{phoneauth.Temporary, phoneauth.FaultDestination}
	ours      = outcome{phoneauth.Temporary, phoneauth.FaultSender}
	unclear   = outcome{phoneauth.Temporary, ""}
	perhaps   = outcome{phoneauth.Ambiguous, phoneauth.FaultSender}
)

// outcomes are those of the codes that mean something to us
// (https://www.alibabacloud.com/help/en/sms/developer-reference/api-error-codes).
var outcomes = map[string]outcome{
	"isv.BUSINESS_LIMIT_CONTROL": elsewhere, // too many to this number: 1 a minute, 5 an hour, 10 a day
	"isv.MOBILE_NUMBER_ILLEGAL":  elsewhere, // invalid number

	"isv.ACCOUNT_ABNORMAL":            ours,
	"isv.ACCOUNT_NOT_EXISTS":          ours,
	"isv.AMOUNT_NOT_ENOUGH":           ours, // balance
	"isv.DAY_LIMIT_CONTROL":           ours, // of the account
	"isv.DENY_IP_RANGE":               ours, // where the server stands
	"isv.MONTH_LIMIT_CONTROL":         ours,
	"isv.OUT_OF_SERVICE":              ours, // service stopped
	"isv.PRODUCT_UNSUBSCRIBE":         ours, // the product is not ordered
	"isv.PRODUCT_UN_SUBSCRIPT":        ours,
	"isv.SIGN_NAME_ILLEGAL":           ours, // SignName
	"isv.SIGN_STATE_ILLEGAL":          ours,
	"isv.SMS_SIGNATURE_ILLEGAL":       ours,
	"isv.SMS_SIGNATURE_SCENE_ILLEGAL": ours,
	"isv.SMS_SIGN_ILLEGAL":            ours,
	"isp.RAM_PERMISSION_DENY":         ours, // permission
	"InvalidAccessKeyId.NotFound":     ours, // credentials
	"InvalidAccessKeyId.Inactive":     ours,
	"InvalidTimeStamp.Expired":        ours, // our clock
	"SignatureDoesNotMatch":           ours,
	"SignatureNonceUsed":              ours,
	"Forbidden.RAM":                   ours,
	"Throttling":                      ours, // too many at once
	"Throttling.User":                 ours,

	"isv.INVALID_PARAMETERS":          unclear,
	"isv.PARAM_LENGTH_LIMIT":          unclear,
	"isv.SMS_CONTENT_ILLEGAL":         unclear,
	"isv.SMS_TEMPLATE_ILLEGAL":        unclear, // template
	"isv.TEMPLATE_MISSING_PARAMETERS": unclear,
	"isv.TEMPLATE_PARAMS_ILLEGAL":     unclear,

	"isp.GATEWAY_ERROR": perhaps,
	"isp.SYSTEM_ERROR":  perhaps,
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
		e.Class, e.Fault = o.class, o.fault
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
