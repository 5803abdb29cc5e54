package tencent

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

// outcomes are those of codes, or of all that begin so where a "*" ends the name. The longest that
// fits counts (https://www.tencentcloud.com/document/product/382/34859).
var outcomes = map[string]outcome{
	"FailedOperation.PhoneNumberInBlacklist":     elsewhere, // the owner wants none, or complained
	"InvalidParameterValue.IncorrectPhoneNumber": elsewhere, // invalid number
	"LimitExceeded.PhoneNumber*":                 elsewhere, // too many to this number
	"LimitExceeded.DeliveryFrequencyLimit":       elsewhere, // too many to this number
	"LimitExceeded.AppCountryOrRegion*":          elsewhere, // too many to this country
	"UnsupportedOperation.*":                     elsewhere, // this template or key not to this country

	"AuthFailure*": ours, // credentials, our clock
	"FailedOperation.InsufficientBalanceInSmsPackage": ours, // balance
	"FailedOperation.SignatureIncorrectOrUnapproved":  ours, // SignName
	"FailedOperation.JsonParseFail":                   ours,
	"InvalidParameterValue.SdkAppIdNotExist":          ours, // AppID
	"LimitExceeded.*":                                 ours, // of the application
	"RequestLimitExceeded*":                           ours, // too many at once
	"UnsupportedOperation.UnsupportedRegion":          ours, // Region
	"UnauthorizedOperation.*":                         ours, // permission, address, arrears
	"UnauthorizedOperation":                           ours,

	"FailedOperation.ContainSensitiveWord":          unclear,
	"FailedOperation.TemplateIncorrectOrUnapproved": unclear, // template
	"FailedOperation.TemplateParamSetNotMatch*":     unclear, // number of variables
	"FailedOperation.TemplateUnapprovedOrNotExist":  unclear,
	"InvalidParameterValue.TemplateParameter*":      unclear, // a variable

	"InternalError*": perhaps,
}

// codePattern matches codes. A number of a phone has no letters.
var codePattern = regexp.MustCompile(`^[A-Z][A-Za-z]{2,40}(\.[A-Za-z]{1,64}){0,3}$`)

// lookup returns the outcome of a code.
func lookup(code string) (outcome, bool) {
	if o, ok := outcomes[code]; ok {
		return o, true
	}
	best := ""
	for pattern := range outcomes {
		prefix, ok := strings.CutSuffix(pattern, "*")
		if ok && strings.HasPrefix(code, prefix) && len(pattern) > len(best) {
			best = pattern
		}
	}
	o, ok := outcomes[best]
	return o, ok
}

// classify gives e the code, if it is one, and what it stands for, if that is known.
func classify(e *phoneauth.SendError, code string) {
	if !codePattern.MatchString(code) {
		return
	}
	e.Code = code
	if o, ok := lookup(code); ok {
		e.Class, e.Fault = o.class, o.fault
	}
}
