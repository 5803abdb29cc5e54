package tencent

import (
	"regexp"
	"strings"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/outcome"
)

// outcomes are those of codes, or of all that begin so where a "*" ends the name. The longest that
// fits counts (https://www.tencentcloud.com/document/product/382/34859).
var outcomes = map[string]outcome.Outcome{
	"FailedOperation.PhoneNumberInBlacklist":     outcome.Elsewhere, // the owner wants none, or complained
	"InvalidParameterValue.IncorrectPhoneNumber": outcome.Elsewhere, // invalid number
	"LimitExceeded.PhoneNumber*":                 outcome.Elsewhere, // too many to this number
	"LimitExceeded.DeliveryFrequencyLimit":       outcome.Elsewhere, // too many to this number
	"LimitExceeded.AppCountryOrRegion*":          outcome.Elsewhere, // too many to this country
	"UnsupportedOperation.*":                     outcome.Elsewhere, // this template or key not to this country

	"AuthFailure*": outcome.Ours, // credentials, our clock
	"FailedOperation.InsufficientBalanceInSmsPackage": outcome.Ours, // balance
	"FailedOperation.SignatureIncorrectOrUnapproved":  outcome.Ours, // SignName
	"FailedOperation.JsonParseFail":                   outcome.Ours,
	"InvalidParameterValue.SdkAppIdNotExist":          outcome.Ours, // AppID
	"LimitExceeded.*":                                 outcome.Ours, // of the application
	"RequestLimitExceeded*":                           outcome.Ours, // too many at once
	"UnsupportedOperation.UnsupportedRegion":          outcome.Ours, // Region
	"UnauthorizedOperation.*":                         outcome.Ours, // permission, address, arrears
	"UnauthorizedOperation":                           outcome.Ours,

	"FailedOperation.ContainSensitiveWord":          outcome.Unclear,
	"FailedOperation.TemplateIncorrectOrUnapproved": outcome.Unclear, // template
	"FailedOperation.TemplateParamSetNotMatch*":     outcome.Unclear, // number of variables
	"FailedOperation.TemplateUnapprovedOrNotExist":  outcome.Unclear,
	"InvalidParameterValue.TemplateParameter*":      outcome.Unclear, // a variable

	"InternalError*": outcome.Perhaps,
}

// codePattern matches codes. A number of a phone has no letters.
var codePattern = regexp.MustCompile(`^[A-Z][A-Za-z]{2,40}(\.[A-Za-z]{1,64}){0,3}$`)

// lookup returns the outcome of a code.
func lookup(code string) (outcome.Outcome, bool) {
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
		e.Class, e.Fault = o.Class, o.Fault
	}
}
