package awssms

import (
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/aws/smithy-go"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// outcome is what a code stands for.
type outcome struct {
	class phoneauth.SendClass
	fault phoneauth.SendFault
}

var (
	nobody    = outcome{phoneauth.Permanent, phoneauth.FaultDestination}
	elsewhere = outcome{phoneauth.Temporary, phoneauth.FaultDestination}
	ours      = outcome{phoneauth.Temporary, phoneauth.FaultSender}
)

// outcomes are those of the reasons of AWS, and of the exceptions that have none
// (https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/CommonErrors.html and
// the enumerations of the SDK).
var outcomes = map[string]outcome{
	"DESTINATION_PHONE_NUMBER_OPTED_OUT": nobody,

	"COUNTRY_CODE_MISMATCH":                                       elsewhere,
	"COUNTRY_NOT_ENABLED":                                         elsewhere,
	"DAILY_DESTINATION_CALL_LIMIT":                                elsewhere,
	"DESTINATION_COUNTRY_BLOCKED":                                 elsewhere,
	"DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION":        elsewhere,
	"DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": elsewhere,
	"DESTINATION_PHONE_NUMBER_NOT_VERIFIED":                       elsewhere,
	"INTERNATIONAL_SENDING_NOT_SUPPORTED":                         elsewhere,
	"INVALID_IDENTITY_FOR_DESTINATION_COUNTRY":                    elsewhere,
	"NO_ORIGINATION_IDENTITIES_FOUND":                             elsewhere,
	"PRICE_OVER_THRESHOLD":                                        elsewhere,
	"SENDER_ID_NOT_REGISTERED":                                    elsewhere,
	"SENDER_ID_NOT_SUPPORTED":                                     elsewhere,
	"SENDER_ID_REQUIRES_REGISTRATION":                             elsewhere,

	"ACCOUNT_DISABLED":                       ours,
	"INSUFFICIENT_ACCOUNT_REPUTATION":        ours,
	"DAILY_NOTIFY_TIER_MESSAGE_LIMIT":        ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY": ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT":   ours,
	"MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE":  ours,
	"NOTIFY_CONFIGURATION_NOT_ACTIVE":        ours,
	"RESOURCE_NOT_ACTIVE":                    ours,
	"VOICE_CAPABILITY_NOT_AVAILABLE":         ours,

	"AccessDeniedException":         ours,
	"ExpiredTokenException":         ours,
	"IncompleteSignatureException":  ours,
	"InvalidSignatureException":     ours,
	"ResourceNotFoundException":     ours,
	"ServiceQuotaExceededException": ours,
	"ThrottlingException":           ours,
	"UnrecognizedClientException":   ours,
}

// named is what codes look like.
var named = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{2,79}$`)

// refusal reads an answer that accepts nothing, and the SDK's error about it, whose text is
// not passed on: it quotes the number.
func refusal(answer *httpsend.Response, err error) *phoneauth.SendError {
	e := answer.Refusal()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !named.MatchString(api.ErrorCode()) || api.ErrorCode() == "UnknownError" {
		return e
	}
	e.Code = api.ErrorCode()
	reason := reasonOf(err)
	for _, code := range []string{e.Code, reason} {
		if o, ok := outcomes[code]; ok {
			e.Class, e.Fault = o.class, o.fault
		}
	}
	if named.MatchString(reason) {
		e.Code = reason
	}
	if e.Fault == "" && aboutNumber(err) {
		e.Fault = phoneauth.FaultDestination
	}
	return e
}

// reasonOf returns what an exception says beside its name.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*types.ConflictException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ServiceQuotaExceededException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.AccessDeniedException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ValidationException](err); ok {
		return string(e.Reason)
	}
	return ""
}

// aboutNumber reports whether a validation failed for the number.
func aboutNumber(err error) bool {
	e, ok := errors.AsType[*types.ValidationException](err)
	if !ok {
		return false
	}
	for _, field := range e.Fields {
		if field.Name != nil && *field.Name == "DestinationPhoneNumber" {
			return true
		}
	}
	return false
}
